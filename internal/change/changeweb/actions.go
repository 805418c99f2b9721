package changeweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// action is one verb as pages offer it: its form (none = the button is enough),
// and what it does.
type action struct {
	name, title, text, button string
	danger                    bool
	done                      string // message on the next page
	fields                    func(c change.View, v *web.View, f *web.Form) []web.Field
	do                        func(ctx context.Context, p *Pages, id int64, v *web.View, f *web.Form) error
}

// actions are all verbs that the page of a change offers.
var actions = []action{
	{name: "ask", done: "Policy was asked",
		do: func(ctx context.Context, p *Pages, id int64, _ *web.View, _ *web.Form) error {
			_, err := p.Changes.AskAgain(ctx, id)
			return err
		}},
	{name: "approve", title: "Approve", text: "Your approval holds for the commit named here. If another one comes, it is asked for again.", button: "Approve", done: "Approved",
		fields: func(c change.View, _ *web.View, f *web.Form) []web.Field {
			f.Default("commit", c.Commit)
			return []web.Field{f.Hidden("commit"), f.Area("reason", "What did you check?", 3).First().Say("Tax table matches the finance sheet")}
		},
		do: func(ctx context.Context, p *Pages, id int64, _ *web.View, f *web.Form) error {
			_, err := p.Changes.Approve(ctx, id, f.Get("commit"), f.Get("reason"))
			return err
		}},
	{name: "reject", title: "Reject", text: "It does not start. The author is told why; asking the gate again begins anew.", button: "Reject it", danger: true, done: "Rejected",
		fields: because("Why not?"),
		do: func(ctx context.Context, p *Pages, id int64, _ *web.View, f *web.Form) error {
			_, err := p.Changes.Reject(ctx, id, f.Get("reason"))
			return err
		}},
	{name: "cancel", title: "Cancel", text: "It does not take place. The record stays.", button: "Cancel it", danger: true, done: "Canceled", fields: because("Why?"),
		do: func(ctx context.Context, p *Pages, id int64, _ *web.View, f *web.Form) error {
			_, err := p.Changes.Cancel(ctx, id, f.Get("reason"))
			return err
		}},
	{name: "plan", title: "Plan", text: "When it shall start and be over. Freezes and collisions are looked at again for that time. Empty: as soon as it is allowed.", button: "Plan it", done: "Planned",
		fields: func(c change.View, v *web.View, f *web.Form) []web.Field {
			f.Default("from", moment(v, c.PlannedFrom)).Default("to", moment(v, c.PlannedTo))
			return []web.Field{f.Input("from", "From").As("datetime-local").First().Help("In " + v.ZoneName()), f.Input("to", "To").As("datetime-local")}
		},
		do: func(ctx context.Context, p *Pages, id int64, v *web.View, f *web.Form) error {
			from, to, err := planned(v, f)
			if err == nil {
				_, err = p.Changes.Plan(ctx, id, from, to)
			}
			return err
		}},
	{name: "edit", title: "Edit", text: "What policy stands on asks it anew when it changes.", button: "Save", done: "Saved", fields: editFields, do: edit},
	{name: "start", title: "Start", text: "For work that people do; pipelines report theirs themselves. Freezes, collisions and incidents are looked at once more.", button: "It starts now", done: "In progress",
		fields: none,
		do: func(ctx context.Context, p *Pages, id int64, _ *web.View, _ *web.Form) error {
			_, err := p.Changes.Start(ctx, id)
			return err
		}},
	{name: "deployed", title: "Complete", text: "The work is done. From now on health is watched beside what it was before.", button: "It is complete", done: "Health is watched from now on", fields: none,
		do: func(ctx context.Context, p *Pages, id int64, _ *web.View, _ *web.Form) error {
			_, err := p.Changes.Deployed(ctx, id)
			return err
		}},
	{name: "close", title: "Close early", text: "This ends the observation before its time. It can be corrected later, with a reason.", button: "Close it", done: "Closed",
		fields: func(_ change.View, _ *web.View, f *web.Form) []web.Field {
			return []web.Field{f.Default("outcome", string(change.Succeeded)).Radio("outcome", "How did it go?", outcomes(change.Succeeded, change.Failed)...).Need(), f.Area("reason", "What shows that?", 3).Need()}
		},
		do: func(ctx context.Context, p *Pages, id int64, _ *web.View, f *web.Form) error {
			if f.Get("reason") == "" {
				return errs.BadField("reason", "", "say in a sentence what shows how it went")
			}
			_, err := p.Changes.Finish(ctx, id, change.Outcome{State: change.State(f.Get("outcome")), Reason: f.Get("reason")})
			return err
		}},
	{name: "correct", title: "Correct the outcome", text: "Figures are counted anew. What stood there before stays visible, with your reason.", button: "Correct it", done: "Corrected",
		fields: func(c change.View, _ *web.View, f *web.Form) []web.Field {
			var other []change.State
			for _, s := range []change.State{change.Succeeded, change.Failed, change.RolledBack} {
				if s != c.State {
					other = append(other, s)
				}
			}
			return []web.Field{f.Radio("outcome", "It was", outcomes(other...)...).Need(), f.Area("reason", "What shows that?", 3).Need()}
		},
		do: func(ctx context.Context, p *Pages, id int64, _ *web.View, f *web.Form) error {
			_, err := p.Changes.Correct(ctx, id, change.State(f.Get("outcome")), f.Get("reason"))
			return err
		}},
	{name: "rollback", title: "Roll back", text: "This starts the automated rollback now. A return to what ran before is never held by policy, freezes or budgets.", button: "Roll back now", danger: true, done: "The rollback was asked for",
		fields: func(c change.View, _ *web.View, f *web.Form) []web.Field {
			return []web.Field{f.Area("reason", "What do you see?", 2).First()}
		},
		do: func(ctx context.Context, p *Pages, id int64, _ *web.View, f *web.Form) error {
			_, err := p.Changes.AskRollback(ctx, id, f.Get("reason"))
			return err
		}},
	{name: "taken-back", title: "It was rolled back", text: "For a rollback that nobody reported: which change brought the earlier artefact back?", button: "Save", done: "Rolled back",
		fields: func(_ change.View, _ *web.View, f *web.Form) []web.Field {
			return []web.Field{f.Input("by", "By").Need().First().Say("CHG-319"), f.Area("reason", "Why?", 2)}
		},
		do: func(ctx context.Context, p *Pages, id int64, _ *web.View, f *web.Form) error {
			by, err := ref.ID(ref.Change, strings.ToUpper(f.Get("by")))
			if err != nil {
				return errs.BadField("by", errs.Short(f.Get("by")), "give the key of the change that took it back, like CHG-319")
			}
			_, err = p.Changes.RolledBackBy(ctx, id, by, f.Get("reason"))
			return err
		}},
	{name: "review", title: "Record the review", text: "An emergency is reviewed afterwards, by somebody else than who made it. With it, the service's next change may go on.", button: "Record it", done: "Reviewed",
		fields: func(_ change.View, _ *web.View, f *web.Form) []web.Field {
			return []web.Field{f.Area("finding", "What did the review find?", 5).Need().First().Say("Was it an emergency? Was the fix right? What would have let it go the normal way?")}
		},
		do: func(ctx context.Context, p *Pages, id int64, _ *web.View, f *web.Form) error {
			_, err := p.Changes.ReviewEmergency(ctx, id, f.Get("finding"))
			return err
		}},
	{name: "note", title: "Add a note", text: "What the next reader must know.", button: "Add note", done: "",
		fields: func(_ change.View, _ *web.View, f *web.Form) []web.Field {
			return []web.Field{f.Area("text", "Note", 4).Need().First()}
		},
		do: func(ctx context.Context, p *Pages, id int64, _ *web.View, f *web.Form) error {
			_, err := p.Changes.AddNote(ctx, id, f.Get("text"))
			return err
		}},
}

