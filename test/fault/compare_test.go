package fault

import (
	"database/sql"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
)

// stored is an alert as the database has it.
type stored struct {
	firing           bool
	start            time.Time
	events, episodes int64
}

// alerts reads every alert, by kind and key. Prometheus says no key on the wire,
// so its label stands for it.
func alerts(t testing.TB, q *sql.Tx) map[claimKey]stored {
	t.Helper()
	r, err := q.Query(`SELECT i.kind, a.dedup, a.source, a.summary, a.status = 'firing', a.started_at, a.total, COUNT(e.id)
		FROM alert a JOIN integration i ON i.id = a.integration_id JOIN alert_episode e ON e.alert_id = a.id
		GROUP BY i.kind, a.dedup, a.source, a.summary, a.status, a.started_at, a.total`)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out := map[claimKey]stored{}
	for r.Next() {
		var kind, dedup, source, summary string
		var s stored
		var start int64
		if err := r.Scan(&kind, &dedup, &source, &summary, &s.firing, &start, &s.events, &s.episodes); err != nil {
			t.Fatal(err)
		}
		k := claimKey{alert.Kind(kind), dedup}
		if k.kind == alert.Prometheus {
			k.dedup = summary[len("Slow "):]
		}
		s.start = time.UnixMicro(start).UTC()
		out[k] = s
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

type claimKey struct {
	kind  alert.Kind
	dedup string
}

// compare holds what senders were told against what is stored. Of a post
// without an answer either all alerts took effect or none; the claims take
// over which. loose allows late effects of posts that were repeated elsewhere.
func compare(t testing.TB, q *sql.Tx, senders []*sender, loose bool) {
	t.Helper()
	have := alerts(t, q)
	claims := 0
	for _, s := range senders {
		if s.open != nil {
			s.learn(t, have)
		}
		for _, c := range s.claims {
			got, ok := have[claimKey{c.kind, c.dedup}]
			if c.episodes == 0 && !ok {
				continue
			}
			claims++
			switch {
			case !ok:
				t.Errorf("LOST: %s was acknowledged and is not there", c.dedup)
			case got.firing != c.firing || !got.start.Equal(c.start) || got.episodes != c.episodes:
				t.Errorf("%s: firing %v since %v, %d episodes; its sender was told %v since %v, %d", c.dedup, got.firing, got.start, got.episodes, c.firing, c.start, c.episodes)
			case got.events != c.events && !(loose && got.events > c.events):
				t.Errorf("%s: %d events took effect, its sender counts %d", c.dedup, got.events, c.events)
			}
		}
	}
	if claims != len(have) {
		t.Errorf("%d alerts are stored, the senders know of %d", len(have), claims)
	}
}

// learn finds out whether the open post took effect, and how often.
func (s *sender) learn(t testing.TB, have map[claimKey]stored) {
	t.Helper()
	p := s.open
	times := int64(-1)
	for _, e := range p.effects {
		n := have[claimKey{e.kind, e.dedup}].events - e.events
		if times >= 0 && n != times {
			t.Errorf("HALF APPLIED: one body of %s took effect %d times for one alert and %d times for another", s.name, times, n)
		}
		times = n
	}
	if times < 0 || times > p.unsure {
		t.Errorf("a post of %s took effect %d times and was sent %d times", s.name, times, p.unsure)
		return
	}
	for range times {
		for _, e := range p.effects {
			e.apply()
		}
	}
	p.unsure = 0
}
