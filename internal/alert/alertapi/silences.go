package alertapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Silence holds matching alerts back while it lasts.
type Silence struct {
	Key      string     `json:"key" example:"SIL-3"`
	Kind     string     `json:"kind" enum:"silence,maintenance"`
	State    string     `json:"state" enum:"pending,active,over"`
	Matchers []string   `json:"matchers"`
	StartsAt time.Time  `json:"starts_at"`
	EndsAt   time.Time  `json:"ends_at"`
	Author   string     `json:"author,omitempty" example:"USR-17"`
	Comment  string     `json:"comment,omitempty"`
	Created  time.Time  `json:"created"`
	Expired  *time.Time `json:"expired,omitempty" doc:"When it was ended early"`
	Version  int64      `json:"version"`
}

func silenceOut(s alert.Silence) Silence {
	return Silence{Key: s.Ref().String(), Kind: string(s.Kind), State: string(s.State(time.Now())), Matchers: alert.Texts(s.Matchers), StartsAt: s.StartsAt,
		EndsAt: s.EndsAt, Author: key(ref.Person, s.AuthorID), Comment: s.Comment, Created: s.Created, Expired: api.When(s.Expired), Version: s.Version}
}

func trialOut(t alert.Trial) Trial {
	out := Trial{Rule: t.Rule, Checks: make([]Check, len(t.Checks)), Service: t.Service, Team: t.Team, Group: t.GroupText, Opens: t.Routing.Open && t.SilenceID == 0,
		Page: t.Routing.Page && t.Routing.Open && t.SilenceID == 0, AutoClose: t.Routing.AutoClose, Quiet: t.Quiet, Silence: key(ref.Silence, t.SilenceID)}
	if t.Routing.Priority > 0 {
		out.Priority = fmt.Sprintf("P%d", t.Routing.Priority)
	}
	for i, c := range t.Checks {
		out.Checks[i] = Check(c)
	}
	return out
}

type silenceBody struct {
	ETag string `header:"ETag"`
	Body Silence
}

func silenceAnswer(s alert.Silence, err error) (*silenceBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &silenceBody{api.ETag(s.Version), silenceOut(s)}, nil
}

func (h *handlers) silences(a huma.API) {
	const tag = "Silences"
	huma.Register(a, api.Op("list-silences", http.MethodGet, "/silences", tag, "List silences by end, latest first", api.Editing),
		func(ctx context.Context, in *struct {
			api.PageIn
			Over bool `query:"over" doc:"Also those that are over"`
		}) (*struct{ Body api.List[Silence] }, error) {
			list, next, err := h.s.Silences(ctx, in.Over, in.Cursor, in.Limit)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[Silence] }{api.List[Silence]{Items: make([]Silence, len(list)), Next: next}}
			for i, s := range list {
				out.Body.Items[i] = silenceOut(s)
			}
			return out, nil
		})
	huma.Register(a, api.Op("create-silence", http.MethodPost, "/silences", tag, "Hold matching alerts back", api.Making),
		func(ctx context.Context, in *struct {
			Body struct {
				Kind     string    `json:"kind,omitempty" enum:"silence,maintenance" doc:"Default silence"`
				Matchers []string  `json:"matchers" doc:"All must hold"`
				StartsAt time.Time `json:"starts_at,omitempty" required:"false" doc:"Default now"`
				EndsAt   time.Time `json:"ends_at"`
				Comment  string    `json:"comment,omitempty"`
			}
		}) (*silenceBody, error) {
			b := &in.Body
			var f errs.Fields
			ms := alert.ParseMatchers("matchers", b.Matchers, &f)
			if err := f.Err(); err != nil {
				return nil, api.Err(err)
			}
			return silenceAnswer(h.s.CreateSilence(ctx, alert.Silence{Kind: alert.SilenceKind(b.Kind), Matchers: ms, StartsAt: b.StartsAt, EndsAt: b.EndsAt, Comment: b.Comment}))
		})
	huma.Register(a, api.Op("get-silence", http.MethodGet, "/silences/{key}", tag, "Read a silence", api.Reading),
		func(ctx context.Context, in *KeyIn) (*silenceBody, error) {
			id, err := in.id(ref.Silence)
			if err != nil {
				return nil, api.Err(err)
			}
			return silenceAnswer(h.s.SilenceByID(ctx, id))
		})
	huma.Register(a, api.Op("expire-silence", http.MethodPost, "/silences/{key}/expire", tag, "End a silence now; what still fires is routed", api.Reading),
		func(ctx context.Context, in *KeyIn) (*silenceBody, error) {
			id, err := in.id(ref.Silence)
			if err != nil {
				return nil, api.Err(err)
			}
			return silenceAnswer(h.s.ExpireSilence(ctx, id))
		})
	huma.Register(a, api.Op("preview-silence", http.MethodPost, "/silences-preview", tag, "List firing alerts that a silence would hold back", api.Making),
		func(ctx context.Context, in *struct {
			Body struct {
				Matchers []string `json:"matchers"`
			}
		}) (*struct{ Body Preview }, error) {
			var f errs.Fields
			ms := alert.ParseMatchers("matchers", in.Body.Matchers, &f)
			if err := f.Err(); err != nil {
				return nil, api.Err(err)
			}
			list, n, more, err := h.s.Preview(ctx, ms, 20)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body Preview }{Preview{Counted: Counted{n, more}, Alerts: make([]Alert, len(list))}}
			for i := range list {
				out.Body.Alerts[i] = alertOut(&list[i], time.Now())
			}
			return out, nil
		})
}

// Preview is what a silence would hold back.
type Preview struct {
	Counted
	Alerts []Alert `json:"alerts" doc:"The first of them"`
}
