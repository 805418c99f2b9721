package client

import (
	"context"
	"net/http"
	"time"
)

// OnCallPerson is somebody on call.
type OnCallPerson struct {
	Key    string `json:"key"`
	Handle string `json:"handle"`
	Name   string `json:"name"`
	Gone   bool   `json:"gone,omitempty"` // disabled or erased: cannot be paged
}

// Duty is who is on call during a time; without people it is a gap. Zero
// times: always, for ever.
type Duty struct {
	People []OnCallPerson `json:"people"`
	Layer  string         `json:"layer,omitempty"`
	From   time.Time      `json:"from,omitzero"`
	Until  time.Time      `json:"until,omitzero"`
	Cover  string         `json:"cover,omitempty"` // the newest cover that took part
}

// OnCallShift is a duty of a named schedule.
type OnCallShift struct {
	Schedule string `json:"schedule"`
	Title    string `json:"title"`
	Zone     string `json:"zone"`
	Duty
}

// OnCallNow is who is on call in a schedule.
type OnCallNow struct {
	OnCallShift
	Team  string `json:"team,omitempty"`
	Next  *Duty  `json:"next,omitempty"`
	Fault string `json:"fault,omitempty"`
}

// Hole is a lack in a schedule's coverage.
type Hole struct {
	Schedule string         `json:"schedule"`
	Title    string         `json:"title"`
	Team     string         `json:"team,omitempty"`
	Kind     string         `json:"kind"` // planned, away, gone, broken
	From     time.Time      `json:"from,omitzero"`
	Until    time.Time      `json:"until,omitzero"`
	People   []OnCallPerson `json:"people,omitempty"`
	Covered  bool           `json:"covered,omitempty"`
	Text     string         `json:"text"`
}

// CalendarFeed is the address of a calendar feed.
type CalendarFeed struct {
	Secret string `json:"secret"`
	Path   string `json:"path"`
}

// OnCall lists who is on call by schedule, of a team or (empty) all, now or
// (not zero) at a time.
func (c *Client) OnCall(ctx context.Context, team string, at time.Time, cursor string, limit int) (list List[OnCallNow], err error) {
	err = c.Get(ctx, "/api/v1/oncall"+Query("team", team, "at", stamp(at), "cursor", cursor, "limit", number(limit)), &list)
	return list, err
}

func between(from, to time.Time) string { return Query("from", stamp(from), "to", stamp(to)) }

// Shifts lists a schedule's duties that touch a time, gaps included.
func (c *Client) Shifts(ctx context.Context, name string, from, to time.Time) (list List[Duty], err error) {
	err = c.Get(ctx, schedulePath(name)+"/shifts"+between(from, to), &list)
	return list, err
}

// PersonShifts lists somebody's shifts; person empty: one's own.
func (c *Client) PersonShifts(ctx context.Context, person string, from, to time.Time) (list List[OnCallShift], err error) {
	err = c.Get(ctx, "/api/v1/oncall/shifts"+Query("person", person, "from", stamp(from), "to", stamp(to)), &list)
	return list, err
}

// Holes lists times without anybody on call, and people who cannot be paged.
func (c *Client) Holes(ctx context.Context, from, to time.Time) (list List[Hole], err error) {
	err = c.Get(ctx, "/api/v1/oncall/holes"+between(from, to), &list)
	return list, err
}

// CreateCalendarFeed makes the address of one's calendar feed, of a schedule
// or (empty) of one's own shifts; an earlier one stops working.
func (c *Client) CreateCalendarFeed(ctx context.Context, schedule string) (f CalendarFeed, err error) {
	err = c.Do(ctx, http.MethodPost, "/api/v1/oncall/feeds", map[string]string{"schedule": schedule}, &f)
	return f, err
}

// DeleteCalendarFeed ends one's calendar feed.
func (c *Client) DeleteCalendarFeed(ctx context.Context, schedule string) error {
	return c.Do(ctx, http.MethodDelete, "/api/v1/oncall/feeds"+Query("schedule", schedule), nil, nil)
}
