package fault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// target is a running program that gets bad input. Whatever it is sent, it
// answers with a status below 500 that is right and an error a person can
// read, keeps answering others, and stays small.
type target struct {
	*site
	p   *program
	url string
}

// both runs a test on both engines: what SQLite stores, PostgreSQL may refuse.
func both(t *testing.T, f func(t *testing.T, x *target)) {
	run := func(t *testing.T, database string) {
		t.Parallel()
		s := found(t, database)
		p := s.serve()
		x := &target{site: s, p: p, url: p.address()}
		f(t, x)
		x.healthy()
		p.stop()
		s.whole()
	}
	t.Run("sqlite", func(t *testing.T) { run(t, "") })
	t.Run("postgres", func(t *testing.T) { run(t, dbtest.PostgresURL(t)) })
}

// healthy checks that a good alert is taken at once, and that memory is bounded.
func (x *target) healthy() {
	x.t.Helper()
	began := time.Now()
	status, answer := x.post("/v2/enqueue", nil, fmt.Sprintf(`{"routing_key":%q,"event_action":"trigger","dedup_key":"good","payload":{"summary":"good"}}`, x.tokens[alert.PagerDuty]))
	if took := time.Since(began); status != http.StatusAccepted || took > 10*time.Second {
		x.t.Errorf("a good event is answered with %d after %v: %s", status, took, answer)
	}
	now, most := x.p.memory()
	x.t.Logf("memory: %d MB, at most %d MB", now>>20, most>>20)
	if most > 700<<20 {
		x.t.Errorf("the program took %d MB", most>>20)
	}
}

