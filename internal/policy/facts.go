package policy

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Facts is an input that is ready for policies: in OPA's form and held against
// its schema. Make it once with Prepare where several policies, or a policy
// twice, see the same input. It is immutable.
type Facts struct {
	input   *ast.Term
	gaps    []string // what was missing or of another type, in words
	broken  string   // why it is no input at all
	returns bool
}

// Prepare makes Facts of a fact.Input, of its JSON ([]byte), or of anything
// that encodes to the same JSON. A fact that is not complete becomes unknown.
func Prepare(input any) Facts {
	switch f := input.(type) {
	case Facts:
		return f
	case *Facts:
		return *f
	}
	return prepare(toTerm(input))
}

// Stored makes Facts of the JSON that encoding/json wrote of a whole
// fact.Input and that was kept with a decision. It differs from Prepare in one
// thing: there null can only be a list without elements, and is read as that.
// What comes from elsewhere goes through Prepare, to which null is a gap.
func Stored(text []byte) Facts {
	return prepare((&jsonReader{null: ast.NewTerm(ast.NewArray())}).read(text))
}

func prepare(term *ast.Term, err error) Facts {
	if err != nil {
		return Facts{input: ast.ObjectTerm(), broken: fmt.Sprintf("the facts cannot be read: %v", err)}
	}
	o, ok := term.Value.(ast.Object)
	if !ok {
		return Facts{input: ast.ObjectTerm(), broken: "the facts are not an object"}
	}
	f := Facts{input: term}
	f.mend(o)
	f.returns = returns(f.input.Value.(ast.Object))
	return f
}

// Gaps says which facts were not complete, in words; they count as unknown.
func (f Facts) Gaps() []string { return f.gaps }

// JSON returns the input as policies see it, to be kept with the decision:
// a decision from it is the same one.
func (f Facts) JSON() []byte {
	if f.input == nil {
		return []byte("{}")
	}
	v, err := ast.JSON(f.input.Value)
	if err != nil {
		return []byte("{}")
	}
	text, err := json.Marshal(v)
	if err != nil {
		return []byte("{}")
	}
	return text
}

var (
	keyState    = ast.StringTerm("state")
	keyValue    = ast.StringTerm("value")
	keyWhy      = ast.StringTerm("why")
	keyRollback = ast.StringTerm("rollback")
	keyReturns  = ast.StringTerm("returns")
	unknown     = ast.StringTerm("unknown")
)

// mend looks for gaps. Nearly always there are none and nothing is copied.
func (f *Facts) mend(o ast.Object) {
	var repl map[string]*ast.Term
	put := func(name string, t *ast.Term) {
		if repl == nil {
			repl = map[string]*ast.Term{}
		}
		repl[name] = t
	}
	for i := range inputShape().fields {
		p := &inputShape().fields[i]
		got := o.Get(p.key)
		isFact := len(p.shape.fields) > 0 && p.name != "change"
		if isFact {
			if got != nil {
				if fo, ok := got.Value.(ast.Object); ok && withoutValue(fo) {
					if fo.Get(keyValue) != nil || !isText(fo.Get(keyWhy)) { // of JSON that was written otherwise
						put(p.name, ast.ObjectTerm([2]*ast.Term{keyState, fo.Get(keyState)}, [2]*ast.Term{keyWhy, whyOf(fo)}))
					}
					continue
				}
			}
		}
		why := p.name + " is missing"
		if got != nil {
			why = p.shape.fault(got.Value, p.name)
			if why == "" && isFact && got.Value.(ast.Object).Get(keyValue) == nil {
				why = p.name + ".value is missing"
			}
			if why == "" && p.name == "now" {
				if _, err := time.Parse(time.RFC3339, string(got.Value.(ast.String))); err != nil {
					why = "now is not a time"
				}
			}
		}
		if why == "" {
			continue
		}
		f.gaps = append(f.gaps, why)
		if isFact {
			put(p.name, ast.ObjectTerm([2]*ast.Term{keyState, unknown}, [2]*ast.Term{keyWhy, ast.StringTerm("the fact was given incomplete: " + why)}))
		}
	}
	if repl == nil {
		return
	}
	pairs := make([][2]*ast.Term, 0, o.Len()+len(repl))
	o.Foreach(func(k, v *ast.Term) {
		if name, ok := k.Value.(ast.String); ok && repl[string(name)] != nil {
			return
		}
		pairs = append(pairs, [2]*ast.Term{k, v})
	})
	for name, v := range repl {
		pairs = append(pairs, [2]*ast.Term{ast.StringTerm(name), v})
	}
	f.input = ast.ObjectTerm(pairs...)
}

// withoutValue reports whether a fact says that it is unknown or not adopted.
func withoutValue(o ast.Object) bool {
	s := o.Get(keyState)
	if s == nil {
		return false
	}
	v, ok := s.Value.(ast.String)
	return ok && (v == "unknown" || v == "not_adopted")
}

func isText(t *ast.Term) bool {
	if t == nil {
		return false
	}
	_, ok := t.Value.(ast.String)
	return ok
}

func whyOf(o ast.Object) *ast.Term {
	if w := o.Get(keyWhy); isText(w) {
		return w
	}
	return ast.StringTerm("nobody said why")
}

// returns reports whether the change returns to what already ran successfully.
func returns(o ast.Object) bool {
	for _, key := range []*ast.Term{keyRollback, keyValue} {
		next := o.Get(key)
		if next == nil {
			return false
		}
		var ok bool
		if o, ok = next.Value.(ast.Object); !ok {
			return false
		}
	}
	b := o.Get(keyReturns)
	return b != nil && b.Value == ast.Boolean(true)
}
