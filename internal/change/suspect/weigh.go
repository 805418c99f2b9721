package suspect

import (
	"fmt"
	"math"
	"time"
)

// The weights are log odds: +0.7 doubles the odds of a change against the
// others and against "none of these". They are starting values that a person can
// read and dispute, not fitted ones; Report says how well they do on the
// incidents whose cause is known.
const (
	// base is what every candidate starts with: odds of 1:2 against no change at
	// all being the cause, before anything is known of it.
	base = -0.7

	// Time. Faults of a change show within minutes or, when they need load or a
	// nightly job, within a working day: 85 % with a mean of 20 minutes, 15 % with
	// one of 8 hours.
	quickShare = 0.85
	quick      = 20 * time.Minute
	slow       = 8 * time.Hour
	atOnce     = 2.5  // points of a change that the incident began in
	timeFloor  = -6.0 // however long ago
	late       = -1.5 // it started just after the incident began: the clocks may differ

	// Place: each step along needs makes it less likely.
	needsFirst, needsStep   = -1.0, -0.7
	neededFirst, neededStep = -1.8, -0.8
	softer                  = -0.5 // the need is soft, or of a redundancy group
	sharesPoints            = -2.2
	nowherePoints           = -2.0

	// Kind. Of the triggers of outages 37 % were binaries and 31 % configuration,
	// of which there are fewer (SRE workbook, appendix C).
	schemaPoints, configPoints, infraPoints, flagPoints = 0.4, 0.3, 0.2, 0.1

	riskMiddle, riskSlope = 35, 0.02 // 100 points of risk are 2 of log odds
	sizeMiddle, sizeSlope = 100, 0.25
	sizeMost              = 0.5
	destroyedPoints       = 0.5

	failedPoints    = 1.0
	takenPoints     = 1.2
	recoveredPoints = 1.0 // and the incident ended soon after it was taken back
	healthyPoints   = -0.4
	bypassPoints    = 0.4
	emergencyPoints = 0.2
	returnsPoints   = -1.2
)

// Tolerance is how much the clocks of pipelines and monitors may differ.
const Tolerance = 5 * time.Minute

// Before is how long before an incident a change is looked for.
const Before = 72 * time.Hour

// soon is how quickly an incident ends when what caused it was taken back.
const soon = 30 * time.Minute

// reasons weighs one candidate; ok is false when it cannot have been it: it had
// not begun, or is too long ago.
func reasons(i Incident, c Candidate) (list []Reason, ok bool) {
	when, ok := timing(i, c)
	if !ok {
		return nil, false
	}
	list = append(list, when, place(c))
	add := func(name string, points float64, format string, args ...any) {
		if points != 0 {
			list = append(list, Reason{Name: name, Text: fmt.Sprintf(format, args...), Points: points})
		}
	}
	switch c.Kind {
	case "schema":
		add("kind", schemaPoints, "It changed a database schema")
	case "config":
		add("kind", configPoints, "It changed a configuration")
	case "infrastructure":
		add("kind", infraPoints, "It changed infrastructure")
	case "flag":
		add("kind", flagPoints, "It switched a flag")
	}
	if c.Risk >= 0 {
		add("risk", float64(c.Risk-riskMiddle)*riskSlope, "Its risk was %d of 100", c.Risk)
	}
	if c.Lines > 0 {
		add("size", min(sizeMost, max(-sizeMost, sizeSlope*math.Log10(float64(c.Lines)/sizeMiddle))), "%s", lines(c.Lines))
	}
	if c.Destroyed > 0 {
		add("destroyed", destroyedPoints, "It destroyed or replaced %s", count(c.Destroyed, "resource"))
	}
	outcome(i, c, add)
	if c.Bypass {
		add("bypass", bypassPoints, "It started without being allowed")
	}
	if c.Type == "emergency" {
		add("emergency", emergencyPoints, "An emergency change")
	}
	if c.Returns {
		add("returns", returnsPoints, "It returned to what ran well before")
	}
	return list, true
}

// outcome weighs how the change went.
func outcome(i Incident, c Candidate, add func(name string, points float64, format string, args ...any)) {
	switch {
	case c.State == "rolled back" || c.TakenBackBy > 0:
		add("taken back", takenPoints, "It was taken back")
		if at := c.TakenBack; !at.IsZero() && !i.Over.IsZero() && !at.Before(i.Began) && !i.Over.Before(at) && i.Over.Sub(at) <= soon {
			add("recovered", recoveredPoints, "The incident ended %s after that", spell(i.Over.Sub(at)))
		}
	case c.State == "failed":
		add("failed", failedPoints, "It failed")
	case c.State == "succeeded" && !c.Ended.IsZero() && c.Ended.Before(i.Began):
		add("healthy", healthyPoints, "It was found healthy before")
	}
}

// timing weighs the time between a change and the incident. A change is not a
// moment: from its start until it is deployed, users meet more and more of it.
func timing(i Incident, c Candidate) (Reason, bool) {
	if c.Started.IsZero() {
		return Reason{}, false
	}
	full := c.Deployed
	if full.IsZero() || full.Before(c.Started) {
		full = c.Started
	}
	switch d := i.Began.Sub(full); {
	case i.Began.Before(c.Started):
		d = c.Started.Sub(i.Began)
		if d > Tolerance {
			return Reason{}, false
		}
		return Reason{Name: "time", Text: fmt.Sprintf("It started %s after the incident began, which clocks may get wrong", spell(d)), Points: atOnce + late}, true
	case d <= 0:
		return Reason{Name: "time", Text: "The incident began while it was being deployed", Points: atOnce}, true
	case d > Before:
		return Reason{}, false
	default:
		decay := quickShare*math.Exp(-float64(d)/float64(quick)) + (1-quickShare)*math.Exp(-float64(d)/float64(slow))
		return Reason{Name: "time", Text: fmt.Sprintf("It was live %s before the incident began", spell(d)), Points: max(timeFloor, atOnce+math.Log(decay))}, true
	}
}

// place weighs where the change was.
func place(c Candidate) Reason {
	p := c.Place
	points, text := nowherePoints, "The incident names no service that is on the map"
	far := ""
	if p.Steps > 1 {
		far = fmt.Sprintf(", %d steps away", p.Steps)
	}
	soft := 0.0
	if !p.Hard {
		soft = softer
	}
	switch p.Relation {
	case Same:
		points, text = 0, "On the service that broke, "+c.Service
	case Needs:
		points, text = needsFirst+needsStep*float64(max(p.Steps, 1)-1)+soft, "What broke needs "+c.Service+far
	case NeededBy:
		points, text = neededFirst+neededStep*float64(max(p.Steps, 1)-1), c.Service+" needs what broke"+far+", and may have overloaded it"
	case Shares:
		points, text = sharesPoints, c.Service+" shares "+p.Over+" with what broke"
	}
	return Reason{Name: "place", Text: text, Points: points}
}

func lines(n int) string {
	if n >= sizeMiddle {
		return fmt.Sprintf("A large change, %s", count(n, "line"))
	}
	return fmt.Sprintf("A small change, %s", count(n, "line"))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// spell is a time span as people say it: "40 s", "6 min", "3 h 20 min", "2 d".
func spell(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour && d%time.Hour >= time.Minute:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours())/24)
}
