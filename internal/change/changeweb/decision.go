package changeweb

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// DecisionPage is one answer of policy with all that it stood on.
type DecisionPage struct {
	web.Page
	Change   change.Change
	Has      bool // it is about a change
	Mode     web.Tag
	Decision *decision
	Risk     *riskBox
	Facts    []known
	About    []web.Def
	Input    string // as policy saw it
	Others   []web.Tab
	Stands   bool
}

// known is one group of facts in words.
type known struct {
	Name, Text string
	State      web.Tag
}

var decisionPage = web.Parse(files, "decision.html", DecisionPage{})

var modeWords = map[change.Mode]web.Tag{
	change.ModeGate: {Text: "Asked by the gate", Tone: "accent"}, change.ModeStart: {Text: "Looked at again at the start", Tone: "accent"},
	change.ModeShadow: {Text: "Shadow: a policy on trial, without effect", Tone: "violet"}, change.ModeTrial: {Text: "Dry run"},
}

// Decision handles GET /changes/decisions/{key}.
func (p *Pages) Decision(w http.ResponseWriter, r *http.Request) error {
	n, err := ref.ID(ref.Decision, r.PathValue("key"))
	if err != nil {
		return errs.E(errs.NotFound, "there is no decision %q; keys look like DEC-77", errs.Short(r.PathValue("key")))
	}
	ctx := r.Context()
	d, err := p.Changes.DecisionByID(ctx, n)
	if err != nil {
		return err
	}
	s, err := p.Changes.Settings(ctx)
	if err != nil {
		return err
	}
	page := &DecisionPage{Page: p.Shell.Page(r, d.Ref().String(), nav), Mode: modeWords[d.Mode], Decision: decisionOf(d, s.Thresholds), Risk: riskOf(d, s.Thresholds)}
	page.Crumbs, page.Live = crumbs, d.Ref().String()
	page.Decision.Path = "" // it is this page
	if d.Change != 0 {
		if page.Change, err = p.Changes.Get(ctx, d.Change); err != nil {
			return err
		}
		page.Has, page.Stands = true, page.Change.Decision == d.ID
		page.Crumbs = append(crumbs[:1:1], web.Crumb{Title: page.Change.Key(), Path: page.Change.Ref().Path()})
		list, err := p.Changes.DecisionsOf(ctx, d.Change, 0, 20)
		if err != nil {
			return err
		}
		for _, o := range list {
			page.Others = append(page.Others, web.Tab{Title: o.Ref().String() + ", " + strings.ReplaceAll(string(o.Result.Outcome), "_", " ") + ", " + page.V.Local(o.At) + shadow(o), Path: o.Ref().Path(), Current: o.ID == d.ID})
		}
	}
	page.about(d)
	page.Facts = factsOf(page.V, d.Input)
	text, err := json.MarshalIndent(d.Input, "", "  ")
	if err != nil {
		return errs.Wrap("changeweb.decision", err)
	}
	page.Input = string(text)
	return p.Shell.Render(w, r, decisionPage, page)
}

func shadow(d change.Decided) string {
	if d.Mode == change.ModeShadow {
		return ", shadow"
	}
	return ""
}

func (p *DecisionPage) about(d change.Decided) {
	pol, polTo := policyName(d.Policy)
	wts, wtsTo := weightsName(d.Weights)
	p.About = []web.Def{{Term: "When", HTML: p.V.Full(d.At), Sub: "in " + took(d.Took)}, {Term: "Policy", Text: pol, Path: polTo}, {Term: "Weights", Text: wts, Path: wtsTo},
		{Term: "Settings", Text: fmt.Sprintf("version %d", d.Settings), Path: "/changes/settings"}}
}

