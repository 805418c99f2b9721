package oncallweb_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

// form is a schedule with one weekly layer.
func form(more ...string) url.Values {
	v := url.Values{"name": {"payments-primary"}, "title": {"Payments, primary"}, "zone": {"Europe/Berlin"}, "team": {"payments"}, "layers": {"1"},
		"layer.0.name": {"weeks"}, "layer.0.start": {"2026-11-16T09:00"}, "layer.0.n": {"1"}, "layer.0.unit": {"w"}, "layer.0.shifts": {"mara\r\njonas, priya\r\n\r\n"}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

// A schedule is made, seen before it is saved, edited and deleted, by plain
// forms alone.
func TestScheduleWithoutScript(t *testing.T) {
	b := setup(t)
	const pay = "/oncall/schedules/payments-primary"
	b.step("GET", "/oncall", nil, 200, "No on-call schedule yet", "Make a schedule…")
	b.step("GET", "/oncall/schedules", nil, 200, "How a schedule is made")
	b.step("GET", "/oncall/schedules/new", nil, 200, `value="Europe/Berlin"`, `value="2026-11-16T09:00"`, "Rotation")
	// The buttons of layers change the form and save nothing.
	b.step("POST", "/oncall/schedules/new", form("do", "add"), 200, "Layer 2 · on top", `name="layers" value="2"`, "jonas, priya", `name="layer.1.beside"`)
	two := form("layers", "2", "layer.1.name", "nights", "layer.1.shifts", "tom", "layer.1.n", "1", "layer.1.unit", "d")
	two.Set("do", "up.0")
	text := b.step("POST", "/oncall/schedules/new", two, 200)
	if strings.Index(text, "nights") > strings.Index(text, "weeks\"") {
		t.Error("the layers did not change places")
	}
	two.Set("do", "remove.0")
	b.step("POST", "/oncall/schedules/new", two, 200, "Rotation", "nights", `!value="weeks"`)
	b.step("GET", pay, nil, 404)
	// Faults come back at their boxes.
	b.step("POST", "/oncall/schedules/new", form("do", "preview", "layer.0.shifts", "mara\nnobody, priya", "layer.0.only", "mon-fri 08:00-20:00\nfunday 9-10", "layer.0.n", "0", "zone", "Europe/Brelin"), 422,
		"Line 2, “nobody”: nobody of this handle", "use an IANA time zone", "A shift has a length", "mon-fri 08:00-20:00", "Line 2, “9”")
	b.step("POST", "/oncall/schedules/new", form("do", "preview", "name", "Not A Name"), 422, "use 1 to 63 of a-z")
	// The preview holds the whole form.
	b.step("POST", "/oncall/schedules/new", form("do", "preview"), 200, "Who would be on call", "Mara Lindt", "Somebody is on call at every hour", `name="layer.0.shifts"`, "Hours of each", "Make the schedule")
	b.step("POST", "/oncall/schedules/new", form("do", "preview", "layer.0.only", "mon-fri 09:00-17:00"), 200, "without anybody", "Thu 19 Nov 17:00")
	b.step("POST", "/oncall/schedules/new", form("do", "edit"), 200, "Preview…", "jonas, priya")
	if code, to := b.send("POST", "/oncall/schedules/new", form("do", "save")); code != 303 || to != pay {
		t.Fatal(code, to)
	}
	b.step("POST", "/oncall/schedules/new", form("do", "preview"), 422, "of this name exists already")
	b.step("GET", pay, nil, 200, "Mara Lindt", "Priya Nair", "every week", "Complete", "16–22 November 2026", "Edit…", `data-ek-cover="`+pay+`/cover"`)
	b.step("GET", pay+"?view=month&date=2026-10-01", nil, 200, "October 2026", "Today", "Sun 25 October has 25 h: the clock goes back from 03:00 to 02:00")
	b.step("GET", pay+"?view=day&date=2027-03-28&zone=mine", nil, 200, "Sunday, 28 March 2027", "has 23 h: the clock goes forward from 02:00 to 03:00")
	b.step("GET", pay+"?view=year", nil, 422)
	b.step("GET", pay+"?date=soon", nil, 422)
	b.step("GET", "/oncall/schedules", nil, 200, "Payments, primary", "weeks every week")
	// Editing shows who gains, and refuses an old version.
	b.step("GET", pay+"/edit", nil, 200, "mara\njonas, priya", `name="version" value="1"`)
	b.step("POST", pay+"/edit", form("do", "preview", "version", "1", "layer.0.shifts", "mara\ntom"), 200, "Before and after", "Who gains and who loses", "Tom", "Jonas", "−", "Save")
	b.step("POST", pay+"/edit", form("do", "preview", "version", "1", "layer.0.only", "mon-fri 09:00-17:00"), 200, "new gaps", ">new</span>")
	b.step("POST", pay+"/edit", form("do", "preview", "version", "1"), 200, "No shift changes")
	b.step("POST", pay+"/edit", form("do", "save", "version", "1", "layer.0.shifts", "mara\ntom"), 303, pay)
	b.step("POST", pay+"/edit", form("do", "save", "version", "1", "title", "Cards"), 422, "version 2", "Now it is: Payments, primary", `name="version" value="2"`)
	b.step("POST", pay+"/edit", form("do", "save", "version", "x"), 422, "open the form again")
	b.step("GET", pay+"?delete=1", nil, 200, "Delete the schedule Payments, primary?")
	b.step("POST", pay+"/delete", nil, 303, "/oncall/schedules")
	b.step("GET", pay, nil, 404)
}

// Overrides, swaps, absences and feeds, by plain forms.
func TestCoversWithoutScript(t *testing.T) {
	b := setup(t)
	b.seed()
	const pay = "/oncall/schedules/payments-primary"
	b.step("GET", "/oncall", nil, 200, "Payments, primary", "Jonas Weber", "You are not on call", "1 swap offered to you", "Who would be on call is away", "6 times", "planned pauses")
	b.step("GET", "/oncall?q=team:shop", nil, 200, "Shop, primary", "!Payments, primary", "team:</span>shop")
	b.step("GET", "/oncall?q=shop", nil, 200, "Shop, primary", "!Second line</a>")
	b.step("GET", "/oncall?q=team:nobody", nil, 200, "No schedule of this team")
	b.step("GET", "/oncall?q=state:on", nil, 200, "Write team:")
	b.step("GET", pay+"/cover?from=2026-11-21T08:00:00Z&to=2026-11-22T08:00:00Z", nil, 200, `value="2026-11-21T09:00"`, `value="mara"`, "Everybody on call then", "ek-ln-sel")
	b.step("POST", pay+"/cover", url.Values{"person": {"nobody"}, "from": {"2026-11-21T09:00"}, "to": {"2026-11-21T08:00"}}, 422, "nobody of this handle", "not after the beginning", `value="nobody"`)
	to := b.step("POST", pay+"/cover", url.Values{"person": {"mara"}, "instead": {"jonas"}, "from": {"2026-11-21T09:00"}, "to": {"2026-11-22T09:00"}, "reason": {"wedding"}}, 303, pay+"?date=2026-11-21#calendar")
	b.step("GET", strings.TrimSuffix(to, "#calendar"), nil, 200, "Mara Lindt for Jonas Weber", "wedding", "COV-5")
	b.step("GET", "/oncall/covers/COV-5", nil, 200, "Mara Lindt for Jonas Weber", "To come", "Take it back")
	b.step("POST", "/oncall/covers/COV-5/end", nil, 303, pay)
	b.step("GET", "/oncall/covers/COV-5", nil, 200, "Taken back", "!Take it back")
	b.step("POST", "/oncall/covers/COV-5/end", nil, 409)
	b.step("GET", "/oncall/covers/COV-99", nil, 404)
	b.step("GET", "/oncall/covers/x", nil, 404)

	b.step("GET", "/oncall/mine", nil, 200, "Next shift in", "Offered to you", "Jonas Weber gives Payments, primary", "for yours Mon 14 Dec", "Your offers", "Second line to everybody", "later shifts")
	b.step("GET", "/oncall/covers/COV-3", nil, 200, "Swap offered by Jonas Weber", "Take it", "Decline", "wedding")
	b.step("POST", "/oncall/covers/COV-3/accept", nil, 303, "/oncall/mine")
	b.step("GET", "/oncall/covers/COV-3", nil, 200, "Accepted", "In force by")
	b.step("POST", "/oncall/covers/COV-3/decline", nil, 409)
	b.step("POST", "/oncall/covers/COV-4/decline", nil, 303, "/oncall/mine")
	b.step("GET", "/oncall/covers/COV-4", nil, 200, "Withdrawn")
	b.step("GET", pay+"/swap", nil, 200, "Your shifts to come", "Mon 23 Nov 09:00")
	b.step("POST", pay+"/swap", url.Values{"from": {"2026-11-18T15:00"}, "until": {"2026-11-18T16:00"}, "to": {"jonas"}}, 422, "You are not on call in this schedule then")
	b.step("POST", pay+"/swap", url.Values{"from": {"2026-11-23T09:00"}, "until": {"2026-11-23T20:00"}, "to": {"jonas"}}, 303, "/oncall/mine")

	b.step("POST", "/oncall/mine", url.Values{"do": {"away"}, "from": {"2026-12-24T00:00"}, "to": {""}}, 422, "say when it ends", `value="2026-12-24T00:00"`)
	b.step("POST", "/oncall/mine", url.Values{"do": {"away"}, "from": {"2026-12-24T00:00"}, "to": {"2026-12-27T00:00"}, "reason": {"holiday"}}, 303, "/oncall/mine#away")
	b.step("POST", "/oncall/mine", url.Values{"do": {"away"}, "person": {"nobody"}, "from": {"2026-12-24T00:00"}, "to": {"2026-12-25T00:00"}}, 422, "nobody of this handle", `value="nobody"`)
	b.step("POST", "/oncall/mine", url.Values{"do": {"away"}, "person": {"tom"}, "from": {"2026-12-24T00:00"}, "to": {"2026-12-25T00:00"}}, 303, "/oncall/mine#away")
	b.step("POST", "/oncall/mine", url.Values{"do": {"dance"}}, 422, "use away, feed or end")
	b.step("GET", "/oncall/mine", nil, 200, "Thu 24 Dec 00:00 – Sun 27 Dec 00:00")

	page := b.step("POST", "/oncall/mine", url.Values{"do": {"feed"}, "schedule": {"payments-primary"}}, 200, "Calendar link of Payments, primary", b.url+"/oncall/feeds/ekcal_")
	_, link, _ := strings.Cut(page, `id="feed-link">`+b.url)
	link, _, _ = strings.Cut(link, "<")
	b.step("GET", link, nil, 200, "BEGIN:VCALENDAR", "SUMMARY:Jonas Weber", "DTSTART:20261118T070000Z")
	b.step("POST", "/oncall/mine", url.Values{"do": {"end"}, "schedule": {"payments-primary"}}, 303, "/oncall/mine#feeds")
	b.step("GET", link, nil, 404)
	b.step("GET", pay+"/fairness?days=-90", nil, 200, "Who will carry how much", "Mara Lindt", "Next 90 days")
	b.step("GET", pay+"/fairness?days=0", nil, 422)
}

// A calendar file becomes overrides once, however often it is imported.
func TestImportWithoutScript(t *testing.T) {
	b := setup(t)
	b.seed()
	const path = "/oncall/schedules/payments-primary/import"
	file := "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:On call: Tom Olsen\nDTSTART;TZID=Europe/Berlin:20261123T090000\nDURATION:P1D\nRRULE:FREQ=WEEKLY;COUNT=2\nEND:VEVENT\n" +
		"BEGIN:VEVENT\nUID:2\nSUMMARY:Cleaning\nDTSTART;VALUE=DATE:20261125\nEND:VEVENT\nBEGIN:VEVENT\nUID:3\nSUMMARY:Odd\nDTSTART:20261125T100000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY\nEND:VEVENT\nEND:VCALENDAR"
	b.step("GET", path, nil, 200, "Preview…", `type="file"`)
	b.step("POST", path, url.Values{"text": {""}}, 422, "choose a file, or paste its text")
	b.step("POST", path, url.Values{"text": {"<html>"}}, 422, "no iCalendar file")
	b.step("POST", path, url.Values{"text": {file}, "weeks": {"8"}}, 200, "“On call: Tom Olsen”", `name="who.0" value="tom"`, `name="who.1" value=""`, "Make 2 overrides", "“Odd” was left out", "left out", "In the file")
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	part, err := m.CreateFormFile("file", "rota.ics")
	b.must(err)
	_, err = part.Write([]byte(file))
	b.must(err)
	b.must(m.WriteField("weeks", "8"))
	b.must(m.Close())
	res, err := http.Post(b.url+path, m.FormDataContentType(), &body)
	b.must(err)
	text, err := io.ReadAll(res.Body)
	b.must(err)
	if res.Body.Close(); res.StatusCode != 200 || !strings.Contains(string(text), "Make 2 overrides") {
		t.Fatalf("an uploaded file: %d", res.StatusCode)
	}
	do := url.Values{"text": {file}, "weeks": {"8"}, "do": {"import"}, "who.0": {"nobody"}, "who.1": {""}}
	b.step("POST", path, do, 422, "nobody of this handle", `value="nobody"`)
	do.Set("who.0", "tom")
	b.step("POST", path, do, 303, "/oncall/schedules/payments-primary")
	b.step("POST", path, do, 422, "Nothing is left to import")
	b.step("GET", "/oncall/schedules/payments-primary", nil, 200, "Tom Olsen for everybody", "On call: Tom Olsen")
	do.Set("do", "look")
	b.step("POST", path, do, 200, "2 there already", "Make 0 overrides")
}

// Roles see what they may do, and what is managed in git is edited there.
func TestRolesAndGit(t *testing.T) {
	b := setup(t)
	b.seed()
	const pay = "/oncall/schedules/payments-primary"
	b.look("priya", actor.Responder)
	b.step("GET", pay, nil, 200, "Override…", "!Edit…", "!/end\"")
	b.step("GET", pay+"/edit", nil, 403)
	b.step("GET", "/oncall/schedules/new", nil, 403)
	b.step("POST", "/oncall/schedules/new", form("do", "save"), 403)
	b.step("POST", "/oncall/schedules/new", form("do", "add"), 403)
	b.step("POST", "/oncall/covers/COV-1/end", nil, 403)
	b.look("omar", actor.Auditor)
	b.step("GET", pay, nil, 200, "!Override…", "!Put somebody in", "!data-ek-cover")
	b.step("GET", "/oncall/mine", nil, 200, "!I am away", "!Offer…")
	for _, path := range []string{"/cover", "/swap", "/import"} {
		b.step("GET", pay+path, nil, 403)
		b.step("POST", pay+path, url.Values{}, 403)
	}
	b.look("mara", actor.Manager)
	b.step("POST", "/oncall/schedules/search-hours/delete", nil, 303)
	code := "apiVersion: evenkeel/v1\nkind: Schedule\nmetadata: {name: search-hours}\nspec: {zone: Europe/Oslo, layers: [{start: \"2026-01-05T09:00\", every: P1W, shifts: [[lena]]}]}\n"
	if _, err := b.code.Apply(b.as("mara", actor.Manager), ascode.Input{Files: []ascode.File{{Path: "a.yaml", Content: code}}, Commit: "0123456789abcdef"}); err != nil {
		t.Fatal(err)
	}
	b.step("GET", "/oncall/schedules/search-hours", nil, 200, "Managed in git, commit 0123456789ab", "!Edit…", "Override…")
	b.step("GET", "/oncall/schedules/search-hours/edit", nil, 409)
	b.step("GET", "/oncall/schedules", nil, 200, "git")
}

// Nobody on call now is the one notice of the page.
func TestGapNow(t *testing.T) {
	b := setup(t)
	b.seed()
	b.set("2026-11-23 10:00")
	b.step("GET", "/oncall/schedules/search-hours", nil, 200, "Nobody is on call now.", "until 30 Nov 09:00", "Put somebody in…")
	b.step("GET", "/oncall", nil, 200, "Nobody</span>")
	if _, err := b.Cover(b.as("mara", actor.Manager), "search-hours", oncall.NewCover{Person: "mara", From: at("2026-11-23 10:00"), To: at("2026-11-23 16:00")}); err != nil {
		t.Fatal(err)
	}
	b.step("GET", "/oncall/schedules/search-hours", nil, 200, "!Nobody is on call now.", "stands in", "You")
	b.step("GET", "/oncall", nil, 200, "You are on call")
	r, err := http.Get(b.url + "/oncall/feeds/ekcal_wrong.ics")
	b.must(err)
	r.Body.Close()
	if r.StatusCode != 404 {
		t.Errorf("a wrong feed: %d", r.StatusCode)
	}
}
