package alert

import (
	"testing"
	"time"
)

var t0 = time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)

func at(minutes float64) time.Time { return t0.Add(time.Duration(minutes * float64(time.Minute))) }

// TestFold is the table of cases in fold.go, one story a line. now is minute 60
// unless the step says otherwise.
func TestFold(t *testing.T) {
	trigger := func(s, e float64) Event { return span(Trigger, s, e) }
	resolve := func(s, e float64) Event { return span(Resolve, s, e) }
	type want struct {
		firing  bool
		started float64
		ended   float64
		opened  int // episodes that began firing
		past    int // episodes that were over when we heard of them
		ignored int
		repeats int
	}
	for name, c := range map[string]struct {
		spans  bool
		events []Event
		want   want
	}{
		"span: trigger":                            {true, []Event{trigger(1, 0)}, want{firing: true, started: 1, opened: 1}},
		"span: doubled trigger":                    {true, []Event{trigger(1, 0), trigger(1, 0)}, want{firing: true, started: 1, opened: 1, repeats: 1}},
		"span: trigger, resolve":                   {true, []Event{trigger(1, 0), resolve(1, 5)}, want{started: 1, ended: 5, opened: 1}},
		"span: doubled resolve":                    {true, []Event{trigger(1, 0), resolve(1, 5), resolve(1, 5)}, want{started: 1, ended: 5, opened: 1, repeats: 1}},
		"span: resolve before trigger":             {true, []Event{resolve(1, 5), trigger(1, 0)}, want{started: 1, ended: 5, past: 1, repeats: 1}},
		"span: resolve alone":                      {true, []Event{resolve(1, 5)}, want{started: 1, ended: 5, past: 1}},
		"span: later end wins":                     {true, []Event{resolve(1, 7), trigger(1, 0), resolve(1, 5)}, want{started: 1, ended: 7, past: 1, repeats: 2}},
		"span: refire":                             {true, []Event{trigger(1, 0), resolve(1, 5), trigger(9, 0)}, want{firing: true, started: 9, opened: 2}},
		"span: refire, old resolve late":           {true, []Event{trigger(1, 0), trigger(9, 0), resolve(1, 5)}, want{firing: true, started: 9, opened: 2, ignored: 1}},
		"span: refire, old trigger late":           {true, []Event{trigger(9, 0), trigger(1, 0)}, want{firing: true, started: 9, opened: 1, ignored: 1}},
		"span: resolve of a firing not heard of":   {true, []Event{trigger(1, 0), resolve(9, 12)}, want{started: 9, ended: 12, opened: 1, past: 1}},
		"span: trigger whose end has passed":       {true, []Event{trigger(1, 5)}, want{started: 1, ended: 5, past: 1}},
		"span: no start, firing":                   {true, []Event{trigger(1, 0), trigger(0, 0)}, want{firing: true, started: 1, opened: 1, repeats: 1}},
		"span: no start, unknown":                  {true, []Event{trigger(0, 0)}, want{firing: true, started: 60, opened: 1}},
		"span: resolve without start, unknown":     {true, []Event{resolve(0, 0)}, want{ignored: 1}},
		"span: start far ahead counts as not said": {true, []Event{trigger(1, 0), trigger(1e6, 0), resolve(1, 5)}, want{started: 1, ended: 5, opened: 1, repeats: 1}},
		"arrival: trigger":                         {false, []Event{trigger(0, 0)}, want{firing: true, started: 60, opened: 1}},
		"arrival: each trigger has its own time":   {false, []Event{trigger(1, 0), trigger(2, 0)}, want{firing: true, started: 1, opened: 1, repeats: 1}},
		"arrival: resolve":                         {false, []Event{trigger(1, 0), resolve(0, 0)}, want{started: 1, ended: 60, opened: 1}},
		"arrival: resolve unknown":                 {false, []Event{resolve(0, 0)}, want{ignored: 1}},
		"arrival: refire":                          {false, []Event{trigger(0, 0), resolve(0, 0), trigger(0, 0)}, want{firing: true, started: 60, opened: 2}},
		"arrival: old trigger after timed end":     {false, []Event{trigger(1, 0), resolve(0, 5), trigger(2, 0)}, want{started: 1, ended: 5, opened: 1, ignored: 1}},
		"arrival: timed resolve first":             {false, []Event{resolve(0, 5), trigger(1, 0)}, want{started: 5, ended: 5, past: 1, ignored: 1}},
		"arrival: late resolve":                    {false, []Event{trigger(1, 0), trigger(9, 0), resolve(0, 5)}, want{firing: true, started: 1, opened: 1, repeats: 1, ignored: 1}},
		"arrival: same time, resolve wins":         {false, []Event{trigger(1, 0), resolve(0, 5), trigger(5, 0)}, want{started: 1, ended: 5, opened: 1, repeats: 1}},
		"amend unknown":                            {false, []Event{{Action: Amend}}, want{ignored: 1}},
		"amend firing":                             {false, []Event{trigger(0, 0), {Action: Amend}}, want{firing: true, started: 60, opened: 1, repeats: 1}},
		"amend resolved":                           {false, []Event{trigger(1, 0), resolve(0, 0), {Action: Amend}}, want{started: 1, ended: 60, opened: 1, ignored: 1}},
		"acknowledge unknown":                      {false, []Event{{Action: Acknowledge}}, want{ignored: 1}},
		"acknowledge twice":                        {false, []Event{trigger(0, 0), {Action: Acknowledge}, {Action: Acknowledge}}, want{firing: true, started: 60, opened: 1, repeats: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			var st state
			var got want
			for i := range c.events {
				o := st.fold(&c.events[i], c.spans, int8(c.events[i].Severity.Rank()), at(60).UnixMicro())
				if o.ignored {
					got.ignored++
				}
				if o.repeat {
					got.repeats++
				}
				if o.open && o.past {
					got.past++
				} else if o.open {
					got.opened++
				}
			}
			got.firing, got.started, got.ended = st.firing, minutesOf(st.started), minutesOf(st.ended)
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func span(a Action, s, e float64) Event {
	ev := Event{Action: a, Dedup: "d"}
	if s != 0 {
		ev.StartsAt = at(s)
	}
	if e != 0 {
		ev.EndsAt = at(e)
	}
	return ev
}

func minutesOf(us int64) float64 {
	if us == 0 {
		return 0
	}
	return float64(us-t0.UnixMicro()) / 60e6
}

func TestLateTriggerIsNewsAfterAWhile(t *testing.T) {
	var st state
	step := func(e Event, now float64) outcome { return st.fold(&e, true, 1, at(now).UnixMicro()) }
	step(span(Trigger, 1, 0), 2)
	step(span(Resolve, 1, 5), 6)
	if o := step(span(Trigger, 1, 0), 7); !o.repeat || st.firing {
		t.Errorf("a minute after the resolve: %+v, want a late duplicate", o)
	}
	if o := step(span(Trigger, 1, 0), 11); !o.open || !st.firing {
		t.Errorf("five minutes after the resolve: %+v, want firing again", o)
	}
}

func TestAnnouncedEnd(t *testing.T) {
	var st state
	step := func(e Event, now float64) outcome { return st.fold(&e, true, 1, at(now).UnixMicro()) }
	step(span(Trigger, 1, 6), 2)
	step(span(Trigger, 1, 8), 4)
	if st.nextAt != at(8).UnixMicro() {
		t.Fatalf("next_at %v, want minute 8", minutesOf(st.nextAt))
	}
	if o := st.expire(at(7).UnixMicro()); !o.ignored {
		t.Error("expired before its end")
	}
	if o := st.expire(at(9).UnixMicro()); !o.close || o.closeBy != EndedByTimer || minutesOf(o.closeAt) != 8 {
		t.Errorf("expire: %+v", o)
	}
	// Prometheus was cut off and comes back with the same start.
	if o := step(span(Trigger, 1, 14), 10); !o.open || !st.firing {
		t.Errorf("the sender renewed it: %+v, want firing again", o)
	}
}

func TestFlapping(t *testing.T) {
	var st state
	for i := range 3 {
		m := float64(i * 4)
		e := span(Trigger, m+1, 0)
		st.fold(&e, true, 1, at(m+1).UnixMicro())
		if flapping := st.flappingUntil != 0; flapping != (i == 2) {
			t.Errorf("firing %d: flapping is %v", i+1, flapping)
		}
		e = span(Resolve, m+1, m+2)
		st.fold(&e, true, 1, at(m+2).UnixMicro())
	}
}

func TestSparkline(t *testing.T) {
	var r []byte
	now := at(0).UnixMicro()
	for i := range 200 {
		r = bump(r, now+int64(i)*60e6, 1+i%3)
	}
	if len(r) > 4+recentMinutes {
		t.Fatalf("%d bytes", len(r))
	}
	line := Sparkline(r, at(200))
	for i := range 58 {
		if want := 1 + (141+i)%3; line[i] != want {
			t.Fatalf("minute %d: %d, want %d", i, line[i], want)
		}
	}
	if line[58] != 1+199%3 || line[59] != 0 {
		t.Fatalf("newest: %v", line[56:])
	}
	if got := bump(bump(nil, now, 300), now-60e6, 1); Sparkline(got, at(0))[59] != 255 {
		t.Error("counts must stop at 255 and survive a clock that ran back")
	}
}
