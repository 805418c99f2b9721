// Package alertweb holds the pages of alerts, silences, alert rules and
// integrations.
//
// The alert list is where people decide what nobody has decided yet. It shows
// alerts in groups that say why they stand together: one group for each
// incident, then what is in none, what is held back, what is over. A view is a
// set of filter tokens with a bounded count; a token is also what a person
// types. What belongs to incidents (titles, priorities, who has it, opening
// and acknowledging one) comes through functions that the wiring sets; what is
// not wired takes no place.
//
// Invariants:
//
//   - Pages work without script: filters are links and a GET form, actions are
//     forms that post and answer 303. The bulk bar is part of the list's form.
//   - A token of an integration is shown on the page that made it and nowhere
//     else; that answer is not stored by browsers or proxies.
//   - What is managed in git shows from where, instead of an edit button.
//   - Posts of the integration pages go to /settings/integrations/…, because
//     /integrations/… belongs to the receivers.
//
// How it works: filter.go reads tokens; group.go sorts one page of alerts into
// groups; each page has its file, struct and template.
package alertweb

import (
	"context"
	"embed"
	"net/http"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves the alert practice. Shell and Alerts are needed; the functions
// may be nil, and then their part is not shown.
type Pages struct {
	Shell  *web.Shell
	Alerts *alert.Service

	// PublicURL is the address that senders reach this server at, for the
	// set-up texts; empty: the address of the request.
	PublicURL string
	// Incidents describes incidents; those that the viewer may not see are left out.
	Incidents func(ctx context.Context, ids []int64) (map[int64]Incident, error)
	// Declare opens an incident from alerts and returns its number.
	Declare func(ctx context.Context, title, service string) (int64, error)
	// Acknowledge takes an incident.
	Acknowledge func(ctx context.Context, incident int64) error
	// People returns names of persons.
	People func(ctx context.Context, ids []int64) (map[int64]string, error)
	// MyServices are the services that the viewer's teams own.
	MyServices func(ctx context.Context) ([]string, error)
	// Touched is what else is hit while the things that conditions name are out
	// of use, as a panel's body; empty when nothing is, or nobody knows.
	Touched func(ctx context.Context, v *web.View, matchers []alert.Matcher) (web.HTML, error)
	// Calls is what an integration needs to call its system, as a panel's body;
	// empty for one that only listens.
	Calls func(ctx context.Context, v *web.View, in alert.Integration) (web.HTML, error)
}

// Incident is what the list says of one.
type Incident struct {
	ID       int64
	Priority string // P1 to P4
	Title    string
	State    string
	Note     string     // "acknowledged by Jonas 18:07"
	Who      web.Person // who has it; zero: nobody
}

// Routes lists the pages of the practice.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /alerts", p.List)
	add("POST /alerts/bulk", p.Bulk)
	add("GET /alerts/link", p.LinkForm)
	add("POST /alerts/link", p.Link)
	add("GET /alerts/{key}", p.Show)

	add("GET /silences", p.Silences)
	add("GET /silences/new", p.NewSilence)
	add("POST /silences/new", p.CreateSilence)
	add("GET /silences/{key}", p.Silence)
	add("POST /silences/{key}/expire", p.ExpireSilence)

	add("GET /rules", p.Rules)
	add("GET /rules/new", p.NewRule)
	add("POST /rules/new", p.CreateRule)
	add("GET /rules/try", p.TryRules)
	add("POST /rules/order", p.OrderRules)
	add("GET /rules/{name}", p.EditRule)
	add("POST /rules/{name}", p.UpdateRule)
	add("POST /rules/{name}/delete", p.DeleteRule)

	add("GET /integrations", p.Integrations)
	add("GET /integrations/new", p.NewIntegration)
	add("GET /integrations/{name}", p.Integration)
	add("POST /settings/integrations/new", p.CreateIntegration)
	add("POST /settings/integrations/{name}", p.UpdateIntegration)
	add("POST /settings/integrations/{name}/rotate", p.RotateToken)
	add("POST /settings/integrations/{name}/delete", p.DeleteIntegration)
}

// number reads the key in the path; what is none is not found.
func number(r *http.Request, kind ref.Kind) (int64, error) {
	id, err := ref.ID(kind, r.PathValue("key"))
	if err != nil {
		return 0, errs.E(errs.NotFound, "%s", err.Error())
	}
	return id, nil
}

// tone is the colour of a severity's picture.
func tone(s alert.Severity) string {
	switch s {
	case alert.Critical:
		return "red"
	case alert.Error:
		return "orange"
	case alert.Warning:
		return "amber"
	}
	return ""
}
