package notify

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var t0 = time.Date(2026, 3, 6, 14, 0, 0, 0, time.UTC)

func TestRecipients(t *testing.T) {
	mara := Member{Person: 1, Email: "mara@harbour.example", TeamRole: "lead"}
	jonas := Member{Person: 2, Email: "jonas@harbour.example", TeamRole: "member"}
	priya := Member{Person: 3, Email: "priya@harbour.example", TeamRole: "manager"}
	tom := Member{Person: 4, TeamRole: "member"} // no address
	lena := Member{Person: 5, Email: "lena@harbour.example", TeamRole: "member", Disabled: true}
	ops := Channel{Name: "ops", Spec: ChannelSpec{Kind: Slack, Team: "payments", Urgency: TakesAll}}
	pager := Channel{Name: "pager", Spec: ChannelSpec{Kind: Webhook, Team: "payments", Urgency: TakesUrgent}}
	other := Channel{Name: "other", Spec: ChannelSpec{Kind: Slack, Team: "search", Urgency: TakesAll}}
	off := Channel{Name: "off", Spec: ChannelSpec{Kind: Slack, Team: "payments", Urgency: TakesAll, Disabled: true}}
	list := Channel{Name: "list", Spec: ChannelSpec{Kind: Email, Team: "payments", Urgency: TakesQuiet, Addresses: []string{"a@harbour.example", "b@harbour.example"}}}
	channels := map[string]Channel{"ops": ops, "pager": pager, "other": other, "off": off, "list": list}

	for name, tc := range map[string]struct {
		n       Notice
		members []Member
		people  []Member
		ways    map[int64][]Way
		want    []string
	}{
		"members and leads by default":   {Notice{Team: "payments"}, []Member{mara, jonas, priya}, nil, nil, []string{"person:1", "person:2"}},
		"only the asked role":            {Notice{Team: "payments", TeamRoles: []string{"manager"}}, []Member{mara, jonas, priya}, nil, nil, []string{"person:3"}},
		"a named person and a member":    {Notice{Team: "payments", Persons: []int64{3, 1}}, []Member{mara}, []Member{mara, priya}, nil, []string{"person:1", "person:3"}},
		"a disabled person is not told":  {Notice{Team: "payments"}, []Member{lena, jonas}, nil, nil, []string{"person:2"}},
		"team channels by urgency":       {Notice{Team: "payments", Channels: true}, nil, nil, nil, []string{"channel:list/" + list.dest("a@harbour.example")[13:], "channel:list/" + list.dest("b@harbour.example")[13:], "channel:ops"}},
		"urgent reaches the pager":       {Notice{Team: "payments", Channels: true, Urgent: true}, nil, nil, nil, []string{"channel:ops", "channel:pager"}},
		"no address is said":             {Notice{Team: "payments"}, []Member{tom, mara}, nil, nil, []string{"person:4!", "person:1"}},
		"urgent with nobody":             {Notice{Team: "payments", Urgent: true}, nil, nil, nil, []string{"nobody:payments!"}},
		"urgent with nobody reachable":   {Notice{Team: "payments", Urgent: true}, []Member{tom}, nil, nil, []string{"person:4!", "nobody:payments!"}},
		"not urgent with nobody is fine": {Notice{Team: "payments"}, nil, nil, nil, nil},
		"own channel for what is urgent": {Notice{Team: "payments", Urgent: true}, []Member{mara}, nil, map[int64][]Way{1: {{Channel: "pager"}}}, []string{"channel:pager"}},
		"one channel told once":          {Notice{Team: "payments", Urgent: true, Channels: true}, []Member{mara, jonas}, nil, map[int64][]Way{1: {{Channel: "ops"}}, 2: {{Channel: "ops"}}}, []string{"channel:ops", "channel:pager"}},
		"own channel gone, so e-mail":    {Notice{Team: "payments", Urgent: true}, []Member{mara}, nil, map[int64][]Way{1: {{Channel: "gone"}}}, []string{"person:1"}},
		"own channel off, so e-mail":     {Notice{Team: "payments", Urgent: true}, []Member{mara}, nil, map[int64][]Way{1: {{Channel: "off"}}}, []string{"person:1"}},
		"wants nothing that can wait":    {Notice{Team: "payments"}, []Member{mara}, nil, map[int64][]Way{1: {}}, nil},
		"legs of what is urgent":         {Notice{Team: "payments", Urgent: true}, []Member{tom}, nil, map[int64][]Way{4: {{Method: 7, Kind: WebPush}, {Method: 8, Kind: SMS, After: 2 * time.Minute}}}, []string{"person:4/method:7", "person:4/method:8"}},
		"no later legs of what can wait": {Notice{Team: "payments"}, []Member{tom}, nil, map[int64][]Way{4: {{Method: 7, Kind: WebPush}, {Method: 8, Kind: SMS, After: 2 * time.Minute}}}, []string{"person:4/method:7"}},
		"both methods":                   {Notice{Team: "payments", Urgent: true}, []Member{mara}, nil, map[int64][]Way{1: {ByEmail, {Channel: "pager"}}}, []string{"person:1", "channel:pager"}},
	} {
		var got []string
		for _, r := range recipients(tc.n, tc.members, tc.people, tc.ways, channels) {
			s := r.dest
			if r.lack != "" {
				s += "!"
			}
			if (r.lack != "") != (r.via == "") {
				t.Errorf("%s: %s has via %q and lack %q", name, r.dest, r.via, r.lack)
			}
			got = append(got, s)
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestBackoff(t *testing.T) {
	for n, max := range map[int]time.Duration{1: 2 * time.Second, 2: 4 * time.Second, 5: 32 * time.Second, 9: 512 * time.Second, 10: 10 * time.Minute, 1000: 10 * time.Minute} {
		if got := backoff(n, 0, 0); got != max/2 {
			t.Errorf("attempt %d: least %v, want %v", n, got, max/2)
		}
		if got := backoff(n, 0, 0.999999); got > max || got < max-max/1000 {
			t.Errorf("attempt %d: most %v, want about %v", n, got, max)
		}
	}
	if got := backoff(1, 90*time.Second, 0.5); got != 90*time.Second {
		t.Errorf("asked for 90 s: %v", got)
	}
	if got := backoff(1, 24*time.Hour, 0.5); got != time.Hour {
		t.Errorf("asked for a day: %v, want an hour at most", got)
	}
}

func TestAfter(t *testing.T) {
	expires := t0.Add(time.Minute)
	for _, tc := range []struct {
		o    Outcome
		n    int
		want State
	}{{WasSent, 1, Sent}, {WasRefused, 1, Dead}, {WasFailed, 1, Queued}, {WasFailed, 9, Dead}, {WasUnknown, 1, Queued}} {
		got, due := after(tc.o, tc.n, 0, t0, expires, 0.5)
		if got != tc.want || (got == Queued) == due.IsZero() {
			t.Errorf("%s at attempt %d: %s due %v, want %s", tc.o, tc.n, got, due, tc.want)
		}
	}
}

// A flood of others must not delay an urgent message by a moment, and the
// overall pace must hold.
func TestLanes(t *testing.T) {
	var l lanes
	var whens []time.Duration
	for range 20 {
		var when time.Time
		l, when = l.place(t0, 60, false)
		whens = append(whens, when.Sub(t0))
	}
	for i, w := range whens {
		if want := max(0, time.Duration(i-burst+1)*time.Second); w != want {
			t.Errorf("message %d goes after %v, want %v", i, w, want)
		}
	}
	l, urgent := l.place(t0, 60, true)
	if !urgent.Equal(t0) {
		t.Errorf("urgent after 20 others goes at +%v, want at once", urgent.Sub(t0))
	}
	_, next := l.place(t0, 60, false)
	if want := t0.Add(17 * time.Second); !next.Equal(want) {
		t.Errorf("the next other one goes at +%v, want +17s: the urgent one counts", next.Sub(t0))
	}
	for i := range 20 {
		var when time.Time
		l, when = l.place(t0, 60, true)
		if want := max(0, time.Duration(i+1-burst+1)*time.Second); when.Sub(t0) != want {
			t.Errorf("urgent %d goes at +%v, want +%v: urgent ones keep the pace among themselves", i+2, when.Sub(t0), want)
		}
	}
	if _, when := l.place(t0.Add(time.Hour), 60, false); !when.Equal(t0.Add(time.Hour)) {
		t.Error("after a pause a message goes at once")
	}
}

func TestChannelCheck(t *testing.T) {
	good := ChannelSpec{Kind: Webhook, Team: "payments", URL: "https://pager.harbour.example/in", Secret: NewSecret()}
	if err := good.check("pager"); err != nil || good.Urgency != TakesAll {
		t.Errorf("a good channel: %v, urgency %q", err, good.Urgency)
	}
	for field, spec := range map[string]ChannelSpec{
		"kind":         {Kind: "pigeon", Team: "payments"},
		"team":         {Kind: Slack},
		"urgency":      {Kind: Slack, Team: "payments", Urgency: "loud"},
		"addresses":    {Kind: Email, Team: "payments"},
		"addresses[1]": {Kind: Email, Team: "payments", Addresses: []string{"ops@harbour.example", "ops at harbour"}},
		"url":          {Kind: Slack, Team: "payments", URL: "ftp://hooks.example/T0/SECRETPART"},
		"secret":       {Kind: Webhook, Team: "payments", Secret: "whsec_SECRETPART"},
		"per_minute":   {Kind: Slack, Team: "payments", PerMinute: -1},
	} {
		err := spec.check("ops")
		if err == nil || !cmp.Equal(fieldsOf(err), []string{field}) {
			t.Errorf("%s: %v", field, err)
		}
		if s := fmt.Sprint(err); field == "url" || field == "secret" {
			if cmp.Equal(s, "") || containsStr(s, "SECRETPART") {
				t.Errorf("%s: the error shows the secret: %s", field, s)
			}
		}
	}
	for _, name := range []string{"", "Ops", "-ops", "ops-", "o p", "ö"} {
		s := good
		if s.check(name) == nil {
			t.Errorf("name %q was taken", name)
		}
	}
}
