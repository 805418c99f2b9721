package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/client"
)

// CmdbRunsCmd lists runs.
type CmdbRunsCmd struct {
	Source string `help:"Of this source."`
	Limit  int    `help:"How many." default:"20"`
}

// Run reads as many pages as it takes.
func (c CmdbRunsCmd) Run(ctx context.Context, g *Globals) error {
	all, err := pages(c.Limit, func(cursor string, n int) (client.List[client.MapRun], error) {
		return g.Client().MapRuns(ctx, c.Source, cursor, n)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"RUN", "SOURCE", "SCOPE", "STATE", "STARTED", "NEW", "CHANGED", "STALE", "WHY"}}
		for _, r := range all {
			n := r.Counts
			lines = append(lines, []string{r.Key, r.Source, r.Scope, r.State, when(r.Started), fmt.Sprint(n.Created), fmt.Sprint(n.Changed), fmt.Sprint(n.Stale), r.Why})
		}
		return lines
	})
}

// CmdbRunCmd shows a run.
type CmdbRunCmd struct {
	Key string `arg:"" name:"run" help:"The run, like RUN-7."`
}

// Run asks the server.
func (c CmdbRunCmd) Run(ctx context.Context, g *Globals) error {
	r, err := g.Client().MapRun(ctx, c.Key)
	if err != nil {
		return err
	}
	return g.printRun(r)
}

// CmdbConfirmCmd confirms a run.
type CmdbConfirmCmd struct {
	Key string `arg:"" name:"run" help:"The run, like RUN-7."`
}

// Run asks the server.
func (c CmdbConfirmCmd) Run(ctx context.Context, g *Globals) error {
	r, err := g.Client().ConfirmRun(ctx, c.Key)
	if err != nil {
		return err
	}
	return g.printRun(r)
}

// CmdbRefuseCmd refuses a run or a proposal.
type CmdbRefuseCmd struct {
	Key string `arg:"" name:"run|pair" help:"A run, like RUN-7, or a proposed pair, like PAIR-3."`
}

// Run asks the server.
func (c CmdbRefuseCmd) Run(ctx context.Context, g *Globals) error {
	if strings.HasPrefix(strings.ToUpper(c.Key), "PAIR-") {
		p, err := g.Client().RefuseProposal(ctx, c.Key)
		if err != nil {
			return err
		}
		return g.printProposal(p)
	}
	r, err := g.Client().RefuseRun(ctx, c.Key)
	if err != nil {
		return err
	}
	return g.printRun(r)
}

// shownOfEach is how many changes of one sort are printed.
const shownOfEach = 20

// runStates say how a run stands.
var runStates = map[string]string{
	"reading": "is being read", "asking": "waits to be confirmed", "applying": "is being applied", "applied": "applied",
	"refused": "refused, nothing was changed", "failed": "failed, nothing was changed", "dry": "dry run, nothing was changed",
}

// printRun shows what a run does, like a plan.
func (g *Globals) printRun(r client.MapRun) error {
	if g.Output != "table" {
		return g.Print(r, nil)
	}
	w := bufio.NewWriter(g.Out)
	fmt.Fprintf(w, "%s %s: %s\n", r.Key, strings.TrimSpace(r.Source+" "+r.Scope), runStates[r.State])
	if r.Why != "" {
		fmt.Fprintln(w, "  "+r.Why)
	}
	d, n := r.Diff, r.Counts
	if d == nil {
		d = &client.MapDiff{}
	}
	itemsPart(w, "+", n.Created, "new", d.Created)
	itemsPart(w, "~", n.Changed, "changed", d.Changed)
	itemsPart(w, "-", n.Stale, "not seen any more, stale", d.Stale)
	relationsPart(w, "+", n.RelationsAdded, "new", d.RelationsAdded)
	relationsPart(w, "~", n.RelationsChanged, "changed", d.RelationsChanged)
	relationsPart(w, "-", n.RelationsStale, "not seen any more, stale", d.RelationsStale)
	relationsPart(w, "?", n.Dangling, "with an end that nobody knows", d.Dangling)
	if n.Back > 0 {
		fmt.Fprintf(w, "%s back\n", counted(n.Back, "item"))
	}
	if n.Proposals > 0 {
		fmt.Fprintf(w, "%s may be one: evenkeel cmdb proposals\n", counted(n.Proposals, "pair"))
	}
	if len(r.Remarks) > 0 {
		fmt.Fprintf(w, "! %s\n", counted(len(r.Remarks), "remark"))
		for _, x := range r.Remarks[:min(len(r.Remarks), shownOfEach)] {
			fmt.Fprintf(w, "    %s: %s\n", x.Place, x.Text)
		}
		more(w, len(r.Remarks))
	}
	if n.Created+n.Changed+n.Stale+n.Back+n.RelationsAdded+n.RelationsChanged+n.RelationsStale == 0 && r.State != "refused" && r.State != "failed" {
		fmt.Fprintf(w, "Nothing changes: %d items and %d relations are known like that.\n", n.Items, n.Relations)
	}
	return w.Flush()
}

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func itemsPart(w *bufio.Writer, mark string, n int, what string, list []client.ItemChange) {
	if n == 0 {
		return
	}
	fmt.Fprintf(w, "%s %s %s\n", mark, counted(n, "item"), what)
	for _, x := range list[:min(len(list), shownOfEach)] {
		fmt.Fprintf(w, "    %s %s %s", mark, x.Kind, x.Name)
		if x.Item != "" {
			fmt.Fprint(w, " ", x.Item)
		}
		if len(x.Attributes) > 0 {
			fmt.Fprint(w, ": ", strings.Join(x.Attributes, ", "))
		}
		fmt.Fprintln(w)
	}
	if len(list) > 0 {
		more(w, n)
	}
}

func relationsPart(w *bufio.Writer, mark string, n int, what string, list []client.RelationChange) {
	if n == 0 {
		return
	}
	fmt.Fprintf(w, "%s %s %s\n", mark, counted(n, "relation"), what)
	for _, x := range list[:min(len(list), shownOfEach)] {
		fmt.Fprintf(w, "    %s %s %s %s\n", mark, strings.TrimPrefix(x.From, "key:"), x.Kind, strings.TrimPrefix(x.To, "key:"))
	}
	if len(list) > 0 {
		more(w, n)
	}
}

func more(w *bufio.Writer, n int) {
	if n > shownOfEach {
		fmt.Fprintf(w, "    … and %d more; -o json has more of them\n", n-shownOfEach)
	}
}
