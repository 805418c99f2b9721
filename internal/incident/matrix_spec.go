package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// PriorityMatrixSpec is a priority matrix as code (kind PriorityMatrix).
// What a file does not say is as in DefaultMatrix. Durations are written like
// 15m, 4h, 7d, targets also like "4 business hours" or "3 business days";
// "none" switches a target off.
type PriorityMatrixSpec struct {
	Teams      []string                     `json:"teams,omitempty"`       // for these teams only; the matrix named default is for all others
	Impact     map[string]map[string]string `json:"impact,omitempty"`      // impact → urgency → priority
	Severity   map[string][]string          `json:"severity,omitempty"`    // alert severity → priorities of tiers 0 to 3
	Priorities map[string]PolicySpec        `json:"priorities,omitempty"`  // P1 … P4
	CloseAfter string                       `json:"close_after,omitempty"` // resolved incidents are closed after
	Review     *ReviewSpec                  `json:"review,omitempty"`
}

// PolicySpec is what one priority promises and whom it tells.
type PolicySpec struct {
	Response   string    `json:"response,omitempty"`
	Resolution string    `json:"resolution,omitempty"`
	Update     string    `json:"update,omitempty"`
	Escalate   string    `json:"escalate,omitempty"`
	WarRoom    string    `json:"war_room,omitempty"`
	Postmortem string    `json:"postmortem,omitempty"`
	Tell       *[]string `json:"tell,omitempty"`       // team, manager, executive; [] = nobody
	How        string    `json:"how,omitempty"`        // page, quiet
	WaitStops  *[]string `json:"wait_stops,omitempty"` // reporter, supplier, change
}

// ReviewSpec says when P3 and P4 incidents go to the weekly review.
type ReviewSpec struct {
	After   string `json:"after,omitempty"`
	Repeats int    `json:"repeats,omitempty"`
	Within  string `json:"within,omitempty"`
}

// Compile checks a spec and fills in the defaults. Errors: Invalid, with the
// path of each wrong value.
func (spec PriorityMatrixSpec) Compile(name string, version int64) (*Matrix, error) {
	m := DefaultMatrix()
	m.Name, m.Version = name, version
	var bad errs.Fields
	if name == "default" && len(spec.Teams) > 0 {
		bad.Add("teams", strings.Join(spec.Teams, ", "), "leave it out: the matrix named default is for every team without one of its own")
	}
	if name != "default" && len(spec.Teams) == 0 {
		bad.Add("teams", "", "name at least one team, or call the matrix default")
	}
	for _, impact := range sorted(spec.Impact) {
		i, ok := level("impact."+impact, impact, &bad)
		for _, urgency := range sorted(spec.Impact[impact]) {
			path := "impact." + impact + "." + urgency
			u, ok2 := level(path, urgency, &bad)
			p := priority(path, spec.Impact[impact][urgency], &bad)
			if ok && ok2 {
				m.ByImpact[i-1][u-1] = p
			}
		}
	}
	for _, sev := range sorted(spec.Severity) {
		path, row := "severity."+sev, spec.Severity[sev]
		if !slices.Contains(Severities, sev) {
			bad.Add(path, sev, "use critical, error, warning or info")
		} else if len(row) != 4 {
			bad.Add(path, strings.Join(row, ", "), "give four priorities, for the tiers 0, 1, 2 and 3")
		} else {
			var ps [4]Priority
			for n := range row {
				ps[n] = priority(fmt.Sprintf("%s[%d]", path, n), row[n], &bad)
			}
			m.BySeverity[sev] = ps
		}
	}
	for _, p := range sorted(spec.Priorities) {
		if q := priority("priorities."+p, p, &bad); q != 0 {
			spec.Priorities[p].compile("priorities."+p+".", &m.Policies[q-1], &bad)
		}
	}
	period("close_after", spec.CloseAfter, &m.CloseAfter, &bad)
	if r := spec.Review; r != nil {
		target("review.after", r.After, &m.ReviewAfter, &bad)
		period("review.within", r.Within, &m.ReviewWithin, &bad)
		if r.Repeats < 0 || r.Repeats == 1 || r.Repeats > 1000 {
			bad.Add("review.repeats", fmt.Sprint(r.Repeats), "use a number from 2 to 1000")
		} else if r.Repeats > 0 {
			m.ReviewRepeats = r.Repeats
		}
	}
	return m, bad.Err()
}

func (s PolicySpec) compile(path string, p *Policy, bad *errs.Fields) {
	target(path+"response", s.Response, &p.Response, bad)
	target(path+"resolution", s.Resolution, &p.Resolution, bad)
	period(path+"update", s.Update, &p.Update, bad)
	period(path+"escalate", s.Escalate, &p.Escalate, bad)
	period(path+"war_room", s.WarRoom, &p.WarRoom, bad)
	period(path+"postmortem", s.Postmortem, &p.Postmortem, bad)
	if s.Escalate != "" && p.Escalate > 0 && p.Priority == P1 {
		bad.Add(path+"escalate", s.Escalate, "leave it out: nothing is higher than P1")
	}
	if s.Tell != nil {
		p.Tell.Team, p.Tell.Manager, p.Tell.Executive = false, false, false
		for n, who := range *s.Tell {
			switch who {
			case "team":
				p.Tell.Team = true
			case "manager":
				p.Tell.Manager = true
			case "executive":
				p.Tell.Executive = true
			default:
				bad.Add(fmt.Sprintf("%stell[%d]", path, n), who, "use team, manager or executive")
			}
		}
	}
	switch When(s.How) {
	case "":
	case Page, Quiet:
		p.Tell.When = When(s.How)
	default:
		bad.Add(path+"how", s.How, "use page or quiet")
	}
	switch t := &p.Tell; {
	case !t.Team && !t.Manager && !t.Executive:
		t.When = TellNone
	case t.When == TellNone:
		t.When = Quiet
	}
	if s.WaitStops != nil {
		p.Stops = nil
		for n, w := range *s.WaitStops {
			if !slices.Contains(Waits, Waiting(w)) {
				bad.Add(fmt.Sprintf("%swait_stops[%d]", path, n), w, "use reporter, supplier or change")
			}
			p.Stops = append(p.Stops, Waiting(w))
		}
	}
}

func level(path, s string, bad *errs.Fields) (Level, bool) {
	l := levelOf(s)
	if l == 0 {
		bad.Add(path, s, "use high, medium or low")
	}
	return l, l != 0
}

func priority(path, s string, bad *errs.Fields) Priority {
	for _, p := range Priorities {
		if p.String() == s {
			return p
		}
	}
	bad.Add(path, s, "use P1, P2, P3 or P4")
	return 0
}

func target(path, s string, into *Target, bad *errs.Fields) {
	if s == "" {
		return
	}
	t, err := ParseTarget(s)
	if err != nil {
		bad.Add(path, s, err.Error())
		return
	}
	*into = t
}

func period(path, s string, into *time.Duration, bad *errs.Fields) {
	var t Target
	before := len(*bad)
	target(path, s, &t, bad)
	if s == "" || len(*bad) > before {
		return
	}
	if t.Business {
		bad.Add(path, s, "use wall-clock time here, like 30m, 2h or 7d")
		return
	}
	*into = t.Time
}
