package escalationweb

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ShowPage is one policy: as it is written, and what it means.
type ShowPage struct {
	web.Page
	Policy  escalation.Stored
	Rungs   []web.Rung
	After   string // what follows the last step
	Facts   []web.Def
	Form    *web.Form
	At      web.Field
	Pr      web.Field
	Foresee foreseen
	Notice  *web.Notice
	Ask     *web.Confirm
}

// foreseen is a preview as it is drawn.
type foreseen struct {
	Rungs []web.Rung
	Says  string // above the drawing
	Never string // why nobody would be told
	Fault string

	Besides string // who hears of it apart from the steps
}

var showPage = web.Parse(files, "show.html", ShowPage{})

// Edit reports whether the viewer may edit it here.
func (p *ShowPage) Edit() bool { return p.V.May(actor.Configure) && p.Policy.Managed == "" }

// Show handles GET /oncall/policies/{name}.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	s, err := p.Policies.Get(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	page := &ShowPage{Page: p.Shell.Page(r, s.Title(), "oncall"), Policy: s, Form: web.NewForm(r)}
	page.Crumbs, page.Live = crumbs, s.Ref().String()
	page.Rungs, page.After = specRungs(s.Spec), afterLast(s.Spec)
	page.At = page.Form.Input("at", "Opened at").As("datetime-local").Help("In " + page.V.ZoneName() + "; empty: now")
	page.Pr = page.Form.Select("priority", "Priority", priorityOptions...)
	if page.Foresee, err = p.foresee(r.Context(), page.V, s.Name, s.Spec, nil, page.Form); err != nil {
		return err
	}
	page.facts(s)
	holes, err := p.Policies.HolesNow(r.Context())
	if err != nil {
		return err
	}
	for _, h := range holes {
		if h.Policy == s.Name {
			x := holeOf(h)
			page.Notice = &web.Notice{Fact: upper(x.Step) + " reaches nobody now.", Effect: upper(h.Why) + ". The ladder passes it over at once."}
			if h.All {
				page.Notice.Tone, page.Notice.Effect = "red", upper(h.Why)+". Only leads and manager would be reminded."
			}
			break
		}
	}
	if r.URL.Query().Get("delete") != "" && page.Edit() {
		page.Ask = &web.Confirm{Path: s.Ref().Path() + "/delete", Title: "Delete the policy " + s.Name + "?", Text: "Its teams are then paged whole, all at once. Incidents that climb it now go on to their end.", Button: "Delete", Danger: true, Cancel: s.Ref().Path()}
	}
	return p.Shell.Render(w, r, showPage, page)
}

var priorityOptions = []web.Option{{Value: "P1", Title: "P1"}, {Value: "P2", Title: "P2"}, {Value: "P3", Title: "P3"}, {Value: "P4", Title: "P4"}}

// specRungs draws a policy as it is written.
func specRungs(s escalation.Spec) (out []web.Rung) {
	var sum time.Duration
	for n, step := range s.Steps {
		d := escalation.Wait(step.After)
		sum += d
		r := web.Rung{At: "at once", Title: "Step " + web.Count(n+1), Tags: conditions(step), Class: "next", Icon: "bell"}
		if sum > 0 {
			r.At = "+" + escalation.Spoken(sum)
		}
		if d > 0 && n > 0 {
			r.Why = escalation.Spoken(d) + " after step " + web.Count(n) + " told somebody"
		}
		for _, t := range step.Notify {
			r.Lines = append(r.Lines, lineOf(t))
		}
		out = append(out, r)
	}
	return out
}

// afterLast says what happens when nobody acknowledges the last step.
func afterLast(s escalation.Spec) string {
	again, _, _ := s.Waits()
	if s.Repeat > 0 {
		return "After " + escalation.Spoken(again) + " all steps again, " + times(s.Repeat) + "; then the team’s leads and manager every " + escalation.Spoken(again) + " until somebody acknowledges."
	}
	return "After " + escalation.Spoken(again) + " the team’s leads and manager, and again every " + escalation.Spoken(again) + " until somebody acknowledges."
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return web.Count(n) + " times"
}

func (page *ShowPage) facts(s escalation.Stored) {
	add := func(term, text, path string) {
		if text != "" {
			page.Facts = append(page.Facts, web.Def{Term: term, Text: text, Path: path})
		}
	}
	for _, t := range s.Spec.Teams {
		add("Team", t, ref.S(ref.Team, t).Path())
	}
	for _, x := range s.Spec.Services {
		add("Service", x, ref.S(ref.Service, x).Path())
	}
	if len(s.Spec.Teams)+len(s.Spec.Services) == 0 {
		add("Serves", "only policies that go on with it", "")
	}
	_, ack, escalate := s.Spec.Waits()
	add("Acknowledged", "without progress for "+escalation.Spoken(ack)+": whoever took it is asked; "+escalation.Spoken(escalate)+" later the steps begin again", "")
	add("Besides", "P1 tells manager and executive at once, P2 the manager; P3 and P4 page nobody", "/settings/priorities")
	add("Description", s.Spec.Description, "")
}

// foresee previews a policy, as it reads, for the time and priority in a form;
// spec is nil for the one that is stored.
func (p *Pages) foresee(ctx context.Context, v *web.View, name string, reads escalation.Spec, spec *escalation.Spec, form *web.Form) (out foreseen, err error) {
	in := escalation.Suppose{Priority: form.Get("priority")}
	if p.Owner != nil && len(reads.Teams) == 0 && len(reads.Services) > 0 {
		if in.Team, err = p.Owner(ctx, reads.Services[0]); err != nil {
			return out, err
		}
	}
	if at := form.Get("at"); at != "" {
		if in.At, err = time.ParseInLocation("2006-01-02T15:04", at, v.Loc); err != nil {
			out.Fault = "write the time like 2026-03-29T02:10"
			return out, nil
		}
	}
	f, err := p.Policies.Preview(ctx, name, spec, in)
	if errs.Is(err, errs.Invalid) && spec == nil {
		out.Fault = err.Error()
		if e := errs.As(err); len(e.Fields) > 0 {
			out.Fault = e.Fields[0].Remedy
		}
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Rungs = stageRungs(v, f.Stages, f.Names)
	when := "on " + f.At.In(v.Loc).Format("Mon 2 Jan 15:04")
	if in.At.IsZero() {
		when = "now"
	}
	out.Says = "A " + f.Priority + " that opens " + when + " and that nobody acknowledges:"
	switch f.Priority {
	case "P1":
		out.Besides = "Besides, the team’s manager and executives hear of it at once."
	case "P2":
		out.Besides = "Besides, the team’s manager hears of it at once."
	}
	if len(out.Rungs) == 0 {
		out.Never = "A " + f.Priority + " pages nobody: P3 is told quietly in business hours, P4 stands in lists and in the weekly review."
	}
	return out, nil
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Delete handles POST /oncall/policies/{name}/delete.
func (p *Pages) Delete(w http.ResponseWriter, r *http.Request) error {
	if err := p.Policies.Delete(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	return web.Redirect(w, r, base, "The policy is deleted")
}
