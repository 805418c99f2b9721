package cmdbweb

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// RelatePage adds a relation by hand, or says how strong one is.
type RelatePage struct {
	Base
	Form         *web.Form
	Item         string
	Action, Back string
	Remove       string // path; empty: nothing to take back
	Other, Kind  web.Field
	Strength     web.Field
	Group, Need  web.Field
	Keep         []web.Hidden
}

var relatePage = web.Parse(files, "relate.html", RelatePage{})

// Relate handles GET /map/items/{key}/relate; other, kind and way say which
// relation is meant.
func (p *Pages) Relate(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	d, err := p.detail(r)
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, relatePage, p.relatePage(r, d, web.NewForm(r)))
}

// meant is the relation that the form names, if there is one.
func meant(d cmdb.Detail, form *web.Form) (cmdb.Related, bool) {
	for _, x := range d.Relations {
		if key(x.Other.ID) == form.Get("other") && form.Get("relation") == way(x.Kind, x.Out) && x.State != cmdb.Retired {
			return x, true
		}
	}
	return cmdb.Related{}, false
}

// way is a relation as one choice: "calls" or "calls:in".
func way(k cmdb.RelationKind, out bool) string {
	if out {
		return string(k)
	}
	return string(k) + ":in"
}

func (p *Pages) relatePage(r *http.Request, d cmdb.Detail, form *web.Form) *RelatePage {
	at := itemPath(d.ID)
	if k := form.Get("kind"); k != "" { // as links have it
		form.Default("relation", way(cmdb.RelationKind(k), form.Get("way") != "in"))
	}
	page := &RelatePage{Base: p.base(r, "Relate "+nameOf(d.Item), atItems, web.Crumb{Title: "Items", Path: atItems}, web.Crumb{Title: key(d.ID), Path: at}), Form: form, Item: nameOf(d.Item), Action: at + "/relate", Back: at}
	page.Narrow = true
	if rel, ok := meant(d, form); ok {
		page.Title = "What is said of a relation"
		page.Remove = at + "/unrelate"
		page.Keep = []web.Hidden{{Name: "other", Value: key(rel.Other.ID)}, {Name: "relation", Value: form.Get("relation")}}
		if form.Text == "" {
			form.Default("strength", string(rel.Strength)).Default("group", rel.Group)
			if rel.Need > 0 {
				form.Default("need", strconv.Itoa(rel.Need))
			}
		}
	}
	options := []web.Option{{Title: "Choose…"}}
	for _, out := range []bool{true, false} {
		for _, k := range cmdb.RelationKinds {
			if k == cmdb.ConnectsTo && !out {
				continue
			}
			options = append(options, web.Option{Value: way(k, out), Title: relationSentence(k, out)})
		}
	}
	page.Kind = form.Select("relation", page.Item, options...).Need().First()
	page.Other = form.Input("other", "Which item").Need().Say("orders-db, CI-12, database:orders").Help("A name, a number, kind:name or scheme=value")
	page.Strength = form.Select("strength", "Without it", web.Option{Title: "As sources say, else as is usual"}, web.Option{Value: string(cmdb.Hard), Title: "Hard: cannot work"}, web.Option{Value: string(cmdb.Soft), Title: "Soft: works worse"})
	page.Group = form.Input("group", "Redundancy group").Limit(cmdb.MaxGroup).Say("cache").Help("Members of a group stand in for each other")
	page.Need = form.Input("need", "Of the group are needed").As("number").Say("2")
	return page
}

// AddRelation handles POST /map/items/{key}/relate.
func (p *Pages) AddRelation(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	d, err := p.detail(r)
	if err != nil {
		return err
	}
	form := web.NewForm(r)
	rel, err := p.readRelation(r, d.ID, form)
	if err == nil {
		_, err = p.CMDB.AddRelation(r.Context(), rel)
	}
	if refusedOrMissing(form, err, "other") {
		for i, f := range form.Faults { // the form knows one end only
			switch f.Name {
			case "from", "to", "item":
				form.Faults[i].Name = "other"
			case "kind":
				form.Faults[i].Name = "relation"
			}
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, relatePage, p.relatePage(r, d, form))
	} else if err != nil {
		return err
	}
	if back := localPath(form.Get("back")); back != "" {
		return web.Redirect(w, r, back, "Declared")
	}
	return web.Redirect(w, r, itemPath(d.ID), "The relation is on the map")
}

// readRelation is the relation of the form.
func (p *Pages) readRelation(r *http.Request, id int64, form *web.Form) (cmdb.HandRelation, error) {
	kind, in := strings.CutSuffix(form.Get("relation"), ":in")
	rel := cmdb.HandRelation{From: id, Kind: cmdb.RelationKind(kind), Strength: cmdb.Strength(form.Get("strength")), Group: form.Get("group")}
	var bad errs.Fields
	if kind == "" {
		bad.Add("relation", "", "choose what it is to the other")
	}
	if form.Get("other") == "" {
		bad.Add("other", "", "name the other item")
	}
	if n := form.Get("need"); n != "" {
		k, err := strconv.Atoi(n)
		if err != nil || k < 1 || k > cmdb.MaxNeed {
			bad.Add("need", n, "write how many members must work, 1 or more")
		}
		rel.Need = k
	}
	if err := bad.Err(); err != nil {
		return rel, err
	}
	other, err := p.CMDB.Find(r.Context(), form.Get("other"))
	if err != nil {
		return rel, err
	}
	if rel.To = other.ID; in {
		rel.From, rel.To = other.ID, id
	}
	return rel, nil
}

// refusedOrMissing notes also that a text names no item, at its field.
func refusedOrMissing(form *web.Form, err error, field string) bool {
	if form.Refused(err) {
		return true
	}
	if !errs.Is(err, errs.NotFound) {
		return false
	}
	form.Text = "There is no such item"
	form.Faults = []errs.Field{{Name: field, Value: errs.Short(form.Get(field)), Remedy: "look it up in the list of items, or add it first"}}
	return true
}

// localPath is a path of this server to go back to; empty for anything else.
func localPath(s string) string {
	if strings.HasPrefix(s, "/map/") && !strings.ContainsAny(s, "\\\r\n") {
		return s
	}
	return ""
}

// RemoveRelation handles POST /map/items/{key}/unrelate: takes back what people
// said of a relation.
func (p *Pages) RemoveRelation(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	d, err := p.detail(r)
	if err != nil {
		return err
	}
	form := web.NewForm(r)
	rel, err := p.readRelation(r, d.ID, form)
	if err == nil {
		err = p.CMDB.RemoveRelation(r.Context(), rel.From, rel.To, rel.Kind)
	}
	if refusedOrMissing(form, err, "other") {
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, relatePage, p.relatePage(r, d, form))
	} else if err != nil {
		return err
	}
	back := localPath(form.Get("back"))
	if back == "" {
		back = itemPath(d.ID)
	}
	return web.Redirect(w, r, back, "Taken back; it stays only if a source tells of it")
}