// factsOf puts what policy saw into words, group by group.
func factsOf(v *web.View, in fact.Input) (out []known) {
	add := func(name string, state fact.State, why, text string) {
		k := known{Name: name, Text: text, State: web.Tag{Text: "Known", Tone: "green", Icon: "check"}}
		switch state {
		case fact.Value:
		case fact.NotAdopted:
			k.State, k.Text = web.Tag{Text: "Not in use"}, upper(why)
		default:
			k.State, k.Text = web.Tag{Text: "Not known", Tone: "amber", Icon: "help-circle"}, upper(why)
		}
		out = append(out, k)
	}
	cut := func(n int) string {
		if n > 0 {
			return fmt.Sprintf(", and %d more", n)
		}
		return ""
	}
	var parts []string
	for _, s := range in.Services.Value {
		parts = append(parts, fmt.Sprintf("%s (tier %d, %s, of %s)", s.Name, s.Tier, s.Lifecycle, orDash(s.Team)))
	}
	add("Services", in.Services.State, in.Services.Why, strings.Join(parts, "; "))
	b := in.Blast.Value
	add("Blast radius", in.Blast.State, in.Blast.Why, fmt.Sprintf("%s of %s break with it%s; %s", web.Plural(b.Boundaries, "other service", "other services"), web.Plural(b.Teams, "other team", "other teams"), named(b.Services), web.Plural(b.Items, "item", "items")))
	z := in.Size.Value
	add("Size", in.Size.State, in.Size.Why, fmt.Sprintf("%s in %s, %s, %d of them destroyed", web.Plural(z.Lines, "line", "lines"), web.Plural(z.Files, "file", "files"), web.Plural(z.Resources, "resource", "resources"), z.Destroyed))
	t := in.Tests.Value
	add("Tests of the commit", in.Tests.State, in.Tests.Why, fmt.Sprintf("%s passed, %d failed, %d skipped", web.Count(t.Passed), t.Failed, t.Skipped))
	sc := in.Scans.Value
	add("Scans of the commit", in.Scans.State, in.Scans.Why, fmt.Sprintf("%s, %s, by %s", web.Plural(sc.Errors, "error", "errors"), web.Plural(sc.Warnings, "warning", "warnings"), web.Plural(sc.Tools, "tool", "tools")))
	rv := in.Reviews.Value
	add("Code review", in.Reviews.State, in.Reviews.Why, fmt.Sprintf("%s of this commit, %d asked for changes, %d of an earlier one", web.Plural(rv.Approved, "approval", "approvals"), rv.ChangesRequested, rv.Stale))
	parts = nil
	for _, f := range in.Windows.Value.Freezes {
		parts = append(parts, "freeze “"+f.Title+"” until "+v.Local(f.Until))
	}
	if in.Windows.Value.Required != "" {
		where := "outside of "
		if in.Windows.Value.Inside {
			where = "inside "
		}
		parts = append(parts, where+in.Windows.Value.Required)
	}
	if len(parts) == 0 {
		parts = []string{"no freeze, and no window that it must start in"}
	}
	add("Windows", in.Windows.State, in.Windows.Why, upper(strings.Join(parts, "; "))+cut(in.Windows.Value.Cut))
	parts = nil
	for _, c := range in.Collisions.Value.List {
		parts = append(parts, fmt.Sprintf("%s on %s (%s, %s)", c.Change, c.Service, c.Relation, c.State))
	}
	add("Collisions", in.Collisions.State, in.Collisions.Why, orNo(parts, "no other change is in the way")+cut(in.Collisions.Value.Cut))
	parts = nil
	for _, i := range in.Incidents.Value.List {
		parts = append(parts, fmt.Sprintf("%s P%d on %s", i.Key, i.Priority, i.Service))
	}
	add("Open incidents", in.Incidents.State, in.Incidents.Why, orNo(parts, "none here or on what it needs")+cut(in.Incidents.Value.Cut))
	add("Error budget", in.Budget.State, in.Budget.Why, fmt.Sprintf("%.0f %% left of %s", in.Budget.Value.Left*100, in.Budget.Value.Service))
	past := func(h fact.History) string {
		return fmt.Sprintf("%d of %s failed; smoothed %.0f %%", h.Failed, web.Plural(h.Changes, "change", "changes"), h.Rate*100)
	}
	add("Past of the services", in.History.State, in.History.Why, past(in.History.Value))
	add("Past of the author here", in.AuthorPast.State, in.AuthorPast.Why, past(in.AuthorPast.Value))
	add("Past of the model", in.ModelPast.State, in.ModelPast.Why, past(in.ModelPast.Value))
	c := in.Clock.Value
	hours := "outside business hours"
	if c.Business {
		hours = "in business hours"
	}
	if c.LastDay {
		hours += ", on the last afternoon before free days"
	}
	add("Time of day", in.Clock.State, in.Clock.Why, fmt.Sprintf("%s at %d o'clock, %s", time.Weekday(c.Weekday%7), c.Hour, hours))
	add("Database schema", in.Schema.State, in.Schema.Why, map[bool]string{true: "It changes one", false: "Unchanged"}[in.Schema.Value])
	rb := in.Rollback.Value
	parts = nil
	if rb.Returns {
		parts = append(parts, "it is itself a return to what ran before")
	}
	if rb.Automated {
		text := "automated"
		if !rb.Proven.IsZero() {
			text += ", last worked " + v.Local(rb.Proven)
		}
		parts = append(parts, text)
	}
	if rb.Plan {
		parts = append(parts, "there is a plan in words")
	}
	add("Rollback", in.Rollback.State, in.Rollback.Why, upper(orNo(parts, "no plan and no automation")))
	m := in.Model.Value
	text := m.Name + ": it fits"
	if !m.InScope || !m.PreApproved {
		text = m.Name + ": " + strings.Join(m.Why, "; ")
	}
	add("Model", in.Model.State, in.Model.Why, text)
	add("Emergencies to review", in.Pending.State, in.Pending.Why, upper(orNo(in.Pending.Value, "none")))
	return out
}

func named(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return " (" + strings.Join(list[:min(len(list), 8)], ", ") + ")"
}

func orNo(list []string, none string) string {
	if len(list) == 0 {
		return upper(none)
	}
	return strings.Join(list, "; ")
}
