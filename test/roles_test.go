package test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
)

// TestRoles walks every route with every role, and with none, and compares who
// gets past the door with testdata/roles.txt. A new route, or a changed right,
// shows as a line in review.
//
//	yes   past authorisation (whatever the request then meets: 200, 404, 422 …)
//	no    403
//	who   401, or sent to sign in
func TestRoles(t *testing.T) {
	w := start(t)
	_, token, err := w.People.CreateToken(actor.With(context.Background(), w.admin), auth.NewToken{Name: "machine", Role: actor.Machine})
	if err != nil {
		t.Fatal(err)
	}
	doc := openapi(t, w)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	roles := append([]actor.Role{""}, actor.Roles...)
	var lines []string
	for _, route := range append(slices.Clone(w.Routes), doc.routes()...) {
		method, path, ok := strings.Cut(route, " ")
		if !ok || strings.HasSuffix(path, "/") && path != "/" || strings.Contains(route, "GET /live") {
			continue // prefixes that hold other routes; the event stream never ends
		}
		line := fmt.Sprintf("%-6s %-60s", method, path)
		for _, role := range roles {
			req, err := http.NewRequest(method, w.URL+fill(path)+doc.query(method, path), bytes.NewReader(doc.body(method, path)))
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(path, "/api/") {
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("If-Match", `"1"`)
			} else if method == "POST" {
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			if role == actor.Machine {
				req.Header.Set("Authorization", "Bearer "+token)
			} else if c := w.cookies[role]; c != nil {
				req.AddCookie(c)
			}
			// A verb that ends the session would spoil the walk; every role
			// gets its own answer but keeps its cookie.
			if path == "/logout" || strings.Contains(path, "/sessions") && method != "GET" {
				req.Header.Del("Cookie")
			}
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(res.Body)
			res.Body.Close()
			line += fmt.Sprintf(" %-4s", verdict(res))
			if strings.HasPrefix(path, "/api/") && res.StatusCode == 422 && strings.Contains(string(body), "validation failed") {
				t.Errorf("%s as %q: the made-up body is refused before the role is asked: %s", route, role, body)
			}
			if res.StatusCode >= 500 {
				t.Errorf("%s as %q: %s %s", route, role, res.Status, body)
			}
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	slices.Sort(lines)
	head := fmt.Sprintf("%-6s %-60s", "", "")
	for _, r := range roles {
		name := string(r)
		if r == "" {
			name = "none"
		}
		head += fmt.Sprintf(" %-4.4s", name)
	}
	golden(t, "testdata/roles.txt", strings.TrimRight(head, " ")+"\n"+strings.Join(slices.Compact(lines), "\n")+"\n")
}

func verdict(res *http.Response) string {
	switch {
	case res.StatusCode == 401, res.StatusCode == 303 && strings.HasPrefix(res.Header.Get("Location"), "/login"):
		return "who"
	case res.StatusCode == 403:
		return "no"
	}
	return "yes"
}

// fill puts something into the path's parameters that names no record.
func fill(path string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(path, "/") {
		if part == "" {
			continue
		}
		if strings.HasPrefix(part, "{") {
			part = map[string]string{"{$}": "", "{name}": "nothing", "{word}": "nothing"}[part]
			if part == "" && !strings.Contains(path, "{$}") {
				part = "999999"
			}
		}
		b.WriteString("/" + part)
	}
	return b.String()
}

// document is what the walk needs of the OpenAPI document.
type document struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]*schema }
}

type operation struct {
	OperationID string
	Parameters  []struct {
		Name, In string
		Required bool
		Schema   *schema
	}
	RequestBody *struct {
		Content map[string]struct{ Schema *schema }
	}
}

type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Format     string
	Enum       []any
	Required   []string
	Properties map[string]*schema
	Items      *schema
	MinLength  int
	MinItems   int
	Minimum    *float64
	Examples   []any
}

func openapi(t *testing.T, w *whole) *document {
	t.Helper()
	res, err := http.DefaultClient.Do(as(t, w, actor.Admin, "GET", "/api/openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var d document
	if err := json.NewDecoder(res.Body).Decode(&d); err != nil {
		t.Fatal(err)
	}
	return &d
}

func as(t *testing.T, w *whole, role actor.Role, method, path string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(method, w.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(w.cookies[role])
	return req
}

func (d *document) routes() (out []string) {
	for path, ops := range d.Paths {
		for method := range ops {
			out = append(out, strings.ToUpper(method)+" "+path)
		}
	}
	return out
}

// body makes the smallest body that the operation's schema accepts.
func (d *document) body(method, path string) []byte {
	op, ok := d.Paths[path][strings.ToLower(method)]
	if !ok || op.RequestBody == nil {
		return nil
	}
	for _, c := range op.RequestBody.Content {
		data, _ := json.Marshal(d.sample(c.Schema))
		return data
	}
	return nil
}

// query fills in the required query parameters.
func (d *document) query(method, path string) string {
	q := url.Values{}
	for _, p := range d.Paths[path][strings.ToLower(method)].Parameters {
		if p.In == "query" && p.Required {
			q.Set(p.Name, fmt.Sprint(d.sample(p.Schema)))
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func (d *document) sample(s *schema) any {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = d.Components.Schemas[name]
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	if len(s.Examples) > 0 {
		return s.Examples[0]
	}
	kind, _ := s.Type.(string)
	if list, ok := s.Type.([]any); ok && len(list) > 0 {
		kind, _ = list[0].(string)
	}
	switch kind {
	case "object":
		out := map[string]any{}
		for _, name := range s.Required {
			if name == "parent" || name == "into" {
				out[name] = "INC-999999" // keys are read before the service is asked
				continue
			}
			out[name] = d.sample(s.Properties[name])
		}
		return out
	case "array":
		out := []any{}
		for range s.MinItems {
			out = append(out, d.sample(s.Items))
		}
		return out
	case "string":
		switch s.Format {
		case "date-time":
			return "2026-11-20T18:04:00Z"
		case "uri":
			return "https://harbour.example/"
		case "email":
			return "mara@harbour.example"
		}
		return strings.Repeat("x", max(1, s.MinLength))
	case "integer", "number":
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	case "boolean":
		return false
	}
	return nil
}

// golden compares with a committed file; -update writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, _ := os.ReadFile(file)
	if string(want) == got {
		return
	}
	have := map[string]bool{}
	for l := range strings.SplitSeq(string(want), "\n") {
		have[l] = true
	}
	for l := range strings.SplitSeq(got, "\n") {
		if !have[l] {
			t.Errorf("new:  %s", l)
		}
		delete(have, l)
	}
	for l := range have {
		t.Errorf("gone: %s", l)
	}
	t.Errorf("%s differs; look at the change and run: go test ./test -update", file)
}
