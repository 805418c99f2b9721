package escalation

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var t0 = time.Date(2026, 3, 1, 2, 10, 0, 0, time.UTC)

func minutes(n int) time.Time { return t0.Add(time.Duration(n) * time.Minute) }

// three is a policy of three steps: at once, after 5 and after 10 minutes.
func three() *Plan {
	person := func(n string) []Target { return []Target{{Kind: OfPerson, Name: n}} }
	return &Plan{Policy: "payments", RepeatAfter: 10 * time.Minute, AckTimeout: 30 * time.Minute, AckEscalate: 20 * time.Minute, Steps: []Step{
		{Targets: person("USR-1")}, {After: 5 * time.Minute, Targets: person("USR-2")}, {After: 10 * time.Minute, Targets: person("USR-3")}}}
}

func facts() Facts {
	return Facts{Incident: Incident{ID: 7, Key: "INC-7", Priority: "P1", Triggered: true, Pages: true, State: "triggered", Alerts: 1},
		Business: func() bool { return false }, Reach: func(n int) Reach { return Reach{People: []int64{int64(n + 1)}} },
		Last: func() Reach { return Reach{People: []int64{90}} }, Takers: func() Reach { return Reach{People: []int64{1}} }}
}

// story writes down what a ladder does by itself until a minute, and checks at
// each stop that it does nothing before its time.
func story(p *Plan, l Ladder, f Facts, until int, out *[]string) Ladder {
	for !l.NextAt.IsZero() && !l.NextAt.After(minutes(until)) {
		early, same := p.Climb(l, f, l.NextAt.Add(-time.Microsecond))
		if len(early) > 0 || same != l {
			*out = append(*out, "acted before its time")
		}
		now := l.NextAt
		var acts []Act
		acts, l = p.Climb(l, f, now)
		note(now, acts, out)
	}
	return l
}

func note(now time.Time, acts []Act, out *[]string) {
	for _, a := range acts {
		s := fmt.Sprintf("%g %s", now.Sub(t0).Minutes(), a.Kind)
		switch a.Kind {
		case ActTell, ActSkip, ActEmpty:
			s += fmt.Sprintf(" %d/%d", a.Round+1, a.Step+1)
		case ActRemind, ActNudge:
			s += fmt.Sprint(" ", a.Reach.People)
		}
		*out = append(*out, s)
	}
}

func TestClimb(t *testing.T) {
	type world struct {
		p *Plan
		f *Facts
	}
	for name, c := range map[string]struct {
		change func(w world)
		until  int
		want   string
	}{
		"nobody answers": {nil, 46, "0 tell 1/1, 5 tell 1/2, 15 tell 1/3, 25 over, 25 remind [90], 35 remind [90], 45 remind [90]"},
		"twice":          {func(w world) { w.p.Repeat = 1 }, 51, "0 tell 1/1, 5 tell 1/2, 15 tell 1/3, 25 round, 25 tell 2/1, 30 tell 2/2, 40 tell 2/3, 50 over, 50 remind [90]"},
		"first waits":    {func(w world) { w.p.Steps[0].After = 2 * time.Minute }, 8, "2 tell 1/1, 7 tell 1/2"},
		"nobody on call is passed over at once": {func(w world) {
			w.f.Reach = func(n int) Reach {
				if n == 0 {
					return Reach{Lacks: []string{"schedule night has nobody"}}
				}
				return Reach{People: []int64{int64(n + 1)}}
			}
		}, 11, "0 empty 1/1, 0 tell 1/2, 10 tell 1/3"},
		"nobody in between": {func(w world) {
			w.f.Reach = func(n int) Reach {
				if n == 1 {
					return Reach{}
				}
				return Reach{People: []int64{int64(n + 1)}}
			}
		}, 11, "0 tell 1/1, 5 empty 1/2, 10 tell 1/3"},
		"nobody at all": {func(w world) { w.p.Repeat = 3; w.f.Reach = func(int) Reach { return Reach{} } }, 11,
			"0 empty 1/1, 0 empty 1/2, 0 empty 1/3, 0 over, 0 remind [90], 10 remind [90]"},
		"condition":       {func(w world) { w.p.Steps[0].When = When{Hours: InHours} }, 1, "0 skip 1/1, 0 tell 1/2"},
		"other hours":     {func(w world) { w.p.Steps[0].When = When{Hours: OutOfHours} }, 1, "0 tell 1/1"},
		"priority":        {func(w world) { w.p.Steps[1].When = When{Priorities: []string{"P2"}} }, 10, "0 tell 1/1, 5 skip 1/2, 10 tell 1/3"},
		"service":         {func(w world) { w.p.Steps[0].When = When{Services: []string{"x"}} }, 0, "0 skip 1/1, 0 tell 1/2"},
		"few alerts":      {func(w world) { w.p.Steps[0].When = When{AlertsAtLeast: 2} }, 0, "0 skip 1/1, 0 tell 1/2"},
		"P4 never pages":  {func(w world) { w.f.Pages = false }, 60, "0 end"},
		"restricted":      {func(w world) { w.f.Restricted = true }, 60, "0 end"},
		"already over":    {func(w world) { w.f.Triggered = false }, 60, "0 end"},
		"ack gone astray": {func(w world) { w.f.Triggered, w.f.Working, w.f.Progress = false, true, minutes(3) }, 6, "0 taken"},
	} {
		t.Run(name, func(t *testing.T) {
			p, f := three(), facts()
			if c.change != nil {
				c.change(world{p, &f})
			}
			var got []string
			acts, l := p.Begin(Ladder{Incident: 7}, f, t0, "opened")
			note(t0, acts, &got)
			story(p, l, f, c.until, &got)
			if s := strings.Join(got, ", "); s != c.want {
				t.Errorf("got  %s\nwant %s", s, c.want)
			}
		})
	}
}

