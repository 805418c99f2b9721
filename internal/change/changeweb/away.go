package changeweb

import (
	"net/http"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// AwayPage is who approves in whose place, and when.
type AwayPage struct {
	web.Page
	Tabs  []web.Tab
	Rows  []away
	Pager web.Pager
	Empty web.Empty
	Form  *web.Form
	May   bool

	Person, Delegate, From, Until, Reason web.Field
	Others                                bool // the viewer may hand over for others
}

// away is one delegation.
type away struct {
	change.Delegation
	Who, For string
	State    web.Tag
	End      string // where it is taken back; empty: over, or not the viewer's
}

var awayPage = web.Parse(files, "away.html", AwayPage{})

const awayPath = "/changes/delegations"

// Away handles GET /changes/delegations.
func (p *Pages) Away(w http.ResponseWriter, r *http.Request) error {
	return p.showAway(w, r, web.NewForm(r), http.StatusOK)
}

func (p *Pages) showAway(w http.ResponseWriter, r *http.Request, f *web.Form, status int) error {
	ctx := r.Context()
	page := &AwayPage{Page: p.Shell.Page(r, "While you are away", nav), Form: f}
	page.Crumbs = crumbs
	page.May, page.Others = responds(page.V), page.V.May(actor.Configure)
	page.Tabs = []web.Tab{{Title: "Waits for you", Path: "/changes/waiting"}, {Title: "Change board", Path: "/changes/board"}, {Title: "While you are away", Path: awayPath, Current: true}}
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	const most = 50
	list, err := p.Changes.Delegations(ctx, before, most+1)
	if err != nil {
		return err
	}
	if len(list) > most {
		list = list[:most]
		page.Pager = web.Pager{Older: awayPath + "?before=" + strconv.FormatInt(list[most-1].ID, 10), Shown: web.Plural(most, "shown", "shown")}
	}
	var ids []int64
	for _, d := range list {
		ids = append(ids, d.Person, d.Delegate)
	}
	names, err := p.Changes.NamesOf(ctx, ids...)
	if err != nil {
		return err
	}
	for _, d := range list {
		x := away{Delegation: d, Who: person(page.V, names, d.Delegate).Name, For: person(page.V, names, d.Person).Name}
		over := !d.Ended.IsZero() || !d.Until.After(page.V.Now)
		switch {
		case over:
			x.State = web.Tag{Text: "Over"}
		case d.From.After(page.V.Now):
			x.State = web.Tag{Text: "To come", Tone: "accent", Icon: "calendar"}
		default:
			x.State = web.Tag{Text: "Now", Tone: "green", Icon: "check"}
		}
		if me := page.V.Actor.Person; !over && me != 0 && (me == d.Person || me == d.Delegate || page.Others) {
			x.End = awayPath + "/" + strconv.FormatInt(d.ID, 10) + "/end"
		}
		page.Rows = append(page.Rows, x)
	}
	if p.People != nil && page.May {
		list, err := p.People(ctx)
		if err != nil {
			return err
		}
		page.Delegate = f.Select("delegate", "Who approves instead?", append([]web.Option{{Title: "Choose somebody"}}, list...)...).Need()
		page.Person = f.Select("person", "Who is away?", append([]web.Option{{Title: "I am"}}, list...)...)
	} else {
		page.Delegate = f.Input("delegate", "Who approves instead?").Need().Say("jonas").Help("A handle")
		page.Person = f.Input("person", "Who is away?").Help("A handle; empty: you")
	}
	page.From = f.Input("from", "From").As("datetime-local").Help("In " + page.V.ZoneName() + "; empty: now")
	page.Until = f.Input("until", "Until").As("datetime-local").Need()
	page.Reason = f.Input("reason", "Why?").Limit(200).Say("Parental leave")
	page.Empty = web.Empty{Icon: "users", Title: "Nobody stands in for anybody", Text: "Whoever goes away names somebody who approves in their place until they are back. The record says in whose place an approval was given. Who stands in never approves their own change."}
	return p.Shell.RenderStatus(w, r, status, awayPage, page)
}

// Delegate handles POST /changes/delegations.
func (p *Pages) Delegate(w http.ResponseWriter, r *http.Request) error {
	f, v, ctx := web.NewForm(r), p.Shell.View(r), r.Context()
	err := func() (err error) {
		d := change.Delegation{Reason: f.Get("reason")}
		if d.Delegate, err = p.Changes.Person(ctx, "delegate", f.Get("delegate")); err != nil {
			return err
		}
		if who := f.Get("person"); who != "" {
			if d.Person, err = p.Changes.Person(ctx, "person", who); err != nil {
				return err
			}
		}
		if d.From, err = parseMoment(v, f, "from"); err != nil {
			return err
		}
		if d.Until, err = parseMoment(v, f, "until"); err != nil {
			return err
		}
		if d.Until.IsZero() {
			return errs.BadField("until", "", "say until when")
		}
		_, err = p.Changes.Delegate(ctx, d)
		return err
	}()
	if f.Refused(err) {
		return p.showAway(w, r, f, http.StatusUnprocessableEntity)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, awayPath, "Handed over")
}

// EndDelegation handles POST /changes/delegations/{id}/end.
func (p *Pages) EndDelegation(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errs.E(errs.NotFound, "there is no such delegation")
	}
	if err := p.Changes.EndDelegation(r.Context(), n); err != nil {
		return err
	}
	return web.Redirect(w, r, awayPath, "Taken back")
}
