package incident_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/incident"
)

func practice(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/practice/incidents.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDrawingIsTheTable(t *testing.T) {
	var drawn, table []string
	for _, m := range regexp.MustCompile(`(?m)^ +(\w+) --> (\w+): (\w+)$`).FindAllStringSubmatch(practice(t), -1) {
		drawn = append(drawn, m[1]+" --> "+m[2]+": "+m[3])
	}
	for _, x := range incident.Transitions {
		table = append(table, fmt.Sprintf("%s --> %s: %s", x.From, x.To, x.Verb))
	}
	slices.Sort(drawn)
	slices.Sort(table)
	if d := cmp.Diff(table, drawn); d != "" {
		t.Errorf("docs/practice/incidents.md and Transitions differ (-table +drawing):\n%s", d)
	}
}

func TestPrioritiesAreAsDocumented(t *testing.T) {
	doc, m := practice(t), incident.DefaultMatrix()
	for _, i := range incident.Levels {
		line := "| " + i.String() + " |"
		for _, u := range incident.Levels {
			p, _ := m.ForPerson(i, u)
			line += " " + p.String() + " |"
		}
		if !strings.Contains(doc, line) {
			t.Errorf("the documentation lacks %q", line)
		}
	}
	for _, s := range incident.Severities {
		line := "| " + s + " |"
		for tier := range 4 {
			p, _ := m.ForAlert(s, tier)
			line += " " + p.String() + " |"
		}
		if !strings.Contains(doc, line) {
			t.Errorf("the documentation lacks %q", line)
		}
	}
	response, resolution := "| response |", "| resolution |"
	for _, p := range m.Policies {
		response += " " + p.Response.String() + " |"
		resolution += " " + p.Resolution.String() + " |"
	}
	if !strings.Contains(doc, response) || !strings.Contains(doc, resolution) {
		t.Errorf("the documentation lacks %q or %q", response, resolution)
	}
}

// at is 2026-11-20, a Friday, at a time of day.
func at(clock string) time.Time {
	d, err := time.Parse("15:04", clock)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 11, 20, d.Hour(), d.Minute(), 0, 0, time.UTC)
}