// post sends a body and returns the answer.
func (x *target) post(path string, header map[string]string, body string) (int, string) {
	x.t.Helper()
	req, err := http.NewRequest("POST", x.url+path, strings.NewReader(body))
	if err != nil {
		x.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, text(res)
}

// receivers are the addresses that take alerts, with how a body is made of one
// alert whose summary or key is a raw JSON text.
type receiver struct {
	kind  alert.Kind
	path  string
	ok    int
	wrong int // status for a wrong token
	alert func(raw string) string
	times func(start, end string) string
}

func (x *target) receivers() []receiver {
	am, prom, gen := x.tokens[alert.Alertmanager], x.tokens[alert.Prometheus], x.tokens[alert.Generic]
	pd := fmt.Sprintf("%q", x.tokens[alert.PagerDuty])
	return []receiver{
		{alert.Alertmanager, "/integrations/alertmanager/" + am, 200, 401,
			func(raw string) string {
				return `{"version":"4","status":"firing","alerts":[{"status":"firing","labels":{"alertname":` + raw + `,"x":` + raw + `},"annotations":{"summary":` + raw + `}}]}`
			},
			func(start, end string) string {
				return `{"alerts":[{"status":"firing","labels":{"alertname":"t"},"startsAt":"` + start + `","endsAt":"` + end + `"}]}`
			}},
		{alert.Prometheus, "/integrations/prometheus/" + prom + "/api/v2/alerts", 200, 401,
			func(raw string) string {
				return `[{"labels":{"alertname":` + raw + `,"x":` + raw + `},"annotations":{"summary":` + raw + `}}]`
			},
			func(start, end string) string {
				return `[{"labels":{"alertname":"t"},"startsAt":"` + start + `","endsAt":"` + end + `"}]`
			}},
		{alert.PagerDuty, "/v2/enqueue", 202, 400,
			func(raw string) string {
				return `{"routing_key":` + pd + `,"event_action":"trigger","dedup_key":"k","payload":{"summary":` + raw + `,"source":` + raw + `,"severity":` + raw + `,"custom_details":{"service":` + raw + `}},"links":[{"href":` + raw + `}]}`
			},
			func(start, end string) string {
				return `{"routing_key":` + pd + `,"event_action":"trigger","dedup_key":"t","payload":{"summary":"t","timestamp":"` + start + `"}}`
			}},
		{alert.Generic, "/integrations/generic/" + gen, 200, 401,
			func(raw string) string {
				return `{"summary":` + raw + `,"dedup":"k","severity":` + raw + `,"service":` + raw + `,"details":{"a":` + raw + `},"labels":{"x":` + raw + `}}`
			},
			func(start, end string) string {
				return `{"summary":"t","dedup":"t","starts_at":"` + start + `"}`
			}},
	}
}

// refused checks the form of an error.
func (x *target) refused(what string, status int, answer string, want ...int) {
	x.t.Helper()
	for _, w := range want {
		if status == w {
			if status/100 != 2 && (len(answer) < 20 || !json.Valid([]byte(answer))) {
				x.t.Errorf("%s: %d without a readable error: %.300q", what, status, answer)
			}
			return
		}
	}
	x.t.Errorf("%s: %d, want %v: %.300s", what, status, want, answer)
}

// TestBadAlerts sends every receiver what no honest monitor sends.
func TestBadAlerts(t *testing.T) {
	both(t, func(t *testing.T, x *target) {
		for _, r := range x.receivers() {
			for _, body := range []string{"", " ", "{", "[", "nul", "null", "true", "1e999", `"text"`, "[]]", "{}{}", "\x00", "\xff\xfe", "<alerts/>",
				`{"alerts":`, `[{"labels":{`, strings.Repeat("[", 200_000), strings.Repeat(`{"a":`, 200_000), `{"alerts":[null,1,"x",[]]}`, `[null]`, `[[]]`} {
				status, answer := x.post(r.path, nil, body)
				x.refused(fmt.Sprintf("%s: %.20q", r.kind, body), status, answer, 400, 413)
			}
			for _, raw := range []string{`"\u0000"`, `"a\u0000b\ud800"`, "\"\xff\xfe\xc0\xaf\"", `"\ud83d"`, `""`, `" "`, `123`, `null`, `true`, `{"a":[1]}`, `["a"]`,
				`"'; DROP TABLE alert; --"`, `"<script>alert(1)</script>"`, `"` + strings.Repeat("\u202e💥", 500) + `"`, `1e999`} {
				status, answer := x.post(r.path, nil, r.alert(raw))
				x.refused(fmt.Sprintf("%s: %.30q", r.kind, raw), status, answer, r.ok, 400)
			}
			times := []string{"0000-00-00T00:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "99999-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "1e99", "tomorrow", "", "1970-01-01T00:00:00Z", "2262-04-12T00:00:00Z"}
			for _, start := range times {
				for _, end := range times {
					status, answer := x.post(r.path, nil, r.times(start, end))
					x.refused(fmt.Sprintf("%s from %s to %s", r.kind, start, end), status, answer, r.ok)
				}
			}
			large := `"` + strings.Repeat("x", 10<<20) + `"`
			if r.kind == alert.Alertmanager || r.kind == alert.Prometheus { // their limit is 16 MiB; a label of 10 MB is shortened
				large = strings.Replace(r.alert(`"big"`), `"x":"big"`, `"x":`+large, 1)
				status, answer := x.post(r.path, nil, large)
				x.refused(string(r.kind)+" with a label of 10 MB", status, answer, r.ok)
			} else {
				status, answer := x.post(r.path, nil, r.alert(large))
				x.refused(string(r.kind)+" with texts of 10 MB", status, answer, 413)
			}
			status, answer := x.post(r.path, nil, r.alert(`"`+strings.Repeat("y", 20<<20)+`"`))
			x.refused(string(r.kind)+" with 20 MB", status, answer, 413)
			x.wrongTokens(r)
		}
		x.manyAlerts()
		x.flood()
	})
}

func (x *target) wrongTokens(r receiver) {
	good := x.tokens[r.kind]
	body := r.alert(`"x"`)
	for _, bad := range []string{"x", "eki_", strings.Repeat("a", 5000), "%00", "%ff%fe", strings.ToUpper(good), good + "a", x.tokens[alert.Heartbeat], "eki_%2e%2e%2f", x.api} {
		path, b := strings.Replace(r.path, good, bad, 1), strings.Replace(body, good, bad, 1)
		status, answer := x.post(path, nil, b)
		x.refused(fmt.Sprintf("%s with the token %.20q", r.kind, bad), status, answer, r.wrong)
		if len(bad) > 20 && strings.Contains(answer, bad) {
			x.t.Errorf("%s: the answer repeats the token", r.kind)
		}
	}
	if r.kind != alert.PagerDuty {
		for _, h := range []map[string]string{nil, {"Authorization": "Bearer"}, {"Authorization": "Basic !!!"}, {"Authorization": "Bearer " + x.tokens[alert.Heartbeat]}} {
			status, answer := x.post(strings.Replace(r.path, "/"+good, "", 1), h, body)
			x.refused(fmt.Sprintf("%s with the header %v", r.kind, h), status, answer, 401)
		}
	}
}

// manyAlerts sends 100,000 alerts in one body: refused as a whole.
func (x *target) manyAlerts() {
	x.t.Helper()
	count := func() int64 {
		tx, end := x.snapshot()
		defer end()
		return number(x.t, tx, "SELECT COUNT(*) FROM alert")
	}
	before := count()
	var b bytes.Buffer
	for i := range 100_000 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"labels":{"alertname":"%d"}}`, i)
	}
	for _, r := range x.receivers()[:2] {
		body := "[" + b.String() + "]"
		if r.kind == alert.Alertmanager {
			body = `{"alerts":` + body + `}`
		}
		status, answer := x.post(r.path, nil, body)
		x.refused(string(r.kind)+" with 100,000 alerts", status, answer, 413)
		if !strings.Contains(answer, "nothing was applied") {
			x.t.Errorf("it does not say that nothing was applied: %.200s", answer)
		}
	}
	if after := count(); after != before {
		x.t.Errorf("of 100,000 alerts %d were applied", after-before)
	}
	// Ten thousand are within the limit.
	var some bytes.Buffer
	for i := range 10_000 {
		fmt.Fprintf(&some, `{"labels":{"alertname":"some","n":"%d"}},`, i)
	}
	status, answer := x.post(x.receivers()[1].path, nil, "["+strings.TrimSuffix(some.String(), ",")+"]")
	x.refused("10,000 alerts", status, answer, 200)
	if after := count(); after != before+10_000 {
		x.t.Errorf("of 10,000 alerts %d were applied", after-before)
	}
}

// flood sends large bodies at once: some are told to come back, memory stays
// bounded, and small posts get through.
func (x *target) flood() {
	x.t.Helper()
	var all sync.WaitGroup
	r := x.receivers()[1]
	body := strings.Replace(r.alert(`"big"`), `"x":"big"`, `"x":"`+strings.Repeat("z", 12<<20)+`"`, 1)
	statuses := make([]int, 24)
	for i := range statuses {
		all.Go(func() { statuses[i], _ = x.post(r.path, nil, body) })
	}
	all.Wait()
	for _, s := range statuses {
		if s != 200 && s != 503 {
			x.t.Errorf("of 24 bodies of 12 MB at once one is answered with %d", s)
		}
	}
	x.healthy()
}
