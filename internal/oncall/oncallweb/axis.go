package oncallweb

import (
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/web"
)

type tick struct {
	More    string // behind the text, not on phones
	X, Text string
	Strong  bool // today, or the first of a week
	Minor   bool
	Phone   bool // its text stays on phones
}

type shade struct {
	X, W  string
	Today bool
}

// headRoom is where the axis writes, in pixels.
const headRoom = 30

// width is that of the picture on a desktop in pixels, by which texts are cut.
const width = 980.0

// huesOf gives everybody a colour, 1 to 8 and from 9 on the same ones again,
// by number: who comes later changes nobody's. People of the layers come first,
// so that who stands in once changes nobody's either.
func huesOf(people []int64, more ...int64) map[int64]int {
	out, taken := map[int64]int{}, map[int]bool{}
	sorted := append(slices.Sorted(slices.Values(people)), slices.Sorted(slices.Values(more))...)
	for _, id := range sorted {
		if _, there := out[id]; there || id == 0 {
			continue
		}
		if len(taken) == 8 {
			taken = map[int]bool{}
		}
		h := int((id*5)%8) + 1
		for taken[h] {
			h = h%8 + 1
		}
		taken[h], out[id] = true, h
		if n := len(out); n > 8 {
			out[id] += 8
		}
	}
	return out
}

func (l *Lanes) axis(now time.Time) {
	s := l.span
	today := now.In(s.loc).Format(time.DateOnly)
	long := s.to.Sub(s.from)
	l.Wide = long > 8*24*time.Hour
	if long <= 50*time.Hour {
		l.Snap = 15
		n := 0
		for t := s.from; t.Before(s.to); t = t.Add(time.Hour) {
			w := t.In(s.loc)
			k := tick{X: pct(s.x(t)), Minor: w.Hour()%3 != 0}
			switch n++; {
			case len(l.Changes) > 0: // every hour, so that the odd one shows
				k.Text = w.Format("15")
			case w.Hour()%2 == 0 || n == 1:
				k.Text = w.Format("15:04")
			}
			k.Phone = w.Hour()%6 == 0 || n == 1
			l.Ticks = append(l.Ticks, k)
		}
		return
	}
	l.Snap = 60
	count := int(long / (24 * time.Hour))
	s.eachDay(func(from, to time.Time) {
		w := from.In(s.loc)
		is := w.Format(time.DateOnly) == today
		k := tick{X: pct(s.x(from)), Strong: is, Phone: true}
		switch {
		case count <= 8:
			if k.Text = w.Format("Mon 2"); is {
				k.More = " · today"
			}
			if d := to.Sub(from); d != 24*time.Hour {
				k.Text += " · " + hours(d)
			}
		case count <= 35:
			k.Text = w.Format("2")
		case w.Weekday() == time.Monday:
			k.Text = w.Format("2 Jan")
		default:
			k.Minor = true
		}
		l.Ticks = append(l.Ticks, k)
		if is {
			l.Shades = append(l.Shades, shade{X: k.X, W: pct(s.x(to) - s.x(from)), Today: true})
		} else if wd := w.Weekday(); wd == time.Saturday || wd == time.Sunday {
			l.Shades = append(l.Shades, shade{X: k.X, W: pct(s.x(to) - s.x(from))})
		}
	})
}

// place fills in where a bar stands; ok is false when it is outside.
func (l *Lanes) place(b *bar, from, until time.Time) bool {
	a, z := 0.0, 100.0
	if !from.IsZero() {
		a = l.span.x(from)
	}
	if !until.IsZero() {
		z = l.span.x(until)
	}
	if z <= a {
		return false
	}
	b.X, b.W = pct(a), pct(z-a)
	return true
}

// room is how wide a bar is on a desktop, in pixels.
func (l *Lanes) room(from, until time.Time) float64 {
	a, z := 0.0, 100.0
	if !from.IsZero() {
		a = l.span.x(from)
	}
	if !until.IsZero() {
		z = l.span.x(until)
	}
	return (z - a) / 100 * width
}

// fit is as much of a name as there is room for.
func fit(p web.Person, room float64) string {
	for _, s := range []string{p.Name, p.Short()} {
		if room > 7*float64(len([]rune(s)))+14 {
			return s
		}
	}
	if room > 26 {
		return web.Initials(p.Name)
	}
	return ""
}

// say puts the picture into words.
func (l *Lanes) say(title string, duties []oncall.Duty) {
	var parts []string
	for _, d := range duties {
		if len(parts) == 12 {
			parts = append(parts, "and more; the list below has all")
			break
		}
		who := "nobody"
		if !d.Gap() {
			who = l.who.names(d.People)
		}
		parts = append(parts, who+" "+when(d.From, d.Until, l.span.loc))
	}
	l.Says = title + ": " + strings.Join(parts, "; ")
}
