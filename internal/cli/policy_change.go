package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// ChangePolicyCmds are what is done with the policy that decides about changes.
// They stand beside those of escalation policies: `policy list --change` and
// `policy show POLICY-3` are of it, too.
type ChangePolicyCmds struct {
	Test     PolicyTestCmd     `cmd:"" help:"Changes: compile a policy and run its tests, without a server."`
	Try      PolicyTryCmd      `cmd:"" help:"Changes: ask a policy about a change or an input; nothing is kept."`
	Backtest PolicyBacktestCmd `cmd:"" help:"Changes: replay past decisions through a policy; nothing is kept."`
	Put      PolicyPutCmd      `cmd:"" help:"Changes: keep a new version of the policy as a draft."`
	Activate PolicyActivateCmd `cmd:"" help:"Changes: let a version decide."`
	Shadow   PolicyShadowCmd   `cmd:"" help:"Changes: let a version answer beside the one that decides; none ends that."`
	Retire   PolicyRetireCmd   `cmd:"" help:"Changes: put a draft or the shadow aside."`
	Diff     PolicyDiffCmd     `cmd:"" help:"Changes: compare two versions of the policy."`
}

// PolicyFiles names the modules of a policy.
type PolicyFiles struct {
	Files   []string `arg:"" optional:"" help:"Rego files, or directories of them."`
	Default bool     `help:"Add the modules that come with the program where no file has their name."`
}

// modules reads the files, by base name, and says where each one came from.
func (f PolicyFiles) modules() (modules, from map[string]string, err error) {
	modules, from = map[string]string{}, map[string]string{}
	for _, name := range f.Files {
		list := []string{name}
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			if list, err = filepath.Glob(filepath.Join(name, "*.rego")); err != nil || len(list) == 0 {
				return nil, nil, errs.BadField("files", name, "there is no .rego file in this directory")
			}
		}
		for _, file := range list {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, nil, errs.BadField("files", file, "it cannot be read: "+err.Error())
			}
			base := filepath.Base(file)
			if had, ok := from[base]; ok {
				return nil, nil, errs.BadField("files", file, "modules are known by the name of their file, and "+had+" has the same one; rename one of them")
			}
			modules[base], from[base] = string(text), file
		}
	}
	if f.Default || len(f.Files) == 0 {
		for name, text := range policy.Default() {
			if _, ok := modules[name]; !ok {
				modules[name], from[name] = text, name
			}
		}
	}
	return modules, from, nil
}

// PolicyTestCmd tests a policy here.
type PolicyTestCmd struct {
	PolicyFiles
	OnServer bool `help:"Let the server test it, with its settings (thresholds, budgets); needs a token."`
}

// Run compiles and tests; 0 only when all tests pass.
func (c PolicyTestCmd) Run(ctx context.Context, g *Globals) error {
	modules, from, err := c.modules()
	if err != nil {
		return err
	}
	var t client.PolicyTests
	if c.OnServer {
		if t, err = g.Client().TestChangePolicy(ctx, client.PolicySource{Modules: modules}); err != nil {
			return err
		}
	} else {
		compiled, err := policy.Compile(modules)
		if err != nil {
			return placed(err, from)
		}
		t.Passed = true
		for _, r := range compiled.Test(ctx) {
			t.Passed = t.Passed && r.Passed
			t.Tests = append(t.Tests, client.PolicyTest{Name: r.Name, Where: r.Where(), Passed: r.Passed, Why: r.Why, Micros: r.Took.Microseconds()})
		}
	}
	failed := 0
	for n, r := range t.Tests {
		file, line, ok := strings.Cut(r.Where, ":")
		if ok && from[file] != "" {
			t.Tests[n].Where = from[file] + ":" + line
		}
		if !r.Passed {
			failed++
		}
	}
	if g.Output != "table" {
		err = g.Print(t, nil)
	} else {
		for _, r := range t.Tests {
			if !r.Passed {
				g.Say("%s: %s failed: %s", r.Where, r.Name, r.Why)
			}
		}
		g.Say("%d of %d tests pass", len(t.Tests)-failed, len(t.Tests))
	}
	if err == nil && !t.Passed {
		return exitCode(errs.Table[errs.Invalid].Exit)
	}
	return err
}

// placed names the faults of modules by the files that they came from.
func placed(err error, from map[string]string) error {
	e := *errs.As(err)
	e.Fields = slices.Clone(e.Fields)
	for n, f := range e.Fields {
		if path := from[f.Name]; path != "" {
			e.Fields[n].Name = path
			if rest, ok := strings.CutPrefix(f.Where, f.Name); ok {
				e.Fields[n].Where = path + rest
			}
		}
	}
	return &e
}

