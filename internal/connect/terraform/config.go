package terraform

import (
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// configure takes dependencies from a plan's configuration: each resource's
// depends_on and the references in its expressions, followed through the
// variables and outputs of modules. Local values are not in the file, so what
// leads through them stays unknown.
func (g *graph) configure(c *tfjson.Config) {
	if c.RootModule != nil {
		g.module(&scope{module: c.RootModule})
	}
}

// scope is one module of the configuration and where it is called.
type scope struct {
	path   string // "module.a.module.b"; empty for the root
	module *tfjson.ConfigModule
	call   *tfjson.ModuleCall
	outer  *scope
}

func (s *scope) join(name string) string {
	if s.path == "" {
		return name
	}
	return s.path + "." + name
}

const maxNesting = 64 // modules in modules, references through references

func (g *graph) module(s *scope) {
	if strings.Count(s.path, "module.") > maxNesting {
		return
	}
	var all []string // what the call as a whole waits for, and the calls around it
	for at := s; at.call != nil; at = at.outer {
		for _, d := range at.call.DependsOn {
			all = append(all, at.outer.follow(d, 0)...)
		}
	}
	for _, r := range s.module.Resources {
		if r == nil {
			continue
		}
		deps := slices.Clone(all)
		for _, d := range r.DependsOn {
			deps = append(deps, s.follow(d, 0)...)
		}
		for _, name := range sorted(r.Expressions) {
			deps = append(deps, s.expression(r.Expressions[name], 0)...)
		}
		deps = append(append(deps, s.expression(r.CountExpression, 0)...), s.expression(r.ForEachExpression, 0)...)
		slices.Sort(deps)
		deps = slices.Compact(deps)
		for _, i := range g.blocks[s.join(r.Address)] {
			g.nodes[i].deps = deps
			g.nodes[i].direct = true
		}
	}
	for _, name := range sorted(s.module.ModuleCalls) {
		if call := s.module.ModuleCalls[name]; call != nil && call.Module != nil {
			g.module(&scope{path: s.join("module." + name), module: call.Module, call: call, outer: s})
		}
	}
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// expression returns the blocks that an expression refers to.
func (s *scope) expression(e *tfjson.Expression, depth int) []string {
	if e == nil || e.ExpressionData == nil || depth > maxNesting {
		return nil
	}
	var out []string
	for _, r := range e.References {
		out = append(out, s.follow(r, depth+1)...)
	}
	for _, b := range e.NestedBlocks {
		for _, name := range sorted(b) {
			out = append(out, s.expression(b[name], depth+1)...)
		}
	}
	return out
}

// follow returns the addresses of the blocks that a reference leads to:
// "aws_subnet.a.id", "data.x.y", "var.z", "module.m.output".
func (s *scope) follow(ref string, depth int) []string {
	parts := strings.Split(stripped(ref), ".")
	switch {
	case depth > maxNesting || len(parts) < 2:
		return nil
	case parts[0] == "var":
		if s.call != nil {
			return s.outer.expression(s.call.Expressions[parts[1]], depth+1)
		}
		return nil
	case parts[0] == "module":
		call := s.module.ModuleCalls[parts[1]]
		if call == nil || call.Module == nil {
			return nil
		}
		in := &scope{path: s.join("module." + parts[1]), module: call.Module, call: call, outer: s}
		if len(parts) > 2 {
			if o := call.Module.Outputs[parts[2]]; o != nil {
				return in.expression(o.Expression, depth+1)
			}
			return nil
		}
		return in.everything(depth) // the module as a whole
	case parts[0] == "each" || parts[0] == "count" || parts[0] == "self" || parts[0] == "path" || parts[0] == "terraform" || parts[0] == "local":
		return nil
	case parts[0] == "data":
		if len(parts) < 3 {
			return nil
		}
		return []string{s.join(strings.Join(parts[:3], "."))}
	}
	return []string{s.join(parts[0] + "." + parts[1])}
}

// everything is all resources of a module.
func (s *scope) everything(depth int) []string {
	var out []string
	if depth > maxNesting {
		return nil
	}
	for _, r := range s.module.Resources {
		if r != nil && r.Mode != tfjson.DataResourceMode {
			out = append(out, s.join(r.Address))
		}
	}
	for _, name := range sorted(s.module.ModuleCalls) {
		if call := s.module.ModuleCalls[name]; call != nil && call.Module != nil {
			out = append(out, (&scope{path: s.join("module." + name), module: call.Module, call: call, outer: s}).everything(depth+1)...)
		}
	}
	return out
}