func none(change.View, *web.View, *web.Form) []web.Field { return nil }

func because(label string) func(change.View, *web.View, *web.Form) []web.Field {
	return func(_ change.View, _ *web.View, f *web.Form) []web.Field {
		return []web.Field{f.Area("reason", label, 3).Need().First()}
	}
}

func outcomes(list ...change.State) (out []web.Option) {
	hint := map[change.State]string{change.Succeeded: "it does what it should, and nothing else", change.Failed: "users were served worse, or it did not work", change.RolledBack: "what ran before came back"}
	for _, s := range list {
		out = append(out, web.Option{Value: string(s), Title: upper(string(s)), Hint: hint[s]})
	}
	return out
}

// momentForm is how datetime-local inputs write times.
const momentForm = "2006-01-02T15:04"

func moment(v *web.View, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(v.Loc).Format(momentForm)
}

// parseMoment reads one; empty is the zero time.
func parseMoment(v *web.View, f *web.Form, name string) (time.Time, error) {
	s := f.Get(name)
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(momentForm, s[:min(len(s), len(momentForm))], v.Loc)
	if err != nil {
		return t, errs.BadField(name, errs.Short(s), "give a day and a time, like 2026-11-20T18:30")
	}
	return t.UTC(), nil
}

// planned reads from and to; without an end it lasts an hour.
func planned(v *web.View, f *web.Form) (from, to time.Time, err error) {
	if from, err = parseMoment(v, f, "from"); err != nil {
		return
	}
	if to, err = parseMoment(v, f, "to"); err == nil && to.IsZero() && !from.IsZero() {
		to = from.Add(time.Hour)
	}
	return
}

