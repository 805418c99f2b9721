package moveintest

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/movein"
)

// Importer is what tests of one importer need of it; A is its account.
type Importer[A any] struct {
	Header        http.Header // as the importer sends it
	Authorization string      // what the system expects
	Read          func(ctx context.Context, f *movein.Fetcher) (*A, error)
	Map           func(a *A, here []movein.Account, now time.Time) *movein.Draft
}

var now = time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC)

// Test reads testdata/api over the API, maps it with one person who is here
// already, and compares each file written with testdata/files. An export file
// is the same lists and must give the same.
func (i Importer[A]) Test(t *testing.T) {
	t.Helper()
	s := Serve(t, "testdata/api", i.Authorization)
	a, err := i.Read(t.Context(), &movein.Fetcher{Base: s.URL, Header: i.Header})
	if err != nil {
		t.Fatal(err)
	}
	here := []movein.Account{{Handle: "mara", Email: "mara@harbour.example"}, {Handle: "jonas", Email: "another@harbour.example"}}
	Golden(t, "testdata/files", i.Map(a, here, now))

	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	exported := new(A)
	if err := json.Unmarshal(text, exported); err != nil {
		t.Fatal(err)
	}
	Golden(t, "testdata/files", i.Map(exported, here, now))
}

// strange is an account with what importers stumble over, in the words of
// every system they read.
const strange = `{"users":[{"id":"u","email":"x@y"}],"schedules":[{"id":"s","name":"\u0000","shifts":["o"],"schedule_layers":[{"users":[{"user":{"id":"u"}}],"rotation_turn_length_seconds":3600,"restrictions":[{"type":"weekly_restriction","start_time_of_day":"25:00:00","duration_seconds":-1,"start_day_of_week":99}]}],"rotations":[{"type":"weekly","participants":[{"type":"user","id":"u"}],"timeRestriction":{"type":"weekday-and-time-of-day","restrictions":[{"startDay":"friday","endDay":"monday"}]}}]}],"on_call_shifts":[{"id":"o","type":"rolling_users","start":"2026-01-05T09:00:00","frequency":"weekly","duration":-5,"by_day":["MO","XX"],"rolling_users":[["u","u"],[]]}]}`

// Fuzz maps export files of any content: it never fails, and what it writes is
// sound.
func (i Importer[A]) Fuzz(f *testing.F) {
	f.Helper()
	f.Add([]byte(`{"users":[{"id":"a"}]}`))
	f.Add([]byte(strange))
	f.Fuzz(func(t *testing.T, text []byte) {
		a := new(A)
		if json.Unmarshal(text, a) != nil {
			return
		}
		d := i.Map(a, nil, now)
		if _, err := d.Files(); err != nil {
			t.Fatal(err)
		}
		Sound(t, d)
	})
}
