// Package windowapi is the HTTP API of the change calendar: freezes and
// windows, the time line, what stands in the way of a planned change, and feeds
// for calendar programs.
//
// It turns requests into calls of window.Service and decides nothing. Times are
// UTC; a window's own times are local to its zone, as it was written.
package windowapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change/window"
)

const tag = "Change calendar"

var refused = append(append([]int{}, api.Reading...), http.StatusUnprocessableEntity)

// Register adds the operations to the API.
func Register(a huma.API, s *window.Service) {
	h := &handlers{s}
	h.windows(a)
	h.edits(a)
	h.calendar(a)
	h.feeds(a)
}

type handlers struct{ s *window.Service }

// NameIn names a window in a path.
type NameIn struct {
	Name string `path:"name" maxLength:"63" example:"payday"`
}

// Window is a freeze, a window or another time on the calendar.
type Window struct {
	Name string `json:"name" example:"payday"`
	window.Spec
	Version   int64      `json:"version"`
	Created   *time.Time `json:"created,omitempty"`
	Updated   *time.Time `json:"updated,omitempty"`
	ManagedBy string     `json:"managed_by,omitempty"`
}

// one is a window with its version.
type one struct {
	ETag string `header:"ETag"`
	Body Window
}

func out(w window.Stored) Window {
	return Window{w.Name, w.Spec, w.Version, api.When(w.Created), api.When(w.Updated), w.Managed}
}

func answer(w window.Stored, err error) (*one, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &one{api.ETag(w.Version), out(w)}, nil
}

// NewWindow is a window to be added.
type NewWindow struct {
	Name string `json:"name" maxLength:"63" example:"payday"`
	window.Spec
}

// Standing is how a window is now.
type Standing struct {
	Name  string     `json:"name"`
	On    bool       `json:"on"`
	Until *time.Time `json:"until,omitempty" doc:"It ends, or else begins; absent: it stays so"`
}

// Span is a stretch of time, up to but not including to.
type Span struct {
	From time.Time  `json:"from"`
	To   *time.Time `json:"to,omitempty" doc:"Absent: it has no end"`
}

func span(s window.Span) Span { return Span{s.From, api.When(s.To)} }

func items[T any](list []T) *struct{ Body api.List[T] } {
	if list == nil {
		list = []T{}
	}
	return &struct{ Body api.List[T] }{api.List[T]{Items: list}}
}

func (h *handlers) windows(a huma.API) {
	huma.Register(a, api.Op("list-change-windows", http.MethodGet, "/change-windows", tag, "List freezes and windows by name", refused), func(ctx context.Context, in *struct {
		api.PageIn
		Kind string `query:"kind" enum:"freeze,change-window,maintenance,release-train" doc:"Only of this kind"`
	}) (*struct{ Body api.List[Window] }, error) {
		list, more, err := h.s.List(ctx, window.Kind(in.Kind), in.Cursor, in.Limit)
		if err != nil {
			return nil, api.Err(err)
		}
		o := &struct{ Body api.List[Window] }{api.List[Window]{Items: make([]Window, len(list))}}
		for n, w := range list {
			o.Body.Items[n] = out(w)
		}
		if more && len(list) > 0 {
			o.Body.Next = list[len(list)-1].Name
		}
		return o, nil
	})
	huma.Register(a, api.Op("list-window-standings", http.MethodGet, "/change-window-standings", tag, "Say which freezes and windows are on now, and until when", api.Reading), func(ctx context.Context, _ *struct{}) (*struct{ Body api.List[Standing] }, error) {
		list, err := h.s.Standings(ctx)
		if err != nil {
			return nil, api.Err(err)
		}
		var o []Standing
		for _, s := range list {
			o = append(o, Standing{s.Name, s.On, api.When(s.Until)})
		}
		return items(o), nil
	})
	huma.Register(a, api.Op("get-change-window", http.MethodGet, "/change-windows/{name}", tag, "Read a freeze or window", api.Reading), func(ctx context.Context, in *NameIn) (*one, error) {
		return answer(h.s.Get(ctx, in.Name))
	})
	preview := api.Op("preview-change-window", http.MethodPost, "/change-window-previews", tag, "Say when a window would take place, within two years; nothing is kept", refused)
	huma.Register(a, preview, func(ctx context.Context, in *struct {
		Body struct {
			NewWindow
			Limit int `json:"limit,omitempty" minimum:"1" maximum:"50" doc:"Default 10"`
		}
	}) (*struct{ Body api.List[Span] }, error) {
		if in.Body.Limit == 0 {
			in.Body.Limit = 10
		}
		list, err := h.s.Preview(ctx, in.Body.Name, in.Body.Spec, in.Body.Limit)
		if err != nil {
			return nil, api.Err(err)
		}
		var o []Span
		for _, s := range list {
			o = append(o, span(s))
		}
		return items(o), nil
	})
}

