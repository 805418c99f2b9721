package policy

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/types"
)

// A rule can hold another one twice, that one a third twice, and so on: forty
// lines make a value of a million million elements, which takes no memory as
// long as nobody looks at all of it. Comparing two of them does: OPA's type
// check then never ends, and its evaluation overflows the stack, which no Go
// program survives. So, before types are checked, the compiler estimates how
// large values can be when they are written out, and refuses what is beyond
// maxWeight. The estimate is rough and to the safe side: it looks at what holds
// what, and takes loops to make perLoop elements.
const (
	maxWeight = 2_000_000
	perLoop   = 100
)

// weighing estimates the values of all rules of a compiler.
type weighing struct {
	rules map[string][]*ast.Rule // by full path, "data.evenkeel.change.deny"
	known map[string]float64
	worst float64 // of any variable, so far
}

// weightStage is a stage of the compiler, to be run once recursion is excluded
// and expressions are flat.
func weightStage(c *ast.Compiler) *ast.Error {
	w := newWeighing(c)
	for key, rules := range w.rules {
		if w.rule(key) > maxWeight || w.worst > maxWeight {
			return ast.NewError(ast.CompileErr, rules[0].Location, "this value can become too large, because it holds others several times, level upon level: make it flat")
		}
	}
	return nil
}

func newWeighing(c *ast.Compiler) weighing {
	w := weighing{rules: map[string][]*ast.Rule{}, known: map[string]float64{}}
	for _, m := range c.Modules {
		for _, r := range m.Rules {
			key := r.Ref().GroundPrefix().String()
			w.rules[key] = append(w.rules[key], r)
		}
	}
	return w
}

// rule is the weight of what a rule's name stands for.
func (w *weighing) rule(key string) float64 {
	if n, ok := w.known[key]; ok {
		return n
	}
	w.known[key] = 1 // recursion was excluded
	sum := 0.0
	for _, r := range w.rules[key] {
		for ; r != nil; r = r.Else {
			vars := w.vars(r.Body, map[ast.Var]float64{})
			n := 1.0
			if r.Head.Value != nil {
				n += w.term(r.Head.Value, vars)
			}
			if r.Head.Key != nil {
				n += w.term(r.Head.Key, vars)
			}
			if r.Head.RuleKind() == ast.MultiValue || r.Head.HasDynamicRef() {
				n *= perLoop
			}
			sum += n
		}
	}
	w.known[key] = sum
	return sum
}

// vars estimates the variables of a body. Expressions stand in any order, so
// it goes over them until nothing grows.
func (w *weighing) vars(body ast.Body, vars map[ast.Var]float64) map[ast.Var]float64 {
	for range min(len(body)+1, 200) {
		grew := false
		put := func(t *ast.Term, n float64) {
			if v, ok := t.Value.(ast.Var); ok {
				if n > vars[v] && n <= 1e30 {
					vars[v], grew = n, true
					w.worst = max(w.worst, n)
				}
				return
			}
			if _, ok := t.Value.(ast.Ref); ok {
				return
			}
			// A pattern is taken apart, or put together of what is known: the
			// variables that nothing else says anything about are its parts.
			ast.WalkVars(t, func(v ast.Var) bool {
				if vars[v] == 0 {
					vars[v], grew = n, true
				}
				return false
			})
		}
		for _, e := range body {
			terms, ok := e.Terms.([]*ast.Term)
			if !ok || len(terms) < 3 {
				continue
			}
			op, args := terms[0].String(), terms[1:]
			switch {
			case e.IsEquality() || e.IsAssignment():
				put(args[0], w.term(args[1], vars))
				put(args[1], w.term(args[0], vars))
			case len(args) > w.arity(op):
				put(args[len(args)-1], w.call(op, args[:len(args)-1], vars))
			}
		}
		if !grew {
			break
		}
	}
	return vars
}

// arity is how many arguments a function takes; a call with one more gives its
// result to the last.
func (w *weighing) arity(op string) int {
	if b := ast.BuiltinMap[op]; b != nil {
		return b.Decl.Arity()
	}
	if r := w.rules[op]; len(r) > 0 {
		return len(r[0].Head.Args)
	}
	return 1 << 30
}

func (w *weighing) call(op string, args []*ast.Term, vars map[ast.Var]float64) float64 {
	if b := ast.BuiltinMap[op]; b != nil {
		switch b.Decl.Result().(type) {
		case types.String, types.Number, types.Boolean: // bounded by limit.go
			return 1
		}
	}
	n := 1.0
	for _, t := range args {
		n += w.term(t, vars)
	}
	if len(w.rules[op]) > 0 {
		n *= w.rule(op)
	}
	return n
}

func (w *weighing) term(t *ast.Term, vars map[ast.Var]float64) float64 {
	n := 1.0
	inner := func(body ast.Body, parts ...*ast.Term) float64 {
		in := make(map[ast.Var]float64, len(vars))
		for k, v := range vars {
			in[k] = v
		}
		in = w.vars(body, in)
		for _, p := range parts {
			n += w.term(p, in)
		}
		return n * perLoop
	}
	switch v := t.Value.(type) {
	case ast.Var:
		return max(1, vars[v])
	case ast.Ref:
		return w.ref(v, vars)
	case ast.Call:
		return w.call(v[0].String(), v[1:], vars)
	case *ast.Array:
		v.Foreach(func(x *ast.Term) { n += w.term(x, vars) })
	case ast.Set:
		v.Foreach(func(x *ast.Term) { n += w.term(x, vars) })
	case ast.Object:
		v.Foreach(func(k, x *ast.Term) { n += w.term(k, vars) + w.term(x, vars) })
	case *ast.ArrayComprehension:
		return inner(v.Body, v.Term)
	case *ast.SetComprehension:
		return inner(v.Body, v.Term)
	case *ast.ObjectComprehension:
		return inner(v.Body, v.Key, v.Value)
	}
	return n
}

// ref is the weight of a path: below a rule at most the rule's, above rules all
// of theirs.
func (w *weighing) ref(r ast.Ref, vars map[ast.Var]float64) float64 {
	if v, ok := r[0].Value.(ast.Var); ok && vars[v] > 0 {
		return vars[v]
	}
	path, n := r.GroundPrefix().String(), 0.0
	if !strings.HasPrefix(path, "data.evenkeel") {
		return 1
	}
	for key := range w.rules {
		if key == path || strings.HasPrefix(key, path+".") || strings.HasPrefix(path, key+".") || strings.HasPrefix(path, key+"[") {
			n += w.rule(key)
		}
	}
	return max(1, n)
}