// PolicySourceFlags is a policy: files, or a version.
type PolicySourceFlags struct {
	PolicyFiles
	Version string `help:"A version, like POLICY-3, instead of files; without both, the one that decides."`
}

func (f PolicySourceFlags) source() (client.PolicySource, error) {
	if len(f.Files) == 0 && !f.Default {
		return client.PolicySource{Policy: f.Version}, nil
	}
	if f.Version != "" {
		return client.PolicySource{}, errs.BadField("version", f.Version, "give files or a version, not both")
	}
	modules, _, err := f.modules()
	return client.PolicySource{Modules: modules}, err
}

// PolicyTryCmd asks a policy about one input.
type PolicyTryCmd struct {
	PolicySourceFlags
	Change string `help:"The facts of this change's last decision." placeholder:"CHG-7" xor:"about"`
	Input  string `help:"A file with facts as JSON; - reads standard input." placeholder:"FILE" xor:"about"`
}

// Run asks the server.
func (c PolicyTryCmd) Run(ctx context.Context, g *Globals) error {
	p, err := c.source()
	if err != nil {
		return err
	}
	var input []byte
	if c.Input != "" {
		if input, err = g.read("input", c.Input); err != nil {
			return err
		}
	}
	t, err := g.Client().TryChangePolicy(ctx, p, c.Change, input)
	if err != nil {
		return err
	}
	if g.Output != "table" {
		return g.Print(t, nil)
	}
	g.Say("%s", answerText(t.Decision))
	if t.Before != nil {
		g.Say("the gate said: %s", answerText(*t.Before))
	}
	for _, gap := range t.Gaps {
		g.Say("unknown: %s", gap)
	}
	if len(t.Decision.Reasons) == 0 {
		return nil
	}
	return g.Print(nil, func() [][]string {
		lines := [][]string{{"RULE", "EFFECT", "WHY"}}
		for _, r := range t.Decision.Reasons {
			lines = append(lines, []string{r.Rule, r.Effect, r.Text})
		}
		return lines
	})
}

// answerText is a decision in one line.
func answerText(d client.PolicyDecision) string {
	text := strings.ReplaceAll(d.Outcome, "_", " ")
	for n, r := range d.Reviews {
		text += map[bool]string{true: ": ", false: ", "}[n == 0] + strconv.Itoa(r.Count) + " × " + r.Who
	}
	if d.Failed != "" {
		text += " (the policy gave no answer: " + d.Failed + ")"
	}
	return text
}

// PolicyBacktestCmd replays the past.
type PolicyBacktestCmd struct {
	PolicySourceFlags
	Last int `help:"So many of the newest decisions, at most 20000." default:"1000"`
}

// Run asks the server.
func (c PolicyBacktestCmd) Run(ctx context.Context, g *Globals) error {
	p, err := c.source()
	if err != nil {
		return err
	}
	b, err := g.Client().BacktestChangePolicy(ctx, p, c.Last)
	if err != nil {
		return err
	}
	if g.Output != "table" {
		return g.Print(b, nil)
	}
	g.Say("%d of %d decisions come out differently (replayed in %d ms)", b.Changed, b.Decisions, b.Milliseconds)
	for _, o := range slices.Sorted(maps.Keys(b.After)) {
		g.Say("  %-13s %d → %d", strings.ReplaceAll(o, "_", " "), b.Before[o], b.After[o])
	}
	g.Say("approvals by people: %d, %+d, -%d", b.ReviewsBefore, b.ReviewsAdded, b.ReviewsRemoved)
	g.Say("hours of waiting: %.1f saved, %.1f added (estimated by the median wait, %.1f h)", b.HoursSaved, b.HoursAdded, b.TypicalWait)
	g.Say("failed changes: %d; %d more would have been looked at or stopped, %d fewer", b.Failures, b.Caught, b.LetThrough)
	if b.Unexplained > 0 {
		g.Say("no clear answer: %d, the first: %s", b.Unexplained, b.FirstFault)
	}
	if len(b.Different) == 0 {
		return nil
	}
	g.Say("")
	return g.Print(nil, func() [][]string {
		lines := [][]string{{"CHANGE", "WAS", "WOULD BE", "FAILED", "TITLE"}}
		for _, d := range b.Different {
			lines = append(lines, []string{d.Change, answerText(d.Old), answerText(d.New), yes(d.Failed), d.Title})
		}
		return lines
	})
}

// PolicyPutCmd keeps a version.
type PolicyPutCmd struct {
	PolicyFiles
	Note     string `short:"m" help:"What it is for."`
	Activate bool   `help:"Let it decide at once."`
}

