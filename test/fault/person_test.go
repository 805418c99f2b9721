package fault

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"
)

// person declares incidents and acknowledges them through the API, with an
// Idempotency-Key for each deed, repeated until it is answered.
type person struct {
	site *site
	name string
	dice *rand.Rand
	http *http.Client

	deeds int
	keys  []string // of the incidents that were acknowledged as declared
	acks  map[string]bool

	path, body, title, ack string // the deed at hand; "" = none
	acked                  int
}

func newPerson(s *site, name string, dice *rand.Rand) *person {
	return &person{site: s, name: name, dice: rand.New(rand.NewPCG(dice.Uint64(), 3)), acks: map[string]bool{},
		http: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}}
}

func (p *person) run(most int, url string) {
	defer p.http.CloseIdleConnections()
	for range most {
		if p.path == "" {
			p.next()
		}
		if !p.try(url) {
			return
		}
	}
}

func (p *person) finish(t testing.TB, url string) {
	t.Helper()
	eventually(t, time.Minute, "the last deed of "+p.name, func() error {
		if p.path != "" && !p.try(url) {
			return missing("not yet")
		}
		return nil
	})
}

func (p *person) next() {
	p.deeds++
	if n := len(p.keys); n > 0 && p.dice.IntN(2) == 0 && !p.acks[p.keys[n-1]] {
		p.ack = p.keys[n-1]
		p.path, p.body, p.title = "/api/v1/incidents/"+p.ack+"/acknowledge", "{}", ""
		return
	}
	p.title, p.ack = fmt.Sprintf("Declared by %s, number %d", p.name, p.deeds), ""
	level := []string{"high", "low"}[p.dice.IntN(2)] // high ones page
	b, _ := json.Marshal(map[string]string{"title": p.title, "service": "checkout", "impact": level, "urgency": level})
	p.path, p.body = "/api/v1/incidents", string(b)
}

// try does the deed at hand once; true means it was answered.
func (p *person) try(url string) bool {
	req, err := http.NewRequest("POST", url+p.path, bytes.NewReader([]byte(p.body)))
	if err != nil {
		panic(err) // our own address
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.site.api)
	req.Header.Set("Idempotency-Key", fmt.Sprintf("%s-%d", p.name, p.deeds))
	res, err := p.http.Do(req)
	if err != nil {
		return false
	}
	answer, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode == http.StatusServiceUnavailable || res.StatusCode == http.StatusTooManyRequests {
		return false
	}
	var made struct{ Key string }
	switch {
	case res.StatusCode/100 == 2:
		if err := json.Unmarshal(answer, &made); err != nil || made.Key == "" {
			p.site.t.Errorf("%s: %s: %s", p.path, res.Status, answer)
		} else if p.title != "" {
			p.keys = append(p.keys, made.Key)
		}
	case res.StatusCode == http.StatusConflict && strings.Contains(string(answer), "is being handled"): // by a replica that is not done, or that was stopped
		return false
	case res.StatusCode == http.StatusConflict && strings.Contains(string(answer), "took effect"): // it was done, and the answer died with the program
	default:
		p.site.t.Errorf("%s: %s: %s", p.path, res.Status, answer)
		return false
	}
	if p.ack != "" {
		p.acks[p.ack] = true
	}
	p.path, p.acked = "", p.acked+1
	return true
}

// compare checks that each deed was done once, and the one at hand once at most.
func (p *person) compare(q *sql.Tx) {
	t := p.site.t
	t.Helper()
	twice := rows(t, q, "SELECT title FROM incident WHERE title LIKE 'Declared by "+p.name+",%' GROUP BY title HAVING COUNT(*) > 1")
	if len(twice) > 0 {
		t.Errorf("DOUBLED: declared twice under one Idempotency-Key: %v", twice)
	}
	states := map[string]string{}
	for _, line := range rows(t, q, "SELECT id, state FROM incident WHERE origin <> 'alert'") {
		id, state, _ := strings.Cut(line, " ")
		states["INC-"+id] = state
	}
	for _, key := range p.keys {
		switch state := states[key]; {
		case state == "":
			t.Errorf("LOST: %s was declared and is not there", key)
		case p.acks[key] && state == "triggered":
			t.Errorf("LOST: %s was acknowledged and is %s", key, state)
		}
	}
}

func missing(format string, args ...any) error { return fmt.Errorf(format, args...) }
