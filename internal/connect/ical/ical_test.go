package ical_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evenkeel/evenkeel/internal/connect/ical"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

var update = flag.Bool("update", false, "write the golden files anew")

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

var berlin = func() *time.Location {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return loc
}()

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile("testdata/"+name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s differs (run with -update if it should):\n%s", name, d)
	}
}

// source is an organisation with one schedule and one person.
type source struct{ calls int }

func (s *source) Open(_ context.Context, secret string, from, to time.Time) (oncall.Feed, error) {
	s.calls++
	names := map[int64]oncall.Who{1: {ID: 1, Handle: "mara", Display: "Mara Lindt"}, 2: {ID: 2, Handle: "jonas", Display: "Jonas Weber"}}
	shift := func(from, until time.Time, cover int64, people ...int64) oncall.Shift {
		return oncall.Shift{Schedule: "payments-primary", Title: "Payments, primary; day & night", Zone: "Europe/Berlin", Duty: oncall.Duty{People: people, Layer: "weeks", From: from, Until: until, Cover: cover}}
	}
	all := []oncall.Shift{shift(time.Time{}, at("2026-10-19 07:00"), 0, 2), shift(at("2026-10-19 07:00"), at("2026-10-26 08:00"), 0, 1, 2), shift(at("2026-10-26 08:00"), time.Time{}, 7, 1)}
	switch secret {
	case "team":
		return oncall.Feed{Schedule: "payments-primary", Title: all[0].Title, Person: 1, Shifts: all, Names: names}, nil
	case "mine":
		return oncall.Feed{Title: "Mara Lindt", Person: 1, Shifts: all[1:], Names: names}, nil
	}
	return oncall.Feed{}, errs.E(errs.NotFound, "there is no such calendar feed")
}

