package policy

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Bounds of a policy.
const (
	MaxModules = 64
	MaxModule  = 128 << 10 // bytes of one
	MaxSource  = 512 << 10 // bytes of all
)

// Deadline is how long one evaluation may take. The policy that comes with the
// program takes less than a hundredth of it.
const Deadline = 50 * time.Millisecond

// Package is the Rego package of all modules; the decision is its rule
// "decision".
const Package = "evenkeel.change"

//go:embed default/*.rego
var files embed.FS

// Default returns the modules of the policy that comes with the program, by
// file name.
var Default = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	list, err := files.ReadDir("default")
	if err != nil {
		panic(err) // embedded
	}
	for _, f := range list {
		text, err := files.ReadFile(path.Join("default", f.Name()))
		if err != nil {
			panic(err)
		}
		out[f.Name()] = string(text)
	}
	return out
})

// Shipped returns the compiled policy that comes with the program, with the
// default settings.
var Shipped = sync.OnceValue(func() *Compiled {
	c, err := compile(Default())
	if err != nil {
		panic(fmt.Sprintf("the policy that comes with the program does not compile: %v", err)) // a fault of the program, seen at first start and by every test
	}
	c.source.trusted = true
	return c
})

// Compiled is a policy that is ready to decide. It is immutable and safe for
// use by many goroutines.
type Compiled struct {
	Deadline time.Duration // of one evaluation

	source   *source
	compiler *ast.Compiler
	query    ast.Body
	queries  ast.QueryCompiler
	store    storage.Store
	settings Settings
	broken   string // why it can never answer; see Service
}

// Compile makes a policy of modules by file name, with default settings. All
// faults come back together as fields of one Invalid error: the file's name,
// the place as file:line:column, and what would be right.
func Compile(modules map[string]string) (*Compiled, error) {
	type result struct {
		c   *Compiled
		err error
	}
	if compiling.Load() >= maxStuck {
		return nil, errs.E(errs.Unavailable, "policies that were given earlier are still being compiled; if that does not end, restart the program")
	}
	compiling.Add(1)
	done := make(chan result, 1)
	go func() {
		defer compiling.Add(-1)
		defer func() {
			if p := recover(); p != nil { // of OPA, for text that nobody tried before
				done <- result{nil, errs.BadField("modules", "", fmt.Sprintf("it cannot be compiled: %v", p))}
			}
		}()
		c, err := compile(modules)
		done <- result{c, err}
	}()
	limit := time.NewTimer(CompileLimit)
	defer limit.Stop()
	select {
	case r := <-done:
		return r.c, r.err
	case <-limit.C:
		return nil, errs.BadField("modules", strings.Join(slices.Sorted(maps.Keys(modules)), ", "), fmt.Sprintf("it does not compile within %v: values that hold other values several times, many levels deep, are too much; make them flat", CompileLimit))
	}
}

// CompileLimit is how long compiling may take. OPA cannot be told to give up,
// so a policy that takes longer goes on in the background; only few may.
const CompileLimit = 10 * time.Second

// maxStuck is how many evaluations, or compilations, may go on after they were
// given up before no other is begun.
const maxStuck = 2

var compiling atomic.Int32

func compile(modules map[string]string) (*Compiled, error) {
	parsed, err := parse(modules)
	if err != nil {
		return nil, err
	}
	return (&source{texts: maps.Clone(modules), modules: parsed}).build(Defaults())
}

// source is what a policy is built of, again for other settings.
type source struct {
	texts   map[string]string
	modules map[string]*ast.Module
	trusted bool         // each of its steps is known to be short
	stuck   atomic.Int32 // evaluations that go on after they were given up
	mu      sync.Mutex
	last    atomic.Pointer[Compiled] // the one that With made last
}

