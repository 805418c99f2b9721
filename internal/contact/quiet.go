package contact

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Quiet are the hours in which a person is not told what can wait, as clock
// times in their zone: "22:00" to "07:00" goes over midnight. Zero = none.
type Quiet struct{ From, To string }

// clock reads "08:30" as minutes after midnight.
func clock(s string) (minutes int, ok bool) {
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err == nil && len(s) == 5
}

func (q Quiet) check(f *errs.Fields) {
	if q == (Quiet{}) {
		return
	}
	from, ok := clock(q.From)
	if !ok {
		f.Add("quiet.from", q.From, "write a clock time like 22:00")
	}
	to, ok2 := clock(q.To)
	if !ok2 {
		f.Add("quiet.to", q.To, "write a clock time like 07:00")
	}
	if ok && ok2 && from == to {
		f.Add("quiet.to", q.To, "it is the same as the beginning; to be told nothing but P1 and P2, take the legs of the others out")
	}
}

func checkZone(zone string, needed bool, f *errs.Fields) {
	if zone == "" && !needed {
		return
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
		f.Add("zone", zone, "use an IANA time zone like Europe/Berlin")
	}
}

// until is when the quiet hours that now is in end; zero when it is in none.
// Their bounds are wall-clock times: on a day on which a bound's hour is
// missing, it is the first instant after it.
func (q Quiet) until(zone string, now time.Time) time.Time {
	from, ok := clock(q.From)
	to, ok2 := clock(q.To)
	loc, err := time.LoadLocation(zone)
	if !ok || !ok2 || err != nil || from == to {
		return time.Time{}
	}
	local := now.In(loc)
	// They began yesterday or today.
	for _, day := range []int{-1, 0} {
		begin := at(local, day, from)
		end := at(local, day, to)
		if to < from {
			end = at(local, day+1, to)
		}
		if !now.Before(begin) && now.Before(end) {
			return end.UTC()
		}
	}
	return time.Time{}
}

// at is a clock time of the day that lies some days from t's, in t's zone.
// time.Date takes one side or the other of a missing hour; it is moved to the
// first instant after it.
func at(t time.Time, days, minutes int) time.Time {
	y, m, d := t.Date()
	want := minutes
	x := time.Date(y, m, d+days, minutes/60, minutes%60, 0, 0, t.Location())
	if got := x.Hour()*60 + x.Minute(); got == want {
		return x
	}
	// The zone's change lies within a day of here: find its first instant.
	start, end := x.ZoneBounds()
	if !start.IsZero() && x.Sub(start) < 24*time.Hour {
		return start
	}
	return end
}

// nextClock is the next time a clock shows the minutes, after now.
func nextClock(zone, text string, now time.Time) time.Time {
	minutes, ok := clock(text)
	loc, err := time.LoadLocation(zone)
	if !ok || err != nil {
		return time.Time{}
	}
	for day := 0; day <= 2; day++ {
		if t := at(now.In(loc), day, minutes); t.After(now) {
			return t.UTC()
		}
	}
	return time.Time{}
}
