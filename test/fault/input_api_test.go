package fault

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// api is what /api/openapi.json says, as far as this test needs it.
type api struct {
	Paths map[string]map[string]struct {
		Parameters []struct {
			Name, In string
		}
		RequestBody struct {
			Content map[string]struct{ Schema schema }
		}
	}
	Components struct{ Schemas map[string]schema }
}

type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Format     string
	Enum       []any
	Properties map[string]schema
	Items      *schema
	Required   []string
	Minimum    *float64
}

func (s schema) is(kind string) bool {
	if list, ok := s.Type.([]any); ok {
		return slices.Contains(list, any(kind))
	}
	return s.Type == kind
}

// strings and numbers that no honest client sends, as raw JSON.
var (
	badTexts = []string{`"a\u0000b"`, "\"\xff\xfe\"", `"\ud800"`, `""`, `"mauve"`, `"'; DROP TABLE alert; --"`, `"0000-01-01T00:00:00Z"`, `"9999-12-31T23:59:59.999999999Z"`,
		`"-0001-01-01T00:00:00Z"`, `"PT999999999999999999H"`, `"9223372036854775808"`, `"INC-99999999999999999999"`, `"` + strings.Repeat("\u202e💥", 40_000) + `"`, `"../../etc/passwd"`, `7`, `null`, `[]`, `{}`, `true`}
	badNumbers = []string{`-1`, `0`, `9223372036854775807`, `-9223372036854775808`, `9223372036854775808`, `1e400`, `0.5`, `"7"`, `null`, `[]`}
	badWords   = []string{"%00", "%ff%fe", "..%2f..%2fetc%2fpasswd", "%2e%2e", "INC-0", "INC--1", "INC-99999999999999999999", "ALR-1%00", "INC-1'--", "%F0%9F%92%A5", "-", "%20", "9223372036854775808", strings.Repeat("a", 5000)}
	badQueries = []string{"%00", "%ff", "-1", "9223372036854775808", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "-0001-01-01T00:00:00Z", "mauve", "AAAA", "eyJ9", "%22", "a%3D~%22(%22", strings.Repeat("a", 5000)}
)

// TestBadRequests walks all operations of the API with bad paths, queries and
// bodies, each bad value alone among good ones, so that it gets as deep as it can.
func TestBadRequests(t *testing.T) {
	both(t, func(t *testing.T, x *target) {
		x.post(x.receivers()[0].path, nil, x.receivers()[0].alert(`"critical"`)) // ALR-1
		if status, answer := x.ask(x.url, "POST", "/api/v1/incidents", `{"title":"One to be asked for"}`); status != 201 {
			t.Fatal(status, answer)
		}
		_, text := x.ask(x.url, "GET", "/api/openapi.json", "")
		var d api
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatal(err)
		}
		w := &walk{target: x, api: d, client: &http.Client{Timeout: time.Minute}, seen: map[int]int{}}
		for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
			for _, method := range slices.Sorted(maps.Keys(d.Paths[path])) {
				if !strings.Contains(path, "/me/sessions") {
					w.operation(strings.ToUpper(method), path)
				}
			}
		}
		large := `{"title":"` + strings.Repeat("x", 9<<20) + `"}`
		for _, h := range []map[string]string{nil, {"Idempotency-Key": "large"}} {
			h = map[string]string{"Authorization": "Bearer " + x.site.api, "Idempotency-Key": h["Idempotency-Key"]}
			status, answer := x.post("/api/v1/incidents", h, large)
			x.refused("a request of 9 MB", status, answer, 413)
		}
		t.Logf("%d operations, %d requests, answers by status %v, slowest %s in %v", w.operations, w.requests, w.seen, w.slowest, w.slow.Round(time.Millisecond))
		if w.operations < 90 || w.requests < 3000 {
			t.Error("that is too few")
		}
	})
}

type walk struct {
	*target
	api        api
	client     *http.Client
	operations int
	requests   int
	seen       map[int]int
	slow       time.Duration
	slowest    string
}

