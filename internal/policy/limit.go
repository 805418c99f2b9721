package policy

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// OPA gives up an evaluation between two of its steps. A single step that
// makes much out of little (a text that is joined to itself thirty times) is
// never given up and takes all memory, so those steps are bounded here. Only
// this package evaluates Rego in this program, so that they can be replaced
// for all of it.
const maxMade = 100_000 // bytes of a text, elements of a list

func init() {
	for name, size := range map[string]func(args []*ast.Term) int{
		"concat":            func(a []*ast.Term) int { return weight(a[1]) * (1 + len(text(a[0]))) },
		"array.concat":      func(a []*ast.Term) int { return length(a[0]) + length(a[1]) },
		"array.flatten":     weighAll,
		"sprintf":           formatted,
		"replace":           func(a []*ast.Term) int { return replaced(text(a[0]), text(a[1]), text(a[2])) },
		"strings.replace_n": func(a []*ast.Term) int { return weight(a[0]) * (1 + weight(a[1])) },
		"object.union":      weighAll, "object.union_n": weighAll, "object.subset": weighAll, "object.filter": weighAll, "object.remove": weighAll,
		"mul": digits, "product": digits, "plus": digits, "minus": digits, "div": digits, "rem": digits, "sum": digits, "to_number": number,
	} {
		bound(name, size)
	}
}

func bound(name string, size func(args []*ast.Term) int) {
	f := topdown.GetBuiltin(name)
	if f == nil {
		panic("OPA has no function " + name) // another version of it
	}
	topdown.RegisterBuiltinFunc(name, func(b topdown.BuiltinContext, args []*ast.Term, iter func(*ast.Term) error) error {
		if size(args) > maxMade {
			return &topdown.Error{Code: topdown.BuiltinErr, Message: fmt.Sprintf("%s: more than %d would come of it", name, maxMade), Location: b.Location}
		}
		return f(b, args, iter)
	})
}

func text(t *ast.Term) string {
	s, _ := t.Value.(ast.String)
	return string(s)
}

func length(t *ast.Term) int {
	if a, ok := t.Value.(*ast.Array); ok {
		return a.Len()
	}
	return 0
}

// weight is how many bytes and elements a value has when it is written out: a
// list that holds another one twice counts it twice. It stops counting beyond
// maxMade, so that it ends.
func weight(t *ast.Term) int {
	n := 0
	weigh(t, &n)
	return n
}

func weighAll(args []*ast.Term) (n int) {
	for _, t := range args {
		weigh(t, &n)
	}
	return n
}

func weigh(t *ast.Term, n *int) {
	if *n++; *n > maxMade {
		return
	}
	switch v := t.Value.(type) {
	case ast.String:
		*n += len(v)
	case ast.Number:
		*n += len(v)
	case *ast.Array:
		for i := range v.Len() {
			if weigh(v.Elem(i), n); *n > maxMade {
				return
			}
		}
	case ast.Object:
		v.Until(func(key, value *ast.Term) bool {
			weigh(key, n)
			weigh(value, n)
			return *n > maxMade
		})
	case ast.Set:
		v.Until(func(x *ast.Term) bool { weigh(x, n); return *n > maxMade })
	}
}

var wide = regexp.MustCompile(`%[^%a-zA-Z]*(\*|\d{4})`)

// formatted bounds a formatted text; a width of four digits, or one that is an
// argument, is refused.
func formatted(args []*ast.Term) int {
	f := text(args[0])
	if len(f) > 4096 || strings.ContainsAny(f, "*0123456789") && wide.MatchString(f) {
		return maxMade + 1
	}
	return len(f) + weight(args[1])*(1+strings.Count(f, "["))
}

func replaced(s, old, by string) int {
	if len(by) <= len(old) {
		return len(s)
	}
	return len(s) + strings.Count(s, old)*len(by)
}

// digits refuses arithmetic on numbers of more than 300 digits.
func digits(args []*ast.Term) int {
	n := 0
	for _, t := range args {
		switch v := t.Value.(type) {
		case ast.Number:
			n += len(v)
		default:
			weigh(t, &n)
		}
	}
	if n > 300 && !collection(args) {
		return maxMade + 1
	}
	return n
}

func collection(args []*ast.Term) bool {
	for _, t := range args {
		if _, ok := t.Value.(ast.Number); ok {
			return false
		}
	}
	return true
}

// number refuses texts of numbers that no float64 holds.
func number(args []*ast.Term) int {
	if s := text(args[0]); s != "" && (len(s) > 300 || !finite(s)) {
		return maxMade + 1
	}
	return 0
}

// finite reports whether a number is one that a float64 holds, or no number at
// all: 1e999999999 written out takes all memory.
func finite(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil || !strings.Contains(err.Error(), "out of range")
}
