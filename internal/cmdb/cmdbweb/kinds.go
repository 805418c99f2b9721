package cmdbweb

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// codeMost bounds what is typed as code, in bytes.
const codeMost = 256 << 10

// readCode reads YAML or JSON that somebody typed into a field; a whole document
// of everything-as-code counts as its spec. Faults name the line.
func readCode(field, text string, into any) error {
	var doc any
	n, err := sourcefile.Documents(strings.NewReader(text), sourcefile.Options{Max: codeMost}, func(node *sourcefile.Node) error {
		doc = node.Plain()
		return nil
	})
	if err != nil {
		e := errs.As(err)
		says := e.Text
		for _, f := range e.Fields {
			says = f.Remedy
			if f.Where != "" {
				says = f.Where + ": " + says
			}
		}
		return errs.BadField(field, "", says)
	}
	if n > 1 {
		return errs.BadField(field, "", "write one document")
	}
	if m, ok := doc.(map[string]any); ok && m["kind"] != nil && m["spec"] != nil {
		doc = m["spec"]
	}
	if doc == nil {
		return nil
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return errs.BadField(field, "", "write values that JSON has")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return errs.BadField(field, "", inWords(err))
	}
	return nil
}

// inWords is what a decoder says, for people.
func inWords(err error) string {
	says := strings.TrimPrefix(err.Error(), "json: ")
	if name, ok := strings.CutPrefix(says, "unknown field "); ok {
		return "there is no field " + name
	}
	if _, rest, ok := strings.Cut(says, "Go struct field "); ok { // "cannot unmarshal string into Go struct field Rules.sources of type []string"
		field, kind, _ := strings.Cut(rest, " of type ")
		_, field, _ = strings.Cut(field, ".")
		want := "a mapping"
		switch {
		case strings.HasPrefix(kind, "[]"):
			want = "a list"
		case kind == "string":
			want = "a text"
		case kind == "bool":
			want = "true or false"
		case strings.HasPrefix(kind, "int"):
			want = "a whole number"
		}
		return cmp.Or(field, "something") + " must be " + want
	}
	return says
}

// KindListPage lists kinds of items.
type KindListPage struct {
	Base
	Table web.Table
	Pager web.Pager
}

var kindsPage = web.Parse(files, "kinds.html", KindListPage{})

// KindsPage handles GET /map/kinds.
func (p *Pages) KindsPage(w http.ResponseWriter, r *http.Request) error {
	list, more, err := p.CMDB.ItemKinds(r.Context(), r.URL.Query().Get("after"), 100)
	if err != nil {
		return err
	}
	page := &KindListPage{Base: p.base(r, "Kinds of items", atItems, web.Crumb{Title: "Items", Path: atItems})}
	page.Live = "*"
	page.Table = web.Table{Label: "Kinds", V: page.V, Columns: []web.Column{{Title: "Kind", Phone: true}, {Title: "Attributes"}, {Title: "Told apart by"}, {Title: "Whose", Width: 150, Phone: true}}}
	for _, k := range list {
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{Text: cmp.Or(k.Spec.Title, kindWord(k.Name)), Path: k.Ref().Path(), Sub: word(k.Spec.Title != "", k.Name, "")}, {Text: attributesOf(k.Spec)}, {Text: strings.Join(k.Spec.Identify, ", ")}, {Tag: kindTag(k)}}})
	}
	if more {
		page.Pager = web.Pager{Older: atKinds + "?after=" + url.QueryEscape(list[len(list)-1].Name), Shown: web.Plural(len(list), "kind", "kinds") + " shown"}
	}
	return p.Shell.Render(w, r, kindsPage, page)
}

func kindTag(k cmdb.OwnKind) *web.Tag {
	switch {
	case !k.Known:
		return &web.Tag{Text: "our own", Tone: "accent"}
	case k.Version > 0:
		return &web.Tag{Text: "known, extended", Tone: "accent"}
	}
	return &web.Tag{Text: "known from the start"}
}

// attributesOf names the attributes that a kind's schema speaks of.
func attributesOf(s cmdb.KindSpec) string {
	props, _ := s.Schema["properties"].(map[string]any)
	if len(props) == 0 {
		return "any"
	}
	return strings.Join(slices.Sorted(maps.Keys(props)), ", ")
}

// KindPage is one kind.
type KindPage struct {
	Base
	Kind  cmdb.OwnKind
	Tag   web.Tag
	Ask   *web.Confirm
	Facts []web.Def
	Rows  []schemaRow
	Code  string
	Edit  bool
	Drop  bool
	Items string
}

// schemaRow is an attribute as the schema has it.
type schemaRow struct{ Name, Type, Says, Need string }

var kindPage = web.Parse(files, "kind.html", KindPage{})

// Kind handles GET /map/kinds/{name}.
func (p *Pages) Kind(w http.ResponseWriter, r *http.Request) error {
	k, err := p.CMDB.ItemKind(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	page := &KindPage{Base: p.base(r, cmp.Or(k.Spec.Title, kindWord(k.Name)), atItems, web.Crumb{Title: "Items", Path: atItems}, web.Crumb{Title: "Kinds", Path: atKinds}), Kind: k, Tag: *kindTag(k)}
	page.Live = k.Ref().String()
	page.Edit = page.May && k.Managed == ""
	page.Drop = page.Edit && k.Version > 0
	page.Items = atItems + "?q=kind%3A" + url.QueryEscape(k.Name)
	page.Facts = []web.Def{{Term: "Name", Text: k.Name}, {Term: "Told apart by", Text: cmp.Or(strings.Join(k.Spec.Identify, ", "), "the rules for all kinds"), Path: word(len(k.Spec.Identify) == 0, atRules, "")},
		{Term: "What does not fit", Text: word(k.Spec.Strict, "is refused, from sources too", "is taken from sources with a remark; by hand it is refused")}}
	page.Rows = schemaRows(k.Spec.Schema)
	if k.Version > 0 {
		if page.Code, err = ascode.Write("ItemKind", k.Name, k.Spec); err != nil {
			return err
		}
	}
	if page.Drop && r.URL.Query().Get("ask") == "delete" {
		text := "No item may be of it."
		if k.Known {
			text = "The kind stays, as it is known from the start; what was added goes."
		}
		page.Ask = &web.Confirm{Path: k.Ref().Path() + "/delete", Title: "Delete what is stored of " + k.Name + "?", Text: text, Button: "Delete", Danger: true, Cancel: k.Ref().Path()}
	}
	return p.Shell.Render(w, r, kindPage, page)
}

func schemaRows(schema map[string]any) (out []schemaRow) {
	props, _ := schema["properties"].(map[string]any)
	need, _ := schema["required"].([]any)
	for _, name := range slices.Sorted(maps.Keys(props)) {
		row := schemaRow{Name: name}
		if m, ok := props[name].(map[string]any); ok {
			row.Type, _ = m["type"].(string)
			row.Says, _ = m["description"].(string)
			if list, ok := m["enum"].([]any); ok {
				row.Type = strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ", "), "[]")
			}
		}
		if slices.Contains(need, any(name)) {
			row.Need = "needed"
		}
		out = append(out, row)
	}
	return out
}

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

// DeleteKind handles POST /map/kinds/{name}/delete.
func (p *Pages) DeleteKind(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	err := p.CMDB.DeleteKind(r.Context(), name)
	if errs.Is(err, errs.Conflict) {
		return web.Redirect(w, r, ref.S(ref.ItemKind, name).Path(), "Not done: "+errs.As(err).Text)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, atKinds, "What was stored of "+name+" is deleted")
}