func business(t *testing.T) incident.Hours {
	t.Helper()
	c, err := calendar.Compile(calendar.BusinessSpec)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClocks(t *testing.T) {
	step := func(clock string, k incident.StepKind, p incident.Priority) incident.Step {
		return incident.Step{At: at(clock), Kind: k, Priority: p}
	}
	wait := func(clock string, w incident.Waiting) incident.Step {
		return incident.Step{At: at(clock), Kind: incident.StepWaiting, Waiting: w}
	}
	for name, x := range map[string]struct {
		steps []incident.Step
		now   time.Time
		clock func(incident.Clocks) incident.Clock
		state incident.ClockState
		due   time.Time
		left  time.Duration
	}{
		"P1 response runs":                            {[]incident.Step{step("10:00", incident.StepTriggered, 1)}, at("10:05"), response, incident.Running, at("10:15"), 10 * time.Minute},
		"P1 response soon at a quarter":               {[]incident.Step{step("10:00", incident.StepTriggered, 1)}, at("10:12"), response, incident.Soon, at("10:15"), 3 * time.Minute},
		"breached exactly when due":                   {[]incident.Step{step("10:00", incident.StepTriggered, 1)}, at("10:15"), response, incident.Breached, at("10:15"), 0},
		"stays breached after a late acknowledge":     {[]incident.Step{step("10:00", incident.StepTriggered, 1), step("10:20", incident.StepAcknowledged, 0)}, at("12:00"), response, incident.Breached, at("10:15"), -5 * time.Minute},
		"mitigated without acknowledge ends response": {[]incident.Step{step("10:00", incident.StepTriggered, 1), step("10:04", incident.StepMitigated, 0)}, at("12:00"), response, incident.Met, at("10:15"), 11 * time.Minute},
		"a late raise does not spoil what was met":    {[]incident.Step{step("10:00", incident.StepTriggered, 2), step("10:20", incident.StepAcknowledged, 0), step("11:00", incident.StepPriority, 1)}, at("11:30"), response, incident.Met, at("10:30"), 10 * time.Minute},
		"a raise counts from the raise":               {[]incident.Step{step("08:00", incident.StepTriggered, 2), step("10:00", incident.StepPriority, 1)}, at("10:00"), resolution, incident.Running, at("14:00"), 4 * time.Hour},
		"a raise never gives more time":               {[]incident.Step{step("08:00", incident.StepTriggered, 2), step("15:00", incident.StepPriority, 1)}, at("15:00"), resolution, incident.Soon, at("16:00"), time.Hour},
		"lowered counts from the start":               {[]incident.Step{step("08:00", incident.StepTriggered, 1), step("09:00", incident.StepPriority, 2)}, at("10:00"), resolution, incident.Running, at("16:00"), 6 * time.Hour},
		"waiting for a supplier":                      {[]incident.Step{step("08:00", incident.StepTriggered, 1), wait("09:00", incident.ForSupplier)}, at("10:00"), resolution, incident.Paused, at("13:00"), 3 * time.Hour},
		"waiting for a change does not stop":          {[]incident.Step{step("08:00", incident.StepTriggered, 1), wait("09:00", incident.ForChange)}, at("10:00"), resolution, incident.Running, at("12:00"), 2 * time.Hour},
		"waiting does not stop the response":          {[]incident.Step{step("08:00", incident.StepTriggered, 1), wait("08:05", incident.ForSupplier)}, at("08:15"), response, incident.Breached, at("08:15"), 0},
		"reopened goes on":                            {[]incident.Step{step("08:00", incident.StepTriggered, 1), step("09:00", incident.StepMitigated, 0), step("09:30", incident.StepResolved, 0), step("11:00", incident.StepReopened, 0)}, at("12:00"), resolution, incident.Running, at("14:00"), 2 * time.Hour},
		"reopened must be answered again":             {[]incident.Step{step("08:00", incident.StepTriggered, 1), step("08:05", incident.StepAcknowledged, 0), step("09:30", incident.StepResolved, 0), step("11:00", incident.StepReopened, 0)}, at("11:05"), response, incident.Running, at("11:15"), 10 * time.Minute},
		"P3 in business hours, over the weekend":      {[]incident.Step{step("16:00", incident.StepTriggered, 3)}, at("18:00"), response, incident.Running, at("12:00").AddDate(0, 0, 3), 3 * time.Hour},
		"escalation of P2":                            {[]incident.Step{step("10:00", incident.StepTriggered, 2)}, at("11:00"), escalation, incident.Running, at("12:00"), time.Hour},
		"escalation since it became P2":               {[]incident.Step{step("08:00", incident.StepTriggered, 3), step("10:00", incident.StepPriority, 2)}, at("11:00"), escalation, incident.Running, at("12:00"), time.Hour},
		"mitigated stops escalation":                  {[]incident.Step{step("10:00", incident.StepTriggered, 2), step("10:30", incident.StepMitigated, 0)}, at("15:00"), escalation, incident.Met, at("12:00"), 90 * time.Minute},
		"P1 does not escalate":                        {[]incident.Step{step("10:00", incident.StepTriggered, 1)}, at("11:00"), escalation, incident.NoClock, time.Time{}, 0},
		"canceled":                                    {[]incident.Step{step("10:00", incident.StepTriggered, 1), step("10:05", incident.StepCanceled, 0)}, at("15:00"), resolution, incident.Stopped, at("14:00"), 235 * time.Minute},
		"first public update":                         {[]incident.Step{step("10:00", incident.StepTriggered, 1)}, at("10:20"), update, incident.Soon, at("10:30"), 10 * time.Minute},
		"promised public update":                      {[]incident.Step{step("10:00", incident.StepTriggered, 1), {At: at("10:20"), Kind: incident.StepUpdate, Until: at("11:20")}}, at("10:30"), update, incident.Running, at("11:20"), 50 * time.Minute},
		"P3 promises no updates":                      {[]incident.Step{step("10:00", incident.StepTriggered, 3)}, at("10:20"), update, incident.NoClock, time.Time{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := x.clock(incident.Compute(x.steps, incident.DefaultMatrix(), business(t), x.now))
			if c.State != x.state || !c.Due.Equal(x.due) || c.Left != x.left {
				t.Errorf("got %s, due %v, left %v; want %s, due %v, left %v", c.State, c.Due, c.Left, x.state, x.due, x.left)
			}
		})
	}
}

func response(c incident.Clocks) incident.Clock   { return c.Response }
func resolution(c incident.Clocks) incident.Clock { return c.Resolution }
func update(c incident.Clocks) incident.Clock     { return c.Update }
func escalation(c incident.Clocks) incident.Clock { return c.Escalation }

// TestClocksCanBeReplayed plays random lives and checks at every moment that
// later steps do not change what the clocks showed then, and that what they
// show adds up.
func TestClocksCanBeReplayed(t *testing.T) {
	h, m := business(t), incident.DefaultMatrix()
	kinds := []incident.StepKind{incident.StepAcknowledged, incident.StepMitigated, incident.StepResolved, incident.StepReopened, incident.StepResumed,
		incident.StepPriority, incident.StepWaiting, incident.StepContinued, incident.StepUpdate, incident.StepNotice, incident.StepCanceled}
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		now := at("09:00").Add(time.Duration(r.IntN(10000)) * time.Minute)
		steps := []incident.Step{{At: now, Kind: incident.StepTriggered, Priority: incident.Priority(1 + r.IntN(4))}}
		type view struct {
			at time.Time
			c  incident.Clocks
		}
		var seen []view
		for range 1 + r.IntN(12) {
			look := now.Add(time.Duration(r.IntN(60)) * time.Minute)
			seen = append(seen, view{look, incident.Compute(steps, m, h, look)})
			now = look.Add(time.Duration(1+r.IntN(3000)) * time.Minute)
			k := kinds[r.IntN(len(kinds))]
			s := incident.Step{At: now, Kind: k}
			switch k {
			case incident.StepPriority:
				s.Priority = incident.Priority(1 + r.IntN(4))
			case incident.StepWaiting:
				s.Waiting = incident.Waits[r.IntN(len(incident.Waits))]
			case incident.StepUpdate:
				s.Until = now.Add(time.Hour)
			}
			steps = append(steps, s)
		}
		for _, v := range seen {
			if d := cmp.Diff(v.c, incident.Compute(steps, m, h, v.at)); d != "" {
				t.Fatalf("seed %d: replaying %v gives something else (-then +now):\n%s", seed, v.at, d)
			}
			for _, c := range []incident.Clock{v.c.Response, v.c.Resolution, v.c.Update, v.c.Escalation} {
				if c.Left != c.Total-c.Elapsed || c.State == incident.NoClock != c.Due.IsZero() || c.Elapsed < 0 {
					t.Fatalf("seed %d at %v: %+v does not add up", seed, v.at, c)
				}
			}
		}
	}
}

func TestTargets(t *testing.T) {
	for in, want := range map[string]string{"15m": "15m", "4h": "4h", "90m": "1h30m", "7d": "7d", "168h": "7d", "4 business hours": "4 business hours",
		"1 business day": "1 business day", " 3 Business Days ": "3 business days", "30 business minutes": "30 business minutes", "none": "none"} {
		x, err := incident.ParseTarget(in)
		if err != nil || x.String() != want {
			t.Errorf("%q: got %q, %v; want %q", in, x, err, want)
		}
	}
	for _, in := range []string{"", "0s", "-1h", "4", "4 business weeks", "0 business days", "400d", "9999999 business hours", "business days", "1e9h"} {
		if x, err := incident.ParseTarget(in); err == nil {
			t.Errorf("%q was read as %v", in, x)
		}
	}
}
