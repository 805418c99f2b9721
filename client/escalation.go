package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// EscalationPolicy says who is told, one after the other, until somebody
// acknowledges.
type EscalationPolicy struct {
	Name string `json:"name"`
	EscalationSpec
	Version   int64     `json:"version"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	ManagedBy string    `json:"managed_by,omitempty"`
}

// EscalationSpec is what can be set about a policy. Times are ISO 8601: PT5M.
type EscalationSpec struct {
	Title            string           `json:"title,omitempty"`
	Description      string           `json:"description,omitempty"`
	Teams            []string         `json:"teams,omitempty"`
	Services         []string         `json:"services,omitempty"`
	Steps            []EscalationStep `json:"steps"`
	Repeat           int              `json:"repeat,omitempty"`
	RepeatAfter      string           `json:"repeat_after,omitempty"`
	AckTimeout       string           `json:"ack_timeout,omitempty"`
	AckEscalateAfter string           `json:"ack_escalate_after,omitempty"`
}

// EscalationStep is one step.
type EscalationStep struct {
	After      string             `json:"after,omitempty"`
	Notify     []EscalationTarget `json:"notify"`
	RoundRobin bool               `json:"round_robin,omitempty"`
	When       *EscalationWhen    `json:"when,omitempty"`
}

// EscalationTarget is one of whom a step tells: exactly one field, but Role
// may stand beside Team.
type EscalationTarget struct {
	Schedule string `json:"schedule,omitempty"`
	NextOf   string `json:"next_of,omitempty"`
	Team     string `json:"team,omitempty"`
	Role     string `json:"role,omitempty"`
	Person   string `json:"person,omitempty"`
	Channel  string `json:"channel,omitempty"`
	Policy   string `json:"policy,omitempty"`
}

// EscalationWhen is the conditions of a step.
type EscalationWhen struct {
	Priorities    []string `json:"priorities,omitempty"`
	Services      []string `json:"services,omitempty"`
	Hours         string   `json:"hours,omitempty"` // business or other
	AlertsAtLeast int      `json:"alerts_at_least,omitempty"`
}

// Ladder is an incident's way up its policy.
type Ladder struct {
	Incident string          `json:"incident"`
	Policy   string          `json:"policy,omitempty"` // empty: no policy serves it
	Title    string          `json:"title,omitempty"`
	State    string          `json:"state,omitempty"`
	Run      int             `json:"run,omitempty"`
	Cause    string          `json:"cause,omitempty"`
	NextAt   time.Time       `json:"next_at,omitzero"`
	Stages   []LadderStage   `json:"stages"`
	Requests []LadderRequest `json:"requests"`
}

// LadderStage is one thing that a ladder did or will do.
type LadderStage struct {
	Kind     string         `json:"kind"` // tell, skip, empty, remind, nudge
	Round    int            `json:"round,omitempty"`
	Step     int            `json:"step,omitempty"`
	At       time.Time      `json:"at"`
	Done     bool           `json:"done"`
	People   []LadderPerson `json:"people,omitempty"`
	Channels []string       `json:"channels,omitempty"`
	Why      string         `json:"why,omitempty"`
}

// LadderPerson is somebody by key and name.
type LadderPerson struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

// LadderRequest is a person who was asked to help or take over.
type LadderRequest struct {
	Person     LadderPerson  `json:"person"`
	Kind       string        `json:"kind"`  // help, handover
	State      string        `json:"state"` // asked, accepted, declined, silent, over
	AskedBy    *LadderPerson `json:"asked_by,omitempty"`
	AskedAt    time.Time     `json:"asked_at"`
	AnsweredAt time.Time     `json:"answered_at,omitzero"`
	Note       string        `json:"note,omitempty"`
}

// Suppose is an incident that has not happened; zero fields take defaults.
type Suppose struct {
	At       time.Time
	Priority string
	Team     string
	Service  string
	Alerts   int
}

func (s Suppose) query() string {
	at := ""
	if !s.At.IsZero() {
		at = s.At.Format(time.RFC3339)
	}
	return Query("at", at, "priority", s.Priority, "team", s.Team, "service", s.Service, "alerts", number(s.Alerts))
}

// Foreseen is who would be told when.
type Foreseen struct {
	At       time.Time     `json:"at"`
	Priority string        `json:"priority"`
	Team     string        `json:"team,omitempty"`
	Service  string        `json:"service,omitempty"`
	Stages   []LadderStage `json:"stages"`
}

// EscalationHole is a policy, or a step of one, that would reach nobody now.
type EscalationHole struct {
	Policy string `json:"policy"`
	Step   int    `json:"step,omitempty"`
	All    bool   `json:"all"`
	Why    string `json:"why"`
}

const policiesPath = "/api/v1/escalation-policies"

func policyPath(name string) string { return policiesPath + "/" + url.PathEscape(name) }

// EscalationPolicies lists policies by name.
func (c *Client) EscalationPolicies(ctx context.Context, cursor string, limit int) (List[EscalationPolicy], error) {
	var list List[EscalationPolicy]
	err := c.Get(ctx, policiesPath+Query("cursor", cursor, "limit", number(limit)), &list)
	return list, err
}

// EscalationPolicy returns a policy.
func (c *Client) EscalationPolicy(ctx context.Context, name string) (EscalationPolicy, error) {
	var p EscalationPolicy
	err := c.Get(ctx, policyPath(name), &p)
	return p, err
}

// CreateEscalationPolicy adds a policy.
func (c *Client) CreateEscalationPolicy(ctx context.Context, name string, spec EscalationSpec) (EscalationPolicy, error) {
	in := struct {
		Name string `json:"name"`
		EscalationSpec
	}{name, spec}
	var p EscalationPolicy
	err := c.Do(ctx, http.MethodPost, policiesPath, in, &p)
	return p, err
}

// UpdateEscalationPolicy replaces a policy; 409 when version is not the
// present one or it is managed as code.
func (c *Client) UpdateEscalationPolicy(ctx context.Context, name string, version int64, spec EscalationSpec) (EscalationPolicy, error) {
	var p EscalationPolicy
	_, err := c.Edit(ctx, http.MethodPut, policyPath(name), etag(version), spec, &p)
	return p, err
}

// DeleteEscalationPolicy deletes a policy that no other one names.
func (c *Client) DeleteEscalationPolicy(ctx context.Context, name string) error {
	return c.Do(ctx, http.MethodDelete, policyPath(name), nil, nil)
}

// PreviewEscalationPolicy says who would be told when.
func (c *Client) PreviewEscalationPolicy(ctx context.Context, name string, s Suppose) (Foreseen, error) {
	var f Foreseen
	err := c.Get(ctx, policyPath(name)+"/preview"+s.query(), &f)
	return f, err
}

// TryEscalationPolicy is PreviewEscalationPolicy for a policy that is stored nowhere.
func (c *Client) TryEscalationPolicy(ctx context.Context, spec EscalationSpec, s Suppose) (Foreseen, error) {
	var f Foreseen
	err := c.Do(ctx, http.MethodPost, "/api/v1/escalation-preview"+s.query(), spec, &f)
	return f, err
}

// EscalationHoles lists policies and steps that would reach nobody now.
func (c *Client) EscalationHoles(ctx context.Context) ([]EscalationHole, error) {
	var list struct {
		Items []EscalationHole `json:"items"`
	}
	err := c.Get(ctx, "/api/v1/escalation-holes", &list)
	return list.Items, err
}

// Ladder returns an incident's ladder.
func (c *Client) Ladder(ctx context.Context, incident string) (Ladder, error) {
	var l Ladder
	err := c.Get(ctx, "/api/v1/incidents/"+url.PathEscape(incident)+"/escalation", &l)
	return l, err
}

func (c *Client) ladderVerb(ctx context.Context, incident, verb string, in any) (Ladder, error) {
	var l Ladder
	err := c.Do(ctx, http.MethodPost, "/api/v1/incidents/"+url.PathEscape(incident)+"/"+verb, in, &l)
	return l, err
}

// Escalate does the next step of an incident's ladder now.
func (c *Client) Escalate(ctx context.Context, incident, note string) (Ladder, error) {
	return c.ladderVerb(ctx, incident, "escalate", map[string]string{"note": note})
}

// Snooze holds an incident's ladder back until a time.
func (c *Client) Snooze(ctx context.Context, incident string, until time.Time, note string) (Ladder, error) {
	return c.ladderVerb(ctx, incident, "snooze", map[string]any{"until": until, "note": note})
}

// Unsnooze lets a snoozed ladder go on now.
func (c *Client) Unsnooze(ctx context.Context, incident string) (Ladder, error) {
	return c.ladderVerb(ctx, incident, "unsnooze", struct{}{})
}

// AddResponder pages people and asks them to help: exactly one of person,
// schedule and team is not empty.
func (c *Client) AddResponder(ctx context.Context, incident, person, schedule, team, note string) (Ladder, error) {
	in := map[string]string{}
	for k, v := range map[string]string{"person": person, "schedule": schedule, "team": team, "note": note} {
		if v != "" {
			in[k] = v
		}
	}
	return c.ladderVerb(ctx, incident, "responders", in)
}

// HandOver asks a person to take an incident over.
func (c *Client) HandOver(ctx context.Context, incident, to, note string) (Ladder, error) {
	return c.ladderVerb(ctx, incident, "handover", map[string]string{"to": to, "note": note})
}

// AnswerRequest accepts or declines what one was asked about an incident.
func (c *Client) AnswerRequest(ctx context.Context, incident string, accept bool, note string) (Ladder, error) {
	return c.ladderVerb(ctx, incident, "answer", map[string]any{"accept": accept, "note": note})
}
