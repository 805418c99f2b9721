package changeweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ShowPage is one change on one screen.
type ShowPage struct {
	web.Page
	Change    change.View
	Tags      []web.Tag
	Author    web.Person
	When      string // window or plan
	Pull      web.Tab
	Buttons   []web.Button
	More      web.Menu
	Phone     []web.Button
	PhoneAll  web.Menu
	Steps     []step
	Notice    *web.Notice
	Decision  *decision
	Verified  *verified
	Evidence  *Evidence
	Digest    string
	Activity  []event
	All       string // where all entries are; empty: they are here
	MayNote   bool
	Risk      *riskBox
	Approvals *approvals
	Nobody    string
	Blast     *blast
	Causes    []cause
	Details   []web.Def

	decided    change.Decided
	collision  *web.Notice
	callFailed string
}

// event is one line of the activity.
type event struct {
	N      int
	Person *web.Person
	Icon   string
	Who    string
	Text   string
	Detail string
	At     time.Time
}

// cause is an incident that the change may have to do with.
type cause struct {
	Key, Path, Title, Says string
	Tone                   string
	State                  string
}

var showPage = web.Parse(files, "show.html", ShowPage{})

// Show handles GET /changes/{key}.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	n, err := id(r)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("act") == "rollback" { // links from incidents
		http.Redirect(w, r, ref.N(ref.Change, n).Path()+"/rollback", http.StatusSeeOther)
		return nil
	}
	ctx := r.Context()
	c, err := p.Changes.Page(ctx, n)
	if err != nil {
		return err
	}
	page := &ShowPage{Page: p.Shell.Page(r, c.Key(), nav), Change: c}
	page.Crumbs, page.Live, page.Bar = crumbs, c.Key(), true
	settings, err := p.Changes.Settings(ctx)
	if err != nil {
		return err
	}
	if err := p.judged(ctx, page, settings.Settings); err != nil {
		return err
	}
	if page.Verified, err = p.verified(ctx, r, page.V, c.Change, settings.Settings); err != nil {
		return err
	}
	if err := p.around(ctx, page); err != nil {
		return err
	}
	page.head()
	page.events(r.URL.Query().Get("activity") == "all")
	page.details()
	page.Steps = steps(page.V, c.Change, page.decided)
	page.Buttons, page.More = buttons(page.V, c, page.Approvals.May)
	page.phone()
	page.Notice = page.notice()
	if page.Notice != nil && len(page.Buttons) > 0 && page.Buttons[0].Tone == "primary" {
		for i := range page.Notice.Buttons {
			page.Notice.Buttons[i].Tone = "" // one filled button
		}
	}
	return p.Shell.Render(w, r, showPage, page)
}

// judged fills in what policy said, the score, and the approvals.
func (p *Pages) judged(ctx context.Context, page *ShowPage, s change.Settings) error {
	item, err := p.Changes.Standing(ctx, page.Change.ID)
	if err != nil {
		return err
	}
	all, err := p.Changes.Approvals(ctx, page.Change.ID)
	if err != nil {
		return err
	}
	names, err := p.Changes.NamesOf(ctx, people(page.Change.Change, all)...)
	if err != nil {
		return err
	}
	c, v := page.Change.Change, page.V
	page.decided = item.Decision
	if item.Decision.ID != 0 {
		page.Decision = decisionOf(item.Decision, s.Thresholds)
		page.Decision.Met = met(v, c, all, names)
	}
	page.Risk = riskOf(item.Decision, s.Thresholds)
	page.Approvals = approvalsOf(v, item, all, names)
	if len(all) == 0 {
		page.Nobody = nobody(c)
	}
	if p.Usual != nil && c.Team != "" && c.Outcome == policy.NeedsReview {
		d, n, err := p.Usual(ctx, c.Team)
		if err != nil {
			return err
		}
		page.Approvals.median(d, n)
	}
	return nil
}

