package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Form is what a person typed and what was wrong with it. A page with a form
// carries one; after a refused POST the same page is rendered again with
// status 422, every value kept and every fault beside its field.
//
//	func (p *Pages) Declare(w http.ResponseWriter, r *http.Request) error {
//		in, form := read(r), web.NewForm(r)
//		inc, err := p.Incidents.Declare(r.Context(), in)
//		if form.Refused(err) {            // Invalid or Conflict: show the form again
//			return p.Shell.RenderStatus(w, r, 422, declare, &DeclarePage{Page: …, Form: form})
//		} else if err != nil {
//			return err
//		}
//		return web.Redirect(w, r, inc.Path(), "Incident declared")
//	}
type Form struct {
	Values url.Values
	Faults []errs.Field
	Text   string // what is wrong as a whole; empty = nothing

	conflict bool              // refused because of what is stored
	moved    bool              // somebody else edited the record meanwhile
	now      map[string]string // what is stored, by field
	labels   map[string]string // what the page calls its fields
}

// NewForm takes the values of the request: the body's for a POST, the query's
// for a GET, so that links can fill in a form.
func NewForm(r *http.Request) *Form {
	_ = r.ParseForm() // a broken body has no values, and the service then says which are missing
	if r.Method == http.MethodPost {
		return &Form{Values: r.PostForm}
	}
	return &Form{Values: r.Form}
}

// Refused notes err if the person can correct it (Invalid, Conflict) and
// reports whether the form should be shown again.
func (f *Form) Refused(err error) bool {
	var e *errs.Error
	if !errors.As(err, &e) || (e.Kind != errs.Invalid && e.Kind != errs.Conflict) {
		return false
	}
	f.Faults, f.Text, f.conflict = e.Fields, sentence(e.Text), e.Kind == errs.Conflict
	return true
}

// Get is the trimmed value of a field.
func (f *Form) Get(name string) string {
	if f == nil {
		return ""
	}
	return strings.TrimSpace(f.Values.Get(name))
}

// Stored tells a form that was refused what is stored now, as the form that a
// GET would show. If others edited the record meanwhile, its "version" or
// "revision" takes the place of the old one, and each field that differs names
// what stands there now: both are in sight, and saving again is a decision.
func (f *Form) Stored(now *Form) *Form {
	if !f.conflict {
		return f
	}
	f.now = map[string]string{}
	for name := range now.Values {
		f.now[name] = now.Values.Get(name)
	}
	for _, name := range []string{"version", "revision"} {
		if v, ok := f.now[name]; ok && f.Values.Has(name) && f.Get(name) != v {
			f.Values.Set(name, v)
			f.moved = true
			f.Text += ". What stands there now is said at each field that differs; save again to replace it"
		}
	}
	return f
}

// Default sets a value where none was sent.
func (f *Form) Default(name, value string) *Form {
	if f.Values == nil {
		f.Values = url.Values{}
	}
	if !f.Values.Has(name) {
		f.Values.Set(name, value)
	}
	return f
}

// fault is the remedy for a field, empty when it is right. Services may name
// fields by path ("spec.title"), so the last part counts too.
func (f *Form) fault(name string) string {
	if f == nil {
		return ""
	}
	for _, x := range f.Faults {
		if x.Name == name || strings.HasSuffix(x.Name, "."+name) {
			return sentence(x.Remedy)
		}
	}
	return ""
}

// Called is what the page calls the field of a fault, for the list on top of the
// form; the fault's own name where the page has no such field.
func (f *Form) Called(fault string) string {
	if label := f.labels[fault]; label != "" {
		return label
	}
	for i := range fault { // services may name fields by path
		if label := f.labels[fault[i:]]; label != "" && i > 0 && fault[i-1] == '.' {
			return label
		}
	}
	return fault
}

// Other are faults whose field is not in the given list; the form shows them on top.
func (f *Form) Other(shown ...string) []errs.Field {
	var out []errs.Field
next:
	for _, x := range f.Faults {
		for _, s := range shown {
			if x.Name == s || strings.HasSuffix(x.Name, "."+s) {
				continue next
			}
		}
		out = append(out, x)
	}
	return out
}

// Field is one input with its label, for the "field" template. Make it with
// one of the Form's methods and refine it: form.Input("title", "Title").Need().Help("One sentence").
type Field struct {
	ID, Name, Label, Kind string // Kind: text, email, password, number, url, datetime-local, date, textarea, select, radio, checkbox, hidden
	Value, Hint, Fault    string
	Placeholder, Complete string // Complete: the autocomplete attribute
	Required, Focus, On   bool
	Rows, Max             int
	Options               []Option
}

// Option is one choice of a select or radio field.
type Option struct {
	Value, Title, Hint string
	Chosen             bool
}

// Input is a one-line text field.
func (f *Form) Input(name, label string) Field {
	if f.labels == nil {
		f.labels = map[string]string{}
	}
	f.labels[name] = label
	x := Field{ID: "f-" + strings.ReplaceAll(name, ".", "-"), Name: name, Label: label, Kind: "text", Value: f.Values.Get(name), Fault: f.fault(name)}
	if now, ok := f.now[name]; ok && f.moved && x.Fault == "" && now != strings.TrimSpace(strings.ReplaceAll(x.Value, "\r\n", "\n")) {
		x.Fault = "Now it is: " + now
		if now == "" {
			x.Fault = "Now it is empty"
		}
	}
	return x
}

// Area is a text field of several lines.
func (f *Form) Area(name, label string, rows int) Field {
	x := f.Input(name, label)
	x.Kind, x.Rows = "textarea", rows
	return x
}

// Select is a choice from a list; the first option stands for nothing chosen.
func (f *Form) Select(name, label string, options ...Option) Field {
	x := f.Input(name, label)
	x.Kind = "select"
	x.Options = chosen(options, x.Value)
	return x
}

// Radio is a choice with all options in sight.
func (f *Form) Radio(name, label string, options ...Option) Field {
	x := f.Select(name, label, options...)
	x.Kind = "radio"
	return x
}

// Check is a box to tick; its value is "on".
func (f *Form) Check(name, label string) Field {
	x := f.Input(name, label)
	x.Kind, x.On = "checkbox", x.Value != ""
	return x
}

// Hidden carries a value through the form.
func (f *Form) Hidden(name string) Field {
	x := f.Input(name, "")
	x.Kind = "hidden"
	return x
}

func chosen(options []Option, value string) []Option {
	out := make([]Option, len(options))
	for i, o := range options {
		o.Chosen = o.Chosen && value == "" || o.Value == value && value != ""
		out[i] = o
	}
	return out
}

// The refinements return a changed copy.

func (x Field) Need() Field                { x.Required = true; return x }
func (x Field) Help(hint string) Field     { x.Hint = hint; return x }
func (x Field) Say(example string) Field   { x.Placeholder = example; return x }
func (x Field) First() Field               { x.Focus = true; return x }
func (x Field) As(kind string) Field       { x.Kind = kind; return x }
func (x Field) Limit(n int) Field          { x.Max = n; return x }
func (x Field) Auto(complete string) Field { x.Complete = complete; return x }
