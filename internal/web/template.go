package web

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

//go:embed components/*.html pages/*.html layout.html
var shared embed.FS

// Template is one page's template with the components and the layout.
type Template struct {
	Name string
	t    *template.Template
}

// all holds every parsed page by name, for tests that walk them.
var all struct {
	sync.Mutex
	list []*Template
}

// Funcs are what templates can call besides methods of their struct. What
// depends on the viewer is a method of View: {{$.V.Time .At}}.
var Funcs = template.FuncMap{
	"icon":     icon,
	"asset":    AssetPath,
	"dur":      Dur,
	"plural":   Plural,
	"count":    Count,
	"initials": Initials,
	"hue":      Hue,
	"lower":    strings.ToLower,
	"upper":    strings.ToUpper,
	"join":     func(list []string, sep string) string { return strings.Join(list, sep) },
	"rfc3339":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"svg":      svgNumber,
	"add":      func(a, b int) int { return a + b },
}

// Parse reads one page template, together with the shared components and the
// layout, and checks it against a zero value of the page's struct. The file's
// text is the main part of the page; it may {{define}} "actions" (buttons of
// the top bar) and "phonebar" (needs Page.Bar). A template that does not fit
// its struct is a programming error, so Parse panics; it runs at package
// initialisation, and therefore in every test.
func Parse(files fs.FS, name string, page any) *Template {
	baseOnce.Do(parseBase)
	text, err := fs.ReadFile(files, name)
	if err != nil {
		panic(fmt.Sprintf("web: template %s: %v", name, err))
	}
	t, err := template.New("main").Funcs(Funcs).Parse(string(text))
	if err == nil {
		err = complete(t, "layout")
	}
	if err != nil {
		panic(fmt.Sprintf("web: template %s: %v", name, err))
	}
	typ := reflect.TypeOf(page)
	if typ.Kind() != reflect.Pointer {
		typ = reflect.PointerTo(typ)
	}
	root := "layout"
	if _, framed := reflect.Zero(typ).Interface().(Framed); !framed {
		root = "main"
	}
	if err := errors.Join(check(t, root, typ), shadows(typ.Elem())); err != nil {
		panic(fmt.Sprintf("web: template %s does not fit %v:\n%v", name, typ.Elem(), err))
	}
	out := &Template{Name: name, t: t}
	all.Lock()
	all.list = append(all.list, out)
	all.Unlock()
	return out
}

// shadows finds fields of a page struct that hide one of Page, which the layout
// would then read wrongly.
func shadows(page reflect.Type) error {
	frame := reflect.TypeFor[Page]()
	if f, ok := page.FieldByName("Page"); !ok || f.Type != frame {
		return nil
	}
	for i := range frame.NumField() {
		if f, _ := page.FieldByName(frame.Field(i).Name); len(f.Index) == 1 {
			return fmt.Errorf("the field %s hides Page.%s; call it something else", f.Name, f.Name)
		}
	}
	return nil
}

// Fragment executes only the main part into a string, for panels that stand
// inside other pages and for live refreshes. The page struct needs no Page.
func (t *Template) Fragment(data any) (template.HTML, error) {
	var b strings.Builder
	if err := t.t.ExecuteTemplate(&b, "main", data); err != nil {
		return "", errs.Wrap("web.fragment "+t.Name, err)
	}
	return template.HTML(b.String()), nil
}

// Execute writes only the main part.
func (t *Template) Execute(w io.Writer, data any) error { return t.t.ExecuteTemplate(w, "main", data) }

// icon draws a Tabler icon from the sprite, 16 px unless told; icons are
// decoration, so the words beside them must carry the meaning.
func icon(name string, size ...int) template.HTML {
	px := 16
	if len(size) > 0 {
		px = size[0]
	}
	class := "ek-i"
	if px != 16 {
		class = fmt.Sprintf("ek-i ek-i-%d", px)
	}
	return template.HTML(fmt.Sprintf(`<svg class="%s" width="%d" height="%d" aria-hidden="true"><use href="%s#%s"/></svg>`, class, px, px, spritePath(), name))
}

// svgNumber writes a length for an SVG attribute with one decimal.
func svgNumber(f float64) string {
	s := fmt.Sprintf("%.1f", f)
	return strings.TrimSuffix(s, ".0")
}
