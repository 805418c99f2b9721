package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Incident is an incident with its clocks as they stood when it was read.
type Incident struct {
	Key         string `json:"key"`
	Version     int64  `json:"version"`
	Revision    int64  `json:"revision"` // for EditIncident and RestrictIncident
	Title       string `json:"title"`
	Summary     string `json:"summary,omitempty"`
	State       string `json:"state"` // triggered, acknowledged, mitigated, resolved, closed, merged, canceled
	Priority    string `json:"priority"`
	PriorityWhy string `json:"priority_why,omitempty"`
	Impact      string `json:"impact"`
	Urgency     string `json:"urgency"`
	Service     string `json:"service,omitempty"`
	Team        string `json:"team,omitempty"`
	Tier        int    `json:"tier"`
	Origin      string `json:"origin"`
	Rule        string `json:"rule,omitempty"`
	Restricted  bool   `json:"restricted"`
	Waiting     string `json:"waiting,omitempty"`
	How         string `json:"how,omitempty"`
	Reason      string `json:"reason,omitempty"`
	MergedInto  string `json:"merged_into,omitempty"`
	Parent      string `json:"parent,omitempty"`
	WarRoom     string `json:"war_room,omitempty"`
	Persistent  string `json:"persistent,omitempty"`

	Reporter       *IncidentPerson `json:"reporter,omitempty"`
	OnIt           *IncidentPerson `json:"on_it,omitempty"` // the commander, else who acknowledged it or took it up last
	Commander      *IncidentPerson `json:"commander,omitempty"`
	Operations     *IncidentPerson `json:"operations,omitempty"`
	Communications *IncidentPerson `json:"communications,omitempty"`
	Scribe         *IncidentPerson `json:"scribe,omitempty"`

	StartedAt      *time.Time `json:"started_at,omitempty"`
	TriggeredAt    *time.Time `json:"triggered_at,omitempty"`
	AcknowledgedAt *time.Time `json:"acknowledged_at,omitempty"`
	MitigatedAt    *time.Time `json:"mitigated_at,omitempty"`
	ResolvedAt     *time.Time `json:"resolved_at,omitempty"`
	ClosedAt       *time.Time `json:"closed_at,omitempty"`
	UpdatedAt      *time.Time `json:"updated_at,omitempty"`

	Reopened     int  `json:"reopened"`
	Reassigned   int  `json:"reassigned"`
	Alerts       int  `json:"alerts"`
	AlertsFiring int  `json:"alerts_firing"`
	AutoResolve  bool `json:"auto_resolve"`
	Entries      int  `json:"timeline_entries"`

	Clocks IncidentClocks `json:"clocks"`
}

// IncidentClocks are the clocks that the priority sets; nil for the others.
type IncidentClocks struct {
	Response   *IncidentClock `json:"response,omitempty"`
	Resolution *IncidentClock `json:"resolution,omitempty"`
	Update     *IncidentClock `json:"update,omitempty"`
	Escalation *IncidentClock `json:"escalation,omitempty"`
}

// IncidentClock is one clock.
type IncidentClock struct {
	State   string       `json:"state"` // met, running, soon, breached, paused, stopped
	Target  string       `json:"target"`
	Start   *time.Time   `json:"start,omitempty"`
	Due     *time.Time   `json:"due,omitempty"`
	End     *time.Time   `json:"end,omitempty"`
	Elapsed int64        `json:"elapsed_seconds"`
	Left    int64        `json:"left_seconds"`
	Pauses  []ClockPause `json:"pauses,omitempty"`
}

// ClockPause is a time in which a clock did not count.
type ClockPause struct {
	From   time.Time  `json:"from"`
	To     *time.Time `json:"to,omitempty"`
	Reason string     `json:"reason"`
}

// IncidentPerson is somebody with a part in an incident.
type IncidentPerson struct {
	Key  string `json:"key"`
	Name string `json:"name,omitempty"`
}

