package health

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Which names the pages behind a figure. The zero value is all of the period.
type Which struct {
	Person int64
	Only   string    // words that all hold: own, elsewhere, sleep, weekend, night, 2026-10-25 (the night of)
	Week   time.Time // Monday of a week of the pictures instead of the period; zero: the period
}

// Behind returns the pages that a figure counts, the newest first.
func (r *Report) Behind(w Which) (out []Page) {
	for _, p := range r.behind.Pages {
		in := r.in(p.At)
		if !w.Week.IsZero() {
			in = !p.At.Before(w.Week) && p.At.Before(w.Week.AddDate(0, 0, 7)) && p.At.Before(r.Period.To)
		}
		if !in || w.Person != 0 && p.Person != w.Person {
			continue
		}
		for _, word := range strings.Fields(w.Only) {
			in = in && p.is(word)
		}
		if in {
			out = append(out, p)
		}
	}
	slices.Reverse(out)
	return out
}

// is reports whether a word of Which.Only holds.
func (p Page) is(word string) bool {
	switch word {
	case "own":
		return p.Own
	case "elsewhere":
		return !p.Own
	case "sleep", "night":
		return p.Sleep
	case "weekend":
		return p.Weekend
	}
	return p.Night == word
}

// About returns the incidents of the period, the newest first, that count for a
// person's time to acknowledge (0: all) and, when alert is set, that this alert
// was in.
func (r *Report) About(person int64, alert *Alert) (out []Incident) {
	for _, i := range r.behind.Incidents {
		if !r.in(i.Triggered) || person != 0 && (i.By != person || !r.answered[i.ID]) {
			continue
		}
		if alert != nil && !slices.ContainsFunc(r.behind.Spells, func(s Spell) bool {
			return s.Incident == i.ID && s.Rule == alert.Rule && s.Service == alert.Service && s.Summary == alert.Summary
		}) {
			continue
		}
		out = append(out, i)
	}
	slices.Reverse(out)
	return out
}

// Name returns somebody of the report's facts.
func (r *Report) Name(person int64) (Person, bool) {
	i := slices.IndexFunc(r.behind.People, func(p Person) bool { return p.ID == person })
	if i < 0 {
		return Person{}, false
	}
	return r.behind.People[i], true
}

// Ask names the pages behind a figure as people write it.
type Ask struct {
	Person string // handle or key; empty: all
	Only   string // as in Which
	Week   string // "2026-10-26", a Monday; empty: the period
}

var onlyForm = regexp.MustCompile(`^((own|elsewhere|sleep|weekend|night|\d{4}-\d{2}-\d{2})( |$)){0,4}$`)

// which reads an Ask against the people and weeks of a report.
func (r *Report) which(a Ask) (w Which, err error) {
	var bad errs.Fields
	if a.Person != "" {
		i := slices.IndexFunc(r.behind.People, func(p Person) bool { return p.Handle == a.Person || ref.N(ref.Person, p.ID).String() == a.Person })
		if i < 0 {
			bad.Add("person", a.Person, "name somebody of the report, by handle or key")
		} else {
			w.Person = r.behind.People[i].ID
		}
	}
	if w.Only = a.Only; !onlyForm.MatchString(a.Only) {
		bad.Add("only", a.Only, "words of own, elsewhere, sleep, weekend, night and a date like 2026-10-25; or nothing for all")
	}
	if a.Week != "" {
		i := slices.IndexFunc(r.Weeks, func(x Week) bool { return x.From.Format(time.DateOnly) == a.Week })
		if i < 0 {
			bad.Add("week", a.Week, "the Monday of one of the report's 13 weeks")
		} else {
			w.Week = r.Weeks[i].From
		}
	}
	return w, bad.Err()
}

// Behind returns a page of the list behind a figure, the newest first, and the
// cursor of the next one; the report is the one that counts them. Errors:
// NotFound, Invalid.
func (s *Service) Behind(ctx context.Context, team, period string, ask Ask, cursor string, limit int) (r Report, out []Page, next string, err error) {
	r, err = s.Of(ctx, team, period)
	if err != nil {
		return r, nil, "", err
	}
	w, err := r.which(ask)
	if err == nil {
		out, next, err = part(r.Behind(w), cursor, limit)
	}
	return r, out, next, errs.Wrap("health.behind", err)
}

// part returns at most limit pages that come after a place in the list.
func part(list []Page, cursor string, limit int) ([]Page, string, error) {
	if cursor != "" {
		at, id, ok := strings.Cut(cursor, ".")
		us, err1 := strconv.ParseInt(at, 36, 64)
		n, err2 := strconv.ParseInt(id, 36, 64)
		if !ok || err1 != nil || err2 != nil {
			return nil, "", errs.BadField("cursor", cursor, "use the cursor that the previous page returned, or none for the first page")
		}
		list = slices.DeleteFunc(list, func(p Page) bool {
			return p.At.UnixMicro() > us || p.At.UnixMicro() == us && p.ID >= n
		})
	}
	if len(list) <= limit {
		return list, "", nil
	}
	last := list[limit-1]
	return list[:limit], strconv.FormatInt(last.At.UnixMicro(), 36) + "." + strconv.FormatInt(last.ID, 36), nil
}

// AskIncidents names the incidents behind a figure as people write it.
type AskIncidents struct {
	Person               string // handle or key of who acknowledged; empty: all
	Rule, Service, Alert string // with Alert, its summary: only those that this alert was in
}

// IncidentsBehind returns a page of the incidents behind a figure, like Behind.
func (s *Service) IncidentsBehind(ctx context.Context, team, period string, ask AskIncidents, cursor string, limit int) (r Report, out []Incident, next string, err error) {
	r, err = s.Of(ctx, team, period)
	if err != nil {
		return r, nil, "", err
	}
	w, err := r.which(Ask{Person: ask.Person})
	if err != nil {
		return r, nil, "", errs.Wrap("health.incidents", err)
	}
	var alert *Alert
	if ask.Alert != "" {
		alert = &Alert{Rule: ask.Rule, Service: ask.Service, Summary: ask.Alert}
	}
	list := r.About(w.Person, alert)
	if cursor != "" {
		after, err := ref.ID(ref.Incident, cursor)
		i := slices.IndexFunc(list, func(i Incident) bool { return i.ID == after })
		if err != nil || i < 0 {
			return r, nil, "", errs.Wrap("health.incidents", errs.BadField("cursor", cursor, "use the cursor that the previous page returned, or none for the first page"))
		}
		list = list[i+1:]
	}
	if len(list) > limit {
		list, next = list[:limit], ref.N(ref.Incident, list[limit-1].ID).String()
	}
	return r, list, next, nil
}
