package incidentapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// IncidentRestored says how the service came back.
type IncidentRestored struct {
	How  string `json:"how,omitempty" enum:"restart,failover,rollback,workaround,fix,self-recovered"`
	Note string `json:"note,omitempty"`
}

// IncidentReason is a reason in words.
type IncidentReason struct {
	Reason string `json:"reason" minLength:"1"`
}

// verb registers a POST to the incident's path whose body is B.
func verb[B any](a huma.API, h *handlers, id, path, summary string, do func(ctx context.Context, id int64, b B) (incident.Incident, error)) {
	huma.Register(a, op(id, http.MethodPost, "/incidents/{key}/"+path, summary, editing),
		func(ctx context.Context, in *struct {
			KeyIn
			Body B
		}) (*oneOut, error) {
			id, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			i, err := do(ctx, id, in.Body)
			return h.answer(ctx, i, err)
		})
}

// plain registers a POST without a body.
func plain(a huma.API, h *handlers, id, path, summary string, do func(ctx context.Context, id int64) (incident.Incident, error)) {
	huma.Register(a, op(id, http.MethodPost, "/incidents/{key}/"+path, summary, editing),
		func(ctx context.Context, in *KeyIn) (*oneOut, error) {
			id, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			i, err := do(ctx, id)
			return h.answer(ctx, i, err)
		})
}

func (h *handlers) verbs(a huma.API) {
	s := h.s
	plain(a, h, "acknowledge-incident", "acknowledge", "Say that you work on it", s.Acknowledge)
	plain(a, h, "close-incident", "close", "Close a resolved incident", s.Close)
	plain(a, h, "continue-incident", "continue", "End the waiting", s.Continue)
	plain(a, h, "join-incident", "join", "Take part", s.Join)
	plain(a, h, "leave-incident", "leave", "No longer take part", s.Leave)
	verb(a, h, "mitigate-incident", "mitigate", "Say that the service is restored", func(ctx context.Context, id int64, b IncidentRestored) (incident.Incident, error) {
		return s.Mitigate(ctx, id, incident.How(b.How), b.Note)
	})
	verb(a, h, "resolve-incident", "resolve", "Say that nothing is left to do", func(ctx context.Context, id int64, b IncidentRestored) (incident.Incident, error) {
		return s.Resolve(ctx, id, incident.How(b.How), b.Note)
	})
	verb(a, h, "reopen-incident", "reopen", "Take it up again: it is not restored after all", func(ctx context.Context, id int64, b IncidentReason) (incident.Incident, error) {
		return s.Reopen(ctx, id, b.Reason)
	})
	verb(a, h, "cancel-incident", "cancel", "Say that it was no incident", func(ctx context.Context, id int64, b IncidentReason) (incident.Incident, error) {
		return s.Cancel(ctx, id, b.Reason)
	})
	verb(a, h, "wait-incident", "wait", "Say for whom it waits", func(ctx context.Context, id int64, b struct {
		For  string `json:"for" enum:"reporter,supplier,change"`
		Note string `json:"note,omitempty"`
	}) (incident.Incident, error) {
		return s.Wait(ctx, id, incident.Waiting(b.For), b.Note)
	})
	verb(a, h, "assign-incident", "assign", "Give a role to a person, or hand it over", func(ctx context.Context, id int64, b struct {
		Role   string `json:"role" enum:"commander,operations,communications,scribe"`
		Person string `json:"person,omitempty" doc:"Key or handle, or me; empty takes the role away"`
		Note   string `json:"note,omitempty" doc:"For the one who takes over"`
	}) (incident.Incident, error) {
		who := int64(0)
		if b.Person != "" {
			var err error
			if who, err = s.Person(ctx, b.Person); err != nil {
				return incident.Incident{}, err
			}
		}
		return s.Assign(ctx, id, incident.Role(b.Role), who, b.Note)
	})
	verb(a, h, "reassign-incident", "reassign", "Give it to another team or service", func(ctx context.Context, id int64, b struct {
		Service string `json:"service,omitempty"`
		Team    string `json:"team,omitempty"`
		Note    string `json:"note,omitempty"`
	}) (incident.Incident, error) {
		return s.Reassign(ctx, id, b.Service, b.Team, b.Note)
	})
	verb(a, h, "merge-incident", "merge", "Go on in another incident", func(ctx context.Context, id int64, b struct {
		Into string `json:"into" example:"INC-1040"`
	}) (incident.Incident, error) {
		into, err := other("into", b.Into)
		if err != nil {
			return incident.Incident{}, err
		}
		return s.Merge(ctx, id, into)
	})
	verb(a, h, "set-incident-parent", "parent", "Make it part of another incident", func(ctx context.Context, id int64, b struct {
		Parent string `json:"parent" doc:"Key; empty takes it out"`
	}) (incident.Incident, error) {
		parent := int64(0)
		if b.Parent != "" {
			var err error
			if parent, err = other("parent", b.Parent); err != nil {
				return incident.Incident{}, err
			}
		}
		return s.SetParent(ctx, id, parent)
	})
}

// other reads the key of another incident in a body.
func other(field, text string) (int64, error) {
	id, err := KeyIn{text}.id()
	if err != nil {
		return 0, errs.BadField(field, text, "give the key of an incident, like INC-1040")
	}
	return id, nil
}
