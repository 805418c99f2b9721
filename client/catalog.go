package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Service is what users notice when it breaks.
type Service struct {
	Name      string    `json:"name"`
	Title     string    `json:"title"`
	Team      string    `json:"team"`      // owner
	Tier      int       `json:"tier"`      // 0 carries the business, 3 is internal
	Lifecycle string    `json:"lifecycle"` // proposed, live, deprecated, retired
	Promise   string    `json:"promise,omitempty"`
	Links     []Link    `json:"links,omitempty"`
	Aliases   []string  `json:"aliases,omitempty"` // absent in lists
	Version   int64     `json:"version"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	ManagedBy string    `json:"managed_by,omitempty"` // from where it is managed as code
}

// Link leads to something about a service.
type Link struct {
	Kind  string `json:"kind,omitempty"` // runbook, dashboard, repository, documentation, chat, other
	Title string `json:"title,omitempty"`
	URL   string `json:"url"`
}

// ServiceEdit is what can be set about a service; it replaces all of it.
type ServiceEdit struct {
	Title     string   `json:"title,omitempty"`
	Team      string   `json:"team"`
	Tier      *int     `json:"tier,omitempty"`
	Lifecycle string   `json:"lifecycle,omitempty"`
	Promise   string   `json:"promise,omitempty"`
	Links     []Link   `json:"links,omitempty"`
	Aliases   []string `json:"aliases,omitempty"`
}

// Edit is the edit that changes nothing, to be changed where wanted.
func (s Service) Edit() ServiceEdit {
	return ServiceEdit{s.Title, s.Team, &s.Tier, s.Lifecycle, s.Promise, s.Links, s.Aliases}
}

// ServiceFilter narrows a list; the zero value lists all that are not retired.
type ServiceFilter struct {
	Team, Lifecycle, Prefix string
	Tier                    *int
}

// Services lists services by name.
func (c *Client) Services(ctx context.Context, f ServiceFilter, cursor string, limit int) (List[Service], error) {
	tier := ""
	if f.Tier != nil {
		tier = strconv.Itoa(*f.Tier)
	}
	var list List[Service]
	err := c.Get(ctx, "/api/v1/services"+Query("team", f.Team, "lifecycle", f.Lifecycle, "prefix", f.Prefix, "tier", tier, "cursor", cursor, "limit", number(limit)), &list)
	return list, err
}

// Service returns a service by name or alias.
func (c *Client) Service(ctx context.Context, name string) (Service, error) {
	var s Service
	err := c.Get(ctx, servicePath(name), &s)
	return s, err
}

// CreateService adds a service.
func (c *Client) CreateService(ctx context.Context, name string, e ServiceEdit) (Service, error) {
	in := struct {
		Name string `json:"name"`
		ServiceEdit
	}{name, e}
	var s Service
	err := c.Do(ctx, http.MethodPost, "/api/v1/services", in, &s)
	return s, err
}

// UpdateService replaces what can be set; 409 when version is not the present
// one or the service is managed as code.
func (c *Client) UpdateService(ctx context.Context, name string, version int64, e ServiceEdit) (Service, error) {
	var s Service
	_, err := c.Edit(ctx, http.MethodPut, servicePath(name), etag(version), e, &s)
	return s, err
}

// RetireService takes a service out of use.
func (c *Client) RetireService(ctx context.Context, name string) (Service, error) {
	var s Service
	err := c.Do(ctx, http.MethodPost, servicePath(name)+"/retire", nil, &s)
	return s, err
}

func servicePath(name string) string { return "/api/v1/services/" + url.PathEscape(name) }
