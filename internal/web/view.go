package web

import (
	"context"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
)

// Vocabulary names which column of the term table a person reads.
type Vocabulary string

// The vocabularies. ITIL is the default: its words are what the records are called.
const (
	ITIL        Vocabulary = "itil"
	Engineering Vocabulary = "engineering"
)

// Theme is how pages are coloured.
type Theme string

// The themes. Auto follows the browser.
const (
	Auto  Theme = "auto"
	Light Theme = "light"
	Dark  Theme = "dark"
)

// Profile is what the frame shows of the person who is looking, and how that
// person wants pages to look.
type Profile struct {
	Name       string // "Mara Lindqvist"; empty = nobody is signed in
	Handle     string // "mara"
	Duty       string // one line for the menu and the foot of the navigation, "Incident commander, Harbour & Co"
	Zone       string // IANA zone, "Europe/Stockholm"; empty = UTC
	Theme      Theme
	Vocabulary Vocabulary
}

// Profiles knows people's profiles and keeps their preferences; package auth
// provides it.
type Profiles interface {
	// Profile returns the profile of the actor in ctx.
	Profile(ctx context.Context) (Profile, error)
	// SavePreferences changes what is not empty of zone, theme, vocabulary for the actor in ctx.
	SavePreferences(ctx context.Context, zone string, theme Theme, vocabulary Vocabulary) error
}

// View is one request's way of looking: the viewer, the zone, the words, and
// one now for the whole page. Page structs reach it as .V.
type View struct {
	Profile
	Actor    actor.Actor
	SignedIn bool
	Now      time.Time // UTC; the one now of the page
	Loc      *time.Location
}

// NewView builds a view for tests and for pages outside a request.
func NewView(p Profile, a actor.Actor, now time.Time) *View {
	v := &View{Profile: p, Actor: a, SignedIn: p.Name != "", Now: now.UTC(), Loc: time.UTC}
	if p.Zone != "" {
		if loc, err := time.LoadLocation(p.Zone); err == nil {
			v.Loc = loc
		}
	}
	if v.Vocabulary == "" {
		v.Vocabulary = ITIL
	}
	if v.Theme == "" {
		v.Theme = Auto
	}
	return v
}

// May reports whether the viewer has the permission, so that pages do not
// offer what would be refused.
func (v *View) May(p actor.Permission) bool { return v.Actor.May(p) }

// Is reports whether the handle is the viewer's.
func (v *View) Is(handle string) bool { return handle != "" && handle == v.Handle }

// ZoneName is the short name of the viewer's zone now, "UTC" or "CET".
func (v *View) ZoneName() string { n, _ := v.Now.In(v.Loc).Zone(); return n }

// Day is today in the viewer's zone, "Fri 20 Nov".
func (v *View) Day() string { return v.Now.In(v.Loc).Format("Mon 2 Jan") }

// HM is a time of day in the viewer's zone, "18:46".
func (v *View) HM(t time.Time) string { return t.In(v.Loc).Format("15:04") }

// Local is the time as short as it can be understood today: "18:04",
// "Thu 18:04" within six days, "3 Nov 18:04" within the year, else "3 Nov 2025".
func (v *View) Local(t time.Time) string {
	t, n := t.In(v.Loc), v.Now.In(v.Loc)
	switch gap := n.Sub(t).Abs(); {
	case t.YearDay() == n.YearDay() && t.Year() == n.Year():
		return t.Format("15:04")
	case gap < 6*24*time.Hour:
		return t.Format("Mon 15:04")
	case gap < 300*24*time.Hour:
		return t.Format("2 Jan 15:04")
	}
	return t.Format("2 Jan 2006")
}

// Time shows t as Local does, with the full UTC time on hover.
// The zero time shows as an en dash.
func (v *View) Time(t time.Time) template.HTML { return v.stamp(t, v.local(t), "") }

// Clock shows only the time of day, "18:46", for lists that have a day heading.
func (v *View) Clock(t time.Time) template.HTML { return v.stamp(t, v.HM(t), "") }

// Full shows day and time, "Fri 20 Nov 18:46".
func (v *View) Full(t time.Time) template.HTML {
	return v.stamp(t, t.In(v.Loc).Format("Mon 2 Jan 15:04"), "")
}

// Ago shows how long ago t was, "42 min ago"; a page's script keeps it ticking.
func (v *View) Ago(t time.Time) template.HTML {
	return v.stamp(t, Dur(v.Now.Sub(t))+" ago", "ago")
}

// Age shows how long since t, "42 min"; ticking.
func (v *View) Age(t time.Time) template.HTML { return v.stamp(t, Dur(v.Now.Sub(t)), "age") }

// In shows how long until t, "11 min"; ticking. A past t shows as "0 s".
func (v *View) In(t time.Time) template.HTML { return v.stamp(t, Left(t.Sub(v.Now)), "in") }

func (v *View) local(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return v.Local(t)
}

// stamp is a <time> element; tick tells the page's script how to keep it fresh.
func (v *View) stamp(t time.Time, text, tick string) template.HTML {
	if t.IsZero() {
		return "–"
	}
	u := t.UTC()
	if tick != "" {
		tick = ` data-ek-tick="` + tick + `"`
	}
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s"%s>%s</time>`, u.Format("2006-01-02T15:04:05Z"),
		u.Format("Mon 2 Jan 2006 15:04:05 UTC"), tick, template.HTMLEscapeString(text)))
}

// Dur is a duration in the two largest units that matter: "40 s", "42 min",
// "3 h 22 m", "4 h", "2 d 4 h". Negative durations show as "0 s".
func Dur(d time.Duration) string {
	switch {
	case d <= 0:
		return "0 s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 24*time.Hour:
		return pair(int64(d/time.Hour), "h", int64(d%time.Hour/time.Minute), "m")
	}
	return pair(int64(d/(24*time.Hour)), "d", int64(d%(24*time.Hour)/time.Hour), "h")
}

// Left is Dur for time that is left: it rounds up to whole minutes, so that
// "11 min" stands from 11:00 to 10:01 and nobody is told less than they have.
func Left(d time.Duration) string {
	if d > time.Minute {
		d = (d + time.Minute - 1).Truncate(time.Minute)
	}
	return Dur(d)
}

func pair(a int64, ua string, b int64, ub string) string {
	s := fmt.Sprintf("%d %s", a, ua)
	if b > 0 {
		s += fmt.Sprintf(" %d %s", b, ub)
	}
	return s
}

// Plural is n and the word in its right form: "1 alert", "3 alerts", "1,204 alerts".
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// Count is a number with thin groups of thousands, "48 210".
func Count(n int) string {
	s := fmt.Sprint(n)
	if len(s) <= 4 || n < 0 {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteRune('\u202f') // narrow no-break space
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Initials are the two letters of an avatar: "Mara Lindqvist" → "ML", "mara" → "MA".
func Initials(name string) string {
	f := strings.Fields(name)
	if len(f) == 0 {
		return "–"
	}
	if len(f) > 1 {
		return strings.ToUpper(first(f[0], 1) + first(f[len(f)-1], 1))
	}
	return strings.ToUpper(first(f[0], 2))
}

func first(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}

// Hue is the avatar colour of a name, 1 to 6; the same name always gets the same.
func Hue(name string) int {
	if name == "" {
		return 0
	}
	h := uint32(2166136261)
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return int(h>>7%6) + 1
}
