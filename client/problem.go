package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Problem is an RFC 9457 problem that the server answered.
type Problem struct {
	Type   string  `json:"type"`
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Detail string  `json:"detail"`
	Record string  `json:"record,omitempty"`
	Fields []Field `json:"fields,omitempty"`

	// In the conflict of a stale edit: the record as its GET answers it now,
	// its ETag, and who made it so and when, where that is known.
	Current     json.RawMessage `json:"current,omitempty"`
	CurrentETag string          `json:"current_etag,omitempty"`
	ChangedBy   string          `json:"changed_by,omitempty"`
	ChangedAt   time.Time       `json:"changed_at,omitzero"`

	Yours json.RawMessage `json:"-"` // the edit that was refused

	names []string // fields that the edit sets, also those it leaves empty
}

// Field is one wrong input value.
type Field struct {
	Name   string `json:"name"`
	Value  string `json:"value,omitempty"`
	Remedy string `json:"remedy"`
	Where  string `json:"where,omitempty"`
}

// Difference is one field of a refused edit that is stored otherwise now.
type Difference struct {
	Field         string
	Yours, Theirs json.RawMessage // nil = empty
}

func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Detail)
	for _, f := range p.Fields {
		b.WriteString("\n  ")
		if f.Where != "" {
			b.WriteString(f.Where + ": ")
		}
		b.WriteString(f.Name)
		if f.Value != "" {
			fmt.Fprintf(&b, " %q", f.Value)
		}
		b.WriteString(": " + f.Remedy)
	}
	if p.Current == nil {
		return b.String()
	}
	b.WriteString("\n  changed meanwhile")
	if p.ChangedBy != "" {
		b.WriteString(" by " + p.ChangedBy)
	}
	if !p.ChangedAt.IsZero() {
		b.WriteString(" at " + p.ChangedAt.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	for _, d := range p.Differences() {
		fmt.Fprintf(&b, "\n  %s\n    yours:  %s\n    theirs: %s", d.Field, brief(d.Yours), brief(d.Theirs))
	}
	return b.String()
}

// Differences compares a refused edit with what is stored now, by field. What
// a record never shows, such as a secret, is not compared.
func (p *Problem) Differences() (out []Difference) {
	var yours, theirs map[string]json.RawMessage
	if json.Unmarshal(p.Yours, &yours) != nil || json.Unmarshal(p.Current, &theirs) != nil {
		return nil
	}
	names := slices.Concat(slices.Collect(maps.Keys(yours)), p.names)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		mine := filled(yours[name])
		now := filled(settable(mine, theirs[name]))
		if writeOnly[name] || same(mine, now) {
			continue
		}
		out = append(out, Difference{name, mine, now})
	}
	return out
}

// writeOnly are fields that are sent and never shown.
var writeOnly = map[string]bool{"url": true, "secret": true, "password": true}

// filled is nil for a value that stands for nothing.
func filled(v json.RawMessage) json.RawMessage {
	switch string(v) {
	case "null", `""`, "[]", "{}", "false", "0":
		return nil
	}
	return v
}

// same compares values without regard to how they are written.
func same(a, b json.RawMessage) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// settable leaves of the objects in a stored list what the edit sets of them:
// a team's members are sent as keys and shown with names.
func settable(mine, now json.RawMessage) json.RawMessage {
	var edit, stored []map[string]json.RawMessage
	if json.Unmarshal(mine, &edit) != nil || json.Unmarshal(now, &stored) != nil {
		return now
	}
	known := map[string]bool{}
	for _, o := range edit {
		for name := range o {
			known[name] = true
		}
	}
	for _, o := range stored {
		maps.DeleteFunc(o, func(name string, _ json.RawMessage) bool { return len(edit) > 0 && !known[name] })
	}
	out, err := json.Marshal(stored)
	if err != nil {
		return now
	}
	return out
}

// brief is a value in one line of at most 200 characters.
func brief(v json.RawMessage) string {
	if v == nil {
		return "(empty)"
	}
	var b bytes.Buffer
	if json.Compact(&b, v) != nil {
		return string(v)
	}
	if r := []rune(b.String()); len(r) > 200 {
		return string(r[:199]) + "…"
	}
	return b.String()
}

// refuse keeps the edit that a problem is about.
func (p *Problem) refuse(method string, in any, body []byte) {
	p.Yours = body
	t := reflect.TypeOf(in)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if method != http.MethodPut || t == nil || t.Kind() != reflect.Struct {
		return // fields that are absent from a PATCH stay as they are
	}
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			p.names = append(p.names, name)
		}
	}
}

func problem(res *http.Response) error {
	data, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	p := &Problem{Status: res.StatusCode}
	if json.Unmarshal(data, p) != nil || p.Detail == "" {
		p.Detail = "the server answered " + res.Status
	}
	p.Status = res.StatusCode
	return p
}