func (w *walk) operation(method, path string) {
	w.operations++
	op := w.api.Paths[path][strings.ToLower(method)]
	good := goodPath(path)
	var body string
	var s schema
	if c, ok := op.RequestBody.Content["application/json"]; ok {
		s = w.resolve(c.Schema)
		body = w.good(s, 0)
	}
	for _, p := range op.Parameters {
		switch p.In {
		case "path":
			for _, bad := range badWords {
				w.send(method, goodPath(strings.Replace(path, "{"+p.Name+"}", bad, 1)), nil, body)
			}
		case "query":
			for _, bad := range badQueries {
				w.send(method, good+"?"+p.Name+"="+bad, nil, body)
			}
			w.send(method, good+"?"+p.Name+"=a&"+p.Name+"=b&"+p.Name+"="+p.Name, nil, body)
		case "header":
			for _, bad := range []string{`"9223372036854775808"`, `W/"x"`, "*", `"`, "\x7f", strings.Repeat("9", 5000)} {
				w.send(method, good, map[string]string{p.Name: bad}, body)
			}
		}
	}
	if body == "" {
		return
	}
	for _, bad := range []string{"", "{", "null", "[]", `"x"`, "7", "{}{}", "\xff\xfe\x00", strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 100_000), `{"nobody":1}`} {
		w.send(method, good, nil, bad)
	}
	w.send(method, good, map[string]string{"Content-Type": "text/plain"}, body)
	w.send(method, good, map[string]string{"Content-Type": "application/json; charset=utf-16"}, body)
	w.send(method, good, map[string]string{"Content-Encoding": "gzip"}, body)
	w.send(method, good, map[string]string{"Idempotency-Key": strings.Repeat("k", 300)}, body)
	for name, p := range s.Properties {
		p = w.resolve(p)
		list := badTexts
		if p.is("integer") || p.is("number") {
			list = badNumbers
		}
		for _, bad := range list {
			if p.is("array") {
				w.send(method, good, nil, w.with(s, name, "["+bad+"]"))
			}
			w.send(method, good, nil, w.with(s, name, bad))
		}
	}
}

// goodPath fills in what exists, by where it stands.
func goodPath(path string) string {
	for part, key := range map[string]string{"/incidents/": "INC-1", "/alerts/": "ALR-1", "/people/": "PER-999", "/messages/": "MSG-1", "/silences/": "SIL-1", "/tokens/": "TOK-999",
		"/services/": "checkout", "/integrations/": "generic-2", "/alert-rules/": "by-shard", "/teams/": "payments-2", "/calendars/": "office", "/channels/": "ops"} {
		if before, after, ok := strings.Cut(path, part+"{"); ok {
			_, rest, _ := strings.Cut(after, "}")
			path = before + part + key + rest
		}
	}
	return strings.ReplaceAll(path, "{seq}", "1")
}

func (w *walk) resolve(s schema) schema {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return w.api.Components.Schemas[name]
	}
	return s
}

// good is a valid value of a schema, raw.
func (w *walk) good(s schema, depth int) string {
	s = w.resolve(s)
	switch {
	case depth > 4:
		return "null"
	case len(s.Enum) > 0:
		b, _ := json.Marshal(s.Enum[0])
		return string(b)
	case s.Format == "date-time":
		return `"2026-11-20T09:00:00Z"`
	case s.is("string"):
		return `"office"`
	case s.is("integer"), s.is("number"):
		if s.Minimum != nil {
			return fmt.Sprint(int64(*s.Minimum))
		}
		return "1"
	case s.is("boolean"):
		return "false"
	case s.is("array"):
		return "[]"
	}
	return w.with(s, "", "")
}

// with is a valid object whose one property is a raw value.
func (w *walk) with(s schema, name, raw string) string {
	s = w.resolve(s)
	var parts []string
	for n, p := range s.Properties {
		if n == "$schema" {
			continue
		}
		v := raw
		if n != name {
			if !slices.Contains(s.Required, n) {
				continue
			}
			v = w.good(p, 1)
		}
		parts = append(parts, fmt.Sprintf("%q:%s", n, v))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// send sends one request and checks that the answer is no fault of ours and
// readable.
func (w *walk) send(method, path string, header map[string]string, body string) {
	w.t.Helper()
	u, err := url.Parse(w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	path, query, _ := strings.Cut(path, "?")
	u.Opaque = "//" + u.Host + path // as it is, not cleaned
	u.RawQuery = query
	req := &http.Request{Method: method, URL: u, Host: u.Host, Header: http.Header{"Authorization": {"Bearer " + w.site.api}, "Content-Type": {"application/json"}}}
	if body != "" {
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
	for k, v := range header {
		req.Header[k] = []string{v}
	}
	began := time.Now()
	res, err := w.client.Do(req)
	w.requests++
	what := fmt.Sprintf("%s %.120s %v %.120q", method, path+"?"+query, header, body)
	if err != nil {
		if !strings.Contains(err.Error(), "invalid header field value") { // never left this program
			w.t.Errorf("%s: %v", what, err)
		}
		return
	}
	answer := text(res)
	if took := time.Since(began); took > w.slow {
		w.slow, w.slowest = took, what
	}
	w.seen[res.StatusCode]++
	if res.StatusCode >= 500 {
		w.t.Errorf("%s: %s: %.300s", what, res.Status, answer)
		return
	}
	if res.StatusCode >= 400 {
		var p struct{ Title, Detail string }
		if err := json.Unmarshal([]byte(answer), &p); err != nil && strings.HasPrefix(path, "/api/v1/") && res.StatusCode != http.StatusRequestHeaderFieldsTooLarge || err == nil && p.Detail == "" {
			w.t.Errorf("%s: %s with an error nobody can read: %.200q", what, res.Status, answer)
		}
		for _, word := range []string{"SQLSTATE", "sqlite", "panic", "goroutine", ".go:"} {
			if strings.Contains(answer, word) {
				w.t.Errorf("%s: the error tells of our inside: %.300s", what, answer)
			}
		}
	}
}
