package fault

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/app"
)

// kills is how often the program is killed under load.
const kills = 60

// TestKill kills the program at random instants, some of them while it starts,
// under the load of twelve senders and two people, and compares after each
// start what they were told with what is there.
func TestKill(t *testing.T) {
	dice := dice(t)
	s := found(t, "")
	senders := newSenders(s, 4, dice)
	people := []*person{newPerson(s, "a", dice), newPerson(s, "b", dice)}
	begun := time.Now()
	for round := range kills {
		p := s.serve()
		if round%8 == 7 { // while it starts: it reads its log, migrates, opens keys
			select {
			case <-time.After(time.Duration(dice.IntN(120)) * time.Millisecond):
			case <-p.done:
			}
			p.kill()
			p = s.serve()
		}
		url := p.address()
		look(s, senders, people)
		end := p.kill
		if round%11 == 10 {
			end = p.stop // politely, for comparison
		}
		load(p, end, url, senders, people, time.Duration(20+dice.IntN(250))*time.Millisecond)
		if t.Failed() {
			return
		}
	}
	p := s.serve()
	url := p.address()
	look(s, senders, people)
	for _, x := range senders {
		x.finish(t, url)
	}
	for _, x := range people {
		x.finish(t, url)
	}
	look(s, senders, people)
	s.verify(url)
	p.stop()
	s.deliverAll(kills * 2)
	s.whole()
	posts, acked, alerts, deeds := 0, 0, 0, 0
	for _, x := range senders {
		posts, acked, alerts = posts+x.posts, acked+x.acked, alerts+len(x.claims)
	}
	for _, x := range people {
		deeds += x.acked
	}
	t.Logf("%d kills, %d posts sent, %d acknowledged, %d alerts, %d deeds of people, %d messages, %v", kills, posts, acked, alerts, deeds, len(s.mail.times()), time.Since(begun).Round(time.Second))
	if acked < 10*kills {
		t.Errorf("only %d posts were acknowledged: too little load to prove anything", acked)
	}
}

// look compares what senders and people were told with the database.
func look(s *site, senders []*sender, people []*person) {
	s.t.Helper()
	tx, end := s.snapshot()
	defer end()
	compare(s.t, tx, senders, false)
	for _, x := range people {
		x.compare(tx)
	}
	whole(s.t, tx)
}

// load lets everybody send, and ends the program after a while in between.
func load(p *program, end func(), url string, senders []*sender, people []*person, after time.Duration) {
	var all sync.WaitGroup
	const most = 60 // posts of each sender, so that the load is bounded
	for _, x := range senders {
		all.Go(func() { x.run(context.Background(), most, url) })
	}
	for _, x := range people {
		all.Go(func() { x.run(most, url) })
	}
	select {
	case <-time.After(after):
	case <-p.done:
	}
	end()
	all.Wait()
}

// TestKillFirstStart kills the very first start, which makes the keys, the
// schema and the first entries; the next one must succeed, with one key.
func TestKillFirstStart(t *testing.T) {
	t.Parallel()
	dice := dice(t)
	took := firstStart(t, t.TempDir())
	for range 12 {
		dir := t.TempDir()
		p := begin(t, nil, firstArgs(dir)...)
		select {
		case <-time.After(time.Duration(dice.Int64N(int64(took)))):
		case <-p.done:
		}
		p.kill()
		firstStart(t, dir)
	}
}

// firstStart starts on a folder, waits until it serves, and says how long that took.
func firstStart(t *testing.T, dir string) time.Duration {
	t.Helper()
	begun := time.Now()
	p := begin(t, nil, firstArgs(dir)...)
	p.address()
	took := time.Since(begun)
	p.stop()
	if _, err := os.Stat(filepath.Join(dir, "evenkeel.db")); err != nil {
		t.Error(err)
	}
	return took
}

func firstArgs(dir string) []string {
	return []string{"serve", "--listen=127.0.0.1:0", "--public-url=http://localhost:8080", "--db=" + filepath.Join(dir, "evenkeel.db")}
}

// deliverAll runs the site ahead of its time, when the leases of killed
// senders are over, until every message has ended; each that counts as sent
// must have come. A message comes twice only when its sender died between
// sending and recording: at most 64 are under way at once.
func (s *site) deliverAll(deaths int) {
	s.t.Helper()
	a := s.open(app.Clock(func() time.Time { return time.Now().Add(2 * time.Minute) }))
	a.Start()
	eventually(s.t, time.Minute, "all messages end", func() error {
		tx, end := s.snapshot()
		defer end()
		if left := rows(s.t, tx, "SELECT id, state, error FROM notify_message WHERE state IN ('queued', 'sending')"); len(left) > 0 {
			return missing("%d are waiting, like %v", len(left), left[0])
		}
		return nil
	})
	if err := a.Close(); err != nil {
		s.t.Error(err)
	}
	tx, end := s.snapshot()
	defer end()
	came := s.mail.times()
	twice := 0
	for _, id := range rows(s.t, tx, "SELECT DISTINCT 'MSG-' || CAST(CASE WHEN carrier > 0 THEN carrier ELSE id END AS TEXT) FROM notify_message WHERE state = 'sent'") { // in a storm one carries many
		switch n := came[id]; {
		case n == 0:
			s.t.Errorf("%s counts as sent and never came", id)
		case n > 1:
			twice++
		}
	}
	if dead := rows(s.t, tx, "SELECT id, error FROM notify_message WHERE state = 'dead'"); len(dead) > 0 {
		s.t.Errorf("%d dead messages, like %v", len(dead), dead[0])
	}
	s.t.Logf("%d messages, %d of them came twice", len(came), twice)
	if twice > deaths*64 {
		s.t.Errorf("%d messages came twice", twice)
	}
}
