package movein

import (
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/oncall"
)

const week = 7 * 24 * time.Hour

// Zone checks an IANA zone; UTC, with a note, for one that is not known.
func (d *Draft) Zone(record, name string) (string, *time.Location) {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		d.Note(record, "its time zone "+line(name)+" is not in the tz database", "set the zone; UTC was written")
		return "UTC", time.UTC
	}
	return name, loc
}

// Wall is an instant as the local time that layers are written in.
func Wall(t time.Time, loc *time.Location) string { return t.In(loc).Format("2006-01-02T15:04") }

// Every is a shift's length as layers are written: weeks and days by the
// clock, everything else as hours and minutes that pass. ok is false for a
// length that cannot be a shift: under an hour, over a year.
func Every(d time.Duration) (text string, ok bool) {
	switch {
	case d < time.Hour || d > 366*24*time.Hour || d%time.Minute != 0:
		return "", false
	case d%week == 0:
		return fmt.Sprintf("P%dW", d/week), true
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("P%dD", d/(24*time.Hour)), true
	case d%time.Hour == 0:
		return fmt.Sprintf("PT%dH", d/time.Hour), true
	}
	return fmt.Sprintf("PT%dM", d/time.Minute), true
}

// Minutes is a wait as policies are written, bounded to what they take.
func Minutes(d, most time.Duration) string {
	return fmt.Sprintf("PT%dM", min(max(d, 0), most)/time.Minute)
}

// Daily is the window of every day that begins at a second of the day and
// lasts for a while, at most a day; none for the whole day.
func Daily(from, length int) []oncall.WindowSpec {
	if length <= 0 || length >= 86400 {
		return nil
	}
	from = wrap(from, 86400)
	return []oncall.WindowSpec{{From: hhmm(from), To: hhmm((from + length) % 86400)}}
}

// Weekly is the windows of hours that begin at a second of the week, Monday
// 00:00 being 0, and last for a while, cut at midnights; none for a whole week.
func Weekly(from, length int) (out []oncall.WindowSpec) {
	if length <= 0 || length >= 7*86400 {
		return nil
	}
	for from = wrap(from, 7*86400); length > 0; {
		from %= 7 * 86400
		day, at := from/86400, from%86400
		part := min(length, 86400-at)
		to := "24:00"
		if at+part < 86400 {
			to = hhmm(at + part)
		}
		w := oncall.WindowSpec{Days: []string{oncall.Days[day]}, From: hhmm(at), To: to}
		if n := len(out); n > 0 && at == 0 && out[n-1].From == "00:00" && out[n-1].To == to {
			out[n-1].Days = append(out[n-1].Days, w.Days...) // whole days in a row
		} else {
			out = append(out, w)
		}
		from, length = from+part, length-part
	}
	return out
}

// wrap brings a second of the day or week that was said outside of it back.
func wrap(second, all int) int { return (second%all + all) % all }

// Plausible reports whether a layer can begin or end at t.
func Plausible(t time.Time) bool { return t.Year() >= 1971 && t.Year() < 2199 }

func hhmm(second int) string { return fmt.Sprintf("%02d:%02d", second/3600, second/60%60) }

// First is when a rotation that is anchored at one instant and counts from
// another begins here, as local time: with the last turn that has begun by
// then, since a rotation's first turn is its anchor here. skip is how many
// turns of n that leaves out. early says that it begins before it counted.
func First(anchor, start time.Time, turn time.Duration, n int, loc *time.Location) (first string, skip int, early bool) {
	if turn <= 0 || n <= 0 || !start.After(anchor) {
		return Wall(anchor, loc), 0, false
	}
	if turn%(24*time.Hour) != 0 { // elapsed time
		k := int64(start.Sub(anchor) / turn)
		at := anchor.Add(time.Duration(k) * turn)
		return Wall(at, loc), int(k % int64(n)), at.Before(start)
	}
	a, s := asUTC(anchor, loc), asUTC(start, loc) // by the clock on the wall
	k := int64(s.Sub(a) / turn)
	at := a.Add(time.Duration(k) * turn)
	return Wall(at, time.UTC), int(k % int64(n)), at.Before(s)
}

// asUTC is the instant at which UTC's clock shows what the zone's shows at t.
func asUTC(t time.Time, loc *time.Location) time.Time {
	t = t.In(loc)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC)
}

// Turned is a rotation that begins some turns later.
func Turned(shifts [][]string, skip int) [][]string {
	if len(shifts) == 0 {
		return shifts
	}
	skip %= len(shifts)
	return append(append([][]string{}, shifts[skip:]...), shifts[:skip]...)
}
