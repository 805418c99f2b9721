package ical_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/connect/ical"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// calendar is a change calendar with a freeze, one without an end, and a change.
type calendar struct{}

func (calendar) Open(_ context.Context, secret string, from, to time.Time) (window.Feed, error) {
	if secret != "team" || to.Sub(from) > window.MaxLength {
		return window.Feed{}, errs.E(errs.NotFound, "there is no such calendar feed")
	}
	return window.Feed{Title: "shop", Events: []window.Event{
		{UID: "window-payday-20261016T160000Z", Span: window.Span{From: at("2026-10-16 16:00"), To: at("2026-10-19 04:00")}, Summary: "Freeze: Payday weekend", Description: "Passes: emergency", Path: "/changes/windows/payday"},
		{UID: "window-night-20261001T000000Z", Span: window.Span{From: at("2026-10-01 00:00")}, Summary: "Freeze: for good", Path: "/changes/windows/night"},
		{UID: "change-CHG-1", Span: window.Span{From: at("2026-10-14 14:00"), To: at("2026-10-14 14:45")}, Summary: "CHG-1 tax rules; part 2", Description: "checkout in production · scheduled", Path: "/changes/CHG-1"},
	}}, nil
}

// The change calendar is a feed as well, and reads back as what it shows.
func TestChangeFeed(t *testing.T) {
	mux := http.NewServeMux()
	now := at("2026-10-14 13:37")
	(&ical.ChangeDoor{Feeds: calendar{}, Base: "https://keel.harbour.example", Now: func() time.Time { return now }}).Routes(mux)
	get := func(secret string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", "/changes/feeds/"+secret+".ics", nil))
		return w
	}
	w := get("team")
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/calendar; charset=utf-8" || w.Header().Get("ETag") == "" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	golden(t, "changes.ics", w.Body.Bytes())
	events, notes, err := ical.Read(w.Body.Bytes(), berlin, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	want := []ical.Event{
		{UID: "window-night-20261001T000000Z@keel.harbour.example", From: at("2026-10-01 00:00"), To: at("2027-04-16 00:00"), Summary: "Freeze: for good", URL: "https://keel.harbour.example/changes/windows/night"},
		{UID: "change-CHG-1@keel.harbour.example", From: at("2026-10-14 14:00"), To: at("2026-10-14 14:45"), Summary: "CHG-1 tax rules; part 2", Description: "checkout in production · scheduled", URL: "https://keel.harbour.example/changes/CHG-1"},
		{UID: "window-payday-20261016T160000Z@keel.harbour.example", From: at("2026-10-16 16:00"), To: at("2026-10-19 04:00"), Summary: "Freeze: Payday weekend", Description: "Passes: emergency", URL: "https://keel.harbour.example/changes/windows/payday"},
	}
	if d := cmp.Diff(want, events, cmpopts.IgnoreFields(ical.Event{}, "Line")); d != "" {
		t.Error(d)
	}
	if w := get("other"); w.Code != 404 || w.Body.String() != "There is no such calendar feed.\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
