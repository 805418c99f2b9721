package cmdbweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// RunsPage lists what sources reported, newest first.
type RunsPage struct {
	Base
	Filter web.Filter
	Table  web.Table
	Pager  web.Pager
	None   web.Empty
}

var runsPage = web.Parse(files, "runs.html", RunsPage{})

// Runs handles GET /map/runs.
func (p *Pages) Runs(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	source, fault := "", ""
	for _, t := range q["q"] {
		if v, ok := strings.CutPrefix(strings.TrimSpace(t), "source:"); ok && v != "" {
			source = v
		} else if strings.TrimSpace(t) != "" {
			fault = "“" + errs.Short(t) + "” is not understood. Use source:terraform"
		}
	}
	var before int64
	if s := q.Get("before"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 1 {
			return errs.BadField("before", s, "use the link to older runs")
		}
		before = n
	}
	list, more, err := p.CMDB.Runs(r.Context(), source, before, perPage)
	if err != nil {
		return err
	}
	page := &RunsPage{Base: p.base(r, "Imports", atRuns)}
	page.Sub, page.Live = "what sources reported, newest first", "*"
	page.Filter = web.Filter{Path: atRuns, Hint: "source:terraform", Fault: fault}
	if source != "" {
		page.Filter.Tokens = []web.Token{{Key: "source", Value: source, Without: atRuns}}
	}
	page.Filter.Buttons = []web.Button{{Title: "Sources on a schedule", Path: atSources, Icon: "clock"}}
	if page.May {
		page.Filter.Buttons = append(page.Filter.Buttons, web.Button{Title: "Import a file…", Path: atImport, Icon: "upload", Tone: "primary"})
	}
	page.Table = web.Table{Label: "Imports", V: page.V, Columns: []web.Column{{Title: "Run", Width: 190, Phone: true}, {Title: "Scope"}, {Title: "State", Width: 130, Phone: true}, {Title: "What it changed"}, {Title: "When", Width: 120, Right: true}}}
	for _, x := range list {
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{Key: x.Ref().String(), Text: x.Source, Path: x.Ref().Path()}, {Text: x.Scope, Sub: word(x.Complete, "complete", "")}, {Tag: runTag(x)}, {Text: runSays(x)}, {At: x.Started}}})
	}
	if more {
		next := url.Values{"before": {count64(list[len(list)-1].ID)}}
		if source != "" {
			next.Set("q", "source:"+source)
		}
		page.Pager = web.Pager{Older: atRuns + "?" + next.Encode(), Shown: web.Plural(len(list), "run", "runs") + " shown"}
	}
	page.None = web.Empty{Icon: "inbox", Title: "Nothing was imported yet", Text: "A run is one report of a source: a file that somebody sent, or a source on a schedule. It says what it saw and what that changed."}
	if source != "" {
		page.None = web.Empty{Icon: "inbox", Title: "No run of " + source, Text: "No source of this name has reported.", Button: &web.Button{Title: "All runs", Path: atRuns}}
	} else if page.May {
		page.None.Button = &web.Button{Title: "Import a file…", Path: atImport, Icon: "upload", Tone: "primary"}
		page.Filter.Buttons = page.Filter.Buttons[:1]
	}
	if len(list) > 0 && page.May && source == "" && len(page.Filter.Buttons) == 1 {
		page.Filter.Buttons = append(page.Filter.Buttons, web.Button{Title: "Import a file…", Path: atImport, Icon: "upload", Tone: "primary"})
	}
	return p.Shell.Render(w, r, runsPage, page)
}

// runTag is a run's state as a word.
func runTag(r cmdb.Run) *web.Tag {
	switch r.State {
	case cmdb.RunReading:
		return &web.Tag{Text: "is being read", Tone: "accent"}
	case cmdb.RunApplying:
		return &web.Tag{Text: "is being applied", Tone: "accent"}
	case cmdb.RunAsking:
		return &web.Tag{Text: "asks", Tone: "amber", Icon: "hand-stop"}
	case cmdb.RunApplied:
		return &web.Tag{Text: "applied", Tone: "green", Icon: "check"}
	case cmdb.RunRefused:
		return &web.Tag{Text: "refused", Tone: "red", Icon: "x"}
	case cmdb.RunFailed:
		return &web.Tag{Text: "failed", Tone: "red", Icon: "alert-triangle"}
	}
	return &web.Tag{Text: "dry run"}
}