// IncidentDetail is one incident with its surroundings.
type IncidentDetail struct {
	Incident
	Participants []IncidentPerson `json:"participants"`
	Links        []IncidentLink   `json:"links"`
	Children     []IncidentBrief  `json:"children,omitempty"`
	MergedFrom   []IncidentBrief  `json:"merged_from,omitempty"`
	Viewers      *Viewers         `json:"viewers,omitempty"`
	Can          []string         `json:"can"`
	Measures     struct {
		Detect      *int64 `json:"detect_seconds,omitempty"`
		Acknowledge *int64 `json:"acknowledge_seconds,omitempty"`
		Mitigate    *int64 `json:"mitigate_seconds,omitempty"`
		Resolve     *int64 `json:"resolve_seconds,omitempty"`
	} `json:"measures"`
}

// IncidentLink joins an incident to something else.
type IncidentLink struct {
	Kind   string `json:"kind"` // service, ci, change, known error, problem, postmortem, url
	Target string `json:"target"`
	Title  string `json:"title,omitempty"`
	State  string `json:"state,omitempty"` // suggested, confirmed (default), rejected
	Rule   string `json:"rule,omitempty"`
}

// IncidentBrief names another incident.
type IncidentBrief struct {
	Key      string `json:"key"`
	Title    string `json:"title"`
	State    string `json:"state"`
	Priority string `json:"priority"`
}

// TimelineEntry is one line of a timeline.
type TimelineEntry struct {
	Seq         int             `json:"seq"`
	At          time.Time       `json:"at"`
	Kind        string          `json:"kind"`
	Author      *IncidentPerson `json:"author,omitempty"`
	Tag         string          `json:"tag,omitempty"`
	Public      bool            `json:"public"`
	Text        string          `json:"text"`
	Detail      string          `json:"detail,omitempty"`
	Corrects    int             `json:"corrects,omitempty"`
	Erased      bool            `json:"erased,omitempty"`
	Corrections []TimelineEntry `json:"corrections,omitempty"`
}

// Viewers are who may see a restricted incident: people by key or handle, and
// roles of the organisation.
type Viewers struct {
	People []string `json:"people,omitempty"`
	Roles  []string `json:"roles,omitempty"`
}

// Declaration is what a person reports; Title alone is enough.
type Declaration struct {
	Title     string     `json:"title"`
	Summary   string     `json:"summary,omitempty"`
	Service   string     `json:"service,omitempty"`
	Team      string     `json:"team,omitempty"`
	Impact    string     `json:"impact,omitempty"`  // high, medium (default), low
	Urgency   string     `json:"urgency,omitempty"` // high, medium (default), low
	StartedAt *time.Time `json:"started_at,omitempty"`
	WarRoom   string     `json:"war_room,omitempty"`
	Restrict  *Viewers   `json:"restrict,omitempty"`
}

// IncidentEdit changes fields; nil and empty ones stay.
type IncidentEdit struct {
	Title    *string `json:"title,omitempty"`
	Summary  *string `json:"summary,omitempty"`
	Service  *string `json:"service,omitempty"`
	WarRoom  *string `json:"war_room,omitempty"`
	Impact   string  `json:"impact,omitempty"`
	Urgency  string  `json:"urgency,omitempty"`
	Priority string  `json:"priority,omitempty"`
}

// IncidentFilter selects incidents; the zero value selects all, newest first.
type IncidentFilter struct {
	Open       string // "true", "false", or "" for both
	State      string // one or more, separated by commas
	Priority   string // one or more, separated by commas
	Service    string
	Team       string
	Commander  string // key, handle or "me"
	Person     string // key, handle or "me"
	Text       string
	Parent     string
	Persistent bool
	From       time.Time
	Before     time.Time
	Sort       string // newest, priority
	Cursor     string
	Limit      int
}

