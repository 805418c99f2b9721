package scorecard

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/evenkeel/evenkeel/internal/errs"
)

const (
	maxRule  = 2000             // characters
	maxCost  = 10_000           // CEL's own unit: about one a comparison
	maxDepth = 50               // of nesting
	maxTime  = time.Second / 20 // a rule takes microseconds
)

// environment knows all facts as typed variables, so that a slip in a name or
// a type is found when a card is written.
var environment = sync.OnceValue(func() *cel.Env {
	opts := []cel.EnvOption{cel.ParserExpressionSizeLimit(maxRule), cel.ParserRecursionLimit(maxDepth)}
	for _, f := range Facts {
		opts = append(opts, cel.Variable(f.Name, map[Type]*cel.Type{Int: cel.IntType, Bool: cel.BoolType, Text: cel.StringType}[f.Type]))
	}
	env, err := cel.NewEnv(opts...)
	if err != nil {
		panic(err) // a fault of the program, seen at first use
	}
	return env
})

// rule is a compiled rule.
type rule struct {
	program cel.Program
	uses    []string // facts, in the order in which the rule names them
}

// compile compiles a rule that answers yes or no. The error says line, column
// and what is wrong, for people.
func compile(text string) (*rule, error) {
	ast, issues := environment().Compile(text)
	if issues.Err() != nil {
		var says []string
		for _, e := range issues.Errors()[:min(3, len(issues.Errors()))] {
			says = append(says, fmt.Sprintf("line %d, column %d: %s", e.Location.Line(), e.Location.Column()+1, plain(e.Message)))
		}
		return nil, errors.New(strings.Join(says, "; "))
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		return nil, fmt.Errorf("line 1, column 1: it gives %s and must give true or false", ast.OutputType())
	}
	program, err := environment().Program(ast, cel.EvalOptions(cel.OptPartialEval), cel.CostLimit(maxCost), cel.InterruptCheckFrequency(100))
	if err != nil {
		return nil, fmt.Errorf("line 1, column 1: %w", err)
	}
	r := &rule{program: program}
	ids := make([]int64, 0, 4)
	refs := ast.NativeRep().ReferenceMap()
	for id := range refs {
		ids = append(ids, id)
	}
	slices.Sort(ids) // rise along the text
	for _, id := range ids {
		if _, ok := factOf(refs[id].Name); ok && !slices.Contains(r.uses, refs[id].Name) {
			r.uses = append(r.uses, refs[id].Name)
		}
	}
	return r, nil
}

var undeclared = regexp.MustCompile(`^undeclared reference to '([^']+)'(?: \(did you mean '([^']+)'\?\))?`)

// plain takes CEL's own words out of a message where people have better ones.
func plain(s string) string {
	m := undeclared.FindStringSubmatch(s)
	switch {
	case m == nil:
		return strings.ReplaceAll(s, " (in container '')", "")
	case m[2] != "":
		return "there is no fact " + m[1] + "; did you mean " + m[2] + "?"
	default:
		return "there is no fact " + m[1]
	}
}

// compiled remembers rules by their text: a round asks the same ones of every
// service.
var compiled = struct {
	sync.Mutex
	m map[string]*rule
}{m: map[string]*rule{}}

const maxCompiled = 5000 // made-up rules must not fill the memory

func ruleOf(text string) (*rule, error) {
	compiled.Lock()
	r := compiled.m[text]
	compiled.Unlock()
	if r != nil {
		return r, nil
	}
	r, err := compile(text)
	if err != nil {
		return nil, err
	}
	compiled.Lock()
	defer compiled.Unlock()
	if len(compiled.m) >= maxCompiled {
		clear(compiled.m)
	}
	compiled.m[text] = r
	return r, nil
}

// evaluate answers a rule for one service.
func evaluate(ctx context.Context, text string, have Values) Result {
	r, err := ruleOf(text)
	if err != nil { // it compiled when it was written: the program knows other facts now
		return Result{State: Unclear, Fact: "the rule is not understood: " + err.Error()}
	}
	vars := make(map[string]any, len(r.uses))
	var missing []*cel.AttributePatternType
	for _, name := range r.uses {
		if v := have[name]; v.v != nil {
			vars[name] = v.v
		} else {
			missing = append(missing, cel.AttributePattern(name))
		}
	}
	input, err := cel.PartialVars(vars, missing...)
	if err != nil {
		return Result{State: Unclear, Fact: "the rule cannot be asked: " + err.Error()}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, maxTime, errors.New("it takes too long"))
	defer cancel()
	got, _, err := r.program.ContextEval(ctx, input)
	switch {
	case err != nil:
		return Result{State: Unclear, Fact: "the rule failed: " + errs.Short(err.Error())}
	case types.IsUnknown(got):
		return unanswered(got.(*types.Unknown), have)
	case got == types.True:
		return Result{State: Passed, Fact: r.said(have)}
	default:
		return Result{State: Failed, Fact: r.said(have)}
	}
}

// unanswered says on which missing facts an answer hangs: one that should be
// known outweighs practices that are not in use.
func unanswered(u *types.Unknown, have Values) Result {
	out := Result{State: Neutral}
	for _, id := range u.IDs() {
		trails, _ := u.GetAttributeTrails(id)
		for _, t := range trails {
			v := have[t.Variable()]
			if v.wrong {
				return Result{State: Unclear, Fact: v.text}
			}
			if out.Fact == "" && v.text != "" {
				out.Fact = v.text
			}
			if f, _ := factOf(t.Variable()); out.Fact == "" && f.Practice != "" {
				out.Fact = f.Practice + " not in use"
			}
		}
	}
	if out.Fact == "" {
		out.Fact = "not in use"
	}
	return out
}

// said is the fact that stands beside a check: the first known one that is
// not about which service it is.
func (r *rule) said(have Values) string {
	for _, name := range r.uses {
		if v := have[name]; v.v != nil && !strings.HasPrefix(name, "service.") {
			return v.text
		}
	}
	return ""
}
