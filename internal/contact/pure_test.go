package contact

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
)

func date(t *testing.T, zone, text string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestQuiet(t *testing.T) {
	const berlin = "Europe/Berlin"
	night := Quiet{"22:00", "07:00"}
	for name, tc := range map[string]struct {
		q     Quiet
		now   string
		until string // "" = not quiet
	}{
		"day":                  {night, "2026-03-06 12:00", ""},
		"evening":              {night, "2026-03-06 23:00", "2026-03-07 07:00"},
		"early":                {night, "2026-03-06 03:00", "2026-03-06 07:00"},
		"begins":               {night, "2026-03-06 22:00", "2026-03-07 07:00"},
		"ended":                {night, "2026-03-06 07:00", ""},
		"afternoon":            {Quiet{"12:00", "14:00"}, "2026-03-06 13:00", "2026-03-06 14:00"},
		"none":                 {Quiet{}, "2026-03-06 03:00", ""},
		"summer time begins":   {night, "2026-03-29 01:30", "2026-03-29 07:00"},
		"ends in missing hour": {Quiet{"22:00", "02:30"}, "2026-03-29 01:30", "2026-03-29 03:00"},
		"begins in it":         {Quiet{"02:30", "05:00"}, "2026-03-29 03:00", "2026-03-29 05:00"},
		"winter time begins":   {night, "2026-10-25 01:30", "2026-10-25 07:00"},
	} {
		got := tc.q.until(berlin, date(t, berlin, tc.now))
		want := time.Time{}
		if tc.until != "" {
			want = date(t, berlin, tc.until)
		}
		if !got.Equal(want) {
			t.Errorf("%s: at %s quiet until %v, want %v", name, tc.now, got, want)
		}
	}
}

// Whatever the zone and the hours: quiet hours end after now and within a day
// and an hour, and at their end it is not quiet any more.
func TestQuietEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		zone := []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "UTC"}[r.IntN(7)]
		q := Quiet{fmt.Sprintf("%02d:%02d", r.IntN(24), r.IntN(60)), fmt.Sprintf("%02d:%02d", r.IntN(24), r.IntN(60))}
		now := time.Unix(1577836800+r.Int64N(15*365*86400), 0).UTC()
		until := q.until(zone, now)
		if until.IsZero() {
			continue
		}
		if !until.After(now) || until.Sub(now) > 25*time.Hour {
			t.Fatalf("%v in %s at %s until %s", q, zone, now, until)
		}
		if again := q.until(zone, until); !again.IsZero() && again.Sub(until) > 23*time.Hour {
			t.Fatalf("%v in %s: at its end %s it is quiet until %s", q, zone, until, again)
		}
		if next := nextClock(zone, q.To, now); next.IsZero() || !next.After(now) || next.Sub(now) > 49*time.Hour {
			t.Fatalf("%s in %s after %s is %s", q.To, zone, now, next)
		}
	}
}

func TestLegsKeepTheirForm(t *testing.T) {
	legs := []Leg{{By: "webpush"}, {By: "sms/Work phone", After: 2 * time.Minute}, {By: "channel:ops", After: 5 * time.Second}, {By: "email"}}
	if d := cmp.Diff(legs, parseLegs(formatLegs(legs))); d != "" {
		t.Errorf("stored and read: %s", d)
	}
	if d := cmp.Diff([]Leg{{By: "email"}, {By: "channel:ops"}}, parseLegs("email\nchannel:ops")); d != "" {
		t.Errorf("as it was stored before: %s", d)
	}
	for d, want := range map[time.Duration]string{0: "", time.Minute: "PT1M", 90 * time.Second: "PT1M30S", time.Hour: "PT1H", 3605 * time.Second: "PT1H5S"} {
		got := Span(d)
		back, err := ParseSpan(got)
		if got != want || err != nil || back != d {
			t.Errorf("%v is %q, want %q; read back %v, %v", d, got, want, back, err)
		}
	}
	for _, bad := range []string{"2m", "PT", "PT-2M", "P1D", "PTNaNS", "PT2X"} {
		if d, err := ParseSpan(bad); err == nil {
			t.Errorf("%q is read as %v", bad, d)
		}
	}
}

