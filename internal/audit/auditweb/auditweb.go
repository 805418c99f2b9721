// Package auditweb is the pages of the evidence log: the log at a glance with
// its entries, one entry with the proof that it is in the log, and the signed
// checkpoints.
//
// Evidence is quiet: a green shield and when it was last checked. It speaks up
// only when a check found something, and then it names what, where and when.
// The pages decide nothing: they turn requests into calls of audit.Service.
package auditweb

import (
	"context"
	"embed"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages is the pages of the evidence log.
type Pages struct {
	Shell *web.Shell
	Audit *audit.Service
	// Person says who stands behind an actor like "user:17", if it is known
	// and the viewer may know; nil shows the actor as it is logged.
	Person func(ctx context.Context, actor string) (web.Person, bool)
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /evidence", p.Log)
	add("GET /evidence/entries/{index}", p.Entry)
	add("GET /evidence/checkpoints", p.Checkpoints)
	add("GET /evidence/checkpoints/{key}", p.Checkpoint)
	add("GET /evidence/export", p.Export)
	add("POST /evidence/check", p.Check)
}

const crumb = "Evidence"

func entryPath(index int64) string { return "/evidence/entries/" + strconv.FormatInt(index, 10) }

func checkpointPath(size int64) string { return ref.N(ref.Checkpoint, size).Path() }

// number shows an entry's number as people write it: "#48 210".
func number(n int64) string { return "#" + web.Count(int(n)) }

// actor is the cell that says who acted.
func (p *Pages) actor(ctx context.Context, name string) web.Cell {
	if p.Person != nil {
		if who, ok := p.Person(ctx, name); ok {
			return web.Cell{Person: &who}
		}
	}
	if name == "system" {
		return web.Cell{Text: "Evenkeel"}
	}
	return web.Cell{Text: name}
}

// recordPath is the page of a record, empty for records without one: contact
// methods have one for their owner only.
func recordPath(key string) string {
	r, err := ref.Parse(key)
	if err != nil || r.Kind == ref.System || r.Kind == ref.Method {
		return ""
	}
	return r.Path()
}

// Export handles GET /evidence/export: the file for an auditor.
func (p *Pages) Export(w http.ResponseWriter, r *http.Request) error {
	f, fault, _ := filter(r.URL.Query()["q"])
	if fault != "" {
		return web.Redirect(w, r, "/evidence", "")
	}
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(4 * time.Hour)) // not every server can; then its own limit holds
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	name := "evidence-" + time.Now().UTC().Format("20060102-150405") + ".txt"
	w.Header().Set("Content-Disposition", `attachment; filename="`+strings.ReplaceAll(name, `"`, "")+`"`)
	out := &started{w: w}
	_, err := p.Audit.Export(r.Context(), out, f)
	if err != nil && out.yes {
		panic(http.ErrAbortHandler) // the receiver must see that the file is not whole
	}
	if err != nil {
		w.Header().Del("Content-Disposition")
		w.Header().Del("Content-Type")
	}
	return err
}

type started struct {
	w   http.ResponseWriter
	yes bool
}

func (s *started) Write(b []byte) (int, error) {
	s.yes = true
	return s.w.Write(b)
}

// Check handles POST /evidence/check.
func (p *Pages) Check(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.Audit.StartCheck(r.Context()); err != nil {
		return err
	}
	return web.Redirect(w, r, "/evidence", "")
}