// around fills in what other practices know.
func (p *Pages) around(ctx context.Context, page *ShowPage) (err error) {
	c := page.Change
	if page.Blast, err = p.blast(ctx, c.Change, page.decided.Input); err != nil {
		return err
	}
	if p.Suspects != nil {
		list, err := p.Suspects.OfChange(ctx, c.ID)
		if err != nil {
			return err
		}
		page.causes(list)
	}
	if p.Evidence != nil {
		e, err := p.Evidence(ctx, c.ID)
		if err != nil {
			return err
		}
		page.Evidence = &e
	}
	if page.collision, err = p.collision(ctx, page.V, c.Change); err != nil {
		return err
	}
	calls, err := p.Changes.Calls(ctx, c.ID)
	for _, k := range calls {
		if k.State == change.CallFailed {
			page.callFailed = fmt.Sprintf("%s gave up after %s: %s", upper(string(k.Kind)), web.Plural(k.Attempts, "try", "tries"), k.Error)
			break
		}
	}
	return err
}

// collision is another change that comes into this one's way, with the next
// time that suits.
func (p *Pages) collision(ctx context.Context, v *web.View, c change.Change) (*web.Notice, error) {
	if p.Windows == nil || !c.State.Open() {
		return nil, nil //nolint:nilnil // nothing is in the way
	}
	span := window.Span{From: v.Now, To: v.Now.Add(time.Hour)}
	switch {
	case c.State.Running() && !c.VerifyUntil.IsZero():
		span = window.Span{From: c.StartedAt, To: c.VerifyUntil}
	case c.State.Running():
		span = window.Span{From: c.StartedAt, To: c.StartedAt.Add(time.Hour)}
	case c.PlannedFrom.After(v.Now):
		span = window.Span{From: c.PlannedFrom, To: c.PlannedTo}
	}
	if !span.To.After(span.From) {
		return nil, nil //nolint:nilnil // nothing is in the way
	}
	a, err := p.Windows.Advise(ctx, window.Draft{Change: c.ID, Services: c.Services, Environment: c.Environment, Type: string(c.Type), Purpose: string(c.Purpose), Kind: string(c.Kind), Span: span})
	if errs.Is(err, errs.Invalid) { // a span that nothing can be said about
		return nil, nil //nolint:nilnil // nothing is in the way
	}
	if err != nil {
		return nil, err
	}
	for _, w := range a.Warnings {
		if w.Kind != "collision" {
			continue
		}
		other := w.Other
		if other.ID == c.ID {
			other = w.Change
		}
		return collides(v, c, w, other), nil
	}
	return nil, nil //nolint:nilnil // nothing is in the way
}

func (p *ShowPage) head() {
	c, v := p.Change, p.V
	p.Tags = append(p.Tags, typeTag(c.Change), stateTag(c.State))
	if c.Bypass {
		p.Tags = append(p.Tags, web.Tag{Text: "Not allowed by the gate", Tone: "red", Icon: "alert-triangle"})
	}
	if c.Rework {
		p.Tags = append(p.Tags, web.Tag{Text: "Rework", Tone: "amber"})
	}
	if c.Returns {
		p.Tags = append(p.Tags, web.Tag{Text: "Returns to what ran before", Tone: "green", Icon: "arrow-back-up"})
	}
	p.Author = person(v, c.Names, c.AuthorPerson)
	if p.Author.Name == "" {
		p.Author = web.Person{Name: c.Author}
	}
	if !c.PlannedFrom.IsZero() {
		p.When = "Window " + v.HM(c.PlannedFrom) + "–" + v.HM(c.PlannedTo) + day(v, c.PlannedFrom)
	}
	if c.PullRequest != "" {
		p.Pull = web.Tab{Title: pull(c.Change), Path: secure(c.PullRequest)}
	} else if c.Repository != "" {
		p.Pull = web.Tab{Title: c.Repository + "@" + short(c.Commit)}
	}
}

func day(v *web.View, t time.Time) string {
	if t.In(v.Loc).Format(time.DateOnly) == v.Now.In(v.Loc).Format(time.DateOnly) {
		return " today"
	}
	return t.In(v.Loc).Format(" Mon 2 Jan")
}

