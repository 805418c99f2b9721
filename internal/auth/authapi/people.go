package authapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/auth"
)

// Person is somebody of the organisation.
type Person struct {
	Key        string     `json:"key" example:"USR-17"`
	Handle     string     `json:"handle" example:"mara"`
	Display    string     `json:"display" example:"Mara Lindt"`
	Email      string     `json:"email,omitempty" doc:"Shown to admins and the person only"`
	Role       string     `json:"role" enum:"admin,manager,responder,requester,auditor,integration" doc:"integration: a machine's token, asking about itself"`
	Zone       string     `json:"zone" example:"Europe/Berlin" doc:"IANA time zone in which they read times"`
	Vocabulary string     `json:"vocabulary" enum:"itil,engineering"`
	Theme      string     `json:"theme" enum:"auto,light,dark"`
	Version    int64      `json:"version"`
	Created    time.Time  `json:"created"`
	Updated    time.Time  `json:"updated"`
	Disabled   *time.Time `json:"disabled,omitempty" doc:"Since when they may not sign in"`
	Erased     *time.Time `json:"erased,omitempty" doc:"When their personal data was erased"`
	Password   bool       `json:"has_password" doc:"False while an invitation is open"`
}

func personOut(p auth.Person) Person {
	return Person{p.Ref().String(), p.Handle, p.Display, p.Email, string(p.Role), p.Zone, string(p.Vocabulary), string(p.Theme), p.Version,
		p.Created, p.Updated, api.When(p.Disabled), api.When(p.Erased), !p.PasswordAt.IsZero()}
}

// PersonEdit is what an admin sets about somebody.
type PersonEdit struct {
	Handle     string `json:"handle" example:"mara" doc:"1 to 40 of a-z, 0-9, dot, dash and underscore"`
	Display    string `json:"display" example:"Mara Lindt"`
	Email      string `json:"email,omitempty" example:"mara@example.com"`
	Role       string `json:"role" enum:"admin,manager,responder,requester,auditor"`
	Zone       string `json:"zone,omitempty" doc:"IANA time zone; default UTC"`
	Vocabulary string `json:"vocabulary,omitempty" enum:"itil,engineering" doc:"Default itil"`
	Theme      string `json:"theme,omitempty" enum:"auto,light,dark" doc:"Default auto"`
}

func (e PersonEdit) in() auth.PersonEdit {
	return auth.PersonEdit{Handle: e.Handle, Email: e.Email, Role: actor.Role(e.Role),
		Profile: auth.Profile{Display: e.Display, Zone: e.Zone, Vocabulary: auth.Vocabulary(e.Vocabulary), Theme: auth.Theme(e.Theme)}}
}

// Link is a one-time link that sets a password; it is shown once.
type Link struct {
	URL     string    `json:"url" doc:"Give it to the person; it works once"`
	Expires time.Time `json:"expires"`
}

type personBody struct {
	ETag string `header:"ETag"`
	Body Person
}

func (h *handlers) answer(p auth.Person, err error) (*personBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &personBody{api.ETag(p.Version), personOut(p)}, nil
}

type peopleIn struct {
	api.PageIn
	Prefix string `query:"prefix" maxLength:"40" doc:"Beginning of the handle"`
	Role   string `query:"role" enum:"admin,manager,responder,requester,auditor"`
	All    bool   `query:"all" doc:"Also disabled and erased people"`
}

type peopleOut struct{ Body api.List[Person] }

type createPersonOut struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Cache    string `header:"Cache-Control"`
	Body     struct {
		Person     Person `json:"person"`
		Invitation Link   `json:"invitation"`
	}
}

type linkOut struct {
	Cache string `header:"Cache-Control"`
	Body  Link
}

func (h *handlers) people(a huma.API) {
	huma.Register(a, api.Op("list-people", http.MethodGet, "/people", "People", "List people by handle", api.Reading),
		func(ctx context.Context, in *peopleIn) (*peopleOut, error) {
			list, next, err := h.s.People(ctx, auth.PeopleFilter{Prefix: in.Prefix, Role: actor.Role(in.Role), All: in.All}, auth.Page{Cursor: in.Cursor, Limit: in.Limit})
			if err != nil {
				return nil, api.Err(err)
			}
			out := &peopleOut{api.List[Person]{Items: make([]Person, len(list)), Next: next}}
			for i, p := range list {
				out.Body.Items[i] = personOut(p)
			}
			return out, nil
		})
	huma.Register(a, api.Op("create-person", http.MethodPost, "/people", "People", "Add a person and get their invitation", api.Making),
		func(ctx context.Context, in *struct{ Body PersonEdit }) (*createPersonOut, error) {
			p, l, err := h.s.CreatePerson(ctx, in.Body.in())
			if err != nil {
				return nil, api.Err(err)
			}
			out := &createPersonOut{ETag: api.ETag(p.Version), Location: "/api/v1/people/" + p.Ref().String(), Cache: "no-store"}
			out.Body.Person, out.Body.Invitation = personOut(p), Link{l.URL, l.Expires}
			return out, nil
		})
	huma.Register(a, api.Op("get-person", http.MethodGet, "/people/{key}", "People", "Read a person", api.Reading),
		func(ctx context.Context, in *KeyIn) (*personBody, error) { return h.answer(h.s.Person(ctx, in.Key)) })
	huma.Register(a, api.Op("update-person", http.MethodPut, "/people/{key}", "People", "Replace what an admin sets about a person", api.Editing),
		func(ctx context.Context, in *struct {
			KeyIn
			IfMatch string `header:"If-Match"`
			Body    PersonEdit
		}) (*personBody, error) {
			version, err := api.Version(in.IfMatch)
			if err != nil {
				return nil, api.Err(err)
			}
			id, err := h.personID(ctx, in.Key)
			if err != nil {
				return nil, api.Err(err)
			}
			return h.answer(h.s.UpdatePerson(ctx, id, version, in.Body.in()))
		})
	huma.Register(a, api.Op("invite-person", http.MethodPost, "/people/{key}/invite", "People", "Make a new one-time link that sets the person's password", api.Editing),
		func(ctx context.Context, in *KeyIn) (*linkOut, error) {
			id, err := h.personID(ctx, in.Key)
			if err != nil {
				return nil, api.Err(err)
			}
			l, err := h.s.Invite(ctx, id)
			if err != nil {
				return nil, api.Err(err)
			}
			return &linkOut{"no-store", Link{l.URL, l.Expires}}, nil
		})
	for _, v := range []struct {
		name, summary string
		do            func(context.Context, int64) (auth.Person, error)
	}{
		{"disable", "End a person's access at once", h.s.Disable},
		{"enable", "Let a disabled person in again", h.s.Enable},
		{"erase", "Erase a person's personal data, for good", h.s.Erase},
	} {
		huma.Register(a, api.Op(v.name+"-person", http.MethodPost, "/people/{key}/"+v.name, "People", v.summary, api.Editing),
			func(ctx context.Context, in *KeyIn) (*personBody, error) {
				id, err := h.personID(ctx, in.Key)
				if err != nil {
					return nil, api.Err(err)
				}
				return h.answer(v.do(ctx, id))
			})
	}
}
