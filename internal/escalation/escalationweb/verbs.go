package escalationweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ActPage is a small form behind a button of the panel.
type ActPage struct {
	web.Page
	Incident              escalation.Incident
	Heading, Text, Button string
	Action, Back          string
	Form                  *web.Form
	Fields                []web.Field
}

var actPage = web.Parse(files, "act.html", ActPage{})

// verb is one thing that people press. Without fields it is a button alone.
type verb struct {
	name, heading, text, button, done string
	fields                            func(p *Pages, ctx context.Context, f *web.Form) ([]web.Field, error)
	do                                func(p *Pages, ctx context.Context, id int64, f *web.Form) error
}

var verbs = []verb{
	{name: "escalate", done: "The next step is told",
		do: func(p *Pages, ctx context.Context, id int64, f *web.Form) error {
			_, err := p.Policies.Escalate(ctx, id, f.Get("note"))
			return err
		}},
	{name: "unsnooze", done: "The escalation goes on",
		do: func(p *Pages, ctx context.Context, id int64, _ *web.Form) error {
			_, err := p.Policies.Unsnooze(ctx, id)
			return err
		}},
	{name: "answer", done: "Your answer is noted",
		do: func(p *Pages, ctx context.Context, id int64, f *web.Form) error {
			_, err := p.Policies.Answer(ctx, id, f.Get("answer") == "accept", f.Get("note"))
			return err
		}},
	{name: "snooze", heading: "Snooze the escalation", text: "Nobody further is told until then. After that it goes on by itself, and a worse priority ends the snooze at once.", button: "Snooze", done: "The escalation is snoozed",
		fields: func(_ *Pages, _ context.Context, f *web.Form) ([]web.Field, error) {
			f.Default("for", "30")
			return []web.Field{f.Radio("for", "For", web.Option{Value: "15", Title: "15 minutes"}, web.Option{Value: "30", Title: "30 minutes"}, web.Option{Value: "60", Title: "1 hour"}, web.Option{Value: "240", Title: "4 hours"}, web.Option{Value: "480", Title: "8 hours"}).Need(), note(f, "Why it can wait")}, nil
		},
		do: func(p *Pages, ctx context.Context, id int64, f *web.Form) error {
			n, err := strconv.Atoi(f.Get("for"))
			if err != nil || n < 1 || n > 24*60 {
				return errs.BadField("for", f.Get("for"), "choose how long")
			}
			l, err := p.Policies.Ladder(ctx, id)
			if err == nil {
				_, err = p.Policies.Snooze(ctx, id, l.At.Add(time.Duration(n)*time.Minute), f.Get("note"))
			}
			return err
		}},
	{name: "ask", heading: "Add a responder", text: "They are paged now and asked to accept or decline. Whoever does not answer is reminded twice, and you are told.", button: "Page and ask", done: "They are asked",
		fields: func(p *Pages, ctx context.Context, f *web.Form) ([]web.Field, error) {
			who, err := choice(ctx, p.People, f, "person", "Person")
			if err != nil {
				return nil, err
			}
			duty, err := choice(ctx, p.Schedules, f, "schedule", "Or who is on call in a schedule")
			if err != nil {
				return nil, err
			}
			team, err := choice(ctx, p.Teams, f, "team", "Or a team")
			return []web.Field{who, duty, team.Help("Its members and leads"), note(f, "What is needed")}, err
		},
		do: func(p *Pages, ctx context.Context, id int64, f *web.Form) error {
			_, err := p.Policies.AddResponder(ctx, id, escalation.Ask{Person: strings.TrimPrefix(f.Get("person"), "@"), Schedule: f.Get("schedule"), Team: f.Get("team")}, f.Get("note"))
			return err
		}},
	{name: "handover", heading: "Hand it over", text: "They are paged now. It stays where it is until they accept.", button: "Ask to take over", done: "They are asked",
		fields: func(p *Pages, ctx context.Context, f *web.Form) ([]web.Field, error) {
			who, err := choice(ctx, p.People, f, "to", "To")
			return []web.Field{who.Need(), note(f, "How it stands, what was tried, what comes next")}, err
		},
		do: func(p *Pages, ctx context.Context, id int64, f *web.Form) error {
			_, err := p.Policies.Handover(ctx, id, strings.TrimPrefix(f.Get("to"), "@"), f.Get("note"))
			return err
		}},
}

func note(f *web.Form, say string) web.Field {
	return f.Area("note", "Note", 3).Limit(1000).Say(say)
}

// choice is a field for a name: a list where one is known.
func choice(ctx context.Context, list func(ctx context.Context) ([]web.Option, error), f *web.Form, name, label string) (web.Field, error) {
	if list == nil {
		return f.Input(name, label).Limit(63), nil
	}
	options, err := list(ctx)
	return f.Select(name, label, append([]web.Option{{Value: "", Title: "choose…"}}, options...)...), err
}

func (p *Pages) form(v verb) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := actor.Require(r.Context(), actor.Respond); err != nil {
			return err
		}
		return p.render(w, r, v, web.NewForm(r), http.StatusOK)
	}
}

func (p *Pages) render(w http.ResponseWriter, r *http.Request, v verb, form *web.Form, status int) error {
	id, err := incidentID(r)
	if err != nil {
		return err
	}
	l, err := p.Policies.Ladder(r.Context(), id)
	if err != nil {
		return err
	}
	back := ref.N(ref.Incident, id).Path()
	page := &ActPage{Page: p.Shell.Page(r, v.heading, "incidents"), Incident: l.Incident, Heading: v.heading, Text: v.text, Button: v.button, Form: form, Back: back, Action: back + "/ladder/" + v.name}
	page.Narrow = true
	page.Crumbs = []web.Crumb{{Title: page.V.Term("Incidents"), Path: "/incidents"}, {Title: l.Incident.Key, Path: back}}
	if page.Fields, err = v.fields(p, r.Context(), form); err != nil {
		return err
	}
	return p.Shell.RenderStatus(w, r, status, actPage, page)
}

func (p *Pages) act(v verb) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := incidentID(r)
		if err != nil {
			return err
		}
		form := web.NewForm(r)
		err = v.do(p, r.Context(), id, form)
		if err == nil {
			return web.Redirect(w, r, ref.N(ref.Incident, id).Path()+"#ladder", v.done)
		}
		if v.fields == nil || !form.Refused(err) {
			return err
		}
		return p.render(w, r, v, form, http.StatusUnprocessableEntity)
	}
}
