package app

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/change/suspect"
	"github.com/evenkeel/evenkeel/internal/change/suspect/suspectweb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/incident/incidentweb"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// suspected is an incident as the ranking of suspects sees it. A fault began
// when somebody or something says it did, at the latest when it was told.
func suspected(i incident.Incident) suspect.Incident {
	if i.ID == 0 {
		return suspect.Incident{}
	}
	out := suspect.Incident{ID: i.ID, Title: i.Title, State: string(i.State), Open: i.State.Open(), Priority: int(i.Priority), Restricted: i.Restricted, Began: i.TriggeredAt}
	if i.Service != "" {
		out.Services = []string{i.Service}
	}
	if !i.StartedAt.IsZero() && i.StartedAt.Before(out.Began) {
		out.Began = i.StartedAt
	}
	switch {
	case !i.MitigatedAt.IsZero():
		out.Over = i.MitigatedAt
	case !i.ResolvedAt.IsZero():
		out.Over = i.ResolvedAt
	case !i.State.Open():
		out.Over = i.ClosedAt
	}
	return out
}

// suspectChanges has the suspects of an incident looked for.
func (a *App) suspectChanges(tx *db.Tx, e incident.Event) error {
	return a.Suspects.OnIncident(tx, suspected(e.Incident), suspected(e.Was))
}

// causeOfIncident makes what was said of a suspect count, and writes it on both
// records.
func (a *App) causeOfIncident(tx *db.Tx, e suspect.Edge) error {
	if on, off := e.Turned(); on || off {
		name := e.Key()
		if e.Restricted {
			name = "an incident" // the change's readers may not know which
		}
		if err := a.Changes.MarkCaused(tx, e.Change, name, on); err != nil {
			return err
		}
	}
	text := map[suspect.State]string{
		suspect.Confirmed: "said that " + e.ChangeKey() + " caused this", suspect.Rejected: "ruled " + e.ChangeKey() + " out",
		suspect.Suggested: "took back what was said about " + e.ChangeKey(),
	}[e.State]
	if e.Rule == suspect.ByTakenBack {
		text = e.ChangeKey() + " was taken back while this lasted: it counts as the cause, unless somebody rules it out"
	}
	return a.Incidents.Append(tx, e.Incident, incident.Entry{Kind: incident.EntryLink, Person: e.Person, Text: text, Detail: e.Note})
}

// suspectPages are the suspects on the incident's page, and how good the
// ranking is.
func (a *App) suspectPages(incidents *incidentweb.Pages) *suspectweb.Pages {
	p := &suspectweb.Pages{
		Shell: a.shell, Suspects: a.Suspects, Names: a.names,
		RollBack: func(c suspect.Candidate) string { return ref.N(ref.Change, c.Change).Path() + "?act=rollback" },
	}
	incidents.AddPanel(incidentweb.Panel{ID: "changed", Title: "What changed?", Order: 15, Render: func(ctx context.Context, v *web.View, i incident.View) (web.HTML, string, error) {
		return p.Panel(ctx, v, i.ID)
	}})
	return p
}
