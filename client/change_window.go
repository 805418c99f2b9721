package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// ChangeWindowSpec is a freeze, a window, maintenance or a release train.
type ChangeWindowSpec struct {
	Title    string            `json:"title,omitempty"`
	Reason   string            `json:"reason,omitempty"`
	Kind     string            `json:"kind"` // freeze, change-window, maintenance, release-train
	Scope    ChangeWindowScope `json:"scope,omitzero"`
	Allows   []string          `json:"allows,omitempty"` // types and purposes of changes that pass
	Zone     string            `json:"zone,omitempty"`
	Start    string            `json:"start,omitempty"` // local, 2026-11-27T18:00
	End      string            `json:"end,omitempty"`
	Duration string            `json:"duration,omitempty"` // PT2H, P3D
	Repeat   string            `json:"repeat,omitempty"`   // RRULE
	Also     []string          `json:"also,omitempty"`
	Except   []string          `json:"except,omitempty"`
	Calendar string            `json:"calendar,omitempty"`
	Hours    string            `json:"hours,omitempty"` // open, closed
}

// ChangeWindowScope says for whom a window is; nothing: for every change.
type ChangeWindowScope struct {
	Services     []string `json:"services,omitempty"`
	Teams        []string `json:"teams,omitempty"`
	Tiers        []int    `json:"tiers,omitempty"`
	Environments []string `json:"environments,omitempty"`
	Kinds        []string `json:"kinds,omitempty"`
	Without      []string `json:"without,omitempty"`
}

// ChangeWindow is one that is kept.
type ChangeWindow struct {
	Name string `json:"name"`
	ChangeWindowSpec
	Version   int64      `json:"version"`
	Created   *time.Time `json:"created,omitempty"`
	Updated   *time.Time `json:"updated,omitempty"`
	ManagedBy string     `json:"managed_by,omitempty"`
}

// Span is a stretch of time, up to but not including To; nil has no end.
type Span struct {
	From time.Time  `json:"from"`
	To   *time.Time `json:"to,omitempty"`
}

// WindowStanding is how a window is now.
type WindowStanding struct {
	Name  string     `json:"name"`
	On    bool       `json:"on"`
	Until *time.Time `json:"until,omitempty"` // it ends, or else begins; nil: it stays so
}

// CalendarChange is a change on the time line.
type CalendarChange struct {
	Change      string   `json:"change"`
	Title       string   `json:"title"`
	Type        string   `json:"type"`
	Kind        string   `json:"kind"`
	Purpose     string   `json:"purpose,omitempty"`
	State       string   `json:"state"`
	Outcome     string   `json:"outcome,omitempty"`
	RiskLevel   string   `json:"risk_level,omitempty"`
	Team        string   `json:"team,omitempty"`
	Environment string   `json:"environment"`
	Services    []string `json:"services"`
	Span
	Planned bool `json:"planned"`
	Over    bool `json:"over"`
	Bypass  bool `json:"bypass,omitempty"`
}

// CalendarWarning is something that somebody should look at before it happens.
type CalendarWarning struct {
	Kind     string          `json:"kind"`             // collision, freeze, outside
	Change   *CalendarChange `json:"change,omitempty"` // that can move; nil: the draft
	Other    *CalendarChange `json:"other,omitempty"`
	Window   string          `json:"window,omitempty"`
	Relation string          `json:"relation,omitempty"` // same, needs, needed
	Service  string          `json:"service,omitempty"`
	Span
	Move *time.Time `json:"move,omitempty"` // the first time at which it fits
}

// ChangeCalendar is the time line.
type ChangeCalendar struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Now   time.Time `json:"now"`
	Lanes []struct {
		Service string           `json:"service"`
		Team    string           `json:"team,omitempty"`
		Tier    *int             `json:"tier,omitempty"`
		Changes []CalendarChange `json:"changes"`
	} `json:"lanes"`
	Windows []struct {
		Name  string `json:"name"`
		Title string `json:"title"`
		Kind  string `json:"kind"`
		Span
		Covers []string `json:"covers,omitempty"`
		All    bool     `json:"all,omitempty"`
	} `json:"windows"`
	Marks []struct {
		Key      string   `json:"key"`
		Title    string   `json:"title"`
		Priority int      `json:"priority,omitempty"`
		Services []string `json:"services,omitempty"`
		Span
	} `json:"marks"`
	Warnings []CalendarWarning `json:"warnings"`
	Hidden   int               `json:"hidden,omitempty"`
	Cut      bool              `json:"cut,omitempty"`
}

// CalendarAsk says which part of the time line; zero times: the next 14 days.
type CalendarAsk struct {
	From, To                   time.Time
	Team, Service, Environment string
	Quiet                      bool // without routine changes
}

// PlannedChange is a change that somebody plans.
type PlannedChange struct {
	Services    []string  `json:"services"`
	Environment string    `json:"environment,omitempty"`
	Type        string    `json:"type,omitempty"`
	Purpose     string    `json:"purpose,omitempty"`
	Kind        string    `json:"kind,omitempty"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to,omitzero"`
	Change      string    `json:"change,omitempty"` // that it is, if there is one
}

