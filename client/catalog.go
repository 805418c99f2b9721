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
	Name      string   `json:"name"`
	Title     string   `json:"title"`
	Team      string   `json:"team"`      // owner
	Tier      int      `json:"tier"`      // 0 carries the business, 3 is internal
	Lifecycle string   `json:"lifecycle"` // proposed, live, deprecated, retired
	Promise   string   `json:"promise,omitempty"`
	Links     []Link   `json:"links,omitempty"`
	Aliases   []string `json:"aliases,omitempty"` // absent in lists
	Portfolio
	Needs     []ServiceNeed `json:"needs,omitempty"` // what the catalog knows of DependsOn; absent in lists
	Version   int64         `json:"version"`
	Created   time.Time     `json:"created"`
	Updated   time.Time     `json:"updated"`
	ManagedBy string        `json:"managed_by,omitempty"` // from where it is managed as code
}

// Link leads to something about a service.
type Link struct {
	Kind    string `json:"kind,omitempty"` // runbook, dashboard, repository, documentation, chat, other
	Title   string `json:"title,omitempty"`
	URL     string `json:"url"`
	Checked string `json:"checked,omitempty"` // the day on which somebody last read it, 2026-03-31
}

// Portfolio is what is known of a service beyond its promise.
type Portfolio struct {
	Description  string           `json:"description,omitempty"`
	Users        []string         `json:"users,omitempty"`
	Value        string           `json:"value,omitempty"`
	Cost         *ServiceCost     `json:"cost,omitempty"`
	Sourcing     *ServiceSourcing `json:"sourcing,omitempty"`
	Raci         []ServiceRaci    `json:"raci,omitempty"`
	Repositories []string         `json:"repositories,omitempty"`
	DependsOn    []Dependency     `json:"depends_on,omitempty"`
	ReplacedBy   string           `json:"replaced_by,omitempty"`
	Until        string           `json:"until,omitempty"` // the day on which a deprecated service ends
}

// ServiceCost is what a service costs a month, as somebody noted it.
type ServiceCost struct {
	Amount   string `json:"amount"`   // a decimal number
	Currency string `json:"currency"` // ISO 4217
	AsOf     string `json:"as_of,omitempty"`
	Note     string `json:"note,omitempty"`
}

// ServiceSourcing is the decision to build or to buy.
type ServiceSourcing struct {
	Choice   string `json:"choice"` // build, buy, open source
	Supplier string `json:"supplier,omitempty"`
	Why      string `json:"why,omitempty"`
	Decided  string `json:"decided,omitempty"`
	Ends     string `json:"ends,omitempty"` // of the contract
}

// ServiceRaci is who answers for an activity: handles, or team:name.
type ServiceRaci struct {
	Activity    string   `json:"activity"`
	Responsible []string `json:"responsible,omitempty"`
	Accountable string   `json:"accountable"`
	Consulted   []string `json:"consulted,omitempty"`
	Informed    []string `json:"informed,omitempty"`
}

// Dependency is something that a service needs.
type Dependency struct {
	On       string `json:"on"`                 // a service, or an item as kind:name
	Strength string `json:"strength,omitempty"` // hard (default), soft
	Group    string `json:"group,omitempty"`    // those of one group stand in for each other
	Need     int    `json:"need,omitempty"`     // how many of the group; 0 means 1
	Why      string `json:"why,omitempty"`
}

// ServiceNeed is what the catalog knows of a dependency.
type ServiceNeed struct {
	On       string `json:"on"`
	Service  string `json:"service,omitempty"`
	Team     string `json:"team,omitempty"`
	Tier     int    `json:"tier,omitempty"`
	Dangling bool   `json:"dangling,omitempty"` // it names a service that is not there
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
	Portfolio
}

// Edit is the edit that changes nothing, to be changed where wanted.
func (s Service) Edit() ServiceEdit {
	return ServiceEdit{s.Title, s.Team, &s.Tier, s.Lifecycle, s.Promise, s.Links, s.Aliases, s.Portfolio}
}

// ServiceFilter narrows a list; the zero value lists all that are not retired.
type ServiceFilter struct {
	Team, Lifecycle, Prefix string
	Level                   string // none, bronze, silver, gold
	Tier                    *int
}

// Services lists services by name.
func (c *Client) Services(ctx context.Context, f ServiceFilter, cursor string, limit int) (List[Service], error) {
	tier := ""
	if f.Tier != nil {
		tier = strconv.Itoa(*f.Tier)
	}
	var list List[Service]
	err := c.Get(ctx, "/api/v1/services"+Query("team", f.Team, "lifecycle", f.Lifecycle, "prefix", f.Prefix, "level", f.Level, "tier", tier, "cursor", cursor, "limit", number(limit)), &list)
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
