package cmdbweb

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ItemFormPage makes an item by hand, or edits what people say of one.
type ItemFormPage struct {
	Base
	Form         *web.Form
	New          bool
	Service      bool // name and owner are kept in the catalog
	Action, Back string
	Kind         web.Field
	Name         web.Field
	Env, Team    web.Field
	Attributes   web.Field
	Identifiers  web.Field
	Version      web.Field
}

var itemFormPage = web.Parse(files, "itemform.html", ItemFormPage{})

// NewItem handles GET /map/items/new; the query may fill in the form.
func (p *Pages) NewItem(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	page, err := p.itemForm(r, nil, web.NewForm(r))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, itemFormPage, page)
}

func (p *Pages) itemForm(r *http.Request, d *cmdb.Detail, form *web.Form) (*ItemFormPage, error) {
	page := &ItemFormPage{Base: p.base(r, "Add an item", atItems, web.Crumb{Title: "Items", Path: atItems}), Form: form, New: d == nil, Action: atItems + "/new", Back: atItems}
	page.Narrow = true
	kinds, err := p.kindOptions(r, "Choose…")
	if err != nil {
		return nil, err
	}
	kinds = slices.DeleteFunc(kinds, func(o web.Option) bool { return o.Value == cmdb.KindService })
	if d != nil {
		page.Title, page.Back, page.Action = "Edit "+nameOf(d.Item), itemPath(d.ID), itemPath(d.ID)+"/edit"
		page.Crumbs = append(page.Crumbs, web.Crumb{Title: key(d.ID), Path: page.Back})
		page.Service = d.Kind == cmdb.KindService
		page.Version = form.Hidden("version")
	}
	hint := func(says string) string {
		if d == nil || says == "" {
			return "no source says"
		}
		return says
	}
	page.Kind = form.Select("kind", "Kind", kinds...).Need().First().Help("Services are added in the catalog, and are on the map at once")
	page.Name = form.Input("name", "Name").Limit(cmdb.MaxName)
	page.Env = form.Input("env", "Environment").Limit(cmdb.MaxName)
	page.Team = form.Input("team", "Owner").Limit(cmdb.MaxName).Help("A team")
	page.Attributes = form.Area("attributes", "Attributes", 8).Limit(cmdb.MaxItemSize).Say("size = large\nreplicas = 3").Help("One a line, name = value; a value is a text, or JSON such as 3, true or [\"a\", \"b\"]")
	page.Identifiers = form.Area("identifiers", "Identifiers", 3).Limit(cmdb.MaxItemSize).Say("dns=db-1.harbour.example").Help("One a line, scheme=value: how sources call it. One that bears the same identifier is the same item")
	if d == nil {
		page.Name = page.Name.Need()
		page.Env = page.Env.Say("production")
		return page, nil
	}
	page.Name, page.Env, page.Team = page.Name.Say(hint(d.Name)).First(), page.Env.Say(hint(d.Env)), page.Team.Say(hint(d.Team))
	page.Name = page.Name.Help("Empty: as sources say")
	return page, nil
}

// CreateItem handles POST /map/items/new.
func (p *Pages) CreateItem(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	attributes, err := readAttributes(form.Get("attributes"))
	identifiers, err2 := readIdentifiers(form.Get("identifiers"))
	if err == nil {
		err = err2
	}
	var d cmdb.Detail
	if err == nil {
		d, err = p.CMDB.CreateItem(r.Context(), cmdb.NewItem{Kind: form.Get("kind"), Name: form.Get("name"), Env: form.Get("env"), Team: form.Get("team"), Identifiers: identifiers, Attributes: attributes})
	}
	if form.Refused(err) {
		moved(form, "attributes", "identifiers")
		page, err := p.itemForm(r, nil, form)
		if err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, itemFormPage, page)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, itemPath(d.ID), "Added; it stays until somebody retires it")
}

// EditItem handles GET /map/items/{key}/edit.
func (p *Pages) EditItem(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	d, err := p.detail(r)
	if err != nil {
		return err
	}
	page, err := p.itemForm(r, &d, storedItem(d))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, itemFormPage, page)
}