// phone picks two for the bar; the others join its menu.
func (p *ShowPage) phone() {
	n := min(2, len(p.Buttons))
	p.Phone = p.Buttons[:n]
	p.PhoneAll = web.Menu{Title: "More actions", Icon: "dots", Only: true, Items: append(append([]web.Button{}, p.Buttons[n:]...), p.More.Items...)}
}

const fewEvents = 6

var entryIcons = map[change.EntryKind]string{change.EntryState: "flag", change.EntryDecision: "shield-check", change.EntryApproval: "check", change.EntryPipeline: "rocket", change.EntryHealth: "heartbeat",
	change.EntryNote: "notes", change.EntryIncident: "flame", change.EntryEdit: "edit"}

// events are the entries, newest first; only the last ones unless all are asked for.
func (p *ShowPage) events(all bool) {
	list := p.Change.Change.Entries
	for i := len(p.Change.Entries) - 1; i >= 0; i-- {
		e := p.Change.Entries[i]
		x := event{N: e.N, Text: e.Text, Detail: e.Detail, At: e.At, Icon: entryIcons[e.Kind]}
		if e.Person != 0 {
			who := web.Person{Name: e.Name}
			if who.Name == "" {
				who.Name = "Somebody"
			}
			x.Person, x.Who = &who, who.Name
		}
		if e.Erased {
			x.Text, x.Detail = "The text was removed", ""
		}
		p.Activity = append(p.Activity, x)
		if !all && len(p.Activity) == fewEvents && i > 0 {
			p.All = fmt.Sprintf("All %s", web.Plural(list, "entry", "entries"))
			break
		}
	}
	p.MayNote = responds(p.V)
	p.Digest = digest(p.Change.Trail)
}

// digest is a hash in short: its beginning and its end.
func digest(s string) string {
	s = strings.TrimPrefix(s, "sha256:")
	if len(s) < 16 {
		return s
	}
	return s[:4] + " " + s[4:8] + "…" + s[len(s)-4:]
}

func (p *ShowPage) details() {
	c, v := p.Change, p.V
	add := func(term, text, path string) {
		if text != "" {
			p.Details = append(p.Details, web.Def{Term: term, Text: text, Path: path})
		}
	}
	if c.Team != "" {
		add("Team", c.Team, "/teams/"+url.PathEscape(c.Team))
	}
	add("Environment", c.Environment, "")
	add("Kind", upper(string(c.Kind))+", for "+string(c.Purpose), "")
	if c.Model != "" {
		add("Model", c.Model, ref.S(ref.ChangeModel, c.Model).Path())
	}
	add("Artefact", short(c.Artefact), "")
	add("Before", short(c.Previous), "")
	add("Commit", short(c.Commit), "")
	add("Repository", c.Repository, "")
	add("Branch", c.Branch, "")
	if l := secure(c.Link); l != "" {
		add("Pipeline", host(l), l)
	}
	add("Told by", c.Source, "")
	add("Rollback", c.RollbackRef, "")
	add("Rollback plan", c.RollbackPlan, "")
	if c.Replaces.ID != 0 {
		add("Takes back", c.Replaces.Key()+" "+c.Replaces.Title, "/changes/"+c.Replaces.Key())
	}
	if c.OutcomeReason != "" {
		add("Outcome", c.OutcomeReason, "")
	}
	if !c.RecoveredAt.IsZero() && !c.DeployedAt.IsZero() {
		p.Details = append(p.Details, web.Def{Term: "Served well again", HTML: v.Time(c.RecoveredAt), Sub: web.Dur(c.RecoveredAt.Sub(c.DeployedAt)) + " after it"})
	}
	if !c.CommittedAt.IsZero() && !c.DeployedAt.IsZero() {
		add("Lead time", web.Dur(c.DeployedAt.Sub(c.CommittedAt))+" from commit to users", "")
	}
	if c.Review != "" {
		add("Review", c.Review, "")
	}
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
