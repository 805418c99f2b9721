package client

import (
	"context"
	"net/http"
	"net/url"
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

// Cover is an override, swap or absence.
type Cover struct {
	Key      string        `json:"key"`
	Kind     string        `json:"kind"`
	Schedule string        `json:"schedule,omitempty"`
	Person   *OnCallPerson `json:"person,omitempty"`  // who comes
	Instead  *OnCallPerson `json:"instead,omitempty"` // whose shifts, who is away
	From     time.Time     `json:"from"`
	To       time.Time     `json:"to"`
	Reason   string        `json:"reason,omitempty"`
	By       *OnCallPerson `json:"by,omitempty"`
	Created  time.Time     `json:"created"`
	Removed  time.Time     `json:"removed,omitzero"`
}

// NewCover puts somebody in, or says that somebody is away.
type NewCover struct {
	Person  string    `json:"person,omitempty"`  // handle or key; empty: oneself
	Instead string    `json:"instead,omitempty"` // not for absences; empty: everybody's shifts
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Reason  string    `json:"reason,omitempty"`
}

// Swap is an offered swap.
type Swap struct {
	Key        string        `json:"key"`
	Schedule   string        `json:"schedule"`
	Person     OnCallPerson  `json:"person"`
	To         *OnCallPerson `json:"to,omitempty"`
	From       time.Time     `json:"from"`
	Until      time.Time     `json:"until"`
	ReturnFrom time.Time     `json:"return_from,omitzero"`
	ReturnTo   time.Time     `json:"return_to,omitzero"`
	Note       string        `json:"note,omitempty"`
	State      string        `json:"state"`
	Taker      *OnCallPerson `json:"taker,omitempty"`
	Covers     []string      `json:"covers,omitempty"`
	Created    time.Time     `json:"created"`
	Updated    time.Time     `json:"updated"`
}

// NewSwap offers one's own shifts.
type NewSwap struct {
	To         string    `json:"to,omitempty"` // handle or key; empty: everybody
	From       time.Time `json:"from"`
	Until      time.Time `json:"until"`
	ReturnFrom time.Time `json:"return_from,omitzero"`
	ReturnTo   time.Time `json:"return_to,omitzero"`
	Note       string    `json:"note,omitempty"`
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

func between(from, to time.Time) string { return Query("from", stamp(from), "to", stamp(to)) }

// Shifts lists a schedule's duties that touch a time, gaps included.
func (c *Client) Shifts(ctx context.Context, name string, from, to time.Time) (list List[Duty], err error) {
	err = c.Get(ctx, schedulePath(name)+"/shifts"+between(from, to), &list)
	return list, err
}

// ScheduleFairness says who carried how much of a schedule.
func (c *Client) ScheduleFairness(ctx context.Context, name string, from, to time.Time) (list List[OnCallLoad], err error) {
	err = c.Get(ctx, schedulePath(name)+"/fairness"+between(from, to), &list)
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

// Covers lists overrides, swaps and absences that touch a schedule.
func (c *Client) Covers(ctx context.Context, schedule string, from, to time.Time) (list List[Cover], err error) {
	err = c.Get(ctx, schedulePath(schedule)+"/covers"+between(from, to), &list)
	return list, err
}

// Cover returns a cover.
func (c *Client) Cover(ctx context.Context, key string) (v Cover, err error) {
	err = c.Get(ctx, "/api/v1/oncall/covers/"+url.PathEscape(key), &v)
	return v, err
}

// AddCover puts somebody in for others.
func (c *Client) AddCover(ctx context.Context, schedule string, n NewCover) (v Cover, err error) {
	err = c.Do(ctx, http.MethodPost, schedulePath(schedule)+"/covers", n, &v)
	return v, err
}

// RemoveCover takes a cover or absence back; one that runs ends now.
func (c *Client) RemoveCover(ctx context.Context, key string) error {
	return c.Do(ctx, http.MethodDelete, "/api/v1/oncall/covers/"+url.PathEscape(key), nil, nil)
}

// Absences lists who is away.
func (c *Client) Absences(ctx context.Context, from, to time.Time) (list List[Cover], err error) {
	err = c.Get(ctx, "/api/v1/oncall/absences"+between(from, to), &list)
	return list, err
}

// AddAbsence says that somebody is away.
func (c *Client) AddAbsence(ctx context.Context, n NewCover) (v Cover, err error) {
	n.Instead = ""
	err = c.Do(ctx, http.MethodPost, "/api/v1/oncall/absences", n, &v)
	return v, err
}

// Swaps lists open offers that one made or may accept.
func (c *Client) Swaps(ctx context.Context) (list List[Swap], err error) {
	err = c.Get(ctx, "/api/v1/oncall/swaps", &list)
	return list, err
}

// Swap returns an offer.
func (c *Client) Swap(ctx context.Context, key string) (s Swap, err error) {
	err = c.Get(ctx, "/api/v1/oncall/swaps/"+url.PathEscape(key), &s)
	return s, err
}

// OfferSwap offers one's own shifts.
func (c *Client) OfferSwap(ctx context.Context, schedule string, n NewSwap) (s Swap, err error) {
	err = c.Do(ctx, http.MethodPost, schedulePath(schedule)+"/swaps", n, &s)
	return s, err
}

// AnswerSwap accepts an offer, or declines it; one's own is withdrawn.
func (c *Client) AnswerSwap(ctx context.Context, key string, accept bool) (s Swap, err error) {
	verb := "decline"
	if accept {
		verb = "accept"
	}
	err = c.Do(ctx, http.MethodPost, "/api/v1/oncall/swaps/"+url.PathEscape(key)+"/"+verb, nil, &s)
	return s, err
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