// TestAcknowledged: it stops, is brought up again when nothing happens, and
// then climbs anew until somebody does something.
func TestAcknowledged(t *testing.T) {
	p, f := three(), facts()
	var got []string
	_, l := p.Begin(Ladder{Incident: 7}, f, t0, "opened")
	l = p.Acknowledge(l, minutes(3))
	f.Triggered, f.Working, f.Progress = false, true, minutes(3)
	l = story(p, l, f, 60, &got)
	want := "33 nudge [1], 53 again, 53 tell 1/1, 58 tell 1/2"
	if s := strings.Join(got, ", "); s != want || l.Run != 2 {
		t.Fatalf("got  %s\nwant %s (run %d)", s, want, l.Run)
	}
	f.Progress = minutes(60) // a note
	got = nil
	l = story(p, l, f, 69, &got)
	if s := strings.Join(got, ", "); s != "68 taken" || l.State != Acknowledged {
		t.Fatalf("%s, %s", s, l.State)
	}
	// Progress puts the reminder off.
	f.Progress, got = minutes(95), nil
	l = story(p, l, f, 124, &got)
	if len(got) > 0 || !l.NextAt.Equal(minutes(125)) {
		t.Errorf("%v, next %s", got, l.NextAt)
	}
}

// TestSnoozeBetweenRounds: whoever is on call comes before leads and manager,
// also when the last step of a round was told before the snooze.
func TestSnoozeBetweenRounds(t *testing.T) {
	p, f := three(), facts()
	p.Repeat = 1
	acts, l := p.Begin(Ladder{Incident: 7}, f, t0, "opened")
	var got []string
	note(t0, acts, &got)
	l = story(p, l, f, 16, &got)
	l = story(p, l.Snooze(minutes(30), 1), f, 56, &got)
	if s := strings.Join(got, ", "); s != "0 tell 1/1, 5 tell 1/2, 15 tell 1/3, 30 wake, 30 round, 30 tell 2/1, 35 tell 2/2, 45 tell 2/3, 55 over, 55 remind [90]" {
		t.Error(s, l.State)
	}
}

func TestSnoozeAndEscalate(t *testing.T) {
	p, f := three(), facts()
	_, l := p.Begin(Ladder{Incident: 7}, f, t0, "opened")
	var got []string
	l = story(p, l.Snooze(minutes(30), 1), f, 29, &got)
	if len(got) > 0 {
		t.Fatal(got)
	}
	l = story(p, l, f, 30, &got)
	if s := strings.Join(got, ", "); s != "30 wake, 30 tell 1/2" {
		t.Fatal(s)
	}
	acts, l := p.Escalate(l, f, minutes(31))
	got = nil
	note(minutes(31), acts, &got)
	acts, l = p.Escalate(l, f, minutes(32))
	note(minutes(32), acts, &got)
	if s := strings.Join(got, ", "); s != "31 tell 1/3, 32 over, 32 remind [90]" || l.State != Reminding {
		t.Fatal(s, l.State)
	}
	// Who works on it and asks for more people keeps it.
	_, l = p.Begin(Ladder{Incident: 7}, f, t0, "opened")
	l = p.Acknowledge(l, minutes(1))
	f.Triggered, f.Working, f.Progress = false, true, minutes(1)
	acts, l = p.Escalate(l, f, minutes(2))
	got = nil
	note(minutes(2), acts, &got)
	if s := strings.Join(got, ", "); s != "2 tell 1/2" || l.State != Acknowledged || !l.NextAt.Equal(minutes(32)) {
		t.Fatal(s, l)
	}
	if _, again := p.Escalate(l.End("resolved"), f, minutes(3)); again.State != Done {
		t.Error("a ladder that is done was climbed")
	}
}

