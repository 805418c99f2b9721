// Package escalationapi is the HTTP API of escalation: policies with their
// preview and holes, and the ladder of an incident with the verbs that people
// press on it.
//
// It turns requests into calls of escalation.Service and decides nothing. A
// ladder is part of its incident, so its operations lie below the incident's
// address and answer with the ladder as it is afterwards.
package escalationapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/escalation"
)

// EscalationPolicy is a policy as it is kept.
type EscalationPolicy struct {
	Name string `json:"name" example:"payments"`
	escalation.Spec
	Version   int64     `json:"version"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	ManagedBy string    `json:"managed_by,omitempty" doc:"From where it is managed as code; it is then not edited here"`
}

func out(p escalation.Stored) EscalationPolicy {
	return EscalationPolicy{p.Name, p.Spec, p.Version, p.Created, p.Updated, p.Managed}
}

// NameIn names a policy in a path.
type NameIn struct {
	Name string `path:"name" maxLength:"63" example:"payments"`
}

// SupposeIn is an incident that has not happened.
type SupposeIn struct {
	At       time.Time `query:"at" doc:"When it opens; default: now"`
	Priority string    `query:"priority" enum:"P1,P2,P3,P4" doc:"Default P1"`
	Team     string    `query:"team" doc:"Default: the first that the policy serves"`
	Service  string    `query:"service"`
	Alerts   int       `query:"alerts" minimum:"0" doc:"Firing; default 1"`
}

func (in SupposeIn) suppose() escalation.Suppose {
	return escalation.Suppose{At: in.At, Priority: in.Priority, Team: in.Team, Service: in.Service, Alerts: in.Alerts}
}

// Foreseen is who would be told when.
type Foreseen struct {
	At       time.Time `json:"at"`
	Priority string    `json:"priority"`
	Team     string    `json:"team,omitempty"`
	Service  string    `json:"service,omitempty"`
	Stages   []Stage   `json:"stages" doc:"Empty for a priority that pages nobody"`
}

// Hole is a policy, or a step of one, that would reach nobody now.
type Hole struct {
	Policy string `json:"policy"`
	Step   int    `json:"step,omitempty" doc:"From 1; 0: the whole policy"`
	All    bool   `json:"all" doc:"No step reaches anybody"`
	Why    string `json:"why"`
}

type body struct {
	ETag string `header:"ETag"`
	Body EscalationPolicy
}

func answer(p escalation.Stored, err error) (*body, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &body{api.ETag(p.Version), out(p)}, nil
}

type foreseenBody struct{ Body Foreseen }

func foreseen(f escalation.Foreseen, err error) (*foreseenBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &foreseenBody{Foreseen{f.At, f.Priority, f.Team, f.Service, stages(f.Stages, f.Names)}}, nil
}

const tag = "Escalation"

// Register adds the operations to the API.
func Register(a huma.API, s *escalation.Service) {
	policies(a, s)
	ladders(a, s)
}

func policies(a huma.API, s *escalation.Service) {
	const path = "/escalation-policies"
	huma.Register(a, api.Op("list-escalation-policies", http.MethodGet, path, tag, "List escalation policies by name", api.Reading), func(ctx context.Context, in *api.PageIn) (*struct {
		Body api.List[EscalationPolicy]
	}, error) {
		list, more, err := s.List(ctx, in.Cursor, in.Limit)
		if err != nil {
			return nil, api.Err(err)
		}
		o := &struct {
			Body api.List[EscalationPolicy]
		}{api.List[EscalationPolicy]{Items: make([]EscalationPolicy, len(list))}}
		for i, p := range list {
			o.Body.Items[i] = out(p)
		}
		if more {
			o.Body.Next = list[len(list)-1].Name
		}
		return o, nil
	})
	huma.Register(a, api.Op("create-escalation-policy", http.MethodPost, path, tag, "Add an escalation policy", api.Making), func(ctx context.Context, in *struct {
		Body struct {
			Name string `json:"name" example:"payments" doc:"1 to 63 of a-z, 0-9 and dash; never changes"`
			escalation.Spec
		}
	}) (*body, error) {
		return answer(s.Create(ctx, in.Body.Name, in.Body.Spec))
	})
	huma.Register(a, api.Op("get-escalation-policy", http.MethodGet, path+"/{name}", tag, "Read an escalation policy", api.Reading),
		func(ctx context.Context, in *NameIn) (*body, error) { return answer(s.Get(ctx, in.Name)) })
	huma.Register(a, api.Op("update-escalation-policy", http.MethodPut, path+"/{name}", tag, "Replace an escalation policy", api.Editing), func(ctx context.Context, in *struct {
		NameIn
		IfMatch string `header:"If-Match"`
		Body    escalation.Spec
	}) (*body, error) {
		v, err := api.Version(in.IfMatch)
		if err != nil {
			return nil, api.Err(err)
		}
		return answer(s.Edit(ctx, in.Name, v, in.Body))
	})
	huma.Register(a, api.Op("delete-escalation-policy", http.MethodDelete, path+"/{name}", tag, "Delete an escalation policy that no other one names", api.Editing),
		func(ctx context.Context, in *NameIn) (*struct{}, error) { return nil, api.Err(s.Delete(ctx, in.Name)) })
	huma.Register(a, api.Op("preview-escalation-policy", http.MethodGet, path+"/{name}/preview", tag, "Who would be told when, if an incident opened and nobody acknowledged", append(api.Reading, http.StatusUnprocessableEntity)), func(ctx context.Context, in *struct {
		NameIn
		SupposeIn
	}) (*foreseenBody, error) {
		return foreseen(s.Preview(ctx, in.Name, nil, in.suppose()))
	})
	try := api.Op("try-escalation-policy", http.MethodPost, "/escalation-preview", tag, "The same for a policy that is stored nowhere", api.Making)
	try.Errors = append(try.Errors, http.StatusNotFound)
	huma.Register(a, try, func(ctx context.Context, in *struct {
		SupposeIn
		Body escalation.Spec
	}) (*foreseenBody, error) {
		return foreseen(s.Preview(ctx, "", &in.Body, in.suppose()))
	})
	huma.Register(a, api.Op("list-escalation-holes", http.MethodGet, "/escalation-holes", tag, "Policies and steps that would reach nobody now", api.Reading), func(ctx context.Context, _ *struct{}) (*struct {
		Body struct {
			Items []Hole `json:"items"`
		}
	}, error) {
		list, err := s.HolesNow(ctx)
		if err != nil {
			return nil, api.Err(err)
		}
		o := &struct {
			Body struct {
				Items []Hole `json:"items"`
			}
		}{}
		o.Body.Items = make([]Hole, len(list))
		for i, h := range list {
			o.Body.Items[i] = Hole{h.Policy, h.Step, h.All, h.Why}
		}
		return o, nil
	})
}
