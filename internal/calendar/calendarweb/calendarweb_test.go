package calendarweb_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/ascode/ascodeweb"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/calendar/calendarweb"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/web"
)

// The pages of calendars and of everything as code, as a manager sees them.
func TestStory(t *testing.T) {
	d := dbtest.SQLite(t)
	s := calendar.New(d)
	code := ascode.New(d, calendar.AsCode(s))
	shell, mux := &web.Shell{Org: "Harbour & Co"}, http.NewServeMux()
	add := func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) }
	(&calendarweb.Pages{Shell: shell, Calendars: s}).Routes(add)
	(&ascodeweb.Pages{Shell: shell, Code: code, Names: func(context.Context, []int64) (map[int64]string, error) {
		return map[int64]string{1: "Mara Lindt"}, nil
	}}).Routes(add)
	who := actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Manager, Name: "Mara Lindt"}
	step := func(method, path string, form url.Values, status int, says ...string) {
		t.Helper()
		r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), who)))
		text := w.Header().Get("Location") + w.Body.String()
		if w.Code != status {
			t.Fatalf("%s %s: %d, want %d\n%s", method, path, w.Code, status, text)
		}
		for _, s := range says {
			if not := strings.HasPrefix(s, "!"); strings.Contains(text, strings.TrimPrefix(s, "!")) == not {
				t.Errorf("%s %s: want %q", method, path, s)
			}
		}
	}
	step("GET", "/settings/as-code", nil, 200, "Nothing is managed in git yet", "/schemas/businesscalendar.json")
	step("GET", "/settings/calendars", nil, 200, "Office hours", "Mon–Fri 09:00-17:00", "Around the clock", "built in", "Add a calendar…")
	step("GET", "/settings/calendars/business", nil, 200, "4 business hours", "Clocks run on every holiday", "Edit…", "!Delete…")
	step("GET", "/settings/calendars/always", nil, 200, "Open now", "!Edit…")
	step("GET", "/settings/calendars/always/edit", nil, 409)
	step("GET", "/settings/calendars/new", nil, 200, `value="09:00-17:00"`)
	form := url.Values{"name": {"berlin"}, "zone": {"Europe/Brelin"}, "monday": {"09:00–12:00; 13-17"}, "holidays": {"2026-12-25 Christmas Day\r\n\r\n26.12.2026"}}
	step("POST", "/settings/calendars/new", form, 422, "use an IANA time zone", "“13-17”: write hours like", "“26.12.2026”: use a date like")
	form = url.Values{"name": {"berlin"}, "zone": {"Europe/Berlin"}, "monday": {"09:00–12:00, 13:00-17:00"}, "holidays": {"2999-12-25 Christmas Day\r\n2020-01-01"}}
	step("POST", "/settings/calendars/new", form, 303, "/settings/calendars/berlin")
	step("GET", "/settings/calendars/berlin", nil, 200, "09:00-12:00, 13:00-17:00", "Christmas Day", "1 past holiday", "closed")
	step("GET", "/settings/calendars/berlin/edit", nil, 200, "2999-12-25 Christmas Day")
	form.Set("version", "1")
	form.Set("monday", "")
	step("POST", "/settings/calendars/berlin/edit", form, 303, "/settings/calendars/berlin")
	step("GET", "/settings/calendars/berlin", nil, 200, "never")
	form.Set("tuesday", "10:00-11:00")
	step("POST", "/settings/calendars/berlin/edit", form, 422, "version 2", `value="10:00-11:00"`, "Now it is empty", `name="version" value="2"`)
	form.Set("version", "2")
	step("POST", "/settings/calendars/berlin/edit", form, 303, "/settings/calendars/berlin")
	step("GET", "/settings/calendars/berlin", nil, 200, "10:00-11:00")
	step("GET", "/settings/calendars/berlin?delete=1", nil, 200, "Delete the calendar berlin?")
	step("POST", "/settings/calendars/berlin/delete", nil, 303, "/settings/calendars")
	step("GET", "/settings/calendars/berlin", nil, 404)

	file := ascode.File{Path: "a.yaml", Content: "apiVersion: evenkeel/v1\nkind: BusinessCalendar\nmetadata: {name: oslo}\nspec: {zone: Europe/Oslo}\n"}
	if _, err := code.Apply(actor.With(t.Context(), who), ascode.Input{Files: []ascode.File{file}, Commit: "0123456789abcdef"}); err != nil {
		t.Fatal(err)
	}
	step("GET", "/settings/as-code", nil, 200, "0123456789ab", "1 created", "Mara", "/settings/calendars/oslo")
	step("GET", "/settings/as-code?kind=BusinessCalendar&after=oslo", nil, 200, "Nothing at the moment")
	step("GET", "/settings/as-code?before=x", nil, 422)
	step("GET", "/settings/calendars/oslo", nil, 200, "Managed in git, commit 0123456789ab", "!Edit…")
	step("GET", "/settings/calendars/oslo/edit", nil, 409)
	who.Role = actor.Requester
	step("GET", "/settings/calendars", nil, 200, "!Add a calendar…")
	step("GET", "/settings/calendars/new", nil, 403)
	step("POST", "/settings/calendars/new", form, 403)
}