func TestWays(t *testing.T) {
	now := date(t, "Europe/Berlin", "2026-03-06 23:00")
	end := date(t, "Europe/Berlin", "2026-03-07 07:00").UTC()
	on := time.Unix(1, 0)
	methods := []Method{{ID: 1, Kind: notify.WebPush, Label: "Phone", Verified: on}, {ID: 2, Kind: notify.WebPush, Label: "Laptop", Verified: on},
		{ID: 3, Kind: notify.SMS, Label: "Work", Verified: on}, {ID: 4, Kind: notify.SMS, Label: "Home"}}
	r := Rules{P1: []Leg{{By: "webpush"}, {By: "sms", After: 2 * time.Minute}, {By: "voice", After: 5 * time.Minute}}, P3: []Leg{{By: "webpush/laptop"}}, P4: []Leg{},
		Other: []Leg{{By: "email"}}, Zone: "Europe/Berlin", Quiet: Quiet{"22:00", "07:00"}}
	push := []notify.Way{{Method: 1, Kind: notify.WebPush}, {Method: 2, Kind: notify.WebPush}, {Method: 3, Kind: notify.SMS, After: 2 * time.Minute}}
	for name, tc := range map[string]struct {
		need notify.Need
		want []notify.Way
	}{
		"P1 comes through quiet hours":   {notify.Need{Urgent: true, Priority: "P1"}, push},
		"P2 as P1":                       {notify.Need{Urgent: true, Priority: "P2"}, push},
		"urgent without a priority":      {notify.Need{Urgent: true}, push},
		"P3 has legs of its own":         {notify.Need{Urgent: true, Priority: "P3"}, []notify.Way{{Method: 2, Kind: notify.WebPush, From: end}}},
		"and also when it wakes nobody":  {notify.Need{Priority: "P3"}, []notify.Way{{Method: 2, Kind: notify.WebPush, From: end}}},
		"an update on a P1 waits":        {notify.Need{Priority: "P1"}, []notify.Way{{Kind: notify.Email, From: end}}},
		"nothing of P4":                  {notify.Need{Priority: "P4"}, []notify.Way{}},
		"but what wakes always arrives":  {notify.Need{Urgent: true, Priority: "P4"}, []notify.Way{{Kind: notify.Email, From: end}}},
		"something else waits till then": {notify.Need{}, []notify.Way{{Kind: notify.Email, From: end}}},
	} {
		if d := cmp.Diff(tc.want, r.ways(tc.need, methods, now)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestAddresses(t *testing.T) {
	push := `{"endpoint":"https://push.example/abc","keys":{"p256dh":"BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM","auth":"tBHItJI5svbpez7KI4CCXg"}}`
	for _, tc := range []struct {
		kind       notify.ChannelKind
		in         string
		to, masked string // "" = refused
	}{
		{notify.SMS, "+49 (40) 123-4567", "+49401234567", "+49 ••• 67"},
		{notify.Voice, "0049 40 1234567", "+49401234567", "+49 ••• 67"},
		{notify.SMS, "040 1234567", "", ""},
		{notify.SMS, "+49 phone", "", ""},
		{notify.Email, "Mara <mara@harbour.example>", "mara@harbour.example", "m•••@harbour.example"},
		{notify.Email, "jonasberg", "", ""},
		{notify.Ntfy, "https://ntfy.example/mara-x7", "https://ntfy.example/mara-x7", "ntfy.example/•••"},
		{notify.Ntfy, "https://ntfy.example/", "", ""},
		{notify.Ntfy, "https://user:pw@ntfy.example/t", "", ""},
		{notify.WebPush, push, push, "push.example"},
		{notify.WebPush, `{"endpoint":"https://push.example/abc","keys":{}}`, "", ""},
		{notify.WebPush, `{"endpoint":"file:///etc/passwd","keys":{}}`, "", ""},
		{"pigeon", "x", "", ""},
	} {
		a, err := read(tc.kind, tc.in, "")
		if (err == nil) != (tc.to != "") {
			t.Errorf("%s %q: %v", tc.kind, tc.in, err)
			continue
		}
		if err != nil {
			if strings.Contains(err.Error(), tc.in) && tc.kind != "pigeon" {
				t.Errorf("the error repeats a personal address: %v", err)
			}
			continue
		}
		if a.To != tc.to || a.mask(tc.kind) != tc.masked {
			t.Errorf("%s %q: %q, shown as %q", tc.kind, tc.in, a.To, a.mask(tc.kind))
		}
	}
}

func TestCheck(t *testing.T) {
	known := func(name string) (bool, error) { return name == "ops", nil }
	good := Rules{P1: []Leg{{By: "webpush"}, {By: "sms/Work phone", After: time.Minute}, {By: "channel:ops"}}, Other: []Leg{}, Zone: "Europe/Berlin", Quiet: Quiet{"22:00", "07:00"}, TestAt: "08:00"}
	if err := good.check(known); err != nil {
		t.Errorf("good rules: %v", err)
	}
	for field, change := range map[string]func(r *Rules){
		"p1":             func(r *Rules) { r.P1 = nil },
		"p2":             func(r *Rules) { r.P2 = []Leg{} },
		"p1[0].by":       func(r *Rules) { r.P1 = []Leg{{By: "pigeon"}} },
		"p1[1].by":       func(r *Rules) { r.P1 = []Leg{{By: "email"}, {By: "EMAIL"}} },
		"p3[0].by":       func(r *Rules) { r.P3 = []Leg{{By: "channel:gone"}} },
		"p4[0].by":       func(r *Rules) { r.P4 = []Leg{{By: "channel:"}} },
		"p1[0].after":    func(r *Rules) { r.P1 = []Leg{{By: "email", After: 2 * time.Hour}} },
		"other[0].after": func(r *Rules) { r.Other = []Leg{{By: "email", After: time.Minute}} },
		"quiet.from":     func(r *Rules) { r.Quiet.From = "9 pm" },
		"quiet.to":       func(r *Rules) { r.Quiet.To = "22:00" },
		"zone":           func(r *Rules) { r.Zone = "Berlin" },
		"self_test":      func(r *Rules) { r.TestAt = "8:00" },
	} {
		r := good
		change(&r)
		err := r.check(known)
		if f := errs.As(err); f == nil || len(f.Fields) == 0 || f.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// Code that is written from rules gives the same rules again.
func TestCodeRoundTrip(t *testing.T) {
	for _, r := range []Rules{
		Default(),
		{P1: []Leg{{By: "email"}}, P2: []Leg{{By: "sms", After: time.Minute}}, P4: []Leg{}, Other: []Leg{}, Zone: "UTC", Quiet: Quiet{"22:00", "07:00"}, TestAt: "08:00"},
		{P1: []Leg{{By: "webpush"}, {By: "voice", After: 90 * time.Second}}, P3: []Leg{{By: "email"}}, Other: []Leg{{By: "email"}, {By: "channel:ops"}}},
	} {
		back, err := specOf(r).Rules()
		if err != nil || !same(r, back) {
			t.Errorf("%+v became %+v (%v)", r, back, err)
		}
	}
}
