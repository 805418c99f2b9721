package alert

import (
	"encoding/json"
	"time"
)

// Action is what a sender says about its alert.
type Action string

// The actions of the PagerDuty Events v2 vocabulary, which every receiver
// maps to: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
const (
	Trigger     Action = "trigger"
	Acknowledge Action = "acknowledge"
	Resolve     Action = "resolve"
)

// Amend tells more about an alert that is firing, with all its content: it
// opens nothing and ends nothing. Opsgenie's senders change message,
// description and priority so.
const Amend Action = "amend"

// Severity is the sender's word on how bad one alert is. It is not the
// priority of an incident.
type Severity string

// The severities, worst first.
const (
	Critical Severity = "critical"
	Error    Severity = "error"
	Warning  Severity = "warning"
	Info     Severity = "info"
)

// Link is a web address shown with an alert.
type Link struct {
	Href string `json:"href"`
	Text string `json:"text,omitempty"`
}

// Event is one thing a sender said about one alert, as a receiver in
// connect/* parsed it. Identity is (integration, Dedup), never the summary.
type Event struct {
	Action      Action
	Dedup       string            // the sender's identity of the alert: 1 to 255 bytes, valid UTF-8
	Severity    Severity          // empty: not said; the rule or Warning decides
	Summary     string            // one line, at most 1,024 bytes
	Source      string            // host, instance or system that is affected
	Service     string            // the sender's name of the service; a rule may override it
	Labels      map[string]string // what rules group and match by
	Annotations map[string]string // what people read
	Links       []Link
	Details     json.RawMessage // the sender's own structure, shown as is; nil if none
	StartsAt    time.Time       // zero: not said, now is taken
	EndsAt      time.Time       // zero: not said; in the future: firing until then
}
