package cmdbweb

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ProposalsPage lists pairs that may be one.
type ProposalsPage struct {
	Base
	Views []web.Tab
	Table web.Table
	Pager web.Pager
	None  web.Empty
}

var proposalsPage = web.Parse(files, "proposals.html", ProposalsPage{})

// Proposals handles GET /map/proposals.
func (p *Pages) Proposals(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	all := form.Get("show") == "all"
	after, err := strconv.ParseInt(form.Get("after"), 10, 64)
	if form.Get("after") != "" && err != nil {
		return errs.BadField("after", form.Get("after"), "use the link to the next page")
	}
	list, more, err := p.CMDB.Proposals(r.Context(), all, after, perPage)
	if err != nil {
		return err
	}
	page := &ProposalsPage{Base: p.base(r, "Pairs to decide", atReports, web.Crumb{Title: "Reports", Path: atReports})}
	page.Live = "*"
	page.Views = []web.Tab{{Title: "To decide", Path: atProposals, Current: !all}, {Title: "All", Path: atProposals + "?show=all", Current: all}}
	var ids []int64
	for _, x := range list {
		ids = append(ids, x.A, x.B)
	}
	items, err := p.CMDB.Named(r.Context(), ids)
	if err != nil {
		return err
	}
	page.Table = web.Table{Label: "Pairs", V: page.V, Columns: []web.Column{{Title: "Pair", Phone: true}, {Title: "Kind", Width: 130}, {Title: "Why", Phone: true}, {Title: "State", Width: 120}, {Title: "Since", Width: 110, Right: true}}}
	for _, x := range list {
		page.Table.Rows = append(page.Table.Rows, web.Row{Quiet: x.State != cmdb.ProposalOpen, Cells: []web.Cell{
			{Key: x.Ref().String(), Text: nameOf(items[x.A]) + " and " + nameOf(items[x.B]), Path: x.Ref().Path()}, {Text: kindWord(items[x.A].Kind)}, {Text: x.Why}, {Tag: pairTag(x.State)}, {At: x.Created}}})
	}
	if more {
		next := atProposals + "?after=" + count64(list[len(list)-1].ID)
		if all {
			next += "&show=all"
		}
		page.Pager = web.Pager{Older: next, Shown: web.Plural(len(list), "pair", "pairs") + " shown"}
	}
	page.None = web.Empty{Icon: "git-merge", Title: "Nothing to decide", Text: "When two items look like one and it is not certain, the pair stands here. Nothing is merged silently."}
	return p.Shell.Render(w, r, proposalsPage, page)
}

func pairTag(s cmdb.ProposalState) *web.Tag {
	switch s {
	case cmdb.ProposalMerged:
		return &web.Tag{Text: "are one"}
	case cmdb.ProposalRefused:
		return &web.Tag{Text: "are two"}
	}
	return &web.Tag{Text: "to decide", Tone: "amber"}
}

// ProposalPage is one pair, side by side.
type ProposalPage struct {
	Base
	Proposal cmdb.ProposalDetail
	Key      string
	Tag      web.Tag
	First    pairSide
	Second   pairSide
	Rows     []cmdb.Compared
	Form     *web.Form
	Keep     web.Field
	Note     web.Field
	Open     bool
	Decided  string
}

// pairSide is one of the two.
type pairSide struct {
	Key, Name, Path, Kind string
	State                 web.Tag
	By                    []string
	Relations             int
	Older                 bool
}

var proposalPage = web.Parse(files, "proposal.html", ProposalPage{})

// Proposal handles GET /map/proposals/{key}.
func (p *Pages) Proposal(w http.ResponseWriter, r *http.Request) error {
	return p.showProposal(w, r, &web.Form{}, http.StatusOK)
}

func (p *Pages) showProposal(w http.ResponseWriter, r *http.Request, form *web.Form, status int) error {
	id, err := numberIn(r, ref.Proposal)
	if err != nil {
		return err
	}
	d, err := p.CMDB.Proposal(r.Context(), id)
	if err != nil {
		return err
	}
	page := &ProposalPage{Base: p.base(r, "Are these one?", atReports, web.Crumb{Title: "Reports", Path: atReports}, web.Crumb{Title: "Pairs", Path: atProposals}), Proposal: d, Key: d.Ref().String(), Tag: *pairTag(d.State), Form: form}
	page.Proposal.Why = strings.TrimSuffix(sentence(d.Why), ".")
	page.Live = page.Key
	page.Open = page.May && d.State == cmdb.ProposalOpen
	page.First, page.Second = side(d.First), side(d.Second)
	page.First.Older = d.First.ID < d.Second.ID
	page.Second.Older = !page.First.Older
	for _, c := range d.Compare {
		c.First, c.Second = claimText(c.Field, c.First), claimText(c.Field, c.Second)
		c.Field = fieldWord(c.Field)
		page.Rows = append(page.Rows, c)
	}
	form.Default("keep", count64(min(d.First.ID, d.Second.ID)))
	page.Keep = form.Radio("keep", "Which number stays", web.Option{Value: count64(d.First.ID), Title: page.First.Key, Hint: page.First.Name}, web.Option{Value: count64(d.Second.ID), Title: page.Second.Key, Hint: page.Second.Name}).Need()
	page.Note = form.Input("note", "Why").Limit(2000).Help("For whoever wonders later")
	if d.State != cmdb.ProposalOpen {
		page.Decided = p.who(r.Context(), d.Person, d.Actor) + " decided " + page.V.Local(d.Decided) + ": they " + pairTag(d.State).Text
	}
	return p.Shell.RenderStatus(w, r, status, proposalPage, page)
}

func side(d cmdb.Detail) pairSide {
	s := pairSide{Key: key(d.ID), Name: nameOf(d.Item), Path: itemPath(d.ID), Kind: kindWord(d.Kind), State: *stateTag(d.State), Relations: len(d.Relations)}
	for _, o := range d.Observations {
		s.By = append(s.By, from(o.Source, o.Scope))
	}
	return s
}

// DecideProposal handles POST /map/proposals/{key}: do is merge or refuse.
func (p *Pages) DecideProposal(w http.ResponseWriter, r *http.Request) error {
	id, err := numberIn(r, ref.Proposal)
	if err != nil {
		return err
	}
	form := web.NewForm(r)
	done := "They are two, and are not proposed again"
	if form.Get("do") == "refuse" {
		_, err = p.CMDB.RefuseProposal(r.Context(), id)
	} else {
		keep, _ := strconv.ParseInt(form.Get("keep"), 10, 64) // nothing chosen: the older one
		var g cmdb.Regroup
		g, err = p.CMDB.AcceptProposal(r.Context(), id, keep, form.Get("note"))
		done = key(g.Other) + " and " + key(g.Item) + " are one now; the item's page can undo it"
	}
	if form.Refused(err) {
		return p.showProposal(w, r, form, http.StatusUnprocessableEntity)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, atProposals, done)
}
