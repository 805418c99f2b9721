package windowweb

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// AgendaDay is a day of the list.
type AgendaDay struct {
	Title string
	Today bool
	Past  bool
	Lines []AgendaLine
}

// AgendaLine is a change, a window or an incident.
type AgendaLine struct {
	at             time.Time
	first          int // kinds that begin at once: what holds, then what is broken, then changes
	When           string
	Icon, Class    string
	Key            string
	Title, Path    string
	Sub            string
	State          string
	Warned         string
	Planned, Quiet bool
}

// agenda lists what a view holds by day, and says how much it is.
func agenda(v *window.View, vs *web.View) (out []AgendaDay, n int) {
	d := &drawing{v: v, loc: vs.Loc, vs: vs}
	warned := d.warned()
	var lines []AgendaLine
	seen := map[int64]bool{}
	for _, l := range v.Lanes {
		for _, b := range l.Bars {
			if seen[b.ID] {
				continue
			}
			seen[b.ID] = true
			x := AgendaLine{at: b.From, first: 2, When: hours(b.Span, vs.Loc), Icon: "git-pull-request", Class: tone(b), Key: b.Key(), Title: b.Title, Path: b.Ref().Path(), State: b.State, Planned: b.Planned, Warned: warned[b.ID]}
			x.Sub = strings.Join(b.Services, ", ") + " · " + b.Type
			if b.RiskLevel != "" {
				x.Sub += ", " + b.RiskLevel + " risk"
			}
			if b.Bypass {
				x.Sub += ", began without being allowed"
			}
			lines = append(lines, x)
		}
	}
	icons := map[window.Kind]string{window.Freeze: "hand-stop", window.Change: "lock-open", window.Maintenance: "tool", window.Train: "rocket"}
	for _, o := range v.Windows {
		x := AgendaLine{at: o.From, When: d.span(o.Span), Icon: icons[o.Window.Spec.Kind], Class: string(o.Window.Spec.Kind), Title: o.Window.Title(), Path: o.Window.Ref().Path(), Sub: kindWords[o.Window.Spec.Kind]}
		if o.All {
			x.Sub += " · every service"
		} else if len(o.Covers) > 0 {
			x.Sub += " · " + few(o.Covers)
		}
		if len(o.Window.Spec.Allows) > 0 {
			x.Sub += " · passes: " + strings.Join(o.Window.Spec.Allows, ", ")
		}
		lines = append(lines, x)
	}
	for _, m := range v.Marks {
		x := AgendaLine{at: m.From, first: 1, When: d.span(m.Span), Icon: "flame", Class: "incident", Key: m.Key, Title: m.Title, Path: m.Path, Sub: "Incident"}
		if !strings.HasPrefix(m.Key, "INC-") {
			x.Icon, x.Class, x.Sub = "tool", string(window.Maintenance), "Alerts are silenced"
		}
		if len(m.Services) > 0 {
			x.Sub += " · " + few(m.Services)
		}
		lines = append(lines, x)
	}
	for i := range lines {
		if lines[i].at.Before(v.From) {
			lines[i].at = v.From
		}
	}
	slices.SortStableFunc(lines, func(a, b AgendaLine) int {
		return cmp.Or(a.at.In(vs.Loc).Truncate(0).Compare(b.at.In(vs.Loc)), cmp.Compare(a.first, b.first))
	})
	today := v.Now.In(vs.Loc).Format(time.DateOnly)
	last := ""
	for _, x := range lines {
		t := x.at.In(vs.Loc)
		if day := t.Format(time.DateOnly); day != last {
			last = day
			out = append(out, AgendaDay{Title: t.Format("Monday 2 January"), Today: day == today, Past: day < today})
		}
		out[len(out)-1].Lines = append(out[len(out)-1].Lines, x)
	}
	return out, len(lines)
}

// hours are the times of a change within its day.
func hours(s window.Span, loc *time.Location) string {
	from, to := s.From.In(loc), s.To.In(loc)
	if s.To.IsZero() {
		return from.Format("15:04") + " on"
	}
	if from.Format(time.DateOnly) != to.Format(time.DateOnly) {
		return from.Format("15:04") + "–" + to.Format("Mon 15:04")
	}
	return from.Format("15:04") + "–" + to.Format("15:04")
}

// few names some of a list.
func few(list []string) string {
	if len(list) <= 4 {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:3], ", ") + " and " + web.Plural(len(list)-3, "more", "more")
}

func badMove(change string) error {
	return errs.BadField("change", change, "open the calendar again and choose the move there")
}