func editFields(c change.View, _ *web.View, f *web.Form) []web.Field {
	now := &web.Form{}
	for name, value := range map[string]string{"title": c.Title, "summary": c.Summary, "rollback_plan": c.RollbackPlan, "rollback_ref": c.RollbackRef, "model": c.Model, "type": string(c.Type), "purpose": string(c.Purpose), "version": strconv.FormatInt(c.Version, 10)} {
		f.Default(name, value)
		now.Default(name, value)
	}
	f.Stored(now)
	return append([]web.Field{f.Hidden("version"), f.Input("title", "Title").Need().Limit(200).First()}, aboutFields(f)...)
}

// aboutFields are those that forms to open and to edit share.
func aboutFields(f *web.Form) []web.Field {
	return []web.Field{f.Area("summary", "What changes, and what will users notice?", 3),
		f.Radio("type", "Which way does it go?", web.Option{Value: "normal", Title: "Normal", Hint: "by its risk"}, web.Option{Value: "standard", Title: "Standard", Hint: "by a pre-approved model"}, web.Option{Value: "emergency", Title: "Emergency", Hint: "one on call approves; reviewed afterwards"}),
		f.Input("model", "Model").Say("certificate-renewal").Help("Of a standard change"),
		f.Select("purpose", "What is it for?", options(change.Purposes)...),
		f.Area("rollback_plan", "How would it be taken back?", 3),
		f.Input("rollback_ref", "Automated rollback").Say("github:harbour/checkout/rollback.yml@main").Help("github:…, gitlab:…, argo-rollouts:namespace/name or webhook:https://…")}
}

func options[S ~string](list []S) (out []web.Option) {
	for _, s := range list {
		out = append(out, web.Option{Value: string(s), Title: upper(string(s))})
	}
	return out
}

func edit(ctx context.Context, p *Pages, id int64, _ *web.View, f *web.Form) error {
	version, err := strconv.ParseInt(f.Get("version"), 10, 64)
	if err != nil {
		return errs.BadField("version", f.Get("version"), "open the form again")
	}
	text := func(name string) *string { s := strings.ReplaceAll(f.Get(name), "\r\n", "\n"); return &s }
	typ, purpose := change.Type(f.Get("type")), change.Purpose(f.Get("purpose"))
	_, err = p.Changes.Edit(ctx, id, version, change.Edit{Title: text("title"), Summary: text("summary"), RollbackPlan: text("rollback_plan"), RollbackRef: text("rollback_ref"), Model: text("model"), Type: &typ, Purpose: &purpose})
	return err
}

// ActPage is the form of one verb.
type ActPage struct {
	web.Page
	Change  change.Change
	State   web.Tag
	Heading string
	Text    string
	Button  string
	Danger  bool
	Form    *web.Form
	Fields  []web.Field
	Back    string
	Action  string
	Facts   []web.Def
}

var actPage = web.Parse(files, "act.html", ActPage{})

// form handles GET /changes/{key}/{verb}.
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
	c, err := p.Changes.Page(r.Context(), n)
	if err != nil {
		return err
	}
	page := &ActPage{Page: p.Shell.Page(r, a.title, nav), Change: c.Change, State: stateTag(c.State), Heading: a.title, Text: a.text, Button: a.button, Danger: a.danger, Form: f,
		Back: c.Ref().Path(), Action: c.Ref().Path() + "/" + a.name}
	page.Narrow = true
	page.Crumbs = append(crumbs[:1:1], web.Crumb{Title: c.Key(), Path: page.Back})
	page.Fields = a.fields(c, page.V, f)
	if a.name == "approve" {
		page.Facts = []web.Def{{Term: "Commit", Text: short(c.Commit)}, {Term: "Artefact", Text: short(c.Artefact)}}
	}
	if a.name == "rollback" {
		page.Facts = []web.Def{{Term: "By", Text: orDash(c.RollbackRef)}, {Term: "Back to", Text: orDash(short(c.Previous))}}
		if c.RollbackPlan != "" {
			page.Facts = append(page.Facts, web.Def{Term: "Plan", Text: c.RollbackPlan})
		}
	}
	return p.Shell.RenderStatus(w, r, status, actPage, page)
}

func orDash(s string) string {
	if s == "" {
		return "not known"
	}
	return s
}

// act handles POST /changes/{key}/{verb}.
func (p *Pages) act(a action) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		n, err := id(r)
		if err != nil {
			return err
		}
		f := web.NewForm(r)
		err = a.do(r.Context(), p, n, p.Shell.View(r), f)
		if a.fields != nil && f.Refused(err) {
			return p.showForm(w, r, a, f, http.StatusUnprocessableEntity)
		} else if err != nil {
			return err
		}
		to := ref.N(ref.Change, n).Path()
		if f.Get("back") == "waiting" || f.Get("back") == "board" {
			to = "/changes/" + f.Get("back")
		}
		if a.name == "note" {
			to += "#activity"
		}
		return web.Redirect(w, r, to, a.done)
	}
}
