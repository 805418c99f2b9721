package incidentweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// action is one verb as pages offer it: its form (none = the button is
// enough), and what it does.
type action struct {
	name   string // last part of the path
	title  string
	text   string // what happens, above the form
	button string
	danger bool
	done   string // message on the next page
	fields func(ctx context.Context, p *Pages, inc incident.View, f *web.Form) ([]web.Field, error)
	do     func(ctx context.Context, p *Pages, id int64, f *web.Form) error
}

// actions are all verbs that the incident page offers.
var actions = []action{
	{name: "acknowledge", done: "Acknowledged. It is yours until you hand it over",
		do: func(ctx context.Context, p *Pages, id int64, _ *web.Form) error {
			_, err := p.Incidents.Acknowledge(ctx, id)
			return err
		}},
	{name: "mitigate", title: "Is the service restored?", text: "This stops the resolution clock and says so in the timeline. No root cause is needed.", button: "Yes, mitigated", done: "Mitigated. The resolution clock has stopped",
		fields: func(_ context.Context, _ *Pages, _ incident.View, f *web.Form) ([]web.Field, error) {
			return []web.Field{howField(f).Need(), f.Area("note", "What did you do?", 3).Say("Rolled orders-queue back to 2.7.4")}, nil
		},
		do: func(ctx context.Context, p *Pages, id int64, f *web.Form) error {
			_, err := p.Incidents.Mitigate(ctx, id, incident.How(f.Get("how")), f.Get("note"))
			return err
		}},
	{name: "resolve", title: "Resolve", text: "Nothing is left to do for restoration. The cause can be looked for in its own time.", button: "Resolve", done: "Resolved",
		fields: func(_ context.Context, _ *Pages, inc incident.View, f *web.Form) ([]web.Field, error) {
			how := howField(f.Default("how", string(inc.How)))
			if inc.How == "" {
				how = how.Need()
			}
			return []web.Field{how, f.Area("note", "What is worth knowing?", 3)}, nil
		},
		do: func(ctx context.Context, p *Pages, id int64, f *web.Form) error {
			_, err := p.Incidents.Resolve(ctx, id, incident.How(f.Get("how")), f.Get("note"))
			return err
		}},
	{name: "close", done: "Closed",
		do: func(ctx context.Context, p *Pages, id int64, _ *web.Form) error {
			_, err := p.Incidents.Close(ctx, id)
			return err
		}},
	{name: "reopen", title: "Reopen", text: "The service is not restored after all. The clocks go on where they stopped; the time in between counts as a pause.", button: "Reopen", done: "Reopened",
		fields: reason("What is still broken?"),
		do: func(ctx context.Context, p *Pages, id int64, f *web.Form) error {
			_, err := p.Incidents.Reopen(ctx, id, f.Get("reason"))
			return err
		}},
	{name: "cancel", title: "Cancel", text: "It was no incident. The record stays, its clocks stop, and nobody is told again. This is final.", button: "Cancel it", danger: true, done: "Canceled",
		fields: reason("Why was it none?"),
		do: func(ctx context.Context, p *Pages, id int64, f *web.Form) error {
			_, err := p.Incidents.Cancel(ctx, id, f.Get("reason"))
			return err
		}},
	{name: "wait", title: "Wait for somebody else", text: "Where the policy says so, the resolution clock stands still meanwhile, and the pause stays visible. The other clocks go on.", button: "Start waiting", done: "Waiting. The timeline says for whom",
		fields: func(_ context.Context, _ *Pages, inc incident.View, f *web.Form) ([]web.Field, error) {
			return []web.Field{f.Radio("reason", "For whom?", waits(inc)...).Need(), f.Area("note", "What exactly is awaited?", 2).Say("Card processor checks its side, ticket 8812")}, nil
		},
		do: func(ctx context.Context, p *Pages, id int64, f *web.Form) error {
			_, err := p.Incidents.Wait(ctx, id, incident.Waiting(f.Get("reason")), f.Get("note"))
			return err
		}},
	{name: "continue", done: "It goes on",
		do: func(ctx context.Context, p *Pages, id int64, _ *web.Form) error {
			_, err := p.Incidents.Continue(ctx, id)
			return err
		}},
	{name: "update", title: "Update status", text: "Say what users notice, what you do about it, and when you speak next. No blame, no jargon.", button: "Publish", done: "Published",
		fields: updateFields, do: publish},
	{name: "assign", title: "Assign a role", text: "Handing over? Say what the next person must know: what was tried, what is open, who waits for what.", button: "Assign", done: "Assigned",
		fields: assignFields, do: assign},
	{name: "merge", title: "Merge into another", text: "Alerts, people and links move to the other one, which goes on. This one ends here and points to it. This is final.", button: "Merge", danger: true, done: "Merged",
		fields: mergeFields, do: merge},
	{name: "edit", title: "Edit", text: "Impact and urgency give the priority anew, unless you set one by hand. Every change is in the timeline.", button: "Save", done: "Saved",
		fields: editFields, do: edit},
	{name: "reassign", title: "Hand over to another team", text: "Each change of hands is counted. The new team is told.", button: "Hand over", done: "Handed over",
		fields: reassignFields,
		do: func(ctx context.Context, p *Pages, id int64, f *web.Form) error {
			_, err := p.Incidents.Reassign(ctx, id, f.Get("service"), f.Get("team"), f.Get("note"))
			return err
		}},
	{name: "restrict", title: "Who may see this?", text: "A restricted incident appears in no list, search or message of others. Who declared it or has a role keeps seeing it; admins do not by being admins.", button: "Save", done: "Saved",
		fields: restrictFields, do: restrict},
	{name: "link", title: "Add a link", text: "A page, dashboard or ticket that helps whoever comes next, or an item of the map that is broken too: who else is hit is worked out with it.", button: "Add", done: "Added",
		fields: func(_ context.Context, p *Pages, _ incident.View, f *web.Form) ([]web.Field, error) {
			target := f.Input("target", "Web address").As("url").Need().First().Say("https://")
			if p.FindItem != nil {
				target = f.Input("target", "Web address, or item").Need().First().Say("https://… or payments-db").Help("An item by name, number (CI-12), kind and name (database:orders) or identifier (arn=…)")
			}
			return []web.Field{target, f.Input("title", "What is it?").Say("Dashboard of the orders queue")}, nil
		}, do: addLink},
	{name: "parent", title: "Part of another", text: "For one of several consequences of the same outage: the parent shows all its parts.", button: "Save", done: "Saved",
		fields: func(_ context.Context, _ *Pages, inc incident.View, f *web.Form) ([]web.Field, error) {
			if inc.Parent != 0 {
				f.Default("parent", incident.Incident{ID: inc.Parent}.Key())
			}
			return []web.Field{f.Input("parent", "Parent").First().Say("INC-1042").Help("Leave it empty to take it out.")}, nil
		},
		do: func(ctx context.Context, p *Pages, id int64, f *web.Form) error {
			parent, err := other(f, "parent", true)
			if err == nil {
				_, err = p.Incidents.SetParent(ctx, id, parent)
			}
			return err
		}},
	{name: "correct", title: "Correct an entry", text: "The earlier text stays visible below the new one.", button: "Correct", done: "Corrected",
		fields: func(_ context.Context, _ *Pages, inc incident.View, f *web.Form) ([]web.Field, error) {
			for _, e := range inc.Timeline {
				if strconv.Itoa(e.Seq) == f.Get("entry") {
					if n := len(e.Corrections); n > 0 {
						e.Text = e.Corrections[n-1].Text
					}
					f.Default("text", e.Text)
				}
			}
			return []web.Field{f.Hidden("entry"), f.Area("text", "Right is", 5).Need().First()}, nil
		},
		do: func(ctx context.Context, p *Pages, id int64, f *web.Form) error {
			seq, err := strconv.Atoi(f.Get("entry"))
			if err != nil {
				return errs.BadField("entry", f.Get("entry"), "the number of an entry of this timeline")
			}
			_, err = p.Incidents.Correct(ctx, id, seq, f.Get("text"))
			return err
		}},
	{name: "join", done: "You take part", do: func(ctx context.Context, p *Pages, id int64, _ *web.Form) error {
		_, err := p.Incidents.Join(ctx, id)
		return err
	}},
	{name: "leave", done: "You no longer take part", do: func(ctx context.Context, p *Pages, id int64, _ *web.Form) error {
		_, err := p.Incidents.Leave(ctx, id)
		return err
	}},
}

