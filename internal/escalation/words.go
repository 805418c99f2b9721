package escalation

import (
	"slices"
	"strings"
	"time"
)

// Words writes a target as people type it in a form: "schedule
// payments-primary", "manager of payments", "@mara", "#ops".
func (t TargetSpec) Words() string {
	kind, name, _ := t.Kind()
	switch kind {
	case OfNext:
		return "next of " + name
	case OfTeam:
		if t.Role != "" {
			return t.Role + " of " + name
		}
	case OfRole:
		return name
	case OfPerson:
		return "@" + name
	case OfChannel:
		return "#" + name
	case "":
		return ""
	}
	return string(kind) + " " + name
}

// ReadTarget reads what Words writes, and "person mara", "channel ops". ok is
// false for anything else.
func ReadTarget(s string) (t TargetSpec, ok bool) {
	words := strings.Fields(s)
	switch {
	case len(words) == 1 && strings.HasPrefix(words[0], "@") && len(words[0]) > 1:
		return TargetSpec{Person: words[0][1:]}, true
	case len(words) == 1 && strings.HasPrefix(words[0], "#") && len(words[0]) > 1:
		return TargetSpec{Channel: words[0][1:]}, true
	case len(words) == 1 && slices.Contains(roles, words[0]):
		return TargetSpec{Role: words[0]}, true
	case len(words) == 3 && words[1] == "of" && words[0] == "next":
		return TargetSpec{NextOf: words[2]}, true
	case len(words) == 3 && words[1] == "of" && slices.Contains(roles, words[0]):
		return TargetSpec{Role: words[0], Team: words[2]}, true
	case len(words) != 2:
		return t, false
	}
	switch words[0] {
	case "schedule":
		t.Schedule = words[1]
	case "team":
		t.Team = words[1]
	case "person":
		t.Person = words[1]
	case "channel":
		t.Channel = words[1]
	case "policy":
		t.Policy = words[1]
	default:
		return t, false
	}
	return t, true
}

// Wait reads a duration of a spec that was stored; zero when it is left out.
func Wait(s string) time.Duration {
	d, _ := parseDuration(s)
	return d
}

// Waits are the waits of a policy with their defaults.
func (s Spec) Waits() (again, ack, escalate time.Duration) {
	or := func(s string, def time.Duration) time.Duration {
		if d := Wait(s); d > 0 {
			return d
		}
		return def
	}
	return or(s.RepeatAfter, defRepeat), or(s.AckTimeout, defAck), or(s.AckEscalateAfter, defAgain)
}

// Spoken is a duration as people say it: "5 min".
func Spoken(d time.Duration) string { return spoken(d) }
