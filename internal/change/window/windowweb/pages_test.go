package windowweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// TestWindowByForm adds, previews, edits and deletes a window by its forms.
func TestWindowByForm(t *testing.T) {
	b := setup(t)
	form := []string{"name", "payday", "title", "Payday weekend", "kind", "freeze", "zone", "Europe/Berlin", "start", "2026-10-16T18:00", "duration", "P2DT12H", "repeat", "FREQ=WEEKLY;BYDAY=FR", "services", "checkout, payments", "allows.emergency", "on", "allows.rollback", "on"}
	status, body := b.post("/changes/windows/new", append(form, "action", "preview")...)
	if status != 200 || !strings.Contains(body, "Fri 18:00 to Mon") || !strings.Contains(body, "Nothing is saved yet") {
		t.Fatalf("preview: %d %s", status, body)
	}
	if _, err := b.Get(b.ctx(), "payday"); !errs.Is(err, errs.NotFound) {
		t.Fatalf("a preview stores: %v", err)
	}
	if status, _ := b.post("/changes/windows/new", form...); status != 303 {
		t.Fatalf("add: %d", status)
	}
	w, err := b.Get(b.ctx(), "payday")
	b.must(err)
	if strings.Join(w.Spec.Scope.Services, " ") != "checkout payments" || strings.Join(w.Spec.Allows, " ") != "emergency rollback" || w.Spec.Duration != "P2DT12H" {
		t.Errorf("stored: %+v", w.Spec)
	}
	if status, body := b.get("/changes/windows/payday"); status != 200 || !strings.Contains(body, "every Fri") || !strings.Contains(body, "emergency, rollback") {
		t.Errorf("show: %d", status)
	}
	status, body = b.post("/changes/windows/payday/edit", append(form, "version", "1", "services", "checkuot, payments", "tiers", "0, x")...)
	if status != 422 || !strings.Contains(body, "give numbers from 0 to 3") || !strings.Contains(body, "Payday weekend") {
		t.Errorf("a wrong tier: %d", status)
	}
	wrong := append([]string{}, form...)
	wrong[15] = "checkuot"
	if status, body := b.post("/changes/windows/payday/edit", append(wrong, "version", "1")...); status != 422 || !strings.Contains(body, "no such service") {
		t.Errorf("a wrong service: %d", status)
	}
	changed := append([]string{}, form...)
	changed[3] = "Payday"
	if status, _ := b.post("/changes/windows/payday/edit", append(changed, "version", "1")...); status != 303 {
		t.Errorf("edit: %d", status)
	}
	if status, body := b.post("/changes/windows/payday/edit", append(form, "version", "1")...); status != 422 || !strings.Contains(body, "Now it is: Payday") {
		t.Errorf("an edit of an old version: %d", status)
	}
	if status, _ := b.post("/changes/windows/payday/delete"); status != 303 {
		t.Errorf("delete: %d", status)
	}
	if status, _ := b.get("/changes/windows/payday"); status != 404 {
		t.Errorf("deleted: %d", status)
	}
}

// TestWhatTheCalendarSays: changes, what holds them, what is broken, and a way
// out of a collision that one click takes.
func TestWhatTheCalendarSays(t *testing.T) {
	b := setup(t)
	b.seed()
	status, body := b.get("/changes/calendar")
	for _, want := range []string{"12–18 October 2026", "Collision today 14:00–14:30:", "CHG-320 on payments and CHG-315 on checkout", "Same call path", "Move CHG-320 to 14:30", "Freeze: Payday weekend", "INC-143 P2", "INC-145 P3, open", "held by Payday weekend", "collision 14:00", "Wednesday 14 October · today"} {
		if !strings.Contains(body, want) {
			t.Errorf("%d: the calendar lacks %q", status, want)
		}
	}
	if strings.Contains(body, "style=") || strings.Contains(body, "<script>") {
		t.Error("inline style or script")
	}
	_, rest, _ := strings.Cut(body, `action="/changes/calendar/move?`)
	query, _, _ := strings.Cut(rest, `"`)
	q, err := url.ParseQuery(strings.ReplaceAll(query, "&amp;", "&"))
	b.must(err)
	if status, _ := b.post("/changes/calendar/move?" + q.Encode()); status != http.StatusSeeOther || b.moved != "320 2026-10-14T12:30:00Z 2026-10-14T13:00:00Z" {
		t.Errorf("move: %d, %q", status, b.moved)
	}
	if status, _ := b.post("/changes/calendar/move?change=x"); status != 422 {
		t.Errorf("a wrong move: %d", status)
	}
	if _, body := b.get("/changes/calendar?service=search"); strings.Contains(body, "cert renewal") || !strings.Contains(body, "reindex") {
		t.Error("the choice of a service does not hold")
	}
	for path, want := range map[string]int{"?from=2026-13-01": 422, "?from=9999-01-01": 422, "?from=2026-12-31&days=14": 200, "?days=x": 200, "?team=nobody": 200} {
		if status, _ := b.get("/changes/calendar" + path); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	b.role = actor.Auditor
	if _, body := b.get("/changes/calendar"); strings.Contains(body, "Move CHG") || strings.Contains(body, "New change") {
		t.Error("who only reads is offered to move changes")
	}
	if status, _ := b.post("/changes/windows/new", "name", "x", "kind", "freeze", "zone", "UTC", "start", "2026-10-16T18:00", "duration", "PT1H"); status != 403 {
		t.Errorf("who only reads adds a window: %d", status)
	}
}

// TestCalendarLinks makes a link, shows its address once, and ends it.
func TestCalendarLinks(t *testing.T) {
	b := setup(t)
	status, body := b.post("/changes/calendar/links", "team", "payments")
	if status != 200 || !strings.Contains(body, "https://keel.example.com/changes/feeds/") || !strings.Contains(body, "team payments") {
		t.Fatalf("make: %d", status)
	}
	if _, body := b.get("/changes/calendar/links"); strings.Contains(body, "/changes/feeds/") {
		t.Error("the address is shown again")
	}
	if status, body := b.post("/changes/calendar/links", "service", "nope"); status != 422 || !strings.Contains(body, "no such service") {
		t.Errorf("a wrong service: %d", status)
	}
	if status, _ := b.post("/changes/calendar/links/end", "team", "payments"); status != 303 {
		t.Errorf("end: %d", status)
	}
}
