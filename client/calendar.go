package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Calendar is a business calendar.
type Calendar struct {
	Name string `json:"name"`
	CalendarSpec
	Version   int64     `json:"version"` // 0: built in and never edited
	Created   time.Time `json:"created,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	ManagedBy string    `json:"managed_by,omitempty"`
}

// CalendarSpec is what can be set about a calendar.
type CalendarSpec struct {
	Title    string              `json:"title,omitempty"`
	Zone     string              `json:"zone"`            // IANA time zone
	Hours    map[string][]string `json:"hours,omitempty"` // weekday in lower case → "09:00-17:00"
	Holidays []Holiday           `json:"holidays,omitempty"`
}

// Holiday is a date without hours.
type Holiday struct {
	Date string `json:"date"` // YYYY-MM-DD
	Name string `json:"name,omitempty"`
}

// Calendars lists calendars by name, the built-in ones too.
func (c *Client) Calendars(ctx context.Context, cursor string, limit int) (List[Calendar], error) {
	var list List[Calendar]
	err := c.Get(ctx, "/api/v1/calendars"+Query("cursor", cursor, "limit", number(limit)), &list)
	return list, err
}

// Calendar returns a calendar.
func (c *Client) Calendar(ctx context.Context, name string) (Calendar, error) {
	var cal Calendar
	err := c.Get(ctx, calendarPath(name), &cal)
	return cal, err
}

// CreateCalendar adds a calendar.
func (c *Client) CreateCalendar(ctx context.Context, name string, spec CalendarSpec) (Calendar, error) {
	in := struct {
		Name string `json:"name"`
		CalendarSpec
	}{name, spec}
	var cal Calendar
	err := c.Do(ctx, http.MethodPost, "/api/v1/calendars", in, &cal)
	return cal, err
}

// UpdateCalendar replaces a calendar; 409 when version is not the present one
// or it is managed as code.
func (c *Client) UpdateCalendar(ctx context.Context, name string, version int64, spec CalendarSpec) (Calendar, error) {
	var cal Calendar
	_, err := c.Edit(ctx, http.MethodPut, calendarPath(name), etag(version), spec, &cal)
	return cal, err
}

// DeleteCalendar deletes a calendar that nothing uses.
func (c *Client) DeleteCalendar(ctx context.Context, name string) error {
	return c.Do(ctx, http.MethodDelete, calendarPath(name), nil, nil)
}

func calendarPath(name string) string { return "/api/v1/calendars/" + url.PathEscape(name) }