func (f IncidentFilter) query() string {
	persistent := ""
	if f.Persistent {
		persistent = "true"
	}
	return Query("open", f.Open, "state", f.State, "priority", f.Priority, "service", f.Service, "team", f.Team, "commander", f.Commander,
		"person", f.Person, "q", f.Text, "parent", f.Parent, "persistent", persistent, "from", stamp(f.From), "before", stamp(f.Before),
		"sort", f.Sort, "cursor", f.Cursor, "limit", number(f.Limit))
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func incidentPath(key string, rest ...string) string {
	p := "/api/v1/incidents/" + url.PathEscape(key)
	for _, r := range rest {
		p += "/" + r
	}
	return p
}

// Incidents lists incidents.
func (c *Client) Incidents(ctx context.Context, f IncidentFilter) (List[Incident], error) {
	var list List[Incident]
	return list, c.Get(ctx, "/api/v1/incidents"+f.query(), &list)
}

// Incident reads one incident with its surroundings.
func (c *Client) Incident(ctx context.Context, key string) (IncidentDetail, error) {
	var d IncidentDetail
	return d, c.Get(ctx, incidentPath(key), &d)
}

// Declare opens an incident.
func (c *Client) Declare(ctx context.Context, d Declaration) (Incident, error) {
	var i Incident
	return i, c.Do(ctx, http.MethodPost, "/api/v1/incidents", d, &i)
}

// EditIncident changes fields of the revision that was read; 409 when it was
// edited meanwhile.
func (c *Client) EditIncident(ctx context.Context, key string, revision int64, e IncidentEdit) (Incident, error) {
	var i Incident
	_, err := c.Edit(ctx, http.MethodPatch, incidentPath(key), etag(revision), e, &i)
	return i, err
}

// RestrictIncident says who may see it; nil makes it visible to all.
func (c *Client) RestrictIncident(ctx context.Context, key string, revision int64, v *Viewers) (Incident, error) {
	var i Incident
	_, err := c.Edit(ctx, http.MethodPut, incidentPath(key, "visibility"), etag(revision), map[string]any{"restricted": v != nil, "viewers": v}, &i)
	return i, err
}

// IncidentVerb does something with an incident: acknowledge, mitigate,
// resolve, close, reopen, cancel, wait, continue, assign, reassign, merge,
// parent, join, leave. body holds what the verb takes, by its JSON names; nil
// for verbs without. Verbs are idempotent.
func (c *Client) IncidentVerb(ctx context.Context, key, verb string, body map[string]string) (Incident, error) {
	var i Incident
	var in any
	if body != nil {
		in = body
	}
	return i, c.Do(ctx, http.MethodPost, incidentPath(key, verb), in, &i)
}

// Acknowledge says that one works on it.
func (c *Client) Acknowledge(ctx context.Context, key string) (Incident, error) {
	return c.IncidentVerb(ctx, key, "acknowledge", nil)
}

// Mitigate says that the service is restored, and how.
func (c *Client) Mitigate(ctx context.Context, key, how, note string) (Incident, error) {
	return c.IncidentVerb(ctx, key, "mitigate", map[string]string{"how": how, "note": note})
}

// Resolve says that nothing is left to do; how may be empty after Mitigate.
func (c *Client) Resolve(ctx context.Context, key, how, note string) (Incident, error) {
	body := map[string]string{"note": note}
	if how != "" {
		body["how"] = how
	}
	return c.IncidentVerb(ctx, key, "resolve", body)
}

// Timeline reads one page of the timeline, newest first unless oldest is set.
func (c *Client) Timeline(ctx context.Context, key string, oldest bool, cursor string, limit int) (List[TimelineEntry], error) {
	var list List[TimelineEntry]
	order := ""
	if oldest {
		order = "true"
	}
	return list, c.Get(ctx, incidentPath(key, "timeline")+Query("oldest_first", order, "cursor", cursor, "limit", number(limit)), &list)
}

// AddNote adds a note; tag is "", "key fact" or "decision".
func (c *Client) AddNote(ctx context.Context, key, text, tag string) (TimelineEntry, error) {
	var e TimelineEntry
	body := map[string]string{"text": text}
	if tag != "" {
		body["tag"] = tag
	}
	return e, c.Do(ctx, http.MethodPost, incidentPath(key, "timeline"), body, &e)
}

// CorrectNote corrects a note or update of one's own; the earlier text stays.
func (c *Client) CorrectNote(ctx context.Context, key string, seq int, text string) (TimelineEntry, error) {
	var e TimelineEntry
	return e, c.Do(ctx, http.MethodPost, incidentPath(key, "timeline", strconv.Itoa(seq), "correct"), map[string]string{"text": text}, &e)
}

// EraseEntry removes the text of an entry that must not be kept; admins only.
func (c *Client) EraseEntry(ctx context.Context, key string, seq int, reason string) (TimelineEntry, error) {
	var e TimelineEntry
	return e, c.Do(ctx, http.MethodPost, incidentPath(key, "timeline", strconv.Itoa(seq), "erase"), map[string]string{"reason": reason}, &e)
}

// PublishUpdate publishes a status update; next is like "30m", empty for what
// the priority promises.
func (c *Client) PublishUpdate(ctx context.Context, key, text string, public bool, next string) (TimelineEntry, error) {
	var e TimelineEntry
	return e, c.Do(ctx, http.MethodPost, incidentPath(key, "updates"), map[string]any{"text": text, "public": public, "next": next}, &e)
}

// LinkIncident adds a link, or confirms or rejects one.
func (c *Client) LinkIncident(ctx context.Context, key string, l IncidentLink) (Incident, error) {
	var i Incident
	l.Rule = ""
	return i, c.Do(ctx, http.MethodPut, incidentPath(key, "links"), l, &i)
}

// UnlinkIncident takes a link away.
func (c *Client) UnlinkIncident(ctx context.Context, key, kind, target string) (Incident, error) {
	var i Incident
	return i, c.Do(ctx, http.MethodDelete, incidentPath(key, "links")+Query("kind", kind, "target", target), nil, &i)
}

// Now is what is broken at this moment.
type Now struct {
	At        time.Time     `json:"at"`
	Counts    [4]int        `json:"counts"` // open incidents by priority, P1 first
	Incidents []NowIncident `json:"incidents"`
	More      bool          `json:"more"`
}

// NowIncident is one open incident with its latest note.
type NowIncident struct {
	Incident
	Latest *TimelineEntry `json:"latest,omitempty"`
	Mine   bool           `json:"mine"`
}

// Now reads what is broken, worst first.
func (c *Client) Now(ctx context.Context) (Now, error) {
	var n Now
	return n, c.Get(ctx, "/api/v1/now", &n)
}

// MeasureSpread is a mean with median and 90th percentile, in seconds.
type MeasureSpread struct {
	N      int   `json:"n"`
	Mean   int64 `json:"mean_seconds"`
	Median int64 `json:"median_seconds"`
	P90    int64 `json:"p90_seconds"`
}

// IncidentSummary measures the incidents of a period.
type IncidentSummary struct {
	Incidents   int           `json:"incidents"`
	ByPriority  [4]int        `json:"by_priority"`
	Detect      MeasureSpread `json:"detect"`
	Acknowledge MeasureSpread `json:"acknowledge"`
	Mitigate    MeasureSpread `json:"mitigate"`
	Resolve     MeasureSpread `json:"resolve"`
	Reopened    int           `json:"reopened"`
	Reassigned  int           `json:"reassigned"`
}

// MeasureIncidents measures incidents triggered in [from, to); team and
// service may be empty.
func (c *Client) MeasureIncidents(ctx context.Context, from, to time.Time, team, service string) (IncidentSummary, error) {
	var s IncidentSummary
	return s, c.Get(ctx, "/api/v1/measures/incidents"+Query("from", stamp(from), "to", stamp(to), "team", team, "service", service), &s)
}

// PriorityMatrix is a priority matrix in use.
type PriorityMatrix struct {
	ID         string                       `json:"id"`
	Teams      []string                     `json:"teams,omitempty"`
	Impact     map[string]map[string]string `json:"impact"`
	Severity   map[string][]string          `json:"severity"`
	Priorities []PriorityPolicy             `json:"priorities"`
}

// PriorityPolicy is what a priority promises and whom it tells.
type PriorityPolicy struct {
	Priority   string   `json:"priority"`
	Meaning    string   `json:"meaning"`
	Response   string   `json:"response"`
	Resolution string   `json:"resolution"`
	Update     int64    `json:"update_seconds,omitempty"`
	Escalate   int64    `json:"escalate_seconds,omitempty"`
	Tell       []string `json:"tell"`
	How        string   `json:"how"`
}

// PriorityMatrices lists the matrices in use.
func (c *Client) PriorityMatrices(ctx context.Context) (List[PriorityMatrix], error) {
	var list List[PriorityMatrix]
	return list, c.Get(ctx, "/api/v1/priority-matrices", &list)
}
