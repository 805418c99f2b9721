package incidentapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// IncidentDeclaration is what a person reports; the title alone is enough.
type IncidentDeclaration struct {
	Title     string           `json:"title" minLength:"1" maxLength:"200" example:"Checkout is down"`
	Summary   string           `json:"summary,omitempty" doc:"What users notice"`
	Service   string           `json:"service,omitempty"`
	Team      string           `json:"team,omitempty" doc:"Default: the service's owner"`
	Impact    string           `json:"impact,omitempty" enum:"high,medium,low" doc:"Default medium"`
	Urgency   string           `json:"urgency,omitempty" enum:"high,medium,low" doc:"Default medium"`
	StartedAt time.Time        `json:"started_at,omitzero" doc:"When it began, if it is known"`
	WarRoom   string           `json:"war_room,omitempty"`
	Restrict  *IncidentViewers `json:"restrict,omitempty" doc:"Visible only to these (and you), from the first moment"`
}

// IncidentEdit changes fields; absent ones stay.
type IncidentEdit struct {
	Title    *string `json:"title,omitempty"`
	Summary  *string `json:"summary,omitempty"`
	Service  *string `json:"service,omitempty" doc:"Brings its owner as team"`
	WarRoom  *string `json:"war_room,omitempty"`
	Impact   string  `json:"impact,omitempty" enum:"high,medium,low"`
	Urgency  string  `json:"urgency,omitempty" enum:"high,medium,low"`
	Priority string  `json:"priority,omitempty" enum:"P1,P2,P3,P4" doc:"Set by hand, in place of what the matrix says"`
}

// IncidentVisibility says who may see an incident.
type IncidentVisibility struct {
	Restricted bool             `json:"restricted"`
	Viewers    *IncidentViewers `json:"viewers,omitempty" doc:"Besides those who declared it or have a role"`
}

// EditIn is an edit: which incident, and which revision of it.
type EditIn struct {
	KeyIn
	IfMatch string `header:"If-Match" doc:"ETag of the revision you edit"`
}

func (in EditIn) read() (id, revision int64, err error) {
	if id, err = in.id(); err == nil {
		revision, err = api.Version(in.IfMatch)
	}
	return
}

func (h *handlers) viewers(ctx context.Context, v *IncidentViewers) (*incident.Viewers, error) {
	if v == nil {
		return nil, nil
	}
	out := &incident.Viewers{Roles: v.Roles}
	for _, p := range v.People {
		id, err := h.s.Person(ctx, p)
		if err != nil {
			return nil, err
		}
		out.People = append(out.People, id)
	}
	return out, nil
}

func (h *handlers) edit(a huma.API) {
	o := op("declare-incident", http.MethodPost, "/incidents", "Declare an incident", making)
	o.DefaultStatus = http.StatusCreated
	huma.Register(a, o, func(ctx context.Context, in *struct{ Body IncidentDeclaration }) (*oneOut, error) {
		b := in.Body
		d := incident.Declaration{Title: b.Title, Summary: b.Summary, Service: b.Service, Team: b.Team, StartedAt: b.StartedAt, WarRoom: b.WarRoom}
		var err error
		if d.Impact, err = level(b.Impact); err == nil {
			d.Urgency, err = level(b.Urgency)
		}
		if err == nil {
			d.Restrict, err = h.viewers(ctx, b.Restrict)
		}
		if err != nil {
			return nil, api.Err(err)
		}
		r, err := h.s.DeclareRow(ctx, d)
		if err == nil && !r.Restricted {
			return &oneOut{api.ETag(r.Revision), incidentOut(r)}, nil
		}
		return h.answer(ctx, r.Incident, err) // who declared it need not be among those who may see it
	})
	huma.Register(a, op("edit-incident", http.MethodPatch, "/incidents/{key}", "Edit fields of an incident", editing),
		func(ctx context.Context, in *struct {
			EditIn
			Body IncidentEdit
		}) (*oneOut, error) {
			id, revision, err := in.read()
			if err != nil {
				return nil, api.Err(err)
			}
			b := in.Body
			e := incident.Edit{Title: b.Title, Summary: b.Summary, Service: b.Service, WarRoom: b.WarRoom}
			for _, x := range []struct {
				text string
				into **incident.Level
			}{{b.Impact, &e.Impact}, {b.Urgency, &e.Urgency}} {
				if l, err := level(x.text); err != nil {
					return nil, api.Err(err)
				} else if l != 0 {
					*x.into = &l
				}
			}
			if b.Priority != "" {
				var p incident.Priority
				p.UnmarshalText([]byte(b.Priority)) // the schema has checked it
				e.Priority = &p
			}
			i, err := h.s.Edit(ctx, id, revision, e)
			return h.answer(ctx, i, err)
		})
	huma.Register(a, op("restrict-incident", http.MethodPut, "/incidents/{key}/visibility", "Say who may see an incident", editing),
		func(ctx context.Context, in *struct {
			EditIn
			Body IncidentVisibility
		}) (*oneOut, error) {
			id, revision, err := in.read()
			if err != nil {
				return nil, api.Err(err)
			}
			v, err := h.viewers(ctx, in.Body.Viewers)
			if err != nil {
				return nil, api.Err(err)
			}
			if in.Body.Restricted && v == nil {
				v = &incident.Viewers{}
			} else if !in.Body.Restricted {
				v = nil
			}
			i, err := h.s.Restrict(ctx, id, revision, v)
			return h.answer(ctx, i, err)
		})
}
