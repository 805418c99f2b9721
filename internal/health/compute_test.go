package health

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// october is a month of a team: Mara carries it, Jonas helps, Tom was paged
// for another team, Lena is manager and heard nothing, Omar left.
func october() (Period, Facts) {
	p := must(ParsePeriod("2026-10", berlin, at("2026-11-20 14:00")))
	page := func(person, incident int64, when string, own bool) Page {
		x := Page{ID: incident*10 + person, Person: person, At: at(when), Incident: incident, Own: own}
		x.Night, x.Sleep = night(x.At.In(berlin))
		return x
	}
	inc := func(id int64, when string, after time.Duration, by int64) Incident {
		i := Incident{ID: id, Team: "payments", Triggered: at(when), Acknowledge: -1, By: by}
		if after >= 0 {
			i.Acknowledge, i.Acknowledged, i.Acted, i.Over = after, i.Triggered.Add(after), by != 0, true
		}
		return i
	}
	m := time.Minute
	none := inc(6, "2026-10-09 10:00", 1*m, 1)
	none.None = true
	return p, Facts{
		Team: "payments", Title: "Payments", Zone: berlin, Now: at("2026-11-20 14:00"), Since: at("2026-08-02 22:00"),
		People: []Person{{ID: 1, Handle: "mara", Name: "Mara", Zone: berlin, Role: "lead"}, {ID: 2, Handle: "jonas", Name: "Jonas", Zone: berlin, Role: "member", Since: at("2026-09-20 00:00")},
			{ID: 3, Handle: "tom", Name: "Tom", Zone: berlin}, {ID: 4, Handle: "lena", Name: "Lena", Zone: berlin, Role: "manager"}, {ID: 5, Handle: "omar", Name: "Omar", Zone: berlin, Role: "member", Gone: true},
			{ID: 6, Handle: "priya", Name: "Priya", Zone: berlin, Role: "member"}},
		Pages: []Page{
			page(1, 90, "2026-09-15 09:00", true),
			page(1, 1, "2026-10-05 10:00", true), page(1, 1, "2026-10-05 10:20", true), // twice about one incident
			page(2, 1, "2026-10-05 10:10", true),
			page(1, 2, "2026-10-06 23:00", true), page(1, 3, "2026-10-07 01:00", true), page(1, 4, "2026-10-07 03:00", true), // three in a night
			page(1, 77, "2026-10-20 21:00", false), page(3, 5, "2026-10-21 12:00", true),
			page(1, 91, "2026-11-02 09:00", true), // after the month
		},
		Incidents: []Incident{
			inc(90, "2026-09-15 09:00", 3*m, 1), inc(1, "2026-10-05 10:00", 15*m, 2), inc(2, "2026-10-06 22:59", 4*m, 1), inc(3, "2026-10-07 00:59", 5*m, 1),
			inc(4, "2026-10-07 02:59", -1, 0), inc(5, "2026-10-21 12:00", 0, 0), none,
		},
		Duties:      []Duty{{[]int64{1}, at("2026-10-19 00:00"), at("2026-10-26 00:00")}, {[]int64{5}, at("2026-10-26 00:00"), at("2026-10-26 00:30")}},
		DutiesSince: at("2026-10-20 00:00"),
	}
}

func TestCompute(t *testing.T) {
	r := Compute(october())
	if !r.Known || r.Partly || r.Pages != 7 || r.Sleep != 3 || r.Nights != 1 || r.Reached != 3 {
		t.Errorf("known %t partly %t: %d pages, %d in sleep hours, %d nights, %d people", r.Known, r.Partly, r.Pages, r.Sleep, r.Nights, r.Reached)
	}
	if want := 7 / (31.0 + 1.0/24) * 7; r.PerWeek < want-0.001 || r.PerWeek > want+0.001 { // October has an hour more
		t.Errorf("%f a week, want %f", r.PerWeek, want)
	}
	// Canceled ones do not count; the fifth was acknowledged by a machine at once.
	if want := (Spread{4, 6 * time.Minute, 4 * time.Minute, 15 * time.Minute}); r.Incidents != 5 || r.Unacknowledged != 1 || r.Acknowledge != want {
		t.Errorf("%d incidents, %d not acknowledged, %+v", r.Incidents, r.Unacknowledged, r.Acknowledge)
	}
	if got := strings.Join(names(r.People), " "); got != "mara jonas tom omar priya" {
		t.Errorf("people: %s; a manager who heard nothing has no line, who left and was on call has", got)
	}
	mara, jonas, tom := r.People[0], r.People[1], r.People[2]
	if mara.Pages != 5 || mara.Elsewhere != 1 || mara.Sleep != 4 || !slices.Equal(mara.Nights, []string{"2026-10-06", "2026-10-20"}) || mara.MostInShift != 3 || mara.OverGuide != 1 {
		t.Errorf("mara: %+v", mara)
	}
	if r.MostInShift != 3 || r.OverGuide != 1 {
		t.Errorf("most %d, over %d", r.MostInShift, r.OverGuide)
	}
	// From their own first page: Jonas was told ten minutes after it began.
	if jonas.Acknowledge.Median != 5*time.Minute || mara.Acknowledge.N != 2 || mara.Acknowledge.Mean != 3*time.Minute+30*time.Second || tom.Acknowledge.N != 0 {
		t.Errorf("jonas %+v, mara %+v, tom %+v", jonas.Acknowledge, mara.Acknowledge, tom.Acknowledge)
	}
	if mara.OnCall != 6*24*time.Hour || jonas.OnCall != 0 || !r.HoursKnown() {
		t.Errorf("on call: mara %s, jonas %s", mara.OnCall, jonas.OnCall)
	}
	// 3 Aug to 1 Nov: Jonas is known since the week of 14 September.
	if !slices.Equal(mara.Weeks, []int{0, 0, 0, 0, 0, 0, 1, 0, 0, 5, 0, 0, 0}) || !slices.Equal(jonas.Weeks, []int{-1, -1, -1, -1, -1, -1, 0, 0, 0, 1, 0, 0, 0}) {
		t.Errorf("weeks: mara %v, jonas %v", mara.Weeks, jonas.Weeks)
	}
	if tr := r.Trend; !tr.Known || tr.Weeks != 8 || tr.Recent != 7.0/4 || tr.Word() != "rising" {
		t.Errorf("trend %+v %s", tr, tr.Word())
	}
}