// ChangeAdvice says what stands in the way of a planned change.
type ChangeAdvice struct {
	Windows struct {
		Freezes []struct {
			Name   string    `json:"name"`
			Title  string    `json:"title"`
			Until  time.Time `json:"until"`
			Allows []string  `json:"allows"`
		} `json:"freezes"`
		Required string    `json:"required"` // a window outside of which it must not start
		Inside   bool      `json:"inside"`
		Next     time.Time `json:"next,omitzero"`
	} `json:"windows"`
	Warnings []CalendarWarning `json:"warnings"`
	Free     *time.Time        `json:"free,omitempty"` // the first time that suits
}

// ChangeFeed is a feed of the change calendar that one made.
type ChangeFeed struct {
	Team    string     `json:"team,omitempty"`
	Service string     `json:"service,omitempty"`
	Created *time.Time `json:"created,omitempty"`
}

const (
	windowsPath   = "/api/v1/change-windows"
	changeCalPath = "/api/v1/change-calendar"
)

// ChangeWindows lists freezes and windows by name; kind may be empty.
func (c *Client) ChangeWindows(ctx context.Context, kind, cursor string, limit int) (list List[ChangeWindow], err error) {
	return list, c.Get(ctx, windowsPath+Query("kind", kind, "cursor", cursor, "limit", number(limit)), &list)
}

// WindowStandings says which are on now.
func (c *Client) WindowStandings(ctx context.Context) (list List[WindowStanding], err error) {
	return list, c.Get(ctx, "/api/v1/change-window-standings", &list)
}

// ChangeWindow returns one by name.
func (c *Client) ChangeWindow(ctx context.Context, name string) (w ChangeWindow, err error) {
	return w, c.Get(ctx, windowsPath+"/"+url.PathEscape(name), &w)
}

type namedWindow struct {
	Name string `json:"name"`
	ChangeWindowSpec
}

// CreateChangeWindow adds one.
func (c *Client) CreateChangeWindow(ctx context.Context, name string, spec ChangeWindowSpec) (w ChangeWindow, err error) {
	return w, c.Do(ctx, http.MethodPost, windowsPath, namedWindow{name, spec}, &w)
}

// UpdateChangeWindow replaces one; 409 when version is not the present one or
// it is managed as code.
func (c *Client) UpdateChangeWindow(ctx context.Context, name string, version int64, spec ChangeWindowSpec) (w ChangeWindow, err error) {
	_, err = c.Edit(ctx, http.MethodPut, windowsPath+"/"+url.PathEscape(name), etag(version), spec, &w)
	return w, err
}

// DeleteChangeWindow takes one away.
func (c *Client) DeleteChangeWindow(ctx context.Context, name string) error {
	return c.Do(ctx, http.MethodDelete, windowsPath+"/"+url.PathEscape(name), nil, nil)
}

// PreviewChangeWindow says when a window would take place; nothing is kept.
func (c *Client) PreviewChangeWindow(ctx context.Context, name string, spec ChangeWindowSpec, limit int) (list List[Span], err error) {
	in := struct {
		namedWindow
		Limit int `json:"limit,omitempty"`
	}{namedWindow{name, spec}, limit}
	return list, c.Do(ctx, http.MethodPost, "/api/v1/change-window-previews", in, &list)
}

// ChangeCalendar returns the time line.
func (c *Client) ChangeCalendar(ctx context.Context, a CalendarAsk) (v ChangeCalendar, err error) {
	return v, c.Get(ctx, changeCalPath+Query("from", moment(a.From), "to", moment(a.To), "team", a.Team, "service", a.Service, "environment", a.Environment, "quiet", flag(a.Quiet)), &v)
}

// CheckPlannedChange says what stands in the way of a change; nothing is kept.
func (c *Client) CheckPlannedChange(ctx context.Context, p PlannedChange) (a ChangeAdvice, err error) {
	return a, c.Do(ctx, http.MethodPost, "/api/v1/change-collisions", p, &a)
}

// ChangeFeeds lists one's feeds of the change calendar.
func (c *Client) ChangeFeeds(ctx context.Context) (list List[ChangeFeed], err error) {
	return list, c.Get(ctx, changeCalPath+"/feeds", &list)
}

// CreateChangeFeed makes the address of a feed of a team, a service, or of all;
// an earlier one of the same choice stops working.
func (c *Client) CreateChangeFeed(ctx context.Context, team, service string) (f CalendarFeed, err error) {
	return f, c.Do(ctx, http.MethodPost, changeCalPath+"/feeds", map[string]string{"team": team, "service": service}, &f)
}

// DeleteChangeFeed ends a feed of one's own.
func (c *Client) DeleteChangeFeed(ctx context.Context, team, service string) error {
	return c.Do(ctx, http.MethodDelete, changeCalPath+"/feeds"+Query("team", team, "service", service), nil, nil)
}
