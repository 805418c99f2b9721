package cmdbweb

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Look is what a map shows; it stands in the address whole, so that a link
// shows others the same.
type Look struct {
	Focus     []string // texts that name items; empty: everything
	Depth     int      // steps around the focus, 1 to 6
	Direction string   // needs, needed or both
	Kinds     []string // empty: the usual ones
	Env, Team string
	Colour    string    // health, owner or tier
	At        time.Time // zero: now
	Down      []string  // what is taken for down
	Degraded  []string  // what is taken for degraded
	Open      []uint32  // boxes that show what is in them
}

const (
	atForm       = "2006-01-02T15:04" // of datetime-local inputs, in the viewer's zone
	defaultDepth = 2
	mostDepth    = 6
	mostOpen     = 200
)

var (
	directions = []string{"both", "needs", "needed"}
	colours    = []string{"health", "owner", "tier"}
)

// readLook reads an address; errs.Invalid names what is not understood.
func readLook(q url.Values, zone *time.Location) (Look, error) {
	l := Look{Focus: texts(q["focus"]), Depth: defaultDepth, Direction: "both", Kinds: texts(q["kind"]), Env: strings.TrimSpace(q.Get("env")), Team: strings.TrimSpace(q.Get("team")),
		Colour: "health", Down: texts(q["down"]), Degraded: texts(q["degraded"])}
	var bad errs.Fields
	if s := q.Get("depth"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > mostDepth {
			bad.Add("depth", s, "it is how many steps around the focus are shown, 1 to 6")
		} else {
			l.Depth = n
		}
	}
	if s := q.Get("direction"); s != "" {
		if !slices.Contains(directions, s) {
			bad.Add("direction", s, "it is needs, needed or both")
		}
		l.Direction = s
	}
	if s := q.Get("colour"); s != "" {
		if !slices.Contains(colours, s) {
			bad.Add("colour", s, "it is health, owner or tier")
		}
		l.Colour = s
	}
	if s := strings.TrimSpace(q.Get("at")); s != "" {
		t, err := time.ParseInLocation(atForm, s, zone)
		if err != nil {
			t, err = time.Parse(time.RFC3339, s)
		}
		if err != nil {
			bad.Add("at", s, "write a time as 2026-11-13T18:00")
		}
		l.At = t
	}
	for _, s := range strings.Split(strings.Join(q["open"], "."), ".") {
		if s = strings.TrimPrefix(strings.TrimSpace(s), "CI-"); s == "" {
			continue
		}
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil || len(l.Open) >= mostOpen {
			bad.Add("open", s, "it lists numbers of up to 200 items with dots between them, as 12.30")
			break
		}
		l.Open = append(l.Open, uint32(n))
	}
	slices.Sort(l.Open)
	l.Open = slices.Compact(l.Open)
	return l, bad.Err()
}

func texts(list []string) (out []string) {
	for _, s := range list {
		for _, part := range strings.Split(s, ",") {
			if part = strings.TrimSpace(part); part != "" && !slices.Contains(out, part) && len(out) < 50 {
				out = append(out, part)
			}
		}
	}
	return out
}

// values is the address's query; what is as usual is left out.
func (l Look) values(zone *time.Location) url.Values {
	q := url.Values{}
	add := func(name string, list []string) {
		if len(list) > 0 {
			q.Set(name, strings.Join(list, ","))
		}
	}
	add("focus", l.Focus)
	add("kind", l.Kinds)
	add("down", l.Down)
	add("degraded", l.Degraded)
	if l.Depth != defaultDepth && len(l.Focus) > 0 {
		q.Set("depth", strconv.Itoa(l.Depth))
	}
	if l.Direction != "both" && len(l.Focus) > 0 {
		q.Set("direction", l.Direction)
	}
	for name, s := range map[string]string{"env": l.Env, "team": l.Team} {
		if s != "" {
			q.Set(name, s)
		}
	}
	if l.Colour != "health" {
		q.Set("colour", l.Colour)
	}
	if !l.At.IsZero() {
		q.Set("at", l.At.In(zone).Format(atForm))
	}
	var open []string
	for _, n := range l.Open {
		open = append(open, strconv.FormatUint(uint64(n), 10))
	}
	if open != nil {
		q.Set("open", strings.Join(open, "."))
	}
	return q
}

// path is an address with that query.
func (l Look) path(base string, zone *time.Location) string {
	if q := l.values(zone).Encode(); q != "" {
		return base + "?" + q
	}
	return base
}

// toggled is the same with a box opened or closed.
func (l Look) toggled(item uint32) Look {
	open := slices.Clone(l.Open)
	if i := slices.Index(open, item); i >= 0 {
		open = slices.Delete(open, i, i+1)
	} else {
		open = append(open, item)
		slices.Sort(open)
	}
	l.Open = open
	return l
}

// plain tells whether nothing is chosen.
func (l Look) plain() bool {
	return len(l.Focus)+len(l.Kinds)+len(l.Down)+len(l.Degraded) == 0 && l.Env+l.Team == "" && l.At.IsZero()
}

// Impact tells whether the look asks what breaks.
func (l Look) Impact() bool { return len(l.Down)+len(l.Degraded) > 0 }