func (h *handlers) edits(a huma.API) {
	huma.Register(a, api.Op("create-change-window", http.MethodPost, "/change-windows", tag, "Add a freeze or window", api.Making), func(ctx context.Context, in *struct{ Body NewWindow }) (*one, error) {
		return answer(h.s.Create(ctx, in.Body.Name, in.Body.Spec))
	})
	huma.Register(a, api.Op("update-change-window", http.MethodPut, "/change-windows/{name}", tag, "Replace a freeze or window", api.Editing), func(ctx context.Context, in *struct {
		NameIn
		IfMatch string `header:"If-Match" doc:"ETag of the version that is edited"`
		Body    window.Spec
	}) (*one, error) {
		version, err := api.Version(in.IfMatch)
		if err != nil {
			return nil, api.Err(err)
		}
		return answer(h.s.Edit(ctx, in.Name, version, in.Body))
	})
	huma.Register(a, api.Op("delete-change-window", http.MethodDelete, "/change-windows/{name}", tag, "Take a freeze or window away", api.Editing), func(ctx context.Context, in *NameIn) (*struct{}, error) {
		return nil, api.Err(h.s.Delete(ctx, in.Name))
	})
}

// OwnFeed is a feed that one made.
type OwnFeed struct {
	Team    string     `json:"team,omitempty"`
	Service string     `json:"service,omitempty"`
	Created *time.Time `json:"created,omitempty"`
}

func (h *handlers) feeds(a huma.API) {
	type feed struct {
		Secret string `json:"secret" doc:"Shown once"`
		Path   string `json:"path" doc:"Of the feed on this server, for calendar programs"`
	}
	huma.Register(a, api.Op("create-change-feed", http.MethodPost, "/change-calendar/feeds", tag, "Make the address of a feed of changes and windows; an earlier one of the same choice stops working", refused), func(ctx context.Context, in *struct {
		Body struct {
			Team    string `json:"team,omitempty"`
			Service string `json:"service,omitempty"`
		}
	}) (*struct{ Body feed }, error) {
		secret, err := h.s.FeedToken(ctx, window.FeedOf{Team: in.Body.Team, Service: in.Body.Service})
		if err != nil {
			return nil, api.Err(err)
		}
		return &struct{ Body feed }{feed{secret, window.FeedPath(secret)}}, nil
	})
	huma.Register(a, api.Op("list-change-feeds", http.MethodGet, "/change-calendar/feeds", tag, "List one's feeds of the change calendar", api.Reading), func(ctx context.Context, _ *struct{}) (*struct{ Body api.List[OwnFeed] }, error) {
		list, err := h.s.FeedsOf(ctx)
		if err != nil {
			return nil, api.Err(err)
		}
		var o []OwnFeed
		for _, f := range list {
			o = append(o, OwnFeed{f.Team, f.Service, api.When(f.Created)})
		}
		return items(o), nil
	})
	huma.Register(a, api.Op("delete-change-feed", http.MethodDelete, "/change-calendar/feeds", tag, "End a feed of one's own", api.Reading), func(ctx context.Context, in *struct {
		Team    string `query:"team" maxLength:"63"`
		Service string `query:"service" maxLength:"200"`
	}) (*struct{}, error) {
		return nil, api.Err(h.s.RevokeFeed(ctx, window.FeedOf{Team: in.Team, Service: in.Service}))
	})
}
