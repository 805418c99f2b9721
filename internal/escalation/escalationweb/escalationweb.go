// Package escalationweb is the pages of escalation: policies (list, page,
// form), the panel of an incident with its ladder, and the small forms behind
// the panel's buttons.
//
// A policy is drawn as what it is, steps on a time line, and beside it as what
// it means: who would be told when, by name, for an incident at a time that
// the reader chooses. The form keeps everything in plain fields, so that it
// works without script: "Another step" and "Preview" are buttons of the same
// form that save nothing.
//
// Pages call escalation.Service and decide nothing.
package escalationweb

import (
	"context"
	"embed"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves the escalation practice.
type Pages struct {
	Shell    *web.Shell
	Policies *escalation.Service

	// Tabs are the pages of on-call, beside the policies.
	Tabs []web.Tab

	// People, Schedules and Teams list who can be asked to help: handle or
	// name, and title. Nil: a text field.
	People, Schedules, Teams func(ctx context.Context) ([]web.Option, error)

	// Owner is the team of a service, for previews of a policy that serves only
	// services. Nil: unknown.
	Owner func(ctx context.Context, service string) (team string, err error)
}

const base = "/oncall/policies"

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET "+base, p.List)
	add("GET "+base+"/new", p.New)
	add("POST "+base+"/new", p.Create)
	add("GET "+base+"/{name}", p.Show)
	add("GET "+base+"/{name}/edit", p.Edit)
	add("POST "+base+"/{name}/edit", p.Save)
	add("POST "+base+"/{name}/delete", p.Delete)
	for _, v := range verbs {
		if v.fields != nil {
			add("GET /incidents/{key}/ladder/"+v.name, p.form(v))
		}
		add("POST /incidents/{key}/ladder/"+v.name, p.act(v))
	}
}

var crumbs = []web.Crumb{{Title: "On call", Path: "/oncall"}, {Title: "Escalation policies", Path: base}}

// lineOf says whom a target means.
func lineOf(t escalation.TargetSpec) web.RungLine {
	kind, name, _ := t.Kind()
	switch kind {
	case escalation.OfSchedule:
		return web.RungLine{Icon: "calendar", Text: "on call in", Name: name, Path: ref.S(ref.Schedule, name).Path()}
	case escalation.OfNext:
		return web.RungLine{Icon: "calendar", Text: "next on call in", Name: name, Path: ref.S(ref.Schedule, name).Path()}
	case escalation.OfTeam:
		if t.Role != "" {
			return web.RungLine{Icon: "users", Text: t.Role + " of", Name: name, Path: ref.S(ref.Team, name).Path()}
		}
		return web.RungLine{Icon: "users", Text: "everybody of", Name: name, Path: ref.S(ref.Team, name).Path()}
	case escalation.OfRole:
		return web.RungLine{Icon: "users", Text: name + " of the incident’s team", Name: "", Path: ""}
	case escalation.OfPerson:
		return web.RungLine{Icon: "user", Text: "", Name: name, Path: "/people/" + name}
	case escalation.OfChannel:
		return web.RungLine{Icon: "send", Text: "channel", Name: name, Path: ref.S(ref.Channel, name).Path()}
	}
	return web.RungLine{Icon: "git-branch", Text: "goes on with", Name: name, Path: ref.S(ref.Escalation, name).Path()}
}

// conditions are the tags of a step.
func conditions(s escalation.StepSpec) (out []web.Tag) {
	if s.RoundRobin {
		out = append(out, web.Tag{Text: "round robin", Icon: "refresh"})
	}
	w := s.When
	if w == nil {
		return out
	}
	if len(w.Priorities) > 0 {
		out = append(out, web.Tag{Text: "only " + strings.Join(w.Priorities, ", ")})
	}
	if len(w.Services) > 0 {
		out = append(out, web.Tag{Text: "only " + strings.Join(w.Services, ", ")})
	}
	switch w.Hours {
	case escalation.InHours:
		out = append(out, web.Tag{Text: "business hours"})
	case escalation.OutOfHours:
		out = append(out, web.Tag{Text: "outside business hours"})
	}
	if w.AlertsAtLeast > 0 {
		out = append(out, web.Tag{Text: web.Plural(w.AlertsAtLeast, "alert", "alerts") + " or more"})
	}
	return out
}

// stageRungs draws stages: what was done, and what follows.
func stageRungs(v *web.View, list []escalation.Stage, names map[int64]string) (out []web.Rung) {
	for _, st := range list {
		r := web.Rung{Stamp: v.Clock(st.At), Title: "Step " + web.Count(st.Step), Class: "later", Icon: "bell", Why: st.Why}
		if st.Round > 1 {
			r.Title += ", round " + web.Count(st.Round)
		}
		switch {
		case st.Done:
			r.Class, r.Icon = "done", "check"
		case st.Next:
			r.Class = "next"
		}
		switch st.Kind {
		case escalation.ActRemind:
			r.Title = "Leads and manager, again and again"
			if st.Done {
				r.Title = "Leads and manager reminded"
			}
		case escalation.ActNudge:
			r.Title = "Asked whether it goes on"
		case escalation.ActSkip:
			r.Class, r.Icon = "skip", "arrow-right"
		case escalation.ActEmpty:
			r.Class, r.Icon = "bad", "alert-triangle"
		}
		if r.Why == "" {
			r.Why = strings.Join(st.Lacks, "; ")
		}
		for _, id := range st.People {
			r.People = append(r.People, person(v, names, id))
		}
		for _, c := range st.Channels {
			r.Lines = append(r.Lines, web.RungLine{Icon: "send", Text: "channel", Name: c, Path: ref.S(ref.Channel, c).Path()})
		}
		out = append(out, r)
	}
	return out
}

func person(v *web.View, names map[int64]string, id int64) web.Person {
	name := names[id]
	if name == "" {
		name = "Somebody"
	}
	return web.Person{Name: name, You: id == v.Actor.Person}
}

// incidentID reads the incident's number from the path.
func incidentID(r *http.Request) (int64, error) {
	n, err := ref.ID(ref.Incident, r.PathValue("key"))
	if err != nil {
		return 0, errs.E(errs.NotFound, "there is no incident %q; keys look like INC-1042", errs.Short(r.PathValue("key")))
	}
	return n, nil
}