func TestUnknown(t *testing.T) {
	p, f := october()
	f.Since = p.To
	f.Pages, f.Incidents, f.Duties, f.DutiesSince = nil, nil, nil, p.To
	r := Compute(p, f)
	if r.Known || r.PerWeek >= 0 || r.Trend.Known || r.HoursKnown() || r.Acted.Percent() != -1 || r.Acknowledge.N != 0 {
		t.Errorf("%+v", r)
	}
	for _, l := range r.People {
		if l.OnCall >= 0 || slices.ContainsFunc(l.Weeks, func(n int) bool { return n >= 0 }) {
			t.Errorf("%s: on call %s, weeks %v", l.Handle, l.OnCall, l.Weeks)
		}
	}
	if lines := r.Lines(); len(lines) != 1 || !strings.Contains(lines[0], "Nothing is known") {
		t.Errorf("%q", lines)
	}
	f.Since = at("2026-10-29 00:00")
	if r := Compute(p, f); !r.Known || !r.Partly || r.PerWeek >= 0 || !strings.Contains(r.Lines()[0], "Known only since 29 October") {
		t.Errorf("three days are known: %t %t %f %q", r.Known, r.Partly, r.PerWeek, r.Lines())
	}
}

// TestBehind: the list behind each figure is as long as the figure says.
func TestBehind(t *testing.T) {
	r := Compute(october())
	for _, l := range r.People {
		for only, want := range map[string]int{"own": l.Pages, "elsewhere": l.Elsewhere, "sleep": l.Sleep, "weekend": l.Weekend, "": l.Total()} {
			if got := len(r.Behind(Which{Person: l.ID, Only: only})); got != want {
				t.Errorf("%s %q: %d behind a figure of %d", l.Handle, only, got, want)
			}
		}
		for i, n := range l.Weeks {
			if got := len(r.Behind(Which{Person: l.ID, Only: "own", Week: r.Weeks[i].From})); got != max(n, 0) {
				t.Errorf("%s, week %d: %d behind %d", l.Handle, i, got, n)
			}
		}
	}
	if got := len(r.Behind(Which{Only: "own sleep"})); got != r.Sleep {
		t.Errorf("%d behind %d in sleep hours", got, r.Sleep)
	}
	if got := r.About(1, nil); len(got) != 2 || got[0].ID != 3 {
		t.Errorf("acknowledged by mara, the newest first: %+v", got)
	}
}

func TestLines(t *testing.T) {
	r := Compute(october())
	want := []string{
		"Load: 7 pages to 3 people, 1.6 a week; the most to one person: 5.",
		"Sleep: 3 pages between 22:00 and 07:00, interrupting 1 night; 0 at weekends.",
		"Time to acknowledge: median 4 min, mean 6 min, 90th percentile 15 min, of 4 of 5 incidents.",
		"Trend: rising, 1.8 pages a week in the last four whole weeks and 0.1 in the 8 before. More than two incidents in 12 hours, the guide value of the SRE book: 1 time.",
		"Alerts: unknown how many were acted upon; no incident with alerts is over.",
	}
	if got := r.Lines(); !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	for _, name := range []string{"Mara", "mara", "Jonas"} {
		if strings.Contains(strings.Join(r.Lines(), " "), name) {
			t.Errorf("the lines name %s", name)
		}
	}
}
