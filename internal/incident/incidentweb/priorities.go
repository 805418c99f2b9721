package incidentweb

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// PrioritiesPage is one priority matrix: how a priority comes about, what it
// promises and whom it tells. The page changes nothing, because a change of
// what is promised is reviewed in git; it hands out the file to start from.
type PrioritiesPage struct {
	web.Page
	Tabs     []web.Tab   // of the matrices, when there is more than one
	Old      *web.Notice // the version is no longer in use
	Matrix   incident.MatrixView
	Reports  []matrixRow // impact → urgency
	Alerts   []matrixRow // severity → tier
	Promises []promise
	Facts    []web.Def
	File     string
	Path     string // where the file goes
}

// matrixRow is one line of a table of priorities.
type matrixRow struct {
	Name, Note string
	Severity   string
	Cells      []string
}

// promise is one line of the table of what priorities promise.
type promise struct {
	Term, Note string
	Cells      []promised
}

type promised struct {
	Priority, Text, Note string
	None                 bool
}

var prioritiesPage = web.Parse(files, "priorities.html", PrioritiesPage{})

const priorities = "/settings/priorities"

// Priorities handles GET /settings/priorities and /settings/priorities/{name}.
func (p *Pages) Priorities(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if name == "" {
		name = "default"
	}
	version, err := matrixVersion(r.URL.Query().Get("version"))
	if err != nil {
		return err
	}
	m, err := p.Incidents.Matrix(r.Context(), name, version)
	if err != nil {
		return err
	}
	all, err := p.Incidents.Matrices(r.Context())
	if err != nil {
		return err
	}
	page := &PrioritiesPage{Page: p.Shell.Page(r, "Priorities", "settings"), Matrix: m, File: m.File(), Path: "org/prioritymatrix/" + m.Name + ".yaml"}
	page.Crumbs = []web.Crumb{{Title: "Settings", Path: "/settings"}}
	page.Live = ref.S(ref.Matrix, name).String()
	if len(all) > 1 {
		for _, x := range all {
			page.Tabs = append(page.Tabs, web.Tab{Title: matrixTitle(x), Path: priorities + "/" + url.PathEscape(x.Name), Current: x.Name == name})
		}
	}
	if !m.InUse {
		page.Old = &web.Notice{Icon: "history", Tone: "accent", Fact: "Version " + strconv.FormatInt(m.Version, 10) + " is no longer in use.", Effect: "Incidents that were opened under it keep it.",
			Buttons: []web.Button{{Title: "What is in use now", Path: inUse(all, name)}}}
	}
	page.tables(m.Matrix)
	page.promises(m.Matrix)
	page.facts(len(all) > 1)
	return p.Shell.Render(w, r, prioritiesPage, page)
}

// matrixVersion reads the version of a link from an incident.
func matrixVersion(s string) (int64, error) {
	if s == "" {
		return incident.VersionInUse, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, errs.BadField("version", s, "use a number, or leave it out for the version in use")
	}
	return n, nil
}

// matrixPath is the page of the version that an incident stores, "default/3".
func matrixPath(id string) string {
	name, version, _ := strings.Cut(id, "/")
	return priorities + "/" + url.PathEscape(name) + "?version=" + url.QueryEscape(version)
}

// inUse is the page of the matrix that is in use instead of an old version.
func inUse(all []*incident.Matrix, name string) string {
	for _, m := range all {
		if m.Name == name {
			return priorities + "/" + url.PathEscape(name)
		}
	}
	return priorities
}

func matrixTitle(m *incident.Matrix) string {
	if m.Name == "default" {
		return "Everybody"
	}
	return m.Name
}

func (page *PrioritiesPage) tables(m *incident.Matrix) {
	for n, impact := range incident.Levels {
		row := matrixRow{Name: upper(impact.String()), Note: [...]string{"all or most users", "many users, or one function", "few users"}[n]}
		for u := range incident.Levels {
			row.Cells = append(row.Cells, m.ByImpact[n][u].String())
		}
		page.Reports = append(page.Reports, row)
	}
	for _, s := range incident.Severities {
		row := matrixRow{Severity: s}
		for _, p := range m.BySeverity[s] {
			row.Cells = append(row.Cells, p.String())
		}
		page.Alerts = append(page.Alerts, row)
	}
}

