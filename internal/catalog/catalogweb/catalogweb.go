// Package catalogweb is the pages of the service catalog: the portfolio as list
// and board, a service, the form that adds or edits one, and scorecards.
//
// A service page is the home of the team that owns it: what it promises and how
// it is doing, who is on call now and then, what it needs, its incidents on a
// line of time, its scorecard with what to do next, its documents. What other
// practices know of the service comes through functions that the wiring sets,
// and through panels that they register; a panel with nothing to say takes no
// place, and one with the ID "dependencies" takes the place of the plain list.
// A service without open incidents says so in words and is not painted green,
// because no incident is not the same as measured health; what is not known
// stands as unknown, and a practice that is not in use as that.
//
// Pages call catalog.Catalog and decide nothing. A service that is managed in
// git shows where instead of edit buttons.
package catalogweb

import (
	"context"
	"embed"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Team is an owner to choose from.
type Team struct{ Name, Title string }

// Health is how a service is doing, as open incidents and firing alerts say.
type Health struct {
	Open     int
	Worst    string // open incident in which users are not served again, "P1" to "P4"; empty when there are none
	Firing   int
	Severity string // worst firing alert: critical, error, warning, info
}

// word is the health chip: what an incident says counts, and alerts that are
// not in one yet are a risk; empty: no chip.
func (h Health) word() string {
	if h.Worst != "" {
		return map[string]string{"P1": "down", "P2": "degraded", "P3": "risk", "P4": "risk"}[h.Worst]
	}
	if h.Severity == "critical" || h.Severity == "error" {
		return "risk"
	}
	return ""
}

// says is the health in words.
func (h Health) says() string {
	var parts []string
	if h.Open > 0 {
		say := web.Plural(h.Open, "open incident", "open incidents")
		if h.Worst != "" {
			say += ", worst " + h.Worst
		} else {
			say += ", users are served again"
		}
		parts = append(parts, say)
	}
	if h.Firing > 0 {
		parts = append(parts, web.Plural(h.Firing, "alert fires", "alerts fire")+", worst "+h.Severity)
	}
	if len(parts) == 0 {
		return "No open incident, no alert fires"
	}
	return strings.Join(parts, " · ")
}

// Duty is who is on call for a service.
type Duty struct {
	Policy, PolicyPath string // that escalates; "" = none
	Known              bool   // some schedule serves it
	Now, Then          []web.Person
	Until, At          time.Time // when Now ends, and when Then begins; zero: not known
}

// Owner is a team as its services' pages show it.
type Owner struct {
	Title  string
	People int
}

// Incident is an incident on the line of time.
type Incident struct {
	Key, Path, Title, Priority string
	From, Until                time.Time // Until: users were served again; zero while they are not
}

// Panel is a part of the service page that belongs to another practice. Render
// returns an empty body when it has nothing to show.
type Panel struct {
	ID     string // anchor, "open-incidents"
	Title  string
	Order  int  // smaller stands higher
	Side   bool // in the narrow column
	Link   func(service string) string
	Render func(ctx context.Context, v *web.View, service string) (body template.HTML, count string, err error)
}

// Pages serves the catalog. Shell and Catalog are needed; the functions may be
// nil, and then their part is not shown.
type Pages struct {
	Shell   *web.Shell
	Catalog *catalog.Catalog
	// Teams lists the teams by name, for choosing an owner.
	Teams func(ctx context.Context) ([]Team, error)
	// Health says how services are doing; absent = nothing is wrong.
	Health func(ctx context.Context, services []string) (map[string]Health, error)
	// Duty says who is on call for a service of a team.
	Duty func(ctx context.Context, service, team string) (Duty, error)
	// Owner describes a team.
	Owner func(ctx context.Context, team string) (Owner, error)
	// Names are the display names of people by handle; who is gone is absent.
	Names func(ctx context.Context, handles []string) (map[string]string, error)
	// Incidents are those of a service since a time, oldest first; more says
	// that there are others.
	Incidents func(ctx context.Context, service string, since time.Time) (list []Incident, more bool, err error)
	// Scorecards measure services; nil: they are not shown.
	Scorecards *scorecard.Service
	// Declare is the path of the form that declares an incident; "?service=" is added.
	Declare string

	panels []Panel
}

// AddPanel registers a panel; call it while wiring.
func (p *Pages) AddPanel(panel Panel) {
	p.panels = append(p.panels, panel)
	slices.SortStableFunc(p.panels, func(a, b Panel) int { return a.Order - b.Order })
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /services", p.List)
	add("GET /services/new", p.New)
	add("POST /services/new", p.Create)
	add("GET /services/{name}", p.Show)
	if p.Scorecards != nil {
		add("GET /scorecards", p.Cards)
		add("GET /scorecards/new", p.NewCard)
		add("POST /scorecards/new", p.CreateCard)
		add("GET /scorecards/{name}", p.Card)
		add("GET /scorecards/{name}/edit", p.EditCard)
		add("POST /scorecards/{name}/edit", p.SaveCard)
		add("POST /scorecards/{name}/delete", p.DeleteCard)
	}
	add("GET /services/{name}/edit", p.Edit)
	add("POST /services/{name}/edit", p.Save)
	add("POST /services/{name}/retire", p.Retire)
}

func (p *Pages) teams(ctx context.Context) ([]Team, error) {
	if p.Teams == nil {
		return nil, nil
	}
	return p.Teams(ctx)
}

func (p *Pages) health(ctx context.Context, services []string) (map[string]Health, error) {
	if p.Health == nil || len(services) == 0 {
		return nil, nil
	}
	return p.Health(ctx, services)
}