// Feeds are what programs expect, byte by byte, and read back as the shifts
// that they show.
func TestFeeds(t *testing.T) {
	mux := http.NewServeMux()
	now := at("2026-10-20 13:37")
	(&ical.Door{Feeds: &source{}, Base: "https://keel.harbour.example", Now: func() time.Time { return now }}).Routes(mux)
	get := func(path, match string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		if match != "" {
			r.Header.Set("If-None-Match", match)
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	for _, name := range []string{"team", "mine"} {
		w := get("/oncall/feeds/"+name+".ics", "")
		if w.Code != 200 || w.Header().Get("Content-Type") != "text/calendar; charset=utf-8" {
			t.Fatalf("%s: %d %v", name, w.Code, w.Header())
		}
		golden(t, name+".ics", w.Body.Bytes())
		for line := range bytes.Lines(w.Body.Bytes()) {
			if len(line) > 77 || !bytes.HasSuffix(line, []byte("\r\n")) {
				t.Errorf("%s: a line of %d octets: %q", name, len(line), line)
			}
		}
		events, notes, err := ical.Read(w.Body.Bytes(), berlin, now.Add(-400*24*time.Hour), now.Add(400*24*time.Hour))
		if err != nil || len(notes) > 0 {
			t.Fatal(err, notes)
		}
		want := []ical.Event{
			{UID: "always-payments-primary@keel.harbour.example", From: at("2026-09-19 00:00"), To: at("2026-10-19 07:00"), Summary: "Jonas Weber", Description: "On call for Payments, primary; day & night"},
			{UID: "20261019T070000Z-payments-primary@keel.harbour.example", From: at("2026-10-19 07:00"), To: at("2026-10-26 08:00"), Summary: "Mara Lindt, Jonas Weber", Description: "On call for Payments, primary; day & night"},
			{UID: "20261026T080000Z-payments-primary@keel.harbour.example", From: at("2026-10-26 08:00"), To: at("2027-04-22 00:00"), Summary: "Mara Lindt", Description: "On call for Payments, primary; day & night\nBy COV-7"},
		}
		if name == "mine" {
			want = []ical.Event{
				{UID: "20261019T070000Z-payments-primary-p1@keel.harbour.example", From: at("2026-10-19 07:00"), To: at("2026-10-26 08:00"), Summary: "On call: Payments, primary; day & night", Description: "Together with Jonas Weber"},
				{UID: "20261026T080000Z-payments-primary-p1@keel.harbour.example", From: at("2026-10-26 08:00"), To: at("2027-04-22 00:00"), Summary: "On call: Payments, primary; day & night", Description: "By COV-7"},
			}
		}
		if d := cmp.Diff(want, events, cmpopts.IgnoreFields(ical.Event{}, "Line", "URL")); d != "" {
			t.Errorf("%s reads back as\n%s", name, d)
		}
		etag := w.Header().Get("ETag")
		now = now.Add(9 * time.Hour)
		if w := get("/oncall/feeds/"+name+".ics", etag); w.Code != 304 || w.Body.Len() > 0 {
			t.Errorf("%s asked again the same day: %d", name, w.Code)
		}
		if w := get("/oncall/feeds/"+name+".ics", `"other"`); w.Code != 200 {
			t.Errorf("%s with another tag: %d", name, w.Code)
		}
		now = now.Add(-9 * time.Hour)
	}
	if w := get("/oncall/feeds/wrong.ics", ""); w.Code != 404 || !strings.Contains(w.Body.String(), "There is no such calendar feed.") {
		t.Errorf("a wrong secret: %d %s", w.Code, w.Body)
	}
}

// Files of other programs read as their makers meant them.
func TestRead(t *testing.T) {
	event := func(lines ...string) string {
		return "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:1\nSUMMARY:x\n" + strings.Join(lines, "\n") + "\nEND:VEVENT\nEND:VCALENDAR\n"
	}
	for _, x := range []struct{ name, file, want string }{
		{"UTC", event("DTSTART:20261101T080000Z", "DTEND:20261108T080000Z"), "01 08:00–08 08:00"},
		{"a zone, over the change of its clock", event("DTSTART;TZID=Europe/Berlin:20261019T090000", "DTEND;TZID=Europe/Berlin:20261026T090000"), "19 07:00–26 08:00"},
		{"another prefix", event("DTSTART;TZID=/mozilla.org/20050126_1/Europe/Berlin:20261101T090000", "DURATION:PT8H"), "01 08:00–01 16:00"},
		{"Windows", event("DTSTART;TZID=\"W. Europe Standard Time\":20261101T090000", "DURATION:P1DT1H"), "01 08:00–02 09:00"},
		{"a date", event("DTSTART;VALUE=DATE:20261025"), "24 22:00–25 23:00"},
		{"dates", event("DTSTART;VALUE=DATE:20261025", "DTEND;VALUE=DATE:20261027"), "24 22:00–26 23:00"},
		{"floating: the schedule's zone", event("DTSTART:20261101T090000", "DTEND:20261101T170000"), "01 08:00–01 16:00"},
		{"the hour that is skipped", event("DTSTART;TZID=Europe/Berlin:20270328T023000", "DURATION:PT1H"), "28 01:30–28 02:30"},
		{"the hour that comes twice", event("DTSTART;TZID=Europe/Berlin:20261025T023000", "DURATION:PT1H"), "25 00:30–25 01:30"},
		{"weekly, three times", event("DTSTART;TZID=Europe/Berlin:20261019T090000", "DURATION:PT8H", "RRULE:FREQ=WEEKLY;COUNT=3"), "19 07:00–19 15:00, 26 08:00–26 16:00, 02 08:00–02 16:00"},
		{"every other week on two days", event("DTSTART:20261103T080000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;UNTIL=20261118T000000Z"), "03 08:00–03 09:00, 08 08:00–08 09:00, 17 08:00–17 09:00"},
		{"daily but one", event("DTSTART:20261103T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261104T080000Z"), "03 08:00–03 09:00, 05 08:00–05 09:00"},
		{"one more", event("DTSTART:20261103T080000Z", "DURATION:PT1H", "RDATE:20261109T080000Z"), "03 08:00–03 09:00, 09 08:00–09 09:00"},
		{"monthly on the 31st", event("DTSTART:20261031T080000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;COUNT=2"), "31 08:00–31 09:00, 31 08:00–31 09:00"},
		{"long ago, still", event("DTSTART:19990101T080000Z", "DURATION:P7D", "RRULE:FREQ=WEEKLY;INTERVAL=52;UNTIL=20270101"), "27 08:00–04 08:00"},
		{"one repetition moved", event("DTSTART:20261103T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2", "END:VEVENT", "BEGIN:VEVENT", "UID:1", "RECURRENCE-ID:20261104T080000Z", "DTSTART:20261104T120000Z", "DURATION:PT1H"), "03 08:00–03 09:00, 04 12:00–04 13:00"},
		{"folded", event("DTSTART:20261103", " T080000Z", "DURATION:PT1H"), "03 08:00–03 09:00"},
		{"an alarm is no event", event("DTSTART:20261103T080000Z", "DURATION:PT1H", "BEGIN:VALARM", "TRIGGER:-PT5M", "DURATION:PT9H", "END:VALARM"), "03 08:00–03 09:00"},
		{"canceled", event("DTSTART:20261103T080000Z", "DURATION:PT1H", "STATUS:CANCELLED"), ""},
		{"not known zone", event("DTSTART;TZID=Harbour:20261103T080000", "DURATION:PT1H"), "3: “x” was left out: its time zone “Harbour” is not known"},
		{"not understood", event("DTSTART:20261103T080000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYHOUR=8"), "3: “x” was left out: it repeats in a way"},
		{"the first Monday", event("DTSTART:20261207T080000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYDAY=1MO;UNTIL=20270131"), "07 08:00–07 09:00, 04 08:00–04 09:00"},
		{"no end", event("DTSTART:20261103T080000Z"), "3: “x” was left out: it does not end"},
		{"no time", event("DTSTART:tomorrow", "DURATION:PT1H"), "3: “x” was left out: “tomorrow” is no time"},
		{"no duration", event("DTSTART:20261103T080000Z", "DURATION:long"), "3: “x” was left out: “long” is no duration"},
		{"no start", event("DURATION:PT1H"), "3: “x” was left out: it has no DTSTART"},
		{"cut off", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261103T080000Z\n", "2: this event has no end"},
		{"a line of another kind", event("DTSTART:20261103T080000Z", "what", "DURATION:PT1H"), "03 08:00–03 09:00; 7: this line is no"},
	} {
		events, notes, err := ical.Read([]byte(x.file), berlin, at("2026-10-18 00:00"), at("2027-04-01 00:00"))
		var got []string
		for _, e := range events {
			got = append(got, e.From.Format("02 15:04")+"–"+e.To.Format("02 15:04"))
		}
		all := strings.Join(got, ", ")
		for _, n := range notes {
			if all != "" {
				all += "; "
			}
			all += fmt.Sprintf("%d: %s", n.Line, n.Text)
		}
		if err != nil || !strings.HasPrefix(all, x.want) || x.want == "" && all != "" {
			t.Errorf("%s:\n got %s %v\nwant %s", x.name, all, err, x.want)
		}
	}
	for name, file := range map[string][]byte{"empty": nil, "a page": []byte("<html>"), "large": make([]byte, ical.MaxFile+1), "many": []byte(strings.Replace(event("DTSTART:20261103T080000Z", "DURATION:PT1H"), "END:VCALENDAR", strings.Repeat("BEGIN:VEVENT\nDTSTART:20261103T080000Z\nDURATION:PT1H\nEND:VEVENT\n", ical.MaxEvents+1)+"END:VCALENDAR", 1))} {
		if _, _, err := ical.Read(file, berlin, at("2026-10-18 00:00"), at("2027-04-01 00:00")); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is written reads back the same.
func FuzzWrite(f *testing.F) {
	f.Add("Mara Lindt, Jonas; \\ and\nothers", "Zahlungen, früh", int64(1_760_000_000), int64(86_400))
	f.Add(strings.Repeat("ü", 200), "\r\x00\xff\t", int64(0), int64(1))
	f.Fuzz(func(t *testing.T, summary, description string, from, long int64) {
		if from < 0 || from > 7_000_000_000 || long < 1 || long > 400*86_400 {
			return // outside of what Read returns
		}
		e := ical.Event{UID: "1@x", From: time.Unix(from, 0).UTC(), To: time.Unix(from+long, 0).UTC(), Summary: summary, Description: description}
		text := ical.Write(ical.Calendar{Events: []ical.Event{e}, Stamp: e.From})
		events, notes, err := ical.Read(text, time.UTC, e.From, e.To)
		if err != nil || len(notes) > 0 || len(events) != 1 || !events[0].From.Equal(e.From) || !events[0].To.Equal(e.To) {
			t.Fatalf("%v %v %v\n%s", events, notes, err, text)
		}
		again := ical.Write(ical.Calendar{Events: events, Stamp: e.From})
		if !bytes.Equal(text, again) {
			t.Fatalf("written again:\n%s\nbefore:\n%s", again, text)
		}
	})
}

// No file makes reading fail in another way than by an error.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"team.ics", "mine.ics"} {
		if text, err := os.ReadFile("testdata/" + name); err == nil {
			f.Add(text)
		}
	}
	f.Add([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;TZID=Europe/Berlin;X=\"a:b\",c:20261103T080000\nDURATION:P1W\nRRULE:FREQ=YEARLY;INTERVAL=3\nEXDATE;VALUE=DATE:20261103\nEND:VEVENT"))
	f.Fuzz(func(t *testing.T, file []byte) {
		from, to := at("2026-01-01 00:00"), at("2027-01-01 00:00")
		events, _, err := ical.Read(file, berlin, from, to)
		if err != nil && !errs.Is(err, errs.Invalid) {
			t.Fatal(err)
		}
		for i, e := range events {
			if !e.From.Before(e.To) || !e.From.Before(to) || !e.To.After(from) || i > 0 && e.From.Before(events[i-1].From) {
				t.Fatalf("event %d: %+v", i, e)
			}
		}
	})
}
