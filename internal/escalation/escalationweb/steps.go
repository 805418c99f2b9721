package escalationweb

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/web"
)

// stepFields are the fields of one step.
type stepFields struct {
	N                              int
	After, Tell                    web.Field
	Robin                          web.Field
	Priorities, Hours, Alerts, Svc web.Field
	Open                           bool // conditions are set
}

const stepsMost = 20

// count is how many steps the form shows: those that are filled in, and as
// many as were asked for.
func count(form *web.Form) int {
	n, _ := strconv.Atoi(form.Get("n"))
	for i := range stepsMost {
		if form.Get(field(i, "tell")) != "" {
			n = max(n, i+1)
		}
	}
	if form.Get("do") == "more" {
		n++
	}
	return max(1, min(n, stepsMost))
}

func field(i int, name string) string { return fmt.Sprintf("s%d_%s", i, name) }

func step(form *web.Form, i int) stepFields {
	s := stepFields{N: i + 1}
	s.After = form.Input(field(i, "after"), "Wait").Say("at once").Limit(20)
	if i > 0 {
		s.After = s.After.Say("5m")
	}
	s.Tell = form.Area(field(i, "tell"), "Tell", 2).Limit(2000).Say("schedule payments-primary")
	if i == 0 {
		s.Tell = s.Tell.Need()
	}
	s.Robin = form.Check(field(i, "robin"), "One of them, in turn (round robin)")
	s.Priorities = form.Input(field(i, "priorities"), "Only for priorities").Say("P1 P2").Limit(20)
	s.Svc = form.Input(field(i, "services"), "Only for services").Limit(2000)
	s.Hours = form.Select(field(i, "hours"), "Hours", web.Option{Value: "", Title: "at all hours"}, web.Option{Value: escalation.InHours, Title: "in business hours"}, web.Option{Value: escalation.OutOfHours, Title: "outside business hours"})
	s.Alerts = form.Input(field(i, "alerts"), "Alerts firing, at least").As("number")
	for _, f := range []string{"robin", "priorities", "services", "hours", "alerts"} {
		s.Open = s.Open || form.Get(field(i, f)) != ""
	}
	return s
}

func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\r' })
}

// read turns the form into a spec. Steps that tell nobody and say nothing else
// are left out. at maps steps of the spec to steps of the form.
func read(form *web.Form) (s escalation.Spec, at []int, bad errs.Fields) {
	s = escalation.Spec{Title: form.Get("title"), Description: form.Get("description"), Teams: words(form.Get("teams")), Services: words(form.Get("services")),
		RepeatAfter: form.Get("repeat_after"), AckTimeout: form.Get("ack_timeout"), AckEscalateAfter: form.Get("ack_escalate_after")}
	number := func(name string) int {
		text := form.Get(name)
		n, err := strconv.Atoi(text)
		if err != nil && text != "" {
			bad.Add(name, text, "write a number")
		}
		return n
	}
	s.Repeat = number("repeat")
	for i := range count(form) {
		x := escalation.StepSpec{After: form.Get(field(i, "after")), RoundRobin: form.Get(field(i, "robin")) != ""}
		for line := range strings.Lines(form.Get(field(i, "tell"))) {
			for _, part := range strings.Split(line, ",") {
				if part = strings.TrimSpace(part); part == "" {
					continue
				}
				t, ok := escalation.ReadTarget(part)
				if !ok {
					bad.Add(field(i, "tell"), "", "“"+part+"”: write like schedule payments-primary, next of payments-primary, team payments, manager of payments, @mara, #ops or policy platform")
				}
				x.Notify = append(x.Notify, t)
			}
		}
		w := escalation.WhenSpec{Priorities: words(strings.ToUpper(form.Get(field(i, "priorities")))), Services: words(form.Get(field(i, "services"))), Hours: form.Get(field(i, "hours")), AlertsAtLeast: number(field(i, "alerts"))}
		if len(w.Priorities)+len(w.Services)+w.AlertsAtLeast > 0 || w.Hours != "" {
			x.When = &w
		}
		if len(x.Notify) == 0 && x.After == "" && x.When == nil {
			continue
		}
		s.Steps, at = append(s.Steps, x), append(at, i)
	}
	return s, at, bad
}

// values are a policy as the form shows it.
func values(p escalation.Stored) url.Values {
	s := p.Spec
	v := url.Values{"title": {s.Title}, "description": {s.Description}, "teams": {strings.Join(s.Teams, ", ")}, "services": {strings.Join(s.Services, ", ")},
		"repeat_after": {short(s.RepeatAfter)}, "ack_timeout": {short(s.AckTimeout)}, "ack_escalate_after": {short(s.AckEscalateAfter)},
		"version": {strconv.FormatInt(p.Version, 10)}, "n": {strconv.Itoa(len(s.Steps))}}
	if s.Repeat > 0 {
		v.Set("repeat", strconv.Itoa(s.Repeat))
	}
	for i, x := range s.Steps {
		var lines []string
		for _, t := range x.Notify {
			lines = append(lines, t.Words())
		}
		v.Set(field(i, "tell"), strings.Join(lines, "\n"))
		v.Set(field(i, "after"), short(x.After))
		if x.RoundRobin {
			v.Set(field(i, "robin"), "on")
		}
		if w := x.When; w != nil {
			v.Set(field(i, "priorities"), strings.Join(w.Priorities, " "))
			v.Set(field(i, "services"), strings.Join(w.Services, ", "))
			v.Set(field(i, "hours"), w.Hours)
			if w.AlertsAtLeast > 0 {
				v.Set(field(i, "alerts"), strconv.Itoa(w.AlertsAtLeast))
			}
		}
	}
	return v
}

// short writes PT5M as 5m.
func short(s string) string {
	if d := escalation.Wait(s); d > 0 {
		out := d.String()
		if strings.HasSuffix(out, "m0s") {
			out = strings.TrimSuffix(out, "0s")
		}
		if strings.HasSuffix(out, "h0m") {
			out = strings.TrimSuffix(out, "0m")
		}
		return out
	}
	return ""
}

// isoTime is how specs write times; the form takes 5m and 1h30m.
var isoTime = regexp.MustCompile(`\bPT(?:[0-9]+[HMS])+\b`)

// place moves faults to the boxes they were typed in: "steps[1].notify[0].team"
// to "s1_tell".
func place(form *web.Form, at []int) {
	for i, f := range form.Faults {
		form.Faults[i].Remedy = isoTime.ReplaceAllStringFunc(f.Remedy, func(s string) string { return strings.ToLower(s[2:]) })
		f = form.Faults[i]
		rest, ok := strings.CutPrefix(f.Name, "steps[")
		n, tail, ok2 := strings.Cut(rest, "].")
		k, err := strconv.Atoi(n)
		if !ok || !ok2 || err != nil || k < 0 || k >= len(at) {
			if name, _, cut := strings.Cut(f.Name, "["); cut {
				form.Faults[i].Name = name
			}
			continue
		}
		name := "tell"
		switch {
		case tail == "after":
			name = "after"
		case strings.HasPrefix(tail, "when."):
			name, _, _ = strings.Cut(strings.TrimPrefix(tail, "when."), "[")
			if name == "alerts_at_least" {
				name = "alerts"
			}
		}
		form.Faults[i].Name = field(at[k], name)
		if f.Value != "" && name == "tell" && len(f.Value) > 2 {
			form.Faults[i].Remedy, form.Faults[i].Value = "“"+f.Value+"”: "+f.Remedy, ""
		}
	}
}
