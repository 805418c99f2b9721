package fault

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

// crews is how many teams there are, of three people each: enough that nobody
// is told so often that his messages are gathered.
const crews = 60

// crew gives every team its rotation and its ladder: the one on call at once,
// the next one after a second, all three after another.
func (s *site) crew() {
	s.t.Helper()
	a := s.open()
	defer a.Close()
	ctx := s.as()
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	for n := range crews {
		team := fmt.Sprintf("crew-%d", n)
		var members []auth.MemberEdit
		var shifts [][]string
		for k := range 3 {
			handle := fmt.Sprintf("hand-%d-%d", n, k)
			_, _, err := a.People.CreatePerson(ctx, auth.PersonEdit{Handle: handle, Email: handle + "@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: handle}})
			must(err)
			members, shifts = append(members, auth.MemberEdit{Person: handle}), append(shifts, []string{handle})
		}
		_, err := a.People.CreateTeam(ctx, team, auth.TeamEdit{Title: team, Members: members})
		must(err)
		_, err = a.OnCall.Create(ctx, team, oncall.Spec{Team: team, Zone: "Europe/Copenhagen", Layers: []oncall.LayerSpec{{Start: "2026-01-05T09:00", Every: "P1W", Shifts: shifts}}})
		must(err)
		_, err = a.Escalation.Create(ctx, team, escalation.Spec{Teams: []string{team}, Steps: []escalation.StepSpec{
			{Notify: []escalation.TargetSpec{{Schedule: team}}},
			{After: "PT1S", Notify: []escalation.TargetSpec{{NextOf: team}}},
			{After: "PT1S", Notify: []escalation.TargetSpec{{Team: team}}}}})
		must(err)
	}
}

// replica is one process and its way to the database.
type replica struct {
	*program
	wire *wire
	db   string

	mu  sync.Mutex
	url string
}

func (r *replica) begin(s *site) {
	p := s.serve("--db=" + r.db)
	url := p.address()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.program, r.url = p, url
}

func (r *replica) at() string { r.mu.Lock(); defer r.mu.Unlock(); return r.url }

// TestPagesReachPeople runs three replicas on one PostgreSQL while incidents
// are declared and some of them acknowledged. At random one replica is killed,
// or stopped until others have taken its work over and then continued, or cut
// off from the database. Afterwards every step of every ladder that was due
// has fired once, none after its incident was acknowledged, and every message
// has come. EVENKEEL_FAULTS says how many faults, 20 unless set.
func TestPagesReachPeople(t *testing.T) {
	t.Parallel()
	faults := 20
	if v := os.Getenv("EVENKEEL_FAULTS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			t.Fatalf("EVENKEEL_FAULTS=%q: give a number of faults", v)
		}
		faults = n
	}
	dice := dice(t)
	s := found(t, dbtest.PostgresURL(t)) // only the replicas are hurried, not who looks at the result
	s.crew()
	var three [3]*replica
	for i := range three {
		w, db := newWire(t, hasty(t, s.cfg.DB))
		three[i] = &replica{wire: w, db: db}
		three[i].begin(s)
	}
	urls := func() []string { return []string{three[0].at(), three[1].at(), three[2].at()} }
	begun := time.Now()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var all sync.WaitGroup
	callers := make([]*caller, 3)
	for i := range callers {
		callers[i] = &caller{person: newPerson(s, fmt.Sprintf("caller-%d", i), dice), dice: rand.New(rand.NewPCG(dice.Uint64(), 4)), urls: urls}
		all.Go(func() { callers[i].run(ctx) })
	}
	pause := func(least, more int) { <-time.After(time.Duration(least+dice.IntN(more)) * time.Millisecond) }
	did := map[string]int{}
	for range faults {
		r := three[dice.IntN(3)]
		pause(200, 800)
		switch dice.IntN(3) {
		case 0:
			did["killed"]++
			r.kill()
			pause(50, 1000)
			r.begin(s)
		case 1:
			did["paused"]++
			r.signal(syscall.SIGSTOP)
			pause(1200, 1500) // PostgreSQL gives its rows free after 0.7 s
			r.signal(syscall.SIGCONT)
		default:
			did["cut off"]++
			r.wire.cut()
			pause(300, 2000)
			r.wire.mend()
		}
		if t.Failed() {
			break
		}
	}
	stop()
	all.Wait()
	var declared, acked int
	for _, c := range callers {
		c.finish(t)
		declared, acked = declared+len(c.keys), acked+len(c.acks)
	}
	eventually(t, 2*time.Minute, "every ladder has taken its steps", func() error { // the last incidents climb two seconds more
		tx, end := s.snapshot()
		defer end()
		if n := number(t, tx, "SELECT COUNT(*) FROM escalation_ladder WHERE state = 'climbing' AND step < 3"); n > 0 {
			return missing("%d climb", n)
		}
		return nil
	})
	for _, r := range three {
		r.stop()
	}
	s.deliverAll(did["killed"] + did["paused"] + did["cut off"])
	tx, end := s.snapshot()
	late := s.climbed(tx)
	end()
	s.whole()
	slices.Sort(late)
	t.Logf("%v in %v: %d incidents, %d acknowledged, %d steps fired; late by %v (median), %v (p99), %v (most)", did, time.Since(begun).Round(time.Second),
		declared, acked, len(late), late[len(late)/2], late[len(late)*99/100], late[len(late)-1])
}

// climbed compares what fired with what the incidents' own times call for, and
// returns how late each step was.
func (s *site) climbed(tx *sql.Tx) (late []time.Duration) {
	s.t.Helper()
	type step struct{ incident, n int64 }
	fired := map[step][]int64{} // at, due
	told := map[step][]int64{}
	r, err := tx.Query("SELECT incident, step, at, due_at, people FROM escalation_fired WHERE run = 1 AND round = 0 AND step >= 0")
	if err != nil {
		s.t.Fatal(err)
	}
	for r.Next() {
		var k step
		var at, due int64
		var people string
		if err := r.Scan(&k.incident, &k.n, &at, &due, &people); err != nil {
			s.t.Fatal(err)
		}
		var ids []int64
		if err := json.Unmarshal([]byte(people), &ids); err != nil {
			s.t.Fatal(err)
		}
		fired[k], told[k] = []int64{at, due}, ids
		late = append(late, time.Duration(at-due)*time.Microsecond)
	}
	if err := r.Err(); err != nil {
		s.t.Fatal(err)
	}
	r.Close()
	type message struct {
		record     string
		person, at int64
	}
	have := map[message]bool{}
	if r, err = tx.Query("SELECT record, person, queued_at FROM notify_message WHERE person > 0"); err != nil {
		s.t.Fatal(err)
	}
	for r.Next() {
		var m message
		if err := r.Scan(&m.record, &m.person, &m.at); err != nil {
			s.t.Fatal(err)
		}
		have[m] = true
	}
	r.Close()
	// What came first is told by the timeline, whose numbers are given under the
	// incident's lock; times are those at which transactions began.
	lines, acks := map[step]int64{}, map[int64]int64{}
	if r, err = tx.Query("SELECT incident, seq, text FROM incident_entry WHERE text LIKE '%step % of %' OR text LIKE 'acknowledged%'"); err != nil {
		s.t.Fatal(err)
	}
	for r.Next() {
		var id, seq, n int64
		var text string
		if err := r.Scan(&id, &seq, &text); err != nil {
			s.t.Fatal(err)
		}
		if _, rest, ok := strings.Cut(text, "step "); ok {
			fmt.Sscan(rest, &n)
			lines[step{id, n - 1}] = seq
		} else {
			acks[id] = seq
		}
	}
	r.Close()
	if len(lines) < len(fired) || len(acks) == 0 {
		s.t.Errorf("%d steps fired, timelines tell of %d, and of %d acknowledgements", len(fired), len(lines), len(acks))
	}
	if r, err = tx.Query("SELECT id, triggered_at, acknowledged_at FROM incident WHERE priority <= 2 AND team LIKE 'crew-%'"); err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	incidents := 0
	for r.Next() {
		var id, began, acked int64
		if err := r.Scan(&id, &began, &acked); err != nil {
			s.t.Fatal(err)
		}
		incidents++
		for n := range int64(3) {
			k := step{id, n}
			at, ok := fired[k]
			due := began + n*time.Second.Microseconds()
			switch {
			case !ok && (acked == 0 || acked > due+30*time.Second.Microseconds()):
				s.t.Errorf("MISSING: step %d of INC-%d never fired; began %d, acknowledged %d", n, id, began, acked)
			case ok && acked > 0 && lines[k] > acks[id]:
				s.t.Errorf("step %d of INC-%d fired after it was acknowledged: entries %d and %d of its timeline", n, id, lines[k], acks[id])
			case ok && at[0] < due:
				s.t.Errorf("step %d of INC-%d fired %v early", n, id, time.Duration(due-at[0])*time.Microsecond)
			}
			if ok && len(told[k]) == 0 {
				s.t.Errorf("step %d of INC-%d fired and told nobody", n, id)
			}
			for _, p := range told[k] {
				if ok && !have[message{fmt.Sprintf("INC-%d", id), p, at[0]}] {
					s.t.Errorf("MISSING: step %d of INC-%d told person %d, and there is no message", n, id, p)
				}
			}
		}
	}
	if err := r.Err(); err != nil {
		s.t.Fatal(err)
	}
	if incidents == 0 || len(late) < incidents {
		s.t.Errorf("%d incidents and %d steps: the test did not test", incidents, len(late))
	}
	return late
}

// caller declares incidents of random crews and acknowledges some of them a
// little later, at whichever replica answers.
type caller struct {
	*person
	dice *rand.Rand
	urls func() []string
	ripe map[string]time.Time // key → when to acknowledge it
}

func (c *caller) run(ctx context.Context) {
	c.ripe = map[string]time.Time{}
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	defer c.http.CloseIdleConnections()
	for ctx.Err() == nil {
		if c.path == "" {
			c.deed()
		}
		c.anywhere()
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// deed chooses what to do next.
func (c *caller) deed() {
	c.deeds++
	for key, at := range c.ripe {
		if time.Now().After(at) {
			delete(c.ripe, key)
			c.ack, c.title = key, ""
			c.path, c.body = "/api/v1/incidents/"+key+"/acknowledge", "{}"
			return
		}
	}
	c.title, c.ack = fmt.Sprintf("Declared by %s, number %d", c.name, c.deeds), ""
	b, _ := json.Marshal(map[string]string{"title": c.title, "team": fmt.Sprintf("crew-%d", c.dice.IntN(crews)), "impact": "high", "urgency": "high"})
	c.path, c.body = "/api/v1/incidents", string(b)
}

// anywhere does the deed at hand at the first replica that answers.
func (c *caller) anywhere() bool {
	before := len(c.keys)
	for _, i := range c.dice.Perm(3) {
		if c.try(c.urls()[i]) {
			if len(c.keys) > before && c.dice.IntN(2) == 0 {
				c.ripe[c.keys[len(c.keys)-1]] = time.Now().Add(time.Duration(c.dice.IntN(3500)) * time.Millisecond)
			}
			return true
		}
	}
	return false
}

func (c *caller) finish(t testing.TB) {
	t.Helper()
	eventually(t, time.Minute, "the last deed of "+c.name, func() error {
		if c.path != "" && !c.anywhere() {
			return missing("not yet")
		}
		return nil
	})
}
