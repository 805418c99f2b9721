// Package catalogapi is the HTTP API of the service catalog.
//
// It turns requests into calls of catalog.Catalog and services into JSON, and
// decides nothing. Services are addressed by name; reading one also takes an
// alias. Edits replace everything that can be set and carry If-Match.
package catalogapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
)

// Service is what users notice when it breaks.
type Service struct {
	Name      string   `json:"name" example:"checkout"`
	Title     string   `json:"title" example:"Checkout"`
	Team      string   `json:"team" example:"payments" doc:"The team that owns it"`
	Tier      int      `json:"tier" minimum:"0" maximum:"3" doc:"0 carries the business, 3 is internal"`
	Lifecycle string   `json:"lifecycle" enum:"proposed,live,deprecated,retired"`
	Promise   string   `json:"promise,omitempty" example:"A filled basket can be paid at any hour." doc:"One sentence that a user understands"`
	Links     []Link   `json:"links,omitempty"`
	Aliases   []string `json:"aliases,omitempty" doc:"What monitors call it, in lower case; absent in lists"`
	catalog.Portfolio
	Needs     []Need    `json:"needs,omitempty" doc:"What the catalog knows of depends_on, in the same order; absent in lists"`
	Version   int64     `json:"version"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	ManagedBy string    `json:"managed_by,omitempty" doc:"From where it is managed as code; it is then not edited here; absent in lists"`
}

// Link leads to something about a service.
type Link struct {
	Kind    string `json:"kind,omitempty" enum:"runbook,dashboard,repository,documentation,chat,other" doc:"Default other"`
	Title   string `json:"title,omitempty"`
	URL     string `json:"url" example:"https://wiki.example.org/checkout"`
	Checked string `json:"checked,omitempty" format:"date" doc:"The day on which somebody last read it and found it right; for runbooks"`
}

// Need is what the catalog knows of a dependency.
type Need struct {
	On       string `json:"on"`
	Service  string `json:"service,omitempty" doc:"The service that it means"`
	Team     string `json:"team,omitempty" doc:"Its owner"`
	Tier     int    `json:"tier,omitempty"`
	Dangling bool   `json:"dangling,omitempty" doc:"It names a service that the catalog does not have"`
}

// Edit is what can be set about a service; it replaces all of it.
type Edit struct {
	Title     string   `json:"title,omitempty" doc:"Default: the name"`
	Team      string   `json:"team" example:"payments"`
	Tier      *int     `json:"tier,omitempty" minimum:"0" maximum:"3" doc:"Default 3"`
	Lifecycle string   `json:"lifecycle,omitempty" enum:"proposed,live,deprecated,retired" doc:"Default: live for a new service, unchanged for others"`
	Promise   string   `json:"promise,omitempty"`
	Links     []Link   `json:"links,omitempty"`
	Aliases   []string `json:"aliases,omitempty"`
	catalog.Portfolio
}

func (e Edit) in() catalog.Edit {
	out := catalog.Edit{Title: e.Title, Team: e.Team, Tier: catalog.DefaultTier, Lifecycle: catalog.Lifecycle(e.Lifecycle), Promise: e.Promise, Aliases: e.Aliases, Portfolio: e.Portfolio}
	if e.Tier != nil {
		out.Tier = *e.Tier
	}
	for _, l := range e.Links {
		out.Links = append(out.Links, catalog.Link{Kind: catalog.LinkKind(l.Kind), Title: l.Title, URL: l.URL, Checked: l.Checked})
	}
	return out
}

func out(s catalog.Service) Service {
	o := Service{Name: s.Name, Title: s.Title, Team: s.Team, Tier: s.Tier, Lifecycle: string(s.Lifecycle), Promise: s.Promise, Aliases: s.Aliases, Portfolio: s.Portfolio,
		Version: s.Version, Created: s.Created, Updated: s.Updated, ManagedBy: s.Managed}
	for _, l := range s.Links {
		o.Links = append(o.Links, Link{string(l.Kind), l.Title, l.URL, l.Checked})
	}
	return o
}

// NameIn names a service in a path.
type NameIn struct {
	Name string `path:"name" maxLength:"100" example:"checkout"`
}

// ListIn narrows a list.
type ListIn struct {
	api.PageIn
	Team      string `query:"team" doc:"Owned by this team"`
	Tier      int    `query:"tier" minimum:"-1" maximum:"3" default:"-1" doc:"Of this tier; -1: of any"`
	Lifecycle string `query:"lifecycle" enum:"proposed,live,deprecated,retired" doc:"In this state; else all that are not retired"`
	Prefix    string `query:"prefix" doc:"Name begins with"`
	Level     string `query:"level" enum:"none,bronze,silver,gold" doc:"Lowest level of its scorecards, as last measured"`
}

type body struct {
	ETag string `header:"ETag"`
	Body Service
}

func answer(s catalog.Service, err error) (*body, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &body{api.ETag(s.Version), out(s)}, nil
}

// Register adds the operations to the API.
func Register(a huma.API, c *catalog.Catalog) {
	op := func(id, method, path, summary string, errors ...int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/services" + path, Summary: summary, Tags: []string{"Services"},
			Errors: append([]int{http.StatusUnauthorized, http.StatusForbidden}, errors...)}
	}
	huma.Register(a, op("list-services", http.MethodGet, "", "List services by name"), func(ctx context.Context, in *ListIn) (*struct{ Body api.List[Service] }, error) {
		f := catalog.Filter{Team: in.Team, Lifecycle: catalog.Lifecycle(in.Lifecycle), Prefix: in.Prefix}
		if in.Tier >= 0 {
			f.Tier = &in.Tier
		}
		if l, ok := scorecard.LevelOf(in.Level); ok {
			n := int(l)
			f.Level = &n
		}
		list, more, err := c.List(ctx, f, in.Cursor, in.Limit)
		if err != nil {
			return nil, api.Err(err)
		}
		o := &struct{ Body api.List[Service] }{api.List[Service]{Items: make([]Service, len(list))}}
		for i, s := range list {
			o.Body.Items[i] = out(s)
		}
		if more {
			o.Body.Next = list[len(list)-1].Name
		}
		return o, nil
	})
	create := op("create-service", http.MethodPost, "", "Add a service", http.StatusConflict, http.StatusUnprocessableEntity)
	create.DefaultStatus = http.StatusCreated
	huma.Register(a, create, func(ctx context.Context, in *struct {
		Body struct {
			Name string `json:"name" example:"checkout" doc:"1 to 63 of a-z, 0-9 and dash; never changes"`
			Edit
		}
	}) (*body, error) {
		return answer(c.Create(ctx, in.Body.Name, in.Body.in()))
	})
	huma.Register(a, op("get-service", http.MethodGet, "/{name}", "Read a service by name or alias", http.StatusNotFound),
		func(ctx context.Context, in *NameIn) (*body, error) {
			s, err := c.Get(ctx, in.Name)
			if err != nil {
				return nil, api.Err(err)
			}
			needs, err := c.Needs(ctx, s)
			if err != nil {
				return nil, api.Err(err)
			}
			b, _ := answer(s, nil)
			for _, n := range needs {
				b.Body.Needs = append(b.Body.Needs, Need{n.On, n.Service.Name, n.Service.Team, n.Service.Tier, n.Dangling})
			}
			return b, nil
		})
	huma.Register(a, op("update-service", http.MethodPut, "/{name}", "Replace what can be set about a service", http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity),
		func(ctx context.Context, in *struct {
			NameIn
			IfMatch string `header:"If-Match"`
			Body    Edit
		}) (*body, error) {
			version, err := api.Version(in.IfMatch)
			if err != nil {
				return nil, api.Err(err)
			}
			return answer(c.Edit(ctx, in.Name, version, in.Body.in()))
		})
	huma.Register(a, op("retire-service", http.MethodPost, "/{name}/retire", "Take a service out of use; it stays readable", http.StatusNotFound, http.StatusConflict),
		func(ctx context.Context, in *NameIn) (*body, error) { return answer(c.Retire(ctx, in.Name)) })
}