// runSays sums up what a run changed.
func runSays(r cmdb.Run) string {
	if r.State == cmdb.RunRefused || r.State == cmdb.RunFailed {
		return r.Why
	}
	c := r.Counts
	var parts []string
	for _, x := range []struct {
		n    int
		word string
	}{{c.Created, "new"}, {c.Changed, "different"}, {c.Stale, "stale"}, {c.Back, "back"}} {
		if x.n > 0 {
			parts = append(parts, web.Count(x.n)+" "+x.word)
		}
	}
	if n := c.RelationsAdded + c.RelationsChanged + c.RelationsStale; n > 0 {
		parts = append(parts, web.Plural(n, "relation", "relations"))
	}
	if parts == nil {
		return "nothing new"
	}
	return strings.Join(parts, " · ")
}

// RunPage is one run.
type RunPage struct {
	Base
	Run     cmdb.Run
	Key     string
	Tag     web.Tag
	Facts   []web.Def
	Body    web.HTML
	Asks    string // what would turn stale, in words; empty: it does not ask
	Busy    bool
	Percent int
	Doing   string
	Again   string // path of the import with the same choices
}

var runPage = web.Parse(files, "run.html", RunPage{})

// Run handles GET /map/runs/{key}.
func (p *Pages) Run(w http.ResponseWriter, r *http.Request) error {
	id, err := numberIn(r, ref.Run)
	if err != nil {
		return err
	}
	run, err := p.CMDB.Run(r.Context(), id)
	if err != nil {
		return err
	}
	page := &RunPage{Base: p.base(r, run.Ref().String(), atRuns, web.Crumb{Title: "Imports", Path: atRuns}), Run: run, Key: run.Ref().String(), Tag: *runTag(run)}
	page.Live = page.Key
	page.Facts = []web.Def{{Term: "Source", Text: run.Source, Path: atRuns + "?q=source%3A" + url.QueryEscape(run.Source)}, {Term: "Scope", Text: word(run.Scope == "", "none given", run.Scope)},
		{Term: "Complete", Text: word(run.Complete, "yes: what it does not see is not there", "no: absence says nothing")}, {Term: "Relations are", Text: provenanceWord(run.Provenance)},
		{Term: "By", Text: p.who(r.Context(), run.Person, run.Actor)}, {Term: "Began", HTML: page.V.Full(run.Started)}}
	if !run.Finished.IsZero() {
		page.Facts = append(page.Facts, web.Def{Term: "Took", Text: took(run.Finished.Sub(run.Started))})
	}
	switch run.State {
	case cmdb.RunReading:
		page.Busy, page.Doing = true, web.Count(run.Counts.Items)+" items and "+web.Count(run.Counts.Relations)+" relations read so far; nothing has changed yet"
	case cmdb.RunApplying:
		page.Busy, page.Doing = true, "part "+web.Count(run.Counts.Applied)+" of "+web.Count(run.Counts.Chunks)+" is applied; if the server stops, it goes on when it starts"
		page.Percent = 100 * run.Counts.Applied / max(run.Counts.Chunks, 1)
	case cmdb.RunAsking:
		page.Asks = sentence(run.Why)
	}
	if run.State == cmdb.RunDry && page.May {
		page.Again = atImport + "?" + url.Values{"source": {run.Source}, "scope": {run.Scope}, "complete": {word(run.Complete, "yes", "no")}, "apply": {"now"}}.Encode()
	}
	if page.Body, err = viewOf(run); err != nil {
		return err
	}
	return p.Shell.Render(w, r, runPage, page)
}

func took(d time.Duration) string {
	if d < time.Second {
		return "less than a second"
	}
	return web.Dur(d.Round(time.Second))
}

// who names whoever acted.
func (p *Pages) who(ctx context.Context, person int64, act string) string {
	if person != 0 && p.Names != nil {
		if names, err := p.Names(ctx, []int64{person}); err == nil && names[person] != "" {
			return names[person]
		}
	}
	kind, name, _ := strings.Cut(act, ":")
	switch {
	case kind == "job":
		return "Evenkeel, on a schedule"
	case name != "":
		return kind + " " + name
	}
	return act
}

// ConfirmRun handles POST /map/runs/{key}/confirm.
func (p *Pages) ConfirmRun(w http.ResponseWriter, r *http.Request) error {
	return p.answerRun(w, r, p.CMDB.Confirm, "It goes on: what was not seen turns stale")
}

// RefuseRun handles POST /map/runs/{key}/refuse.
func (p *Pages) RefuseRun(w http.ResponseWriter, r *http.Request) error {
	return p.answerRun(w, r, p.CMDB.Refuse, "Refused; nothing was changed")
}

func (p *Pages) answerRun(w http.ResponseWriter, r *http.Request, do func(context.Context, int64) (cmdb.Run, error), done string) error {
	id, err := numberIn(r, ref.Run)
	if err != nil {
		return err
	}
	_, err = do(r.Context(), id)
	if errs.Is(err, errs.Conflict) {
		done, err = "Not done: "+errs.As(err).Text, nil
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, ref.N(ref.Run, id).Path(), done)
}
