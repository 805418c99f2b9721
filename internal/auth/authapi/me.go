package authapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Me is oneself and what the credential at hand may do. A machine's token has
// its key and name where a person has theirs, and no profile.
type Me struct {
	Person
	Permissions []string `json:"permissions" doc:"What the credential at hand may do"`
	Teams       []string `json:"teams"`
}

// ProfileEdit is what people set about themselves.
type ProfileEdit struct {
	Display    string `json:"display"`
	Zone       string `json:"zone,omitempty" doc:"IANA time zone; default UTC"`
	Vocabulary string `json:"vocabulary,omitempty" enum:"itil,engineering" doc:"Default itil"`
	Theme      string `json:"theme,omitempty" enum:"auto,light,dark" doc:"Default auto"`
}

// PasswordEdit changes one's own password.
type PasswordEdit struct {
	Current  string `json:"current" doc:"The present password"`
	Password string `json:"password" doc:"The new one, at least 12 characters"`
}

// Session is one of one's own signed-in browsers.
type Session struct {
	ID      string    `json:"id"`
	Address string    `json:"address" doc:"From where it was opened"`
	Agent   string    `json:"agent" doc:"The browser's own words"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen" doc:"Last used, to the minute"`
	Expires time.Time `json:"expires"`
	Current bool      `json:"current" doc:"It is the one that asks"`
}

type meOut struct {
	ETag string `header:"ETag"`
	Body Me
}

func meAnswer(ctx context.Context, p auth.Person, err error) (*meOut, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	who, _ := actor.From(ctx) // the service required one
	return &meOut{api.ETag(p.Version), Me{Person: personOut(p), Permissions: permissions(who), Teams: append([]string{}, who.Teams...)}}, nil
}

// machine is what a token that belongs to nobody is told about itself.
func machine(who actor.Actor) *meOut {
	return &meOut{Body: Me{Person: Person{Key: ref.N(ref.Token, who.ID).String(), Display: who.Name, Role: string(who.Role)},
		Permissions: permissions(who), Teams: []string{}}}
}

func permissions(who actor.Actor) []string {
	out := []string{}
	for _, p := range actor.Permissions {
		if who.May(p) {
			out = append(out, string(p))
		}
	}
	return out
}

func (h *handlers) me(a huma.API) {
	huma.Register(a, api.Op("get-me", http.MethodGet, "/me", "Me", "Read one's own profile and permissions", api.Reading),
		func(ctx context.Context, _ *struct{}) (*meOut, error) {
			if who, ok := actor.From(ctx); ok && who.Person == 0 {
				return machine(who), nil
			}
			p, err := h.s.Me(ctx)
			return meAnswer(ctx, p, err)
		})
	huma.Register(a, api.Op("update-me", http.MethodPut, "/me", "Me", "Replace one's own profile", api.Editing),
		func(ctx context.Context, in *struct {
			IfMatch string `header:"If-Match"`
			Body    ProfileEdit
		}) (*meOut, error) {
			version, err := api.Version(in.IfMatch)
			if err != nil {
				return nil, api.Err(err)
			}
			b := in.Body
			p, err := h.s.UpdateMe(ctx, version, auth.Profile{Display: b.Display, Zone: b.Zone, Vocabulary: auth.Vocabulary(b.Vocabulary), Theme: auth.Theme(b.Theme)})
			return meAnswer(ctx, p, err)
		})
	change := api.Op("change-password", http.MethodPost, "/me/password", "Me", "Change one's own password; one's other sessions end", append(api.Editing, http.StatusTooManyRequests))
	change.DefaultStatus = http.StatusNoContent
	huma.Register(a, change, func(ctx context.Context, in *struct{ Body PasswordEdit }) (*nothing, error) {
		return nil, api.Err(h.s.ChangePassword(ctx, in.Body.Current, in.Body.Password))
	})
	huma.Register(a, api.Op("list-sessions", http.MethodGet, "/me/sessions", "Me", "List one's own sessions, the latest used first", api.Reading),
		func(ctx context.Context, _ *struct{}) (*struct{ Body api.List[Session] }, error) {
			list, err := h.s.Sessions(ctx)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[Session] }{}
			out.Body.Items = make([]Session, len(list))
			for i, s := range list {
				out.Body.Items[i] = Session{s.ID, s.Address, s.Agent, s.Created, s.Seen, s.Expires, s.Current}
			}
			return out, nil
		})
	huma.Register(a, api.Op("end-session", http.MethodDelete, "/me/sessions/{id}", "Me", "End one of one's own sessions", api.Reading),
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"40"`
		}) (*nothing, error) {
			return nil, api.Err(h.s.EndSession(ctx, in.ID))
		})
	huma.Register(a, api.Op("end-other-sessions", http.MethodDelete, "/me/sessions", "Me", "End all of one's own sessions but the asking one", api.Reading),
		func(ctx context.Context, _ *struct{}) (*nothing, error) {
			return nil, api.Err(h.s.EndOtherSessions(ctx))
		})
}
