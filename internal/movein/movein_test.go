package movein

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

// The other side is busy, goes in circles, points elsewhere, or says nonsense.
func TestFetcher(t *testing.T) {
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		switch r.URL.Path {
		case "/busy":
			if n < 4 {
				w.WriteHeader([]int{429, 500, 503}[n-1])
				return
			}
			_, _ = w.Write([]byte(`{"next":""}`))
		case "/down":
			w.WriteHeader(502)
		case "/circle":
			_, _ = w.Write([]byte(`{"next":"/circle"}`))
		case "/away":
			_, _ = w.Write([]byte(`{"next":"https://elsewhere.example/x"}`))
		case "/text":
			_, _ = w.Write([]byte(`<html>`))
		case "/moved":
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
		case "/huge":
			_, _ = w.Write([]byte(`"` + strings.Repeat("x", maxPage) + `"`))
		default:
			w.WriteHeader(404)
		}
	}))
	defer s.Close()
	type page struct {
		Next string `json:"next"`
	}
	for _, c := range []struct {
		path  string
		kind  errs.Kind
		says  string
		asked int
	}{
		{"/busy", errs.Internal, "", 4},
		{"/down", errs.Unavailable, "does not answer", tries},
		{"/circle", errs.Unavailable, "circle", 1},
		{"/away", errs.Invalid, "the key is not sent there", 1},
		{"/text", errs.Invalid, "something else than expected", 1},
		{"/moved", errs.Invalid, "302", 1},
		{"/huge", errs.Invalid, "more than 32 MiB", 1},
		{"/none", errs.NotFound, "knows no", 1},
	} {
		n = 0
		f := &Fetcher{Base: s.URL, Pause: time.Microsecond}
		err := Pages(t.Context(), f, c.path, func(p page) string { return p.Next })
		if c.says == "" && err != nil || c.says != "" && (!errs.Is(err, c.kind) || !strings.Contains(err.Error(), c.says)) || f.Asked() != c.asked {
			t.Errorf("%s: %v after %d requests", c.path, err, f.Asked())
		}
	}
	if err := (&Fetcher{Base: "api.example.com"}).Get(t.Context(), "/x", nil); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "x": 0, "-1": 0, now.Add(time.Minute).Format(http.TimeFormat): time.Minute} {
		if got := retryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func TestNames(t *testing.T) {
	d := New("X", time.Time{})
	for _, c := range [][3]string{{"1", "Payments Primary", "payments-primary"}, {"2", "payments_primary!", "payments-primary-2"}, {"1", "other", "payments-primary"},
		{"3", "日本", "team-3"}, {"4", "Größe", "groesse"}, {"5", strings.Repeat("a", 100), strings.Repeat("a", 60)}, {"6", strings.Repeat("a", 100), strings.Repeat("a", 60) + "-2"}} {
		if got := d.Name("team", c[0], c[1]); got != c[2] {
			t.Errorf("%v became %s", c, got)
		}
	}
	d.Meet([]Person{{ID: "a", Email: "Mara@x.example"}, {ID: "b", Email: "mara@y.example"}, {ID: "c", Name: "Tom Lee"}, {ID: "d"}}, []Account{{"m", "mara@x.example"}})
	var handles []string
	for _, p := range d.People {
		handles = append(handles, p.Handle)
	}
	if diff := cmp.Diff([]string{"m", "mara", "person", "tom-lee"}, handles); diff != "" {
		t.Error(diff)
	}
}

// A rotation that is anchored long ago begins with the turn that runs, by the
// clock on the wall, whatever the season.
func TestFirst(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		anchor, start string
		turn          time.Duration
		first         string
		skip          int
		early         bool
	}{
		{"2026-01-05T09:00:00+01:00", "2026-01-05T09:00:00+01:00", week, "2026-01-05T09:00", 0, false},
		{"2026-01-05T09:00:00+01:00", "2026-07-06T09:00:00+02:00", week, "2026-07-06T09:00", 26 % 3, false},
		{"2026-01-05T09:00:00+01:00", "2026-07-08T12:00:00+02:00", week, "2026-07-06T09:00", 26 % 3, true},
		{"2026-07-06T09:00:00+02:00", "2026-01-05T09:00:00+01:00", week, "2026-07-06T09:00", 0, false},
		{"2026-03-28T00:00:00+01:00", "2026-03-29T12:00:00+02:00", 12 * time.Hour, "2026-03-29T01:00", 2, true},
	} {
		first, skip, early := First(at(c.anchor), at(c.start), c.turn, 3, loc)
		if c.turn < 24*time.Hour {
			if skip != c.skip || !early {
				t.Errorf("%+v: %s %d %v", c, first, skip, early)
			}
			continue
		}
		if first != c.first || skip != c.skip || early != c.early {
			t.Errorf("%+v: %s %d %v", c, first, skip, early)
		}
	}
}

func TestWeekly(t *testing.T) {
	got := Weekly(4*86400+18*3600, 63*3600) // Friday 18:00 to Monday 09:00
	want := []oncall.WindowSpec{{Days: []string{"fri"}, From: "18:00", To: "24:00"}, {Days: []string{"sat", "sun"}, From: "00:00", To: "24:00"}, {Days: []string{"mon"}, From: "00:00", To: "09:00"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if Weekly(0, 7*86400) != nil || Daily(3600, 86400) != nil || Daily(0, -1) != nil {
		t.Error("a whole week or day restricts something")
	}
	if got := Daily(22*3600, 8*3600); got[0].From != "22:00" || got[0].To != "06:00" {
		t.Errorf("%v", got)
	}
}
