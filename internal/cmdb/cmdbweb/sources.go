package cmdbweb

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// SourcesPage lists sources on a schedule.
type SourcesPage struct {
	Base
	Table web.Table
	Pager web.Pager
	None  web.Empty
}

var sourcesPage = web.Parse(files, "sources.html", SourcesPage{})

// Sources handles GET /map/sources.
func (p *Pages) Sources(w http.ResponseWriter, r *http.Request) error {
	list, more, err := p.CMDB.Discoveries(r.Context(), r.URL.Query().Get("after"), perPage)
	if err != nil {
		return err
	}
	page := &SourcesPage{Base: p.base(r, "Sources on a schedule", atRuns, web.Crumb{Title: "Imports", Path: atRuns})}
	page.Live = "*"
	page.Table = web.Table{Label: "Sources", V: page.V, Columns: []web.Column{{Title: "Source", Phone: true}, {Title: "Scope", Width: 150}, {Title: "State", Width: 140, Phone: true}, {Title: "How it went"}, {Title: "Last", Width: 110, Right: true}, {Title: "Next", Width: 110, Right: true}}}
	for _, d := range list {
		page.Table.Rows = append(page.Table.Rows, web.Row{Quiet: d.Spec.Disabled, Cells: []web.Cell{{Text: cmp.Or(d.Spec.Title, d.Name), Path: d.Ref().Path(), Sub: d.Spec.Source}, {Text: d.Spec.Scope}, {Tag: sourceTag(d)}, {Text: d.Error}, {At: d.Last}, {At: d.Next}}})
	}
	if more {
		page.Pager = web.Pager{Older: atSources + "?after=" + url.QueryEscape(list[len(list)-1].Name), Shown: web.Plural(len(list), "source", "sources") + " shown"}
	}
	page.None = web.Empty{Icon: "clock", Title: "No source on a schedule", Text: "A source on a schedule keeps the map true by itself: it asks a cluster, or fetches a file, every hour, and says what changed."}
	if page.May {
		page.None.Button = &web.Button{Title: "Add a source…", Path: atSources + "/new", Icon: "plus", Tone: "primary"}
	}
	return p.Shell.Render(w, r, sourcesPage, page)
}

// sourceTag is how a source is doing.
func sourceTag(d cmdb.Discovery) *web.Tag {
	switch {
	case d.Busy:
		return &web.Tag{Text: "running", Tone: "accent"}
	case d.Spec.Disabled:
		return &web.Tag{Text: "off"}
	case d.Error != "" && d.Failures > 1:
		return &web.Tag{Text: "failed " + count64(d.Failures) + " times", Tone: "red", Icon: "alert-triangle"}
	case d.Error != "":
		return &web.Tag{Text: "failed", Tone: "red", Icon: "alert-triangle"}
	case d.Last.IsZero():
		return &web.Tag{Text: "not run yet"}
	}
	return &web.Tag{Text: "fine", Tone: "green", Icon: "check"}
}

// SourcePage is one source on a schedule.
type SourcePage struct {
	Base
	Source  cmdb.Discovery
	Key     string
	Tag     web.Tag
	Ask     *web.Confirm
	Facts   []web.Def
	Config  []web.Def
	Runs    web.Table
	RunsAll string
	Edit    bool
}

var sourcePage = web.Parse(files, "source.html", SourcePage{})

