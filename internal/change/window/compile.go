package window

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/recur"
)

// What a window may have.
const (
	maxTitle  = 100
	maxReason = 1000
	maxList   = 500 // of services, exceptions, further beginnings
	// MaxLength is the longest single window.
	MaxLength = 400 * 24 * time.Hour
)

// Passes are the types and purposes that Allows may name.
var Passes = []string{"standard", "normal", "emergency", "feature", "fix", "security", "reliability", "rollback"}

var changeKinds = []string{"deploy", "config", "infrastructure", "schema", "flag"}

// compiled is a window that is ready to be asked.
type compiled struct {
	Named
	index int
	times times
	memo  [slots]memo
}

// compile checks a window and prepares it for computing.
func compile(n Named) (*compiled, error) {
	var bad errs.Fields
	s := n.Spec
	if utf8.RuneCountInString(s.Title) > maxTitle || strings.ContainsAny(s.Title, "\r\n") {
		bad.Add("title", s.Title, "use at most 100 characters on one line")
	}
	if utf8.RuneCountInString(s.Reason) > maxReason {
		bad.Add("reason", s.Reason, "use at most 1000 characters")
	}
	if !slices.Contains(Kinds, s.Kind) {
		bad.Add("kind", string(s.Kind), "use freeze, change-window, maintenance or release-train")
	}
	within("allows", s.Allows, Passes, &bad)
	if len(s.Allows) > 0 && (s.Kind == Maintenance || s.Kind == Train) {
		bad.Add("allows", strings.Join(s.Allows, ", "), "maintenance and release trains hold nothing; leave it out")
	}
	s.Scope.check(&bad)
	c := &compiled{Named: n, times: s.times(n, &bad)}
	if err := bad.Err(); err != nil {
		return nil, errs.Wrap("window.compile", err)
	}
	return c, nil
}

// within notes what is not one of the values, or is there twice.
func within(field string, list, values []string, bad *errs.Fields) {
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		if !slices.Contains(values, v) {
			bad.Add(at, v, "use "+strings.Join(values[:len(values)-1], ", ")+" or "+values[len(values)-1])
		} else if slices.Contains(list[:i], v) {
			bad.Add(at, v, "it is there twice; keep one")
		}
	}
}

func (s Scope) check(bad *errs.Fields) {
	for _, l := range []struct {
		field string
		list  []string
	}{{"services", s.Services}, {"teams", s.Teams}, {"environments", s.Environments}, {"without", s.Without}} {
		if len(l.list) > maxList {
			bad.Add("scope."+l.field, strconv.Itoa(len(l.list)), "use at most 500; name teams or tiers instead")
		}
		for i, v := range l.list {
			at := fmt.Sprintf("scope.%s[%d]", l.field, i)
			switch {
			case v == "" || v != strings.TrimSpace(v) || len(v) > 100:
				bad.Add(at, v, "use a name of 1 to 100 characters without spaces around it")
			case slices.Contains(l.list[:i], v):
				bad.Add(at, v, "it is there twice; keep one")
			}
		}
	}
	for i, t := range s.Tiers {
		if t < 0 || t > 3 || slices.Contains(s.Tiers[:i], t) {
			bad.Add(fmt.Sprintf("scope.tiers[%d]", i), strconv.Itoa(t), "use tiers 0, 1, 2, 3, each once")
		}
	}
	within("scope.kinds", s.Kinds, changeKinds, bad)
}

