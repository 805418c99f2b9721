package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// ScheduleSpec is what can be set about a schedule.
type ScheduleSpec struct {
	Title       string          `json:"title,omitempty"`
	Description string          `json:"description,omitempty"`
	Team        string          `json:"team,omitempty"`
	Zone        string          `json:"zone"` // IANA time zone
	Layers      []ScheduleLayer `json:"layers"`
}

// ScheduleLayer is one rotation; the last one of a schedule is on top.
type ScheduleLayer struct {
	Name   string           `json:"name,omitempty"`
	Start  string           `json:"start"` // local date and time
	End    string           `json:"end,omitempty"`
	Every  string           `json:"every"`  // PT12H, P1D, P1W
	Shifts [][]string       `json:"shifts"` // handles in turn
	Only   []ScheduleWindow `json:"only,omitempty"`
	Beside bool             `json:"beside,omitempty"`
}

// ScheduleWindow is hours of the week.
type ScheduleWindow struct {
	Days []string `json:"days,omitempty"`
	From string   `json:"from"`
	To   string   `json:"to"`
	Zone string   `json:"zone,omitempty"`
}

// Schedule is an on-call schedule.
type Schedule struct {
	Name string `json:"name"`
	ScheduleSpec
	Version   int64     `json:"version"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	ManagedBy string    `json:"managed_by,omitempty"`
}

// OnCallLoad is how much of a schedule somebody carried.
type OnCallLoad struct {
	Person   OnCallPerson `json:"person"`
	Hours    float64      `json:"hours"`
	Shifts   int          `json:"shifts"`
	Nights   int          `json:"nights"`
	Weekends int          `json:"weekends"`
	Pages    *int         `json:"pages,omitempty"`
}

// OnCallGain is how somebody's time on call changes.
type OnCallGain struct {
	Person OnCallPerson `json:"person"`
	Before float64      `json:"hours_before"`
	After  float64      `json:"hours_after"`
}

// SchedulePreview is what saving a schedule would do.
type SchedulePreview struct {
	Old     []Duty       `json:"old,omitempty"`
	New     []Duty       `json:"new"`
	Changes []OnCallGain `json:"changes"`
	Gaps    []Duty       `json:"gaps"`
	NewGaps []Duty       `json:"new_gaps"`
}

// Schedules lists schedules by name, of a team or (empty) all.
func (c *Client) Schedules(ctx context.Context, team, cursor string, limit int) (list List[Schedule], err error) {
	err = c.Get(ctx, "/api/v1/schedules"+Query("team", team, "cursor", cursor, "limit", number(limit)), &list)
	return list, err
}

func schedulePath(name string) string { return "/api/v1/schedules/" + url.PathEscape(name) }

// Schedule returns a schedule.
func (c *Client) Schedule(ctx context.Context, name string) (s Schedule, err error) {
	err = c.Get(ctx, schedulePath(name), &s)
	return s, err
}

// CreateSchedule adds a schedule.
func (c *Client) CreateSchedule(ctx context.Context, name string, spec ScheduleSpec) (s Schedule, err error) {
	in := struct {
		Name string `json:"name"`
		ScheduleSpec
	}{name, spec}
	err = c.Do(ctx, http.MethodPost, "/api/v1/schedules", in, &s)
	return s, err
}

// UpdateSchedule replaces a schedule; 409 when version is not the present one
// or it is managed as code.
func (c *Client) UpdateSchedule(ctx context.Context, name string, version int64, spec ScheduleSpec) (s Schedule, err error) {
	_, err = c.Edit(ctx, http.MethodPut, schedulePath(name), etag(version), spec, &s)
	return s, err
}

// DeleteSchedule deletes a schedule that nothing uses.
func (c *Client) DeleteSchedule(ctx context.Context, name string) error {
	return c.Do(ctx, http.MethodDelete, schedulePath(name), nil, nil)
}

// PreviewSchedule computes what saving a spec would do; name is empty for a
// new schedule.
func (c *Client) PreviewSchedule(ctx context.Context, name string, spec ScheduleSpec, from, to time.Time) (p SchedulePreview, err error) {
	in := struct {
		Schedule string       `json:"schedule,omitempty"`
		Spec     ScheduleSpec `json:"spec"`
		From     time.Time    `json:"from"`
		To       time.Time    `json:"to"`
	}{name, spec, from, to}
	err = c.Do(ctx, http.MethodPost, "/api/v1/oncall/preview", in, &p)
	return p, err
}

// ScheduleFairness says who carried how much of a schedule.
func (c *Client) ScheduleFairness(ctx context.Context, name string, from, to time.Time) (list List[OnCallLoad], err error) {
	err = c.Get(ctx, schedulePath(name)+"/fairness"+between(from, to), &list)
	return list, err
}
