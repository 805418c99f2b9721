package cmdbweb

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/web"
)

// KindFormPage adds a kind, or edits what is stored of one.
type KindFormPage struct {
	Base
	Form         *web.Form
	New          bool
	Action, Back string
	Name         web.Field
	Fields       []web.Field
	Schema       web.Field
	Strict       web.Field
	Version      web.Field
}

var kindFormPage = web.Parse(files, "kindform.html", KindFormPage{})

func (p *Pages) kindForm(r *http.Request, k *cmdb.OwnKind, form *web.Form) *KindFormPage {
	page := &KindFormPage{Base: p.base(r, "Add a kind", atItems, web.Crumb{Title: "Items", Path: atItems}, web.Crumb{Title: "Kinds", Path: atKinds}), Form: form, New: k == nil, Action: atKinds + "/new", Back: atKinds}
	page.Narrow = true
	page.Name = form.Input("name", "Name").Need().First().Limit(63).Say("feature-flag").Help("1 to 63 of a-z, 0-9 and -; it stays")
	if k != nil {
		page.Title, page.Back = "Edit "+k.Name, k.Ref().Path()
		page.Action, page.Version = page.Back+"/edit", form.Hidden("version")
	}
	page.Fields = []web.Field{form.Input("title", "Title").Limit(100), form.Input("icon", "Icon").Limit(63).Say("server-2").Help("A name of the Tabler set"), form.Input("identify", "Told apart by").Say("arn, dns").Help("Schemes of identifiers, surest first, with commas between them; they go before those of the rules")}
	page.Schema = form.Area("schema", "Attributes, as JSON Schema", 14).Limit(codeMost).Say("type: object\nproperties:\n  size: {type: string, enum: [small, large]}\nrequired: [size]").Help("2020-12, in YAML or JSON; empty: anything")
	page.Strict = form.Check("strict", "Refuse what does not fit, from sources too")
	return page
}

// NewKind handles GET /map/kinds/new.
func (p *Pages) NewKind(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	return p.Shell.Render(w, r, kindFormPage, p.kindForm(r, nil, web.NewForm(r)))
}

func readKind(form *web.Form) (s cmdb.KindSpec, err error) {
	s = cmdb.KindSpec{Title: form.Get("title"), Icon: form.Get("icon"), Strict: form.Get("strict") != ""}
	for _, x := range strings.Split(form.Get("identify"), ",") {
		if x = strings.TrimSpace(x); x != "" {
			s.Identify = append(s.Identify, x)
		}
	}
	if text := form.Get("schema"); text != "" {
		err = readCode("schema", text, &s.Schema)
	}
	return s, err
}

func storedKind(k cmdb.OwnKind) *web.Form {
	form := (&web.Form{}).Default("title", k.Spec.Title).Default("icon", k.Spec.Icon).Default("identify", strings.Join(k.Spec.Identify, ", ")).Default("version", count64(k.Version)).Default("schema", "")
	if k.Spec.Strict {
		form.Default("strict", "on")
	}
	if len(k.Spec.Schema) > 0 {
		text, _ := json.MarshalIndent(k.Spec.Schema, "", "  ") // it came from JSON
		form.Values.Set("schema", string(text))
	}
	return form
}

// CreateKind handles POST /map/kinds/new.
func (p *Pages) CreateKind(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	form := web.NewForm(r)
	spec, err := readKind(form)
	var k cmdb.OwnKind
	if err == nil {
		k, err = p.CMDB.PutKind(r.Context(), form.Get("name"), 0, spec)
	}
	if form.Refused(err) {
		moved(form, "schema", "identify")
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, kindFormPage, p.kindForm(r, nil, form))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, k.Ref().Path(), "Added; items may be of this kind from now on")
}

// EditKind handles GET and POST /map/kinds/{name}/edit.
func (p *Pages) EditKind(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	k, err := p.CMDB.ItemKind(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if k.Managed != "" {
		return inGit(k.Managed, k.Ref())
	}
	if r.Method != http.MethodPost {
		return p.Shell.Render(w, r, kindFormPage, p.kindForm(r, &k, storedKind(k)))
	}
	form := web.NewForm(r)
	spec, err := readKind(form)
	if err == nil {
		version, _ := strconv.ParseInt(form.Get("version"), 10, 64) // a wrong one is a stale one
		_, err = p.CMDB.PutKind(r.Context(), k.Name, version, spec)
	}
	if form.Refused(err) {
		moved(form, "schema", "identify")
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, kindFormPage, p.kindForm(r, &k, form.Stored(storedKind(k))))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, k.Ref().Path(), "Saved")
}
