package oncall

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// What a schedule may have.
const (
	maxLayers   = 50
	maxShifts   = 400 // in one layer
	maxTogether = 20  // people in one shift
	maxPeople   = 200
	maxWindows  = 50 // in one layer
	maxTitle    = 100
	maxText     = 1000
)

// Compile checks a spec and prepares it for computing. person returns the
// number of somebody who can be on call, by handle or key. Wrong values come
// back all at once as an Invalid error whose fields are paths like
// "layers[1].shifts[0][2]".
func (s Spec) Compile(person func(key string) (id int64, ok bool)) (*Rota, error) {
	var bad errs.Fields
	if utf8.RuneCountInString(s.Title) > maxTitle {
		bad.Add("title", s.Title, "use at most 100 characters")
	}
	if utf8.RuneCountInString(s.Description) > maxText {
		bad.Add("description", s.Description, "use at most 1000 characters")
	}
	zone := compileZone("zone", s.Zone, &bad)
	r := &Rota{spec: s}
	switch n := len(s.Layers); {
	case n == 0:
		bad.Add("layers", "", "add a layer: a schedule without one has nobody on call")
	case n > maxLayers:
		bad.Add("layers", strconv.Itoa(n), "use at most 50 layers; end or remove old ones, or make two schedules")
		return nil, errs.Wrap("oncall.compile", bad.Err())
	}
	seen := map[int64]bool{}
	for i, l := range s.Layers {
		at := fmt.Sprintf("layers[%d]", i)
		c := l.compile(at, i, zone, &bad)
		c.shifts = compileShifts(at+".shifts", l.Shifts, person, seen, &bad)
		if len(bad) == 0 {
			c.check(at, &bad)
		}
		r.layers = append(r.layers, c)
	}
	slices.Reverse(r.layers)
	if len(seen) > maxPeople {
		bad.Add("layers", fmt.Sprintf("%d people", len(seen)), "use at most 200 people; make two schedules")
	}
	if err := bad.Err(); err != nil {
		return nil, errs.Wrap("oncall.compile", err)
	}
	for p := range seen {
		r.people = append(r.people, p)
	}
	slices.Sort(r.people)
	return r, nil
}

func compileZone(field, name string, bad *errs.Fields) *clock {
	c, ok := clockOf(name)
	if !ok {
		bad.Add(field, name, `use an IANA time zone like "Europe/Berlin" or "UTC"`)
		c, _ = clockOf("UTC")
	}
	return c
}

func (l LayerSpec) compile(at string, i int, zone *clock, bad *errs.Fields) layer {
	c := layer{name: l.Name, beside: l.Beside, clock: zone, shut: ever, length: daySeconds}
	if c.name == "" {
		c.name = fmt.Sprintf("layer %d", i+1)
	}
	if utf8.RuneCountInString(l.Name) > maxTitle {
		bad.Add(at+".name", l.Name, "use at most 100 characters")
	}
	start, ok := parseWall(l.Start)
	if !ok {
		bad.Add(at+".start", l.Start, "use a local date and time like 2026-01-05T09:00, between 1970 and 2199")
	}
	c.open = zone.first(start)
	if l.End != "" {
		end, endOK := parseWall(l.End)
		if c.shut = zone.first(end); !endOK {
			bad.Add(at+".end", l.End, "use a local date and time like 2026-12-31T09:00, or leave it out")
		} else if ok && c.shut <= c.open {
			bad.Add(at+".end", l.End, "it is not after the start; use a later time, or leave it out")
		}
	}
	length, elapsed, remedy := parseEvery(l.Every)
	if remedy != "" {
		bad.Add(at+".every", l.Every, remedy)
	} else {
		c.length = length
	}
	c.start, c.elapsed = start, elapsed
	if elapsed {
		c.start = c.open
	}
	c.only = compileWindows(at+".only", l.Only, zone, bad)
	return c
}

// parseWall reads a local date and time to a wall second.
func parseWall(s string) (int64, bool) {
	for _, form := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if t, err := time.Parse(form, s); err == nil {
			return t.Unix(), t.Year() >= 1970 && t.Year() < 2200
		}
	}
	return 0, false
}