// Run asks the server.
func (c PolicyPutCmd) Run(ctx context.Context, g *Globals) error {
	if len(c.Files) == 0 {
		return errs.BadField("files", "", "name the files of the policy, or their directory")
	}
	modules, _, err := c.modules()
	if err != nil {
		return err
	}
	v, err := g.Client().PutChangePolicy(ctx, modules, c.Note)
	if err == nil && c.Activate {
		v, err = g.Client().ChangePolicyVerb(ctx, v.Key, "activate", c.Note)
	}
	return g.printVersion(v, err)
}

// PolicyVersionArg names a version.
type PolicyVersionArg struct {
	Version string `arg:"" help:"Key of the version, like POLICY-3; POLICY-0 comes with the program."`
	Reason  string `short:"m" help:"Why, for the record."`
}

// PolicyActivateCmd lets a version decide.
type PolicyActivateCmd struct{ PolicyVersionArg }

// Run asks the server.
func (c PolicyActivateCmd) Run(ctx context.Context, g *Globals) error {
	return g.printVersion(g.Client().ChangePolicyVerb(ctx, c.Version, "activate", c.Reason))
}

// PolicyShadowCmd lets a version answer beside.
type PolicyShadowCmd struct{ PolicyVersionArg }

// Run asks the server.
func (c PolicyShadowCmd) Run(ctx context.Context, g *Globals) error {
	if c.Version == "none" {
		c.Version = "POLICY-0"
	}
	return g.printVersion(g.Client().ChangePolicyVerb(ctx, c.Version, "shadow", c.Reason))
}

// PolicyRetireCmd puts a version aside.
type PolicyRetireCmd struct{ PolicyVersionArg }

// Run asks the server.
func (c PolicyRetireCmd) Run(ctx context.Context, g *Globals) error {
	return g.printVersion(g.Client().ChangePolicyVerb(ctx, c.Version, "retire", c.Reason))
}

// PolicyDiffCmd compares versions.
type PolicyDiffCmd struct {
	From string `arg:"" help:"The version before, like POLICY-2."`
	To   string `arg:"" help:"The version after, like POLICY-3."`
}

// Run asks the server.
func (c PolicyDiffCmd) Run(ctx context.Context, g *Globals) error {
	list, err := g.Client().DiffChangePolicy(ctx, c.To, c.From)
	if err != nil {
		return err
	}
	if g.Output != "table" {
		return g.Print(list.Items, nil)
	}
	for _, f := range list.Items {
		g.Say("%s %s", f.Kind, f.File)
		for _, l := range f.Lines {
			g.Say("%s %s", l.Op, l.Text)
		}
	}
	if len(list.Items) == 0 {
		g.Say("they are the same")
	}
	return nil
}

// listVersions prints all versions.
func listVersions(ctx context.Context, g *Globals) error {
	all, err := pages(0, func(cursor string, n int) (client.List[client.ChangePolicy], error) {
		return g.Client().ChangePolicies(ctx, cursor, min(n, 100))
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"VERSION", "STATE", "TESTS", "MADE", "BY", "NOTE"}}
		for _, v := range all {
			lines = append(lines, []string{v.Key, v.State, strconv.Itoa(v.Tests), when(deref(v.Created)), cmp.Or(v.MadeBy, v.Commit, "the program"), v.Note})
		}
		return lines
	})
}

// showVersion prints a version, and writes its modules into a directory.
func showVersion(ctx context.Context, g *Globals, key, into string) error {
	v, err := g.Client().ChangePolicy(ctx, key)
	if err != nil || into == "" {
		return g.printVersion(v, err)
	}
	if err := os.MkdirAll(into, 0o755); err != nil {
		return err
	}
	for name, text := range v.Modules {
		if err := os.WriteFile(filepath.Join(into, filepath.Base(name)), []byte(text), 0o644); err != nil {
			return err
		}
	}
	g.Say("wrote %d modules of %s into %s", len(v.Modules), v.Key, into)
	return nil
}

func (g *Globals) printVersion(v client.ChangePolicy, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(v, func() [][2]string {
		names := slices.Sorted(maps.Keys(v.Modules))
		return [][2]string{{"VERSION", v.Key}, {"STATE", v.State}, {"NOTE", v.Note}, {"REASON", v.Reason}, {"TESTS", fmt.Sprint(v.Tests)}, {"DIGEST", v.Digest}, {"MADE BY", v.MadeBy}, {"MADE", when(deref(v.Created))},
			{"DECIDED BY", v.DecidedBy}, {"ACTIVE SINCE", when(deref(v.Activated))}, {"COMMIT", v.Commit}, {"MODULES", strings.Join(names, ", ")}}
	})
}
