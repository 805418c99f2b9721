package incident

import (
	"fmt"
	"time"
)

// Policy is what a priority promises and whom it tells.
type Policy struct {
	Priority   Priority
	Response   Target
	Resolution Target
	Update     time.Duration // between public status updates; 0 = none are promised
	Escalate   time.Duration // unmitigated for so long → one priority higher; 0 = never
	WarRoom    time.Duration // a war room should be open within; 0 = not asked for
	Postmortem time.Duration // due after resolution; 0 = not asked for
	Stops      []Waiting     // reasons of waiting that stop the resolution clock
	Tell       Tell
}

// Tell says who hears about an incident of a priority, and how.
type Tell struct {
	Team      bool // the owning team (whoever is on call, once on-call is in use)
	Manager   bool // the team's engineering manager
	Executive bool // the team's executive
	When      When
}

// When says how loudly and when messages go out.
type When string

// The ways of telling.
const (
	Page     When = "page"   // now, day or night, channels that wake
	Now      When = "now"    // at once, by channels that do not wake
	Quiet    When = "quiet"  // in business hours, by channels that do not wake
	TellNone When = "nobody" // in no message; lists and the weekly review show it
)

// Matrix gives the priority and its policy. It is immutable: applying another
// spec makes another version, and an incident keeps the one it was opened under.
type Matrix struct {
	Name       string
	Teams      []string               // for these teams; none for the default matrix
	Version    int64                  // 0 = built in
	ByImpact   [3][3]Priority         // [impact-1][urgency-1]
	BySeverity map[string][4]Priority // alert severity → service tier 0–3
	Policies   [4]Policy              // [priority-1]

	CloseAfter    time.Duration // resolved for so long → closed
	ReviewAfter   Target        // P3, P4 open for so long are persistent
	ReviewRepeats int           // so many of one grouping key …
	ReviewWithin  time.Duration // … within this are persistent too
}

// ID names the matrix version as incidents store it: "default/3".
func (m *Matrix) ID() string { return fmt.Sprintf("%s/%d", m.Name, m.Version) }

// Policy returns the policy of a priority; of P4 when the priority is not set.
func (m *Matrix) Policy(p Priority) Policy {
	if p < P1 || p > P4 {
		p = P4
	}
	return m.Policies[p-1]
}

// ForPerson returns the priority of what a person reports: impact × urgency.
// Levels not said count as medium.
func (m *Matrix) ForPerson(impact, urgency Level) (p Priority, why string) {
	if impact == 0 {
		impact = Medium
	}
	if urgency == 0 {
		urgency = Medium
	}
	return m.ByImpact[impact-1][urgency-1], fmt.Sprintf("impact %s, urgency %s", impact, urgency)
}

// ForAlert returns the priority of what a monitor reports: severity × tier.
// An unknown severity counts as warning, an unknown tier (outside 0–3) as 2.
func (m *Matrix) ForAlert(severity string, tier int) (p Priority, why string) {
	row, ok := m.BySeverity[severity]
	if !ok {
		severity, row = "warning", m.BySeverity["warning"]
	}
	if tier < 0 || tier > 3 {
		tier = 2
	}
	return row[tier], fmt.Sprintf("%s alert, tier %d service", severity, tier)
}

// Severities lists the alert severities, worst first.
var Severities = []string{"critical", "error", "warning", "info"}

// DefaultMatrix is the table of DOMAIN.md. The severity × tier part follows
// its meanings: only a critical alert on a tier 0 service is a complete
// outage by itself; tier 1 starts as P2 and escalates after two hours; tiers
// 2 and 3 never wake people; warnings never page.
func DefaultMatrix() *Matrix {
	business := func(h time.Duration) Target { return Target{Time: h, Business: true} }
	days := func(n int) Target { return Target{Days: n, Business: true} }
	stops := []Waiting{ForReporter, ForSupplier}
	return &Matrix{
		Name: "default",
		ByImpact: [3][3]Priority{
			{P1, P2, P3}, // impact high: urgency high, medium, low
			{P2, P3, P4}, // medium
			{P3, P4, P4}, // low
		},
		BySeverity: map[string][4]Priority{
			"critical": {P1, P2, P3, P3},
			"error":    {P2, P3, P3, P4},
			"warning":  {P3, P3, P4, P4},
			"info":     {P4, P4, P4, P4},
		},
		Policies: [4]Policy{
			{Priority: P1, Response: Target{Time: 15 * time.Minute}, Resolution: Target{Time: 4 * time.Hour}, Update: 30 * time.Minute,
				WarRoom: 15 * time.Minute, Postmortem: 48 * time.Hour, Stops: stops,
				Tell: Tell{Team: true, Manager: true, Executive: true, When: Page}},
			{Priority: P2, Response: Target{Time: 30 * time.Minute}, Resolution: Target{Time: 8 * time.Hour}, Update: time.Hour,
				Escalate: 2 * time.Hour, Postmortem: 48 * time.Hour, Stops: stops,
				Tell: Tell{Team: true, Manager: true, When: Page}},
			{Priority: P3, Response: business(4 * time.Hour), Resolution: days(3), Stops: stops, Tell: Tell{Team: true, When: Quiet}},
			{Priority: P4, Response: days(1), Resolution: days(10), Stops: stops, Tell: Tell{When: TellNone}},
		},
		CloseAfter:    7 * 24 * time.Hour,
		ReviewAfter:   days(10),
		ReviewRepeats: 3,
		ReviewWithin:  30 * 24 * time.Hour,
	}
}