func (src *source) build(s Settings) (*Compiled, error) {
	s.SpentAllows = slices.Clone(s.SpentAllows)
	c := &Compiled{Deadline: Deadline, source: src, settings: s, store: storeOf(map[string]any{"settings": s})}
	inlined, err := src.inline(s)
	if err != nil {
		return nil, err
	}
	c.compiler = ast.NewCompiler().WithStrict(true).WithCapabilities(capabilities()).WithSchemas(schemas()).WithDefaultRegoVersion(ast.RegoV1).
		WithStageAfterID(ast.StageCheckRecursion, ast.CompilerStageDefinition{Name: "CheckWeight", MetricName: "compile_stage_check_weight", Stage: weightStage})
	if c.compiler.Compile(inlined); c.compiler.Failed() {
		return nil, faults(src.texts, c.compiler.Errors)
	}
	if len(c.compiler.GetRulesExact(ast.MustParseRef("data."+Package+".decision"))) == 0 {
		return nil, errs.BadField("modules", strings.Join(slices.Sorted(maps.Keys(src.texts)), ", "), "no module has a rule named decision in package "+Package+": write one, like decision := {\"outcome\": \"needs_review\"}")
	}
	c.queries = c.compiler.QueryCompiler()
	c.query, err = c.queries.Compile(ast.MustParseBody("answer = data." + Package + ".decision"))
	if err != nil {
		return nil, errs.BadField("modules", "decision", err.Error())
	}
	return c, nil
}

// With returns the policy with other settings; the same one for the same
// settings as before, so that it can be called for each decision. Other
// settings take as long as compiling does: figures are written into the rules,
// which makes each decision a fifth quicker.
func (c *Compiled) With(s Settings) *Compiled {
	if c.broken != "" || c.settings.equal(s) {
		return c
	}
	fits := func() *Compiled {
		if last := c.source.last.Load(); last != nil && last.settings.equal(s) {
			return last
		}
		return nil
	}
	if d := fits(); d != nil {
		return d
	}
	c.source.mu.Lock()
	defer c.source.mu.Unlock()
	if d := fits(); d != nil {
		return d
	}
	d, err := c.source.build(s)
	if err != nil {
		d = &Compiled{broken: fmt.Sprintf("the policy does not compile with these settings: %v", err), settings: s}
	}
	d.Deadline = c.Deadline
	c.source.last.Store(d)
	return d
}