// detail is the item of the address; one that was merged is refused with where
// it went.
func (p *Pages) detail(r *http.Request) (cmdb.Detail, error) {
	id, err := itemID(r)
	if err != nil {
		return cmdb.Detail{}, err
	}
	d, err := p.CMDB.Get(r.Context(), id)
	if err == nil && d.MergedInto != 0 {
		err = errs.E(errs.Conflict, "it was merged into %s; look at that", key(d.MergedInto)).On(key(d.MergedInto))
	}
	return d, err
}

// said is what people say of an item, all together; the zero one when nobody
// does. Somebody may have made it, and others said more of it.
func said(d cmdb.Detail) (out cmdb.Seen) {
	for _, o := range d.Observations {
		if o.Source != cmdb.SourceHand {
			continue
		}
		out.Name, out.Env, out.Team = cmp.Or(out.Name, o.Seen.Name), cmp.Or(out.Env, o.Seen.Env), cmp.Or(out.Team, o.Seen.Team)
		for name, v := range o.Seen.Attributes {
			if out.Attributes == nil {
				out.Attributes = map[string]json.RawMessage{}
			}
			if out.Attributes[name] == nil || string(d.Attributes[name]) == string(v) {
				out.Attributes[name] = v
			}
		}
		for _, i := range o.Seen.Identifiers {
			if !slices.Contains(out.Identifiers, i) {
				out.Identifiers = append(out.Identifiers, i)
			}
		}
	}
	return out
}

// storedItem is what people say of an item, as the form shows it.
func storedItem(d cmdb.Detail) *web.Form {
	by := said(d)
	form := (&web.Form{}).Default("env", by.Env).Default("team", by.Team).Default("version", strconv.FormatInt(d.Version, 10)).
		Default("attributes", attributeLines(by.Attributes)).Default("identifiers", identifierLines(by.Identifiers))
	name := by.Name
	if name == d.Name && len(d.Observations) > 1 { // a person says something of it under its name
		name = ""
	}
	return form.Default("name", name)
}

// SaveItem handles POST /map/items/{key}/edit.
func (p *Pages) SaveItem(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	d, err := p.detail(r)
	if err != nil {
		return err
	}
	form, now := web.NewForm(r), storedItem(d)
	edit, err := itemEdit(form, now, said(d))
	if err == nil {
		version, _ := strconv.ParseInt(form.Get("version"), 10, 64) // a wrong one is a stale one
		_, err = p.CMDB.EditItem(r.Context(), d.ID, version, edit)
	}
	if form.Refused(err) {
		moved(form, "attributes", "identifiers")
		page, err := p.itemForm(r, &d, form.Stored(now))
		if err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, itemFormPage, page)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, itemPath(d.ID), "Saved")
}

// itemEdit is what the form changes of what people say.
func itemEdit(form, now *web.Form, by cmdb.Seen) (e cmdb.ItemEdit, err error) {
	for _, x := range []struct {
		name string
		to   **string
	}{{"name", &e.Name}, {"env", &e.Env}, {"team", &e.Team}} {
		if v := form.Get(x.name); form.Values.Has(x.name) && v != now.Get(x.name) {
			*x.to = &v
		}
	}
	attributes, err := readAttributes(form.Get("attributes"))
	if err != nil {
		return e, err
	}
	e.Set = map[string]json.RawMessage{}
	for name, v := range attributes {
		if string(by.Attributes[name]) != string(v) {
			e.Set[name] = v
		}
	}
	for _, name := range slices.Sorted(maps.Keys(by.Attributes)) {
		if _, ok := attributes[name]; !ok {
			e.Clear = append(e.Clear, name)
		}
	}
	identifiers, err := readIdentifiers(form.Get("identifiers"))
	if !slices.Equal(identifiers, by.Identifiers) {
		if e.Identifiers = identifiers; identifiers == nil {
			e.Identifiers = []cmdb.Identifier{}
		}
	}
	return e, err
}