// TestModel runs random lives of random policies and holds them to what must
// never be otherwise.
func TestModel(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 7))
		p := &Plan{Repeat: r.IntN(3), RepeatAfter: 5 * time.Minute, AckTimeout: 10 * time.Minute, AckEscalate: 5 * time.Minute}
		for range 1 + r.IntN(5) {
			s := Step{After: time.Duration(r.IntN(4)) * 3 * time.Minute}
			if r.IntN(4) == 0 {
				s.When.Hours = []string{InHours, OutOfHours}[r.IntN(2)]
			}
			p.Steps = append(p.Steps, s)
		}
		f, now := facts(), t0
		f.Reach = func(n int) Reach {
			if (int(now.Unix()/600)+n+int(seed))%4 == 0 {
				return Reach{}
			}
			return Reach{People: []int64{1}}
		}
		f.Business = func() bool { return now.Hour()%2 == 0 }
		fired := map[string]bool{}
		quiet := now // since when nobody heard anything while nobody worked on it
		look := func(what string, acts []Act, l Ladder) {
			t.Helper()
			if (l.State == Done) != l.NextAt.IsZero() {
				t.Fatalf("seed %d, %s: %s with next %s", seed, what, l.State, l.NextAt)
			}
			if !l.NextAt.IsZero() && !l.NextAt.After(now) {
				t.Fatalf("seed %d, %s: the next time %s does not lie ahead of %s", seed, what, l.NextAt, now)
			}
			for _, a := range acts {
				if a.Kind == ActTell || a.Kind == ActRemind || a.Kind == ActNudge {
					key := fmt.Sprint(a.Run, a.Round, a.Step)
					if fired[key] {
						t.Fatalf("seed %d, %s: fired twice: %s", seed, what, key)
					}
					fired[key], quiet = true, now
				}
				if f.Working && what == "acknowledge" {
					t.Fatalf("seed %d: %s after acknowledging", seed, a.Kind)
				}
			}
		}
		acts, l := p.Begin(Ladder{}, f, now, "opened")
		look("begin", acts, l)
		for range 40 {
			switch k := r.IntN(12); {
			case k == 0 && f.Triggered:
				f.Triggered, f.Working, f.Progress = false, true, now
				l = p.Acknowledge(l, now)
				look("acknowledge", nil, l)
				if l.State != Acknowledged {
					t.Fatalf("seed %d: acknowledged and still %s", seed, l.State)
				}
			case k == 1 && f.Working:
				f.Progress = now
			case k == 2 && l.State != Done:
				l = l.Snooze(now.Add(15*time.Minute), 1)
				quiet = l.NextAt
			case k == 3:
				acts, l = p.Escalate(l, f, now)
				look("escalate", acts, l)
			case k == 4 && f.Working:
				f.Triggered, f.Working = true, false
				acts, l = p.Begin(l, f, now, "reopened")
				look("reopen", acts, l)
				quiet = now
			case l.State != Done:
				now = l.NextAt
				acts, l = p.Climb(l, f, now)
				look("climb", acts, l)
			}
			if most := 9*time.Minute + 5*time.Minute; f.Triggered && l.State != Done && l.State != Snoozed && l.NextAt.Sub(quiet) > most {
				t.Fatalf("seed %d: %s, nobody hears anything from %s to %s", seed, l.State, quiet, l.NextAt)
			}
			now = now.Add(time.Second)
		}
		f.Triggered, f.Working, f.State = false, false, "resolved"
		if l.State != Done {
			now = l.NextAt
			if _, l = p.Climb(l, f, now); l.State != Done {
				t.Fatalf("seed %d: the incident is resolved and the ladder %s", seed, l.State)
			}
		}
	}
}