// inline writes the settings into the rules; those that tests change by "with"
// are left to be looked up.
func (src *source) inline(s Settings) (map[string]*ast.Module, error) {
	v, err := ast.InterfaceToValue(s)
	if err != nil {
		return nil, err
	}
	set := v.(ast.Object)
	var bad ast.Errors
	changed := false
	for _, m := range src.modules {
		ast.WalkWiths(m, func(w *ast.With) bool {
			r, ok := w.Target.Value.(ast.Ref)
			changed = changed || ok && (r.HasPrefix(settingsRef) || settingsRef.HasPrefix(r))
			return false
		})
	}
	out := make(map[string]*ast.Module, len(src.modules))
	for name, m := range src.modules {
		out[name] = m.Copy()
		ast.WalkRefs(m, func(r ast.Ref) bool {
			if len(r) > len(settingsRef) && r.HasPrefix(settingsRef) && r[len(settingsRef)].IsGround() && set.Get(r[len(settingsRef)]) == nil {
				bad = append(bad, ast.NewError(ast.TypeErr, r[len(settingsRef)].Location, "there is no setting %v: %s", r[len(settingsRef)].Value, settingNames(set)))
			}
			return false
		})
		if changed {
			continue
		}
		_, err := ast.TransformRefs(out[name], func(r ast.Ref) (ast.Value, error) {
			if len(r) == len(settingsRef)+1 && r.HasPrefix(settingsRef) {
				if v := set.Get(r[len(r)-1]); v != nil {
					return v.Value, nil
				}
			}
			return r, nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(bad) > 0 {
		return nil, faults(src.texts, bad)
	}
	return out, nil
}

var settingsRef = ast.MustParseRef("data.evenkeel.settings")

func settingNames(set ast.Object) string {
	var list []string
	set.Foreach(func(k, _ *ast.Term) { list = append(list, strings.Trim(k.String(), `"`)) })
	slices.Sort(list)
	return "there are " + strings.Join(list, ", ")
}

// Settings returns what its rules compare with.
func (c *Compiled) Settings() Settings { return c.settings }

func (s Settings) equal(t Settings) bool {
	return s.Medium == t.Medium && s.High == t.High && s.Peers == t.Peers && s.Board == t.Board && s.LowBudget == t.LowBudget &&
		slices.Equal(s.SpentAllows, t.SpentAllows) && s.BoundaryServices == t.BoundaryServices && s.BoundaryTeams == t.BoundaryTeams &&
		s.ReviewTier == t.ReviewTier && s.RollbackFrom == t.RollbackFrom && s.IncidentPriority == t.IncidentPriority && s.Verify == t.Verify
}

// storeOf is what policies see as data.evenkeel.
func storeOf(data map[string]any) storage.Store {
	text, err := json.Marshal(map[string]any{"evenkeel": data})
	if err != nil {
		panic(err) // numbers and strings
	}
	return inmem.NewFromReaderWithOpts(bytes.NewReader(text), inmem.OptReturnASTValuesOnRead(true))
}

// parse reads modules, bounded in number and size.
func parse(modules map[string]string) (map[string]*ast.Module, error) {
	var bad errs.Fields
	switch {
	case len(modules) == 0:
		bad.Add("modules", "", "give at least one module, by file name")
	case len(modules) > MaxModules:
		bad.Add("modules", fmt.Sprint(len(modules)), fmt.Sprintf("at most %d modules", MaxModules))
	}
	total := 0
	for name, text := range modules {
		total += len(text)
		if len(text) > MaxModule {
			bad.Add(name, fmt.Sprintf("%d bytes", len(text)), fmt.Sprintf("at most %d bytes in one module", MaxModule))
		}
		if !fileName(name) {
			bad.Add("modules", name, "1 to 63 of a-z, 0-9, -, _ and the ending .rego, like freeze.rego")
		}
	}
	if total > MaxSource {
		bad.Add("modules", fmt.Sprintf("%d bytes", total), fmt.Sprintf("at most %d bytes in all modules together", MaxSource))
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	out := map[string]*ast.Module{}
	var found ast.Errors
	opts := ast.ParserOptions{RegoVersion: ast.RegoV1, Capabilities: capabilities(), ProcessAnnotation: true}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		m, err := ast.ParseModuleWithOpts(name, modules[name], opts)
		switch list, ok := err.(ast.Errors); {
		case ok:
			found = append(found, list...)
		case err != nil:
			found = append(found, ast.NewError(ast.ParseErr, ast.NewLocation(nil, name, 1, 1), "%v", err))
		case m == nil:
			found = append(found, ast.NewError(ast.ParseErr, ast.NewLocation(nil, name, 1, 1), "the file is empty: begin with package %s", Package))
		case !inPackage(m):
			found = append(found, ast.NewError(ast.ParseErr, m.Package.Location, "the package must be %s, or below it", Package))
		default:
			out[name] = m
			ast.WalkTerms(m, func(t *ast.Term) bool {
				if n, ok := t.Value.(ast.Number); ok && (len(n) > 300 || !finite(string(n))) {
					found = append(found, ast.NewError(ast.ParseErr, t.Location, "the number is too large"))
				}
				return false
			})
		}
	}
	if len(found) > 0 {
		return nil, faults(modules, found)
	}
	return out, nil
}

func inPackage(m *ast.Module) bool {
	p := m.Package.Path.String()
	return p == "data."+Package || strings.HasPrefix(p, "data."+Package+".")
}

func fileName(s string) bool {
	base, ok := strings.CutSuffix(s, ".rego")
	return ok && base != "" && len(s) <= 63 && strings.Trim(base, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// faults turns what OPA found into fields with their place and a remedy.
func faults(modules map[string]string, list ast.Errors) error {
	var bad errs.Fields
	for _, e := range list {
		f := errs.Field{Name: "modules", Remedy: e.Message}
		if l := e.Location; l != nil && l.File != "" {
			f.Name, f.Where = l.File, fmt.Sprintf("%s:%d:%d", l.File, l.Row, l.Col)
			f.Value = errs.Short(strings.TrimSpace(line(modules[l.File], l.Row)))
		}
		if name, ok := strings.CutPrefix(e.Message, "undefined function "); ok {
			if why := refused(name); why != "" {
				f.Remedy = name + " may not be called: " + why
			}
		}
		if e.Code == ast.TypeErr && strings.HasPrefix(e.Message, "undefined ref: input.") {
			f.Remedy += ": there is no such fact; see the list of facts in docs/practice/change.md"
		}
		bad = append(bad, f)
		if len(bad) == 20 {
			break
		}
	}
	if len(bad) == 0 {
		bad.Add("modules", "", "it does not compile")
	}
	slices.SortStableFunc(bad, func(a, b errs.Field) int { return strings.Compare(a.Name, b.Name) })
	return bad.Err()
}

func line(text string, n int) string {
	for l := range strings.Lines(text) {
		if n--; n == 0 {
			return l
		}
	}
	return ""
}
