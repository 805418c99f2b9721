// Package catalogweb is the pages of the service catalog: the list, a service,
// and the form that adds or edits one.
//
// A service page shows what the catalog knows (owner, tier, promise, links,
// aliases) and leaves room for what other practices know of the service:
// they register panels, and a panel with nothing to say takes no place. How a
// service is doing comes through Health, which the wiring sets; a service
// without open incidents says so in words and is not painted green, because no
// incident is not the same as measured health.
//
// Pages call catalog.Catalog and decide nothing. A service that is managed in
// git shows where instead of edit buttons.
package catalogweb

import (
	"context"
	"embed"
	"html/template"
	"slices"

	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Team is an owner to choose from.
type Team struct{ Name, Title string }

// Health is the open incidents of a service.
type Health struct {
	Open  int
	Worst string // "P1" to "P4"; empty when there are none
}

// word is the health chip of the worst open incident; empty: no chip.
func (h Health) word() string {
	return map[string]string{"P1": "down", "P2": "degraded", "P3": "risk", "P4": "risk"}[h.Worst]
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
	// Health returns the open incidents of services; absent = none.
	Health func(ctx context.Context, services []string) (map[string]Health, error)
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
