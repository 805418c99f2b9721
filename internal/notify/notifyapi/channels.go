package notifyapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// Channel is where a team's notices are posted.
type Channel struct {
	Name      string    `json:"name" example:"payments-slack"`
	Kind      string    `json:"kind" enum:"email,slack,teams,ntfy,webhook"`
	Team      string    `json:"team" example:"payments"`
	Urgency   string    `json:"urgency" enum:"all,urgent,quiet"`
	Disabled  bool      `json:"disabled"`
	Addresses []string  `json:"addresses,omitempty"`
	PerMinute int       `json:"per_minute,omitempty" doc:"Most messages a minute; absent = the default of the kind"`
	Host      string    `json:"host,omitempty" doc:"Host of the URL; the rest is a secret"`
	HasSecret bool      `json:"has_secret" doc:"Whether a signing secret is set"`
	Missing   string    `json:"missing,omitempty" doc:"What it lacks before it can deliver"`
	Health    Health    `json:"health"`
	Managed   string    `json:"managed,omitempty" doc:"Where it is managed in git"`
	Version   int64     `json:"version"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
}

func channelOut(c notify.Channel) Channel {
	return Channel{Name: c.Name, Kind: string(c.Spec.Kind), Team: c.Spec.Team, Urgency: string(c.Spec.Urgency), Disabled: c.Spec.Disabled, Addresses: c.Spec.Addresses,
		PerMinute: c.Spec.PerMinute, Host: c.Host, HasSecret: c.HasSecret, Missing: c.Missing(), Health: healthOut(c.Health), Managed: c.Managed,
		Version: c.Version, Created: c.CreatedAt, Updated: c.UpdatedAt}
}

// ChannelIn is what can be set about a channel.
type ChannelIn struct {
	Kind      string   `json:"kind" doc:"email, slack, teams, ntfy or webhook"`
	Team      string   `json:"team" doc:"Whose notices it gets"`
	Urgency   string   `json:"urgency,omitempty" doc:"all, urgent or quiet; default all"`
	Disabled  bool     `json:"disabled,omitempty" doc:"Keeps its settings and gets no new messages"`
	Addresses []string `json:"addresses,omitempty" doc:"Kind email: 1 to 50 addresses"`
	URL       string   `json:"url,omitempty" doc:"All kinds but email. Write-only; absent in an edit leaves the stored one"`
	Secret    string   `json:"secret,omitempty" doc:"Kind webhook: whsec_ and base64; kind ntfy: an access token. Write-only; absent when creating a webhook = one is made, absent in an edit = the stored one stays"`
	PerMinute int      `json:"per_minute,omitempty" doc:"Most messages a minute; more are delayed, never dropped"`
}

func (c ChannelIn) spec() notify.ChannelSpec {
	return notify.ChannelSpec{Kind: notify.ChannelKind(c.Kind), Team: c.Team, Urgency: notify.Urgency(c.Urgency), Disabled: c.Disabled,
		Addresses: c.Addresses, URL: c.URL, Secret: c.Secret, PerMinute: c.PerMinute}
}

// NameIn names a channel in a path.
type NameIn struct {
	Name string `path:"name" maxLength:"63" example:"payments-slack"`
}

type channelBody struct {
	ETag string `header:"ETag"`
	Body Channel
}

func channelAnswer(c notify.Channel, err error) (*channelBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &channelBody{api.ETag(c.Version), channelOut(c)}, nil
}

// Test is what came of a test message.
type Test struct {
	Sent    bool    `json:"sent"`
	Error   string  `json:"error,omitempty"`
	Seconds float64 `json:"seconds" doc:"How long it took"`
}

func (h *handlers) channels(a huma.API) {
	const tag = "Channels"
	huma.Register(a, api.Op("list-channels", http.MethodGet, "/channels", tag, "List channels by name", api.Reading),
		func(ctx context.Context, in *struct{ api.PageIn }) (*struct{ Body api.List[Channel] }, error) {
			list, err := h.s.Channels(ctx, in.Cursor, in.Limit+1)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[Channel] }{api.List[Channel]{Items: []Channel{}}}
			for i, c := range list {
				if i == in.Limit {
					out.Body.Next = list[i-1].Name
					break
				}
				out.Body.Items = append(out.Body.Items, channelOut(c))
			}
			return out, nil
		})
	huma.Register(a, api.Op("create-channel", http.MethodPost, "/channels", tag, "Add a channel", api.Making),
		func(ctx context.Context, in *struct {
			Body struct {
				Name string `json:"name" doc:"Small letters, digits and hyphens; it never changes"`
				ChannelIn
			}
		}) (*struct {
			ETag  string `header:"ETag"`
			Cache string `header:"Cache-Control"`
			Body  struct {
				Channel Channel `json:"channel"`
				Secret  string  `json:"secret,omitempty" doc:"The signing secret that was made; shown this once"`
			}
		}, error) {
			c, secret, err := h.s.CreateChannel(ctx, in.Body.Name, in.Body.spec())
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct {
				ETag  string `header:"ETag"`
				Cache string `header:"Cache-Control"`
				Body  struct {
					Channel Channel `json:"channel"`
					Secret  string  `json:"secret,omitempty" doc:"The signing secret that was made; shown this once"`
				}
			}{ETag: api.ETag(c.Version)}
			out.Body.Channel, out.Body.Secret = channelOut(c), secret
			if secret != "" {
				out.Cache = "no-store"
			}
			return out, nil
		})
	huma.Register(a, api.Op("get-channel", http.MethodGet, "/channels/{name}", tag, "Read a channel", api.Reading),
		func(ctx context.Context, in *NameIn) (*channelBody, error) {
			return channelAnswer(h.s.Channel(ctx, in.Name))
		})
	huma.Register(a, api.Op("edit-channel", http.MethodPut, "/channels/{name}", tag, "Change a channel", api.Editing),
		func(ctx context.Context, in *struct {
			NameIn
			IfMatch string `header:"If-Match"`
			Body    ChannelIn
		}) (*channelBody, error) {
			version, err := api.Version(in.IfMatch)
			if err != nil {
				return nil, api.Err(err)
			}
			return channelAnswer(h.s.EditChannel(ctx, in.Name, version, in.Body.spec()))
		})
	huma.Register(a, api.Op("delete-channel", http.MethodDelete, "/channels/{name}", tag, "Delete a channel; what waits for it becomes dead letters", api.Editing),
		func(ctx context.Context, in *NameIn) (*struct{}, error) {
			return nil, api.Err(h.s.DeleteChannel(ctx, in.Name))
		})
	huma.Register(a, api.Op("test-channel", http.MethodPost, "/channels/{name}/test", tag, "Send a test message now and say what came of it", api.Reading),
		func(ctx context.Context, in *NameIn) (*struct{ Body Test }, error) {
			t, err := h.s.TestChannel(ctx, in.Name)
			if err != nil {
				return nil, api.Err(err)
			}
			return &struct{ Body Test }{Test{t.Sent, t.Error, t.Latency.Seconds()}}, nil
		})
}