// ActPage is the form of one verb.
type ActPage struct {
	web.Page
	Incident incident.Incident
	Health   string
	Heading  string
	Text     string
	Button   string
	Danger   bool
	Form     *web.Form
	Fields   []web.Field
	Back     string
	Action   string
}

var actPage = web.Parse(files, "act.html", ActPage{})

// form handles GET /incidents/{key}/{verb}.
func (p *Pages) form(a action) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		return p.showForm(w, r, a, web.NewForm(r), http.StatusOK)
	}
}

func (p *Pages) showForm(w http.ResponseWriter, r *http.Request, a action, f *web.Form, status int) error {
	n, err := id(r)
	if err != nil {
		return err
	}
	inc, err := p.Incidents.Page(r.Context(), n)
	if err != nil {
		return err
	}
	page := &ActPage{Page: p.Shell.Page(r, a.title, "incidents"), Incident: inc.Incident, Health: health(inc.Incident), Heading: a.title, Text: a.text,
		Button: a.button, Danger: a.danger, Form: f, Back: path(inc.Incident), Action: path(inc.Incident) + "/" + a.name}
	page.Narrow = true
	page.Crumbs = []web.Crumb{{Title: page.V.Term("Incidents"), Path: "/incidents"}, {Title: inc.Key(), Path: page.Back}}
	if page.Fields, err = a.fields(r.Context(), p, inc, f); err != nil {
		return err
	}
	return p.Shell.RenderStatus(w, r, status, actPage, page)
}

