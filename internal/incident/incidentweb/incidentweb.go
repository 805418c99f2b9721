// Package incidentweb holds the pages people work with while something is
// broken: Now, the incident page, the list, the declare form, and the small
// forms behind each verb.
//
// What a page shows is what the records say. Parts that belong to other
// practices (alerts, messages, evidence, and later suspects, known errors and
// the blast map) come through functions and panels that the wiring sets; what
// is not wired, or has nothing to say, takes no place.
//
// Invariants:
//
//   - Every action is a plain form that posts to /incidents/{key}/{verb} and
//     answers 303, so a responder on a poor connection, without script, can do
//     everything. Verbs are idempotent in the service; pressing twice is once.
//   - A page offers only what incident.View.Can allows this viewer now.
//   - One filled button: the step that usually comes next. "…" means that a
//     form follows.
//   - Live regions name the record they show; the timeline's text box stands
//     outside of them, so that a refresh never takes words away.
//
// How it works: actions.go is the table of verbs with their forms; clocks.go
// turns computed clocks into what the clock component draws; timeline.go turns
// entries into moments; each page has its file, struct and template.
package incidentweb

import (
	"context"
	"embed"
	"html/template"
	"net/http"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves the incident practice. Shell and Incidents are needed; the
// functions may be nil, and then their part is not shown.
type Pages struct {
	Shell     *web.Shell
	Incidents *incident.Service

	// People lists who can be given a role, by name; it decides itself what the viewer may see.
	People func(ctx context.Context) ([]Person, error)
	// Services lists the services of the catalog by name.
	Services func(ctx context.Context) ([]Service, error)
	// Teams lists the names of the teams.
	Teams func(ctx context.Context) ([]string, error)
	// Firing counts the alerts that fire now, and those of them that no incident holds.
	Firing func(ctx context.Context) (firing, loose int, err error)
	// Alerts are the alerts of one incident, firing ones first.
	Alerts func(ctx context.Context, incident int64) ([]Alert, error)
	// Trouble is what keeps messages from arriving, in one line; empty when all is well.
	Trouble func(ctx context.Context) (web.Notice, bool)
	// Evidence says how the evidence log stands.
	Evidence func(ctx context.Context) (Evidence, error)
	// Mine are further things due by the viewer, on the Now page.
	Mine func(ctx context.Context) ([]Due, error)

	// Escalate tells whoever comes next about an incident, for the phone page.
	Escalate func(ctx context.Context, incident int64) error
	// OnDuty lists the schedules the viewer sees first, with who is on call now.
	OnDuty func(ctx context.Context) ([]OnDuty, error)
	// Holes are times and people for which nobody would come when paged, the worst first.
	Holes func(ctx context.Context) ([]Hole, error)
	// Behind says what services that alert have in common, for the page Now.
	Behind func(ctx context.Context, open []incident.NowRow) ([]Behind, error)
	// FindItem finds the item of the map that a person means, for links.
	FindItem func(ctx context.Context, text string) (key, name string, err error)
	// Push lets the phone page offer to tell its browser.
	Push *Push

	panels []Panel
}

// Person is somebody who can be given a role.
type Person struct {
	ID   int64
	Name string
	Note string // team or duty
}

// Service is an entry of the declare form's list.
type Service struct {
	Name, Team string
	Tier       int
}

// Alert is one alert of an incident, as the incident page shows it.
type Alert struct {
	Key, Path, Summary, Service, Severity string
	Firing                                bool
	Count                                 int64
	Since                                 time.Time
}

// Evidence is how the evidence log stands.
type Evidence struct {
	Checkpoint int64 // number of the last signed checkpoint; 0: none yet
	Entries    int64
	At         time.Time // when the last check ran
	Sound      bool      // it found nothing wrong
	Head       string    // the tree head, shortened
	Path       string    // of the evidence page
}

// Due is one thing that waits for the viewer.
type Due struct {
	Icon, Title, Path, Note string
	At                      time.Time // when it is due; zero: no time
	Soon                    bool
}

// Panel is a part of the incident page that belongs to another practice:
// suspects, known errors, the blast map. Render returns an empty body when it
// has nothing to show, and the panel then takes no place.
type Panel struct {
	ID     string // anchor, "changed"
	Title  string // "What changed?"
	Order  int    // smaller stands higher; roles are 50, alerts 60, links 70
	Render func(ctx context.Context, v *web.View, inc incident.View) (body template.HTML, count string, err error)
}

// AddPanel registers a panel; call it while wiring.
func (p *Pages) AddPanel(panel Panel) {
	p.panels = append(p.panels, panel)
	slices.SortStableFunc(p.panels, func(a, b Panel) int { return a.Order - b.Order })
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /{$}", p.Now)
	add("GET /m", p.Phone)
	add("POST /m/{key}/{verb}", p.Thumb)
	add("GET /incidents", p.List)
	add("GET /incidents/new", p.DeclareForm)
	add("POST /incidents", p.Declare)
	add("GET /settings/priorities", p.Priorities)
	add("GET /settings/priorities/{name}", p.Priorities)
	add("GET /incidents/{key}", p.Show)
	add("POST /incidents/{key}/note", p.Note)
	add("POST /incidents/{key}/command", p.TakeCommand)
	for _, a := range actions {
		if a.fields != nil {
			add("GET /incidents/{key}/"+a.name, p.form(a))
		}
		add("POST /incidents/{key}/"+a.name, p.act(a))
	}
}

// id reads the incident's number from the path.
func id(r *http.Request) (int64, error) {
	n, err := ref.ID(ref.Incident, r.PathValue("key"))
	if err != nil {
		return 0, errs.E(errs.NotFound, "there is no incident %q; keys look like INC-1042", errs.Short(r.PathValue("key")))
	}
	return n, nil
}

// path is the page of an incident.
func path(i incident.Incident) string { return i.Ref().Path() }

// who makes a person of an id and the names that came with the record.
func who(v *web.View, names map[int64]string, person int64) web.Person {
	if person == 0 {
		return web.Person{}
	}
	name := names[person]
	if name == "" {
		name = "Somebody"
	}
	return web.Person{Name: name, You: person == v.Actor.Person}
}

// health is what the priority says of the service while it is not restored:
// P1 is a complete outage, P2 a degraded function (DOMAIN.md, Priority).
func health(i incident.Incident) string {
	if i.State != incident.Triggered && i.State != incident.Acknowledged {
		return ""
	}
	switch i.Priority {
	case incident.P1:
		return "down"
	case incident.P2:
		return "degraded"
	}
	return ""
}

// N and No are the counts as templates write them.
func (e Evidence) N() int  { return int(e.Entries) }
func (e Evidence) No() int { return int(e.Checkpoint) }
