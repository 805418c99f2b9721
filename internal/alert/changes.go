package alert

import (
	"time"
)

// Changes is what one batch of events, one expired timer or one ended silence
// did to alerts, for the reaction that opens and closes incidents. Firings
// stand in the order in which they happened. Silenced and quiet firings are
// not in Opened, Reopened or Raised: they neither open nor page anything.
type Changes struct {
	Opened       []Firing // a first episode, or one that was silenced until now
	Reopened     []Firing // an alert that had resolved fires again: Previous is set
	Raised       []Firing // a firing alert became more severe
	Acknowledged []Firing // its sender says a person has taken it (PagerDuty acknowledge)
	Resolved     []Firing // ended; IncidentID is the incident it was linked to, 0 if none
}

// Empty reports whether there is nothing to react to.
func (c *Changes) Empty() bool {
	return len(c.Opened)+len(c.Reopened)+len(c.Raised)+len(c.Acknowledged)+len(c.Resolved) == 0
}

// Firing is one episode as the reaction sees it.
type Firing struct {
	AlertID     int64
	EpisodeID   int64
	Integration string // name of the integration
	Summary     string
	Severity    Severity
	Source      string // affected host or system in the sender's words
	Service     string // name of the service, after the rule; empty when nobody knows
	Team        string // name of the team, of the rule or integration; empty: the service's owner
	Labels      map[string]string
	StartsAt    time.Time // when the sender says it began
	EndsAt      time.Time // for Resolved: when it ended
	RuleName    string    // the rule that routed it; empty: no rule matched, the default routing holds
	GroupKey    string    // hex hash that joins alerts to one incident
	GroupText   string    // the same for people: "alertname=QueueDepth, service=checkout"
	Routing     Routing
	Silenced    bool // only in Resolved: it was silent when it ended
	IncidentID  int64
	Previous    Previous
}

// Previous is the episode before a reopened one.
type Previous struct {
	EpisodeID  int64
	IncidentID int64 // 0 when it was in none
	EndedAt    time.Time
}

// Routing is what the matched rule (or the default) wants for a firing.
type Routing struct {
	// Open is false for firings that may join an open incident of their group
	// but shall not open one: warnings and infos that no rule routes.
	Open bool
	// Priority is 1 to 4 for P1 to P4; 0: by severity × the service's tier.
	Priority int
	// Page tells people when this firing opens an incident.
	Page bool
	// PageOnJoin tells people also when it joins an open incident without
	// raising its priority.
	PageOnJoin bool
	// AutoClose resolves the incident when all its alerts have resolved.
	AutoClose bool
	// Window is how long after the last alert of an open incident a new one
	// still joins it; 0: as long as it is open.
	Window time.Duration
	// Reopen is how long after the incident was resolved a firing of the same
	// group reopens it instead of opening another.
	Reopen time.Duration
}