func (page *PrioritiesPage) promises(m *incident.Matrix) {
	add := func(term, note string, of func(p incident.Policy) (text, note string)) {
		line := promise{Term: term, Note: note}
		some := false
		for _, p := range m.Policies {
			text, more := of(p)
			some = some || text != ""
			c := promised{Priority: p.Priority.String(), Text: text, Note: more, None: text == ""}
			if c.None {
				c.Text = "–"
			}
			line.Cells = append(line.Cells, c)
		}
		if some {
			page.Promises = append(page.Promises, line)
		}
	}
	span := func(d time.Duration) string {
		if d == 0 {
			return ""
		}
		return web.Dur(d)
	}
	target := func(t incident.Target) string {
		if t.Zero() {
			return ""
		}
		return words(t)
	}
	add("Response", "until somebody acknowledges", func(p incident.Policy) (string, string) { return target(p.Response), "" })
	add("Resolution", "until the service is restored", func(p incident.Policy) (string, string) { return target(p.Resolution), "" })
	add("Public updates", "at least every", func(p incident.Policy) (string, string) { return span(p.Update), "" })
	add("Rises by itself", "one priority higher, if not mitigated", func(p incident.Policy) (string, string) {
		if p.Escalate == 0 {
			return "", ""
		}
		return "after " + span(p.Escalate), "to " + (p.Priority - 1).String()
	})
	add("War room", "open within", func(p incident.Policy) (string, string) { return span(p.WarRoom), "" })
	add("Postmortem", "due after it was resolved", func(p incident.Policy) (string, string) { return span(p.Postmortem), "" })
	add("Clock stops", "resolution, while it waits for", func(p incident.Policy) (string, string) {
		var waits []string
		for _, w := range p.Stops {
			waits = append(waits, string(w))
		}
		return strings.Join(waits, ", "), ""
	})
	add("Told", "and how", func(p incident.Policy) (string, string) { return strings.Join(p.Tell.Who(), ", "), told(p.Tell.When) })
}

// told says in words how loudly.
func told(w incident.When) string {
	switch w {
	case incident.Page:
		return "paged, day and night"
	case incident.Now:
		return "at once, without waking anybody"
	case incident.Quiet:
		return "in business hours, quietly"
	}
	return ""
}

func (page *PrioritiesPage) facts(several bool) {
	m, v := page.Matrix, page.V
	whom := web.Def{Term: "For", Text: "every team"}
	if m.Name == "default" && several {
		whom.Sub = "without one of its own"
	}
	if len(m.Teams) > 0 {
		whom = web.Def{Term: "For", Text: strings.Join(m.Teams, ", ")}
		if len(m.Teams) == 1 {
			whom.Path = "/teams/" + url.PathEscape(m.Teams[0])
		}
	}
	page.Facts = []web.Def{{Term: "Name", Text: m.Name}, whom}
	if m.Version == 0 {
		page.Facts = append(page.Facts, web.Def{Term: "Version", Text: "built in"})
	} else {
		page.Facts = append(page.Facts, web.Def{Term: "Version", Text: strconv.FormatInt(m.Version, 10)}, web.Def{Term: "Since", HTML: v.Full(m.Made)})
	}
	page.Facts = append(page.Facts, web.Def{Term: "Closed", Text: web.Dur(m.CloseAfter), Sub: "after it was resolved"})
	if !m.ReviewAfter.Zero() {
		page.Facts = append(page.Facts, web.Def{Term: "Weekly review", Text: "P3 and P4 open for " + words(m.ReviewAfter) + ", or back " + web.Plural(m.ReviewRepeats, "time", "times") + " in " + web.Dur(m.ReviewWithin)})
	}
}
