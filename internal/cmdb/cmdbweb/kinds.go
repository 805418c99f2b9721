package cmdbweb

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

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
