package notifyapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// Preferences are a person's contact methods.
type Preferences struct {
	Urgent []string `json:"urgent" doc:"Methods for what wakes people: email, or channel:NAME for a channel of one's own; at least one"`
	Other  []string `json:"other" doc:"Methods for everything else; may be empty"`
}

// preferencesBody has version 0 while somebody never chose, which is why its
// ETag may be "0".
type preferencesBody struct {
	ETag string `header:"ETag"`
	Body Preferences
}

func preferencesAnswer(p notify.Preferences, err error) (*preferencesBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	out := &preferencesBody{api.ETag(p.Version), Preferences{p.Urgent, p.Other}}
	if out.Body.Other == nil {
		out.Body.Other = []string{}
	}
	return out, nil
}

func (h *handlers) preferences(a huma.API) {
	const tag = "Messages"
	huma.Register(a, api.Op("get-my-notifications", http.MethodGet, "/me/notifications", tag, "Read how one is told", api.Reading),
		func(ctx context.Context, _ *struct{}) (*preferencesBody, error) {
			return preferencesAnswer(h.s.Preferences(ctx))
		})
	huma.Register(a, api.Op("set-my-notifications", http.MethodPut, "/me/notifications", tag, "Choose how one is told", api.Editing),
		func(ctx context.Context, in *struct {
			IfMatch string `header:"If-Match"`
			Body    Preferences
		}) (*preferencesBody, error) {
			version := int64(0)
			if in.IfMatch != `"0"` {
				var err error
				if version, err = api.Version(in.IfMatch); err != nil {
					return nil, api.Err(err)
				}
			}
			if len(in.Body.Urgent) > 50 || len(in.Body.Other) > 50 {
				return nil, api.Err(errs.BadField("urgent", "", "at most 10 methods"))
			}
			return preferencesAnswer(h.s.SetPreferences(ctx, notify.Preferences{Urgent: in.Body.Urgent, Other: in.Body.Other, Version: version}))
		})
}