// parseEvery reads the length of a shift, ISO 8601 with either weeks and days
// or hours and minutes.
func parseEvery(s string) (seconds int64, elapsed bool, remedy string) {
	const form = "write hours like PT12H, or days or weeks like P1D or P2W"
	text := strings.ToUpper(strings.TrimSpace(s))
	body, ok := strings.CutPrefix(text, "P")
	if !ok {
		return 0, false, form
	}
	date, clock, timed := strings.Cut(body, "T")
	switch {
	case date != "" && timed:
		return 0, false, "days and hours do not mix: write whole days like P1D, whose handoff is at the same time of day, or only hours like PT36H"
	case strings.ContainsAny(date, "YM"):
		return 0, false, "months and years differ in length: write days or weeks like P4W"
	}
	units, sizes, part := "WD", []int64{7 * daySeconds, daySeconds}, date
	if timed {
		units, sizes, part = "HM", []int64{3600, 60}, clock
	}
	if part == "" {
		return 0, false, form
	}
	for part != "" {
		i := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
		if i <= 0 || i > 6 {
			return 0, false, form
		}
		u := strings.IndexByte(units, part[i])
		if u < 0 {
			return 0, false, form
		}
		n, _ := strconv.ParseInt(part[:i], 10, 64) // at most six digits
		seconds += n * sizes[u]
		units, sizes, part = units[u+1:], sizes[u+1:], part[i+1:]
	}
	switch {
	case seconds == 0:
		return 0, false, "a shift has a length: " + form
	case seconds < 3600:
		return 0, false, "use at least one hour, PT1H"
	case seconds > 366*daySeconds:
		return 0, false, "use at most a year, P366D"
	}
	return seconds, timed, ""
}

func compileShifts(at string, shifts [][]string, person func(string) (int64, bool), seen map[int64]bool, bad *errs.Fields) [][]int64 {
	switch n := len(shifts); {
	case n == 0:
		bad.Add(at, "", "name at least one person: an empty rotation has nobody on call")
		return nil
	case n > maxShifts:
		bad.Add(at, strconv.Itoa(n), "use at most 400 shifts")
		return nil
	}
	out := make([][]int64, len(shifts))
	for i, s := range shifts {
		field := fmt.Sprintf("%s[%d]", at, i)
		if len(s) == 0 {
			bad.Add(field, "", "name at least one person for this shift, or take it out")
		}
		if len(s) > maxTogether {
			bad.Add(field, strconv.Itoa(len(s)), "use at most 20 people in one shift")
			continue
		}
		for j, key := range s {
			id, ok := person(key)
			switch {
			case !ok:
				bad.Add(fmt.Sprintf("%s[%d]", field, j), key, "nobody of this handle can be on call; add or enable them first, or correct the handle")
			case slices.Contains(out[i], id):
				bad.Add(fmt.Sprintf("%s[%d]", field, j), key, "is in this shift twice; keep one")
			default:
				out[i] = append(out[i], id)
				seen[id] = true
			}
		}
	}
	return out
}

// check finds restrictions by which a layer, or one of its shifts, never comes
// to be on call.
func (c *layer) check(at string, bad *errs.Fields) {
	if len(c.only) == 0 {
		return
	}
	if _, ok := c.opens(c.open, c.shut); !ok {
		bad.Add(at+".only", "", "these hours never come between start and end; change them, or the dates")
		return
	}
	if c.elapsed || c.shut != ever {
		return // turns drift through the week, or end
	}
	// Shifts of days meet the same weekdays again after seven rounds.
	met := make([]bool, len(c.shifts))
	for k := range int64(7 * len(c.shifts)) {
		if _, ok := c.opens(c.bounds(k)); ok {
			met[k%int64(len(c.shifts))] = true
		}
	}
	for i, ok := range met {
		if !ok {
			bad.Add(fmt.Sprintf("%s.shifts[%d]", at, i), "", "never on call: the layer's hours never fall into this turn; change every, or only")
		}
	}
}
