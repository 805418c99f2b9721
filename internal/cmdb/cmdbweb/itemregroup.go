package cmdbweb

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// RegroupPage merges an item with another, or splits observations off one.
type RegroupPage struct {
	Base
	Form         *web.Form
	Item         string
	Split        bool
	Action, Back string
	Other, Keep  web.Field
	Note         web.Field
	Rows         []splitRow
	Fault        string
}

// splitRow is an observation to split off.
type splitRow struct {
	obsRow
	On bool
}

var regroupPage = web.Parse(files, "regroup.html", RegroupPage{})

func (p *Pages) regroupPage(r *http.Request, d cmdb.Detail, form *web.Form, split bool) *RegroupPage {
	at := itemPath(d.ID)
	page := &RegroupPage{Base: p.base(r, "Merge "+nameOf(d.Item), atItems, web.Crumb{Title: "Items", Path: atItems}, web.Crumb{Title: key(d.ID), Path: at}), Form: form, Item: key(d.ID) + " " + nameOf(d.Item), Split: split, Action: at + "/merge", Back: at}
	page.Narrow = true
	page.Note = form.Input("note", "Why").Need().Limit(2000).Say("Both are the database of orders").Help("For whoever wonders later")
	if split {
		page.Note = page.Note.Say("The inventory means another machine")
		page.Title, page.Action = "Split "+nameOf(d.Item), at+"/split"
		page.Fault = faultOf(form, "observations")
		for _, o := range observations(d) {
			page.Rows = append(page.Rows, splitRow{obsRow: o, On: slices.Contains(form.Values["observations"], count64(o.ID))})
		}
		return page
	}
	form.Default("keep", "this")
	page.Other = form.Input("other", "The same as").Need().First().Say("CI-12, database:orders").Help("A name, a number, kind:name or scheme=value")
	page.Keep = form.Radio("keep", "Which number stays", web.Option{Value: "this", Title: key(d.ID), Hint: "The other's number leads here"}, web.Option{Value: "other", Title: "The other one", Hint: "This number leads there"}).Need()
	return page
}

// faultOf is the remedy for a field that is no input.
func faultOf(form *web.Form, name string) string {
	for _, f := range form.Faults {
		if f.Name == name {
			return f.Remedy
		}
	}
	return ""
}

// MergeForm handles GET /map/items/{key}/merge.
func (p *Pages) MergeForm(w http.ResponseWriter, r *http.Request) error {
	return p.regroupForm(w, r, false)
}

// SplitForm handles GET /map/items/{key}/split.
func (p *Pages) SplitForm(w http.ResponseWriter, r *http.Request) error {
	return p.regroupForm(w, r, true)
}

func (p *Pages) regroupForm(w http.ResponseWriter, r *http.Request, split bool) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	d, err := p.detail(r)
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, regroupPage, p.regroupPage(r, d, web.NewForm(r), split))
}

// Merge handles POST /map/items/{key}/merge.
func (p *Pages) Merge(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, actor.Configure); err != nil {
		return err
	}
	d, err := p.detail(r)
	if err != nil {
		return err
	}
	form := web.NewForm(r)
	var g cmdb.Regroup
	if form.Get("other") == "" {
		err = errs.BadField("other", "", "name the other item")
	} else {
		var other cmdb.Item
		if other, err = p.CMDB.Find(ctx, form.Get("other")); err == nil {
			keep, gone := d.ID, other.ID
			if form.Get("keep") == "other" {
				keep, gone = gone, keep
			}
			g, err = p.CMDB.Merge(ctx, keep, gone, form.Get("note"))
		}
	}
	if refusedOrMissing(form, err, "other") {
		for i, f := range form.Faults {
			if f.Name == "keep" || f.Name == "item" {
				form.Faults[i].Name = "other"
			}
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, regroupPage, p.regroupPage(r, d, form, false))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, itemPath(g.Item), key(g.Other)+" and "+key(g.Item)+" are one now; it can be undone")
}

// Split handles POST /map/items/{key}/split.
func (p *Pages) Split(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	d, err := p.detail(r)
	if err != nil {
		return err
	}
	form := web.NewForm(r)
	var list []int64
	for _, s := range form.Values["observations"] {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return errs.BadField("observations", errs.Short(s), "choose from the list")
		}
		list = append(list, n)
	}
	g, err := p.CMDB.Split(r.Context(), d.ID, list, form.Get("note"))
	if form.Refused(err) {
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, regroupPage, p.regroupPage(r, d, form, true))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, itemPath(g.Other), "Split off from "+key(d.ID)+"; it can be undone")
}

// Retire handles POST /map/items/{key}/retire.
func (p *Pages) Retire(w http.ResponseWriter, r *http.Request) error {
	id, err := itemID(r)
	if err != nil {
		return err
	}
	form := web.NewForm(r)
	version, _ := strconv.ParseInt(form.Get("version"), 10, 64)
	_, err = p.CMDB.RetireItem(r.Context(), id, version, form.Get("note"))
	return p.told(w, r, id, err, "Retired; it can be restored")
}

// Restore handles POST /map/items/{key}/restore.
func (p *Pages) Restore(w http.ResponseWriter, r *http.Request) error {
	id, err := itemID(r)
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(web.NewForm(r).Get("version"), 10, 64)
	_, err = p.CMDB.RestoreItem(r.Context(), id, version)
	return p.told(w, r, id, err, "Restored")
}

// Undo handles POST /map/items/{key}/undo: takes back a merge or a split.
func (p *Pages) Undo(w http.ResponseWriter, r *http.Request) error {
	id, err := itemID(r)
	if err != nil {
		return err
	}
	regroup, _ := strconv.ParseInt(web.NewForm(r).Get("regroup"), 10, 64)
	_, err = p.CMDB.Undo(r.Context(), regroup)
	return p.told(w, r, id, err, "Undone")
}

// told goes back to an item and says how it went.
func (p *Pages) told(w http.ResponseWriter, r *http.Request, id int64, err error, done string) error {
	if errs.Is(err, errs.Conflict) || errs.Is(err, errs.Invalid) {
		e := errs.As(err)
		text := e.Text
		for _, f := range e.Fields {
			text = f.Remedy
		}
		return web.Redirect(w, r, itemPath(id), "Not done: "+text)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, itemPath(id), done)
}