// times prepares when the window takes place.
func (s Spec) times(n Named, bad *errs.Fields) (t times) {
	if s.Hours != "" && s.Hours != Open && s.Hours != Closed {
		bad.Add("hours", string(s.Hours), "use open or closed")
	}
	switch {
	case s.Calendar != "" && n.Calendar == nil:
		bad.Add("calendar", s.Calendar, "there is no such business calendar")
	case s.Calendar == "" && s.Hours != "":
		bad.Add("hours", string(s.Hours), "it is about a calendar; name one, or leave it out")
	}
	t.calendar, t.closed = n.Calendar, s.Hours == Closed
	if s.Start == "" {
		if s.Calendar == "" {
			bad.Add("start", "", "say when it begins, like 2026-11-27T18:00, or name a calendar")
		}
		for _, f := range [][2]string{{"end", s.End}, {"duration", s.Duration}, {"repeat", s.Repeat}, {"also", strings.Join(s.Also, ", ")}, {"except", strings.Join(s.Except, ", ")}} {
			if f[1] != "" {
				bad.Add(f[0], f[1], "it needs a start")
			}
		}
		return t
	}
	loc, err := time.LoadLocation(s.Zone)
	if err != nil || s.Zone == "" || s.Zone == "Local" {
		bad.Add("zone", s.Zone, `use an IANA time zone like "Europe/Berlin" or "UTC"`)
		loc = time.UTC
	}
	t.loc, t.walls = loc, true
	var ok bool
	if t.start, ok = wall(s.Start); !ok {
		bad.Add("start", s.Start, "use a local date and time like 2026-11-27T18:00, between 1970 and 2199")
		return t
	}
	s.length(&t, bad)
	s.repetition(&t, bad)
	return t
}

// length reads how long it lasts.
func (s Spec) length(t *times, bad *errs.Fields) {
	switch {
	case s.End != "" && s.Duration != "":
		bad.Add("end", s.End, "give an end or a duration, not both")
	case s.End != "":
		end, ok := wall(s.End)
		if !ok || !end.After(t.start) {
			bad.Add("end", s.End, "use a local date and time after the start")
			return
		}
		// As long after the beginning on the wall, each time.
		long := end.Sub(t.start)
		t.wallLength = long
	case s.Duration != "":
		var ok bool
		var days int
		if days, t.exact, ok = recur.Duration(s.Duration); !ok {
			bad.Add("duration", s.Duration, "write hours like PT2H or days like P3D")
			return
		}
		t.wallLength = time.Duration(days) * 24 * time.Hour
	default:
		bad.Add("duration", "", "say how long it lasts, like PT2H or P3D, or when it ends")
		return
	}
	if l := t.wallLength + t.exact; l <= 0 || l > MaxLength || t.wallLength > MaxLength {
		bad.Add("duration", s.Duration+s.End, "use more than nothing and at most 400 days")
	}
}

// repetition reads the rule and the exceptions.
func (s Spec) repetition(t *times, bad *errs.Fields) {
	if s.Repeat != "" {
		rule, fault := recur.Parse(strings.TrimPrefix(strings.TrimSpace(s.Repeat), "RRULE:"), t.loc)
		if fault != "" {
			bad.Add("repeat", s.Repeat, "“"+errs.Short(fault)+"” is not understood; use a rule like FREQ=WEEKLY;BYDAY=TU or FREQ=MONTHLY;BYDAY=-1FR")
		} else {
			rule = rule.Bounded(t.start)
			t.rule = &rule
		}
	}
	for _, l := range []struct {
		field string
		list  []string
	}{{"also", s.Also}, {"except", s.Except}} {
		if len(l.list) > maxList {
			bad.Add(l.field, strconv.Itoa(len(l.list)), "use at most 500; drop those long past")
			return
		}
	}
	for i, v := range s.Also {
		w, ok := wall(v)
		if !ok {
			bad.Add(fmt.Sprintf("also[%d]", i), v, "use a local date and time like 2026-12-01T22:00")
		}
		t.also = append(t.also, w)
	}
	slices.SortFunc(t.also, time.Time.Compare)
	t.also = slices.CompactFunc(t.also, time.Time.Equal)
	t.off, t.offDays = map[int64]bool{}, map[int64]bool{}
	for i, v := range s.Except {
		if d, err := time.Parse(time.DateOnly, v); err == nil {
			t.offDays[d.Unix()] = true
		} else if w, ok := wall(v); ok {
			t.off[w.Unix()] = true
		} else {
			bad.Add(fmt.Sprintf("except[%d]", i), v, "use a local date and time like 2026-12-01T22:00, or a date")
		}
	}
}

// wall reads a local date and time into UTC's fields.
func wall(s string) (time.Time, bool) {
	for _, form := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if t, err := time.Parse(form, s); err == nil {
			return t, t.Year() >= 1970 && t.Year() < 2200
		}
	}
	return time.Time{}, false
}
