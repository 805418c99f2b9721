// Package calendarapi is the HTTP API of business calendars.
//
// It turns requests into calls of calendar.Service and decides nothing. The
// built-in calendars are listed like others; "business" has version 0 until
// its first edit, which therefore carries If-Match: "0".
package calendarapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/calendar"
)

// Calendar is a stored business calendar.
type Calendar struct {
	Name string `json:"name" example:"berlin"`
	calendar.Spec
	Version   int64     `json:"version" doc:"0: built in and never edited"`
	Created   time.Time `json:"created,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	ManagedBy string    `json:"managed_by,omitempty" doc:"From where it is managed as code; it is then not edited here"`
}

func out(c calendar.Stored) Calendar {
	return Calendar{c.Name, c.Spec, c.Version, c.Created, c.Updated, c.Managed}
}

// NameIn names a calendar in a path.
type NameIn struct {
	Name string `path:"name" maxLength:"63" example:"berlin"`
}

type body struct {
	ETag string `header:"ETag"`
	Body Calendar
}

func answer(c calendar.Stored, err error) (*body, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &body{api.ETag(c.Version), out(c)}, nil
}

// version reads If-Match; unlike other records a calendar can be at 0.
func version(ifMatch string) (int64, error) {
	if strings.Trim(strings.TrimSpace(ifMatch), `"`) == "0" {
		return 0, nil
	}
	return api.Version(ifMatch)
}

// Register adds the operations to the API.
func Register(a huma.API, s *calendar.Service) {
	op := func(id, method, path, summary string, status int, errors ...int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/calendars" + path, Summary: summary, Tags: []string{"Calendars"},
			DefaultStatus: status, Errors: append([]int{http.StatusUnauthorized, http.StatusForbidden}, errors...)}
	}
	huma.Register(a, op("list-calendars", http.MethodGet, "", "List calendars by name", 200), func(ctx context.Context, in *api.PageIn) (*struct{ Body api.List[Calendar] }, error) {
		list, more, err := s.List(ctx, in.Cursor, in.Limit)
		if err != nil {
			return nil, api.Err(err)
		}
		o := &struct{ Body api.List[Calendar] }{api.List[Calendar]{Items: make([]Calendar, len(list))}}
		for i, c := range list {
			o.Body.Items[i] = out(c)
		}
		if more {
			o.Body.Next = list[len(list)-1].Name
		}
		return o, nil
	})
	huma.Register(a, op("create-calendar", http.MethodPost, "", "Add a calendar", 201, http.StatusConflict, http.StatusUnprocessableEntity), func(ctx context.Context, in *struct {
		Body struct {
			Name string `json:"name" example:"berlin" doc:"1 to 63 of a-z, 0-9 and dash; never changes"`
			calendar.Spec
		}
	}) (*body, error) {
		return answer(s.Create(ctx, in.Body.Name, in.Body.Spec))
	})
	huma.Register(a, op("get-calendar", http.MethodGet, "/{name}", "Read a calendar", 200, http.StatusNotFound),
		func(ctx context.Context, in *NameIn) (*body, error) { return answer(s.Get(ctx, in.Name)) })
	huma.Register(a, op("update-calendar", http.MethodPut, "/{name}", "Replace a calendar", 200, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity),
		func(ctx context.Context, in *struct {
			NameIn
			IfMatch string `header:"If-Match"`
			Body    calendar.Spec
		}) (*body, error) {
			v, err := version(in.IfMatch)
			if err != nil {
				return nil, api.Err(err)
			}
			return answer(s.Edit(ctx, in.Name, v, in.Body))
		})
	huma.Register(a, op("delete-calendar", http.MethodDelete, "/{name}", "Delete a calendar that nothing uses", 204, http.StatusNotFound, http.StatusConflict),
		func(ctx context.Context, in *NameIn) (*struct{}, error) { return nil, api.Err(s.Delete(ctx, in.Name)) })
}