// act handles POST /incidents/{key}/{verb}.
func (p *Pages) act(a action) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		n, err := id(r)
		if err != nil {
			return err
		}
		f := web.NewForm(r)
		err = a.do(r.Context(), p, n, f)
		if a.fields != nil && f.Refused(err) {
			return p.showForm(w, r, a, f, http.StatusUnprocessableEntity)
		} else if err != nil {
			return err
		}
		to := ref.N(ref.Incident, n).Path()
		if a.name == "restrict" {
			if _, err := p.Incidents.Get(r.Context(), n); err != nil {
				to = "/incidents" // who restricted it may have shut themselves out
			}
		}
		return web.Redirect(w, r, to, a.done)
	}
}

// Note handles POST /incidents/{key}/note, the text box of the timeline.
func (p *Pages) Note(w http.ResponseWriter, r *http.Request) error {
	n, err := id(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	if _, err := p.Incidents.AddNote(r.Context(), n, incident.Note{Text: f.Get("text"), Tag: incident.Tag(f.Get("tag"))}); err != nil {
		if f.Get("text") == "" {
			return web.Redirect(w, r, ref.N(ref.Incident, n).Path()+"#note", "")
		}
		return err
	}
	return web.Redirect(w, r, ref.N(ref.Incident, n).Path()+"#timeline", "")
}

// TakeCommand handles POST /incidents/{key}/command.
func (p *Pages) TakeCommand(w http.ResponseWriter, r *http.Request) error {
	n, err := id(r)
	if err != nil {
		return err
	}
	a, _ := actor.From(r.Context()) // Assign refuses nobody
	if _, err := p.Incidents.Assign(r.Context(), n, incident.Commander, a.Person, ""); err != nil {
		return err
	}
	return web.Redirect(w, r, ref.N(ref.Incident, n).Path(), "You command "+ref.N(ref.Incident, n).String())
}

// other reads the key of another incident from a field.
func other(f *web.Form, name string, mayBeEmpty bool) (int64, error) {
	s := f.Get(name)
	if s == "" && mayBeEmpty {
		return 0, nil
	}
	n, err := ref.ID(ref.Incident, s)
	if err != nil {
		return 0, errs.BadField(name, s, "the key of another incident, such as INC-1042")
	}
	return n, nil
}

// minutes reads a number of minutes; empty is 0.
func minutes(f *web.Form, name string) (time.Duration, error) {
	s := f.Get(name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 1 || n > 43200 {
		return 0, errs.BadField(name, s, "a number of minutes from 1 to 43200")
	}
	return time.Duration(n) * time.Minute, nil
}
