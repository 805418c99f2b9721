// Package packetweb renders what a packet says for people: one page that stands
// alone, on paper and in a file, without the server, a script or another file.
//
// What it shows is the checked content of the packet (packet.Read), nothing that
// it looked up; the proof's figures stand at the end with what to do to check
// them. It carries no authority of its own, and says so: the packet's JSON is
// what proves.
package packetweb

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/packet"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence/attest"
	"github.com/evenkeel/evenkeel/internal/policy"
)

//go:embed page.html
var text string

//go:embed page.css
var css string

// CSP is the content security policy that a page needs when a server sends it:
// its one style sheet is inside.
var CSP = func() string {
	sum := sha256.Sum256([]byte(css))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// Page is what the template shows.
type Page struct {
	CSS      template.CSS
	C        packet.Content
	Decided  []Decision
	Tests    []Tested
	Scans    []Scanned
	Report   attest.Report
	Digest   string // of the statement
	FileName string
}

// Decision is a decision with what policy said.
type Decision struct {
	packet.Decision
	Said  policy.Decision
	Stood string // what it stood on, indented JSON
}

// Tested is one suite.
type Tested struct {
	Name                           string
	Total, Passed, Failed, Skipped int
}

// Scanned is one scanner.
type Scanned struct {
	Name                    string
	Errors, Warnings, Notes int
}

// FileName is what a packet's file is called.
func FileName(change string) string { return change + ".packet.json" }

// Render writes the page of a packet. It checks the packet first and renders
// none that is not good.
func Render(w io.Writer, env attest.Envelope) error {
	file, err := env.Bytes()
	if err != nil {
		return errs.Wrap("packetweb.render", err)
	}
	rep := attest.Verify(file, attest.Options{})
	if rep.Bad != nil {
		return errs.Wrap("packetweb.render", errs.E(errs.Conflict, "the packet does not verify: %s", rep.Bad.Words))
	}
	c, err := packet.Read(rep)
	if err != nil {
		return errs.Wrap("packetweb.render", err)
	}
	payload, err := base64.StdEncoding.DecodeString(env.Payload)
	if err != nil {
		return errs.Wrap("packetweb.render", err)
	}
	p := Page{CSS: template.CSS(css), C: c, Report: rep, Digest: attest.Digest(payload), FileName: FileName(c.Change.Key)}
	for _, d := range c.Decisions {
		x := Decision{Decision: d}
		if err := json.Unmarshal(d.Result, &x.Said); err != nil {
			x.Said.Failed = "what policy said cannot be read"
		}
		if pretty, err := json.MarshalIndent(d.Input, "", "  "); err == nil {
			x.Stood = string(pretty)
		}
		p.Decided = append(p.Decided, x)
	}
	for _, f := range c.Tests {
		t := Tested{Name: f.Name}
		if json.Unmarshal(f.Data, &t) == nil {
			t.Name = f.Name
			p.Tests = append(p.Tests, t)
		}
	}
	for _, f := range c.Scans {
		s := Scanned{Name: f.Name}
		if json.Unmarshal(f.Data, &s) == nil {
			s.Name = f.Name
			p.Scans = append(p.Scans, s)
		}
	}
	return errs.Wrap("packetweb.render", page.Execute(w, p))
}

var page = template.Must(template.New("packet").Funcs(template.FuncMap{
	"when": func(t time.Time) string {
		if t.IsZero() {
			return "–"
		}
		return t.UTC().Format("2006-01-02 15:04:05 UTC")
	},
	"short": func(s string) string { return s[:min(len(s), len("sha256:")+5)] },
	"words": func(s string) string { return strings.ReplaceAll(s, "_", " ") },
	"list":  func(list []string) string { return strings.Join(list, ", ") },
	"points": func(seconds float64) string {
		return (time.Duration(seconds*float64(time.Second)) / time.Second * time.Second).String()
	},
	"risk": func(r *int, level string) string {
		if r == nil {
			return "unknown"
		}
		return strings.TrimSuffix(fmt.Sprintf("%d of 100, %s", *r, level), ", ")
	},
}).Parse(text))
