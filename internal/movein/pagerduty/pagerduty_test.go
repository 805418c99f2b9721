package pagerduty

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/movein"
	"github.com/evenkeel/evenkeel/internal/movein/moveintest"
)

var now = time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC)

// Read over the API, mapped with one person who is here already, and written:
// each file as it stands in testdata/files.
func TestReadAndMap(t *testing.T) {
	s := moveintest.Serve(t, "testdata/api", "Token token=secret")
	f := &movein.Fetcher{Base: s.URL, Header: Header("secret")}
	a, err := Read(t.Context(), f, now)
	if err != nil {
		t.Fatal(err)
	}
	here := []movein.Account{{Handle: "mara", Email: "mara@harbour.example"}, {Handle: "jonas", Email: "another@harbour.example"}}
	moveintest.Golden(t, "testdata/files", a.Map(here, now))

	// An export file is the same lists.
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	moveintest.Golden(t, "testdata/files", load(t, text).Map(here, now))
}

func FuzzMap(f *testing.F) {
	f.Add([]byte(`{"users":[{"id":"a"}]}`))
	f.Add([]byte(`{"users":[{"id":"u","email":"x@y"}],"schedules":[{"id":"s","name":"\u0000","shifts":["o"],"schedule_layers":[{"users":[{"user":{"id":"u"}}],"rotation_turn_length_seconds":3600,"restrictions":[{"type":"weekly_restriction","start_time_of_day":"25:00:00","duration_seconds":-1,"start_day_of_week":99}]}],"rotations":[{"type":"weekly","participants":[{"type":"user","id":"u"}],"timeRestriction":{"type":"weekday-and-time-of-day","restrictions":[{"startDay":"friday","endDay":"monday"}]}}]}],"on_call_shifts":[{"id":"o","type":"rolling_users","start":"2026-01-05T09:00:00","frequency":"weekly","duration":-5,"by_day":["MO","XX"],"rolling_users":[["u","u"],[]]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var a Account
		if json.Unmarshal(text, &a) != nil {
			return
		}
		d := a.Map(nil, now)
		if _, err := d.Files(); err != nil {
			t.Fatal(err)
		}
		moveintest.Sound(t, d)
	})
}

func load(t *testing.T, text []byte) *Account {
	t.Helper()
	a := &Account{}
	if err := json.Unmarshal(text, a); err != nil {
		t.Fatal(err)
	}
	return a
}