// Source handles GET /map/sources/{name}.
func (p *Pages) Source(w http.ResponseWriter, r *http.Request) error {
	d, err := p.CMDB.Discovery(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	page := &SourcePage{Base: p.base(r, cmp.Or(d.Spec.Title, d.Name), atRuns, web.Crumb{Title: "Imports", Path: atRuns}, web.Crumb{Title: "Sources", Path: atSources}), Source: d, Key: d.Ref().String(), Tag: *sourceTag(d)}
	page.Live = page.Key
	page.Edit = page.May && d.Managed == ""
	next := web.Def{Term: "Runs next", HTML: page.V.Time(d.Next), Sub: "every " + web.Dur(time.Duration(everySource(d.Spec)))}
	if d.Next.IsZero() {
		next = web.Def{Term: "Runs next", Text: "it is off"}
	}
	share := "more than " + strconv.Itoa(cmp.Or(d.Spec.MaxSharePercent, int(100*cmdb.DefaultMaxShare))) + " % of the scope"
	page.Facts = []web.Def{{Term: "Source", Text: sourceTitle(d.Spec.Source)}, {Term: "Scope", Text: cmp.Or(d.Spec.Scope, "none given")}, {Term: "Complete", Text: word(d.Spec.Complete, "yes: what it does not see is not there", "no: absence says nothing")}, {Term: "Asks before", Text: share + " turns stale"},
		{Term: "Ran last", HTML: page.V.Time(d.Last)}, next}
	for _, name := range slices.Sorted(maps.Keys(d.Spec.Config)) {
		page.Config = append(page.Config, web.Def{Term: name, Text: d.Spec.Config[name]})
	}
	for _, name := range d.Secrets {
		page.Config = append(page.Config, web.Def{Term: name, Text: "set", Sub: "kept sealed, never shown"})
	}
	runs, _, err := p.CMDB.Runs(r.Context(), d.Spec.Source, 0, 50)
	if err != nil {
		return err
	}
	page.Runs = web.Table{Label: "Runs", V: page.V, Columns: []web.Column{{Title: "Run", Width: 110, Phone: true}, {Title: "State", Width: 130, Phone: true}, {Title: "What it changed"}, {Title: "When", Width: 110, Right: true}}}
	for _, x := range runs {
		if x.Scope == d.Spec.Scope && len(page.Runs.Rows) < 10 {
			page.Runs.Rows = append(page.Runs.Rows, web.Row{Cells: []web.Cell{{Text: x.Ref().String(), Path: x.Ref().Path()}, {Tag: runTag(x)}, {Text: runSays(x)}, {At: x.Started}}})
		}
	}
	page.RunsAll = atRuns + "?q=source%3A" + url.QueryEscape(d.Spec.Source)
	if r.URL.Query().Get("ask") == "delete" && page.Edit {
		page.Ask = &web.Confirm{Path: d.Ref().Path() + "/delete", Title: "Delete the source " + d.Name + "?", Text: "What it found stays on the map, and turns stale only if another source of the same scope says so.", Button: "Delete", Danger: true, Cancel: d.Ref().Path()}
	}
	return p.Shell.Render(w, r, sourcePage, page)
}

func everySource(s cmdb.DiscoverySpec) cmdb.Duration {
	if s.Every == 0 {
		return cmdb.DefaultEvery
	}
	return s.Every
}

// RunSource handles POST /map/sources/{name}/run.
func (p *Pages) RunSource(w http.ResponseWriter, r *http.Request) error {
	_, err := p.CMDB.RunDiscovery(r.Context(), r.PathValue("name"))
	return p.sourceTold(w, r, err, "It runs now")
}

// TrySource handles POST /map/sources/{name}/try: a dry run.
func (p *Pages) TrySource(w http.ResponseWriter, r *http.Request) error {
	run, err := p.CMDB.TryDiscovery(r.Context(), r.PathValue("name"))
	if err == nil {
		return web.Redirect(w, r, run.Ref().Path(), "This is what it would change")
	}
	return p.sourceTold(w, r, err, "")
}

// DeleteSource handles POST /map/sources/{name}/delete.
func (p *Pages) DeleteSource(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := p.CMDB.DeleteDiscovery(r.Context(), name); err != nil {
		return p.sourceTold(w, r, err, "")
	}
	return web.Redirect(w, r, atSources, "The source "+name+" is deleted")
}

// sourceTold goes back to a source and says how it went. That a system did not
// answer is no fault of ours, and is said the same way.
func (p *Pages) sourceTold(w http.ResponseWriter, r *http.Request, err error, done string) error {
	if err != nil {
		e := errs.As(err)
		if e.Kind != errs.Conflict && e.Kind != errs.Invalid && e.Kind != errs.Unavailable {
			return err
		}
		done = "Not done: " + e.Text
		for _, f := range e.Fields {
			done += "; " + f.String()
		}
	}
	return web.Redirect(w, r, ref.S(ref.Discovery, r.PathValue("name")).Path(), errs.Short(done))
}
