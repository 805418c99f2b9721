package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
)

// claim is what a sender knows about one of its alerts: what it was told.
type claim struct {
	kind     alert.Kind
	dedup    string
	shard    int
	firing   bool
	start    time.Time // of the current or last firing
	episodes int64
	events   int64 // that took effect
}

// effect is what one event does to a claim.
type effect struct {
	*claim
	resolve bool
	start   time.Time
}

func (e effect) apply() {
	e.events++
	switch {
	case e.resolve:
		e.claim.firing = false
	case !e.claim.firing:
		e.claim.firing, e.claim.start = true, e.start
		e.claim.episodes++
	}
}

// post is one request; a sender repeats it, byte for byte, until it is
// acknowledged.
type post struct {
	path    string
	body    []byte
	ok      int // the status that acknowledges
	effects []effect
	unsure  int64 // times it was sent without an answer since the last look
}

// sender behaves as one monitoring system does: one post at a time.
type sender struct {
	site *site
	kind alert.Kind
	name string
	dice *rand.Rand
	http *http.Client

	claims []*claim
	open   *post // sent, not acknowledged

	posts, acked, refused int
	refusal               string // the last one
}

// shards is how many incidents the rule makes of the alerts at a time. The last
// ones have few alerts, so that they resolve and reopen now and then.
const shards = 40

// newSenders returns n senders of each kind that posts alerts.
func newSenders(s *site, n int, dice *rand.Rand) []*sender {
	var out []*sender
	for i := range n {
		for _, kind := range []alert.Kind{alert.Alertmanager, alert.Prometheus, alert.PagerDuty} {
			out = append(out, &sender{site: s, kind: kind, name: fmt.Sprintf("%s-%d", kind, i), dice: rand.New(rand.NewPCG(dice.Uint64(), 2)),
				http: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}})
		}
	}
	return out
}

// run posts to one of the addresses, the first that answers, until ctx ends,
// most posts are acknowledged, or no address takes the one at hand.
func (s *sender) run(ctx context.Context, most int, addresses ...string) {
	defer s.http.CloseIdleConnections()
	for n := 0; n < most && ctx.Err() == nil; {
		if s.open == nil {
			s.open = s.next()
		}
		answered := false
		for _, a := range addresses {
			if answered = s.try(a); answered {
				n++
				break
			}
		}
		if !answered {
			return
		}
	}
}

// finish repeats the open post until it is acknowledged.
func (s *sender) finish(t testing.TB, addresses ...string) {
	t.Helper()
	defer s.http.CloseIdleConnections()
	eventually(t, time.Minute, s.name+" has its last post acknowledged", func() error {
		for _, a := range addresses {
			if s.open == nil || s.try(a) {
				return nil
			}
		}
		return fmt.Errorf("not by %v", addresses)
	})
}

// try sends the open post once; true means it was acknowledged.
func (s *sender) try(address string) bool {
	s.posts++
	p := s.open
	req, err := http.NewRequest("POST", address+p.path, bytes.NewReader(p.body))
	if err != nil {
		panic(err) // our own address
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := s.http.Do(req)
	if err != nil {
		p.unsure++
		return false
	}
	answer, err := io.ReadAll(res.Body)
	res.Body.Close()
	switch {
	case err != nil:
		p.unsure++
		return false
	case res.StatusCode == http.StatusServiceUnavailable || res.StatusCode == http.StatusTooManyRequests:
		p.unsure++
		s.refused, s.refusal = s.refused+1, string(answer)
		return false
	case res.StatusCode != p.ok:
		p.unsure++
		s.site.t.Errorf("%s: %s %s: %s", s.name, p.path, res.Status, answer)
		return false
	}
	for _, e := range p.effects {
		e.apply()
	}
	s.open, s.acked = nil, s.acked+1
	return true
}

// next invents a post: new alerts, repeats, and ends.
func (s *sender) next() *post {
	n := 1
	if s.kind != alert.PagerDuty {
		n = 1 + s.dice.IntN(12)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	p := &post{ok: http.StatusOK}
	taken := map[*claim]bool{}
	for range n {
		var c *claim
		if len(s.claims) > 0 && (s.dice.IntN(3) > 0 || len(s.claims) > 150) {
			c = s.claims[s.dice.IntN(len(s.claims))]
		} else {
			c = &claim{kind: s.kind, dedup: fmt.Sprintf("%s-%d", s.name, len(s.claims)), shard: min(s.dice.IntN(shards), len(s.claims))}
			s.claims = append(s.claims, c)
		}
		if taken[c] {
			continue
		}
		taken[c] = true
		e := effect{claim: c, start: now}
		if c.firing {
			e.start = c.start
			e.resolve = s.dice.IntN(3) > 0
		}
		p.effects = append(p.effects, e)
	}
	token := s.site.tokens[s.kind]
	var body any
	switch s.kind {
	case alert.PagerDuty:
		e := p.effects[0]
		action := "trigger"
		if e.resolve {
			action = "resolve"
		}
		p.path, p.ok = "/v2/enqueue", http.StatusAccepted
		body = map[string]any{"routing_key": token, "event_action": action, "dedup_key": e.dedup, "payload": map[string]any{
			"summary": "Disk of " + e.dedup, "source": "db1", "severity": "error", "timestamp": now.Format(time.RFC3339Nano), "group": e.text()}}
	case alert.Prometheus:
		p.path = "/integrations/prometheus/" + token + "/api/v2/alerts"
		body = s.alerts(p, now)
	default:
		p.path = "/integrations/alertmanager/" + token
		body = map[string]any{"version": "4", "status": "firing", "alerts": s.alerts(p, now)}
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // texts and times
	}
	p.body = b
	return p
}

func (c *claim) text() string { return fmt.Sprint(c.shard) }

func (s *sender) alerts(p *post, now time.Time) []map[string]any {
	var list []map[string]any
	for _, e := range p.effects {
		a := map[string]any{"startsAt": e.start, "endsAt": now.Add(time.Hour), "status": "firing",
			"labels":      map[string]string{"alertname": "Slow", "shard": e.text(), "key": e.dedup, "severity": "critical"},
			"annotations": map[string]string{"summary": "Slow " + e.dedup}}
		if s.kind == alert.Alertmanager {
			a["fingerprint"] = e.dedup
			a["endsAt"] = time.Time{}
		}
		if e.resolve {
			a["status"], a["endsAt"] = "resolved", now
		}
		list = append(list, a)
	}
	return list
}
