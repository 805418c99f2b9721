package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// UploadFlags say what an upload is.
type UploadFlags struct {
	Scope      string  `help:"Which part of the world it looks at, the same at every run: prod/network."`
	Complete   bool    `help:"What it does not hold is not there any more."`
	DryRun     bool    `help:"Only say what would change."`
	MaxShare   float64 `help:"Which part of the scope may turn stale without asking, 0 to 1; 0: a fifth."`
	Provenance string  `help:"Of relations that do not say: declared, observed or inferred." enum:",declared,observed,inferred" default:""`
	Yes        bool    `short:"y" help:"Confirm a run that asks."`
}

// CmdbImportCmd takes files of a source.
type CmdbImportCmd struct {
	Source string   `arg:"" help:"The system that they come from; evenkeel cmdb source types lists them."`
	Files  []string `arg:"" help:"Files; - reads standard input. Several ones are one run."`
	UploadFlags
	Env     string            `help:"Environment of items that do not name one."`
	Team    string            `help:"Team of items that do not name one."`
	Cluster string            `help:"Kubernetes cluster of what is deployed."`
	Region  string            `help:"Region of items that do not name one."`
	Column  map[string]string `help:"For tables: which of our columns a head means, as Hostname=name; repeat it."`
}

// joints are what goes between the files of sources that take several in one:
// YAML documents, or JSON values one after another.
var joints = map[string]string{
	"kubernetes": "\n---\n", "backstage": "\n---\n", "datadog": "\n---\n", "score": "\n---\n", "compose": "\n---\n",
	"netbox": "\n", "aws": "\n", "gcp": "\n", "azure": "\n", "otlp": "\n",
}

// Run streams the files and shows what they do.
func (c CmdbImportCmd) Run(ctx context.Context, g *Globals) error {
	if len(c.Files) > 1 && joints[c.Source] == "" {
		return errs.BadField("files", strings.Join(c.Files, " "), "a run of "+c.Source+" is one file; send each as a run with a scope of its own")
	}
	body := &joined{names: c.Files, joint: joints[c.Source], in: g.In}
	defer body.Close()
	u := client.MapUpload{Source: c.Source, Scope: c.Scope, Complete: c.Complete, DryRun: c.DryRun, MaxShare: c.MaxShare, Provenance: c.Provenance,
		Env: c.Env, Team: c.Team, Cluster: c.Cluster, Region: c.Region, Columns: c.Column}
	r, err := g.Client().ImportFile(ctx, u, body)
	if err != nil {
		return body.place(err)
	}
	return g.afterUpload(ctx, r, c.Yes)
}

// afterUpload shows a run, and asks when the run does.
func (g *Globals) afterUpload(ctx context.Context, r client.MapRun, yes bool) error {
	if r.State != "asking" {
		return g.printRun(r)
	}
	if !yes {
		if !isTerminal(g.In) {
			if err := g.printRun(r); err != nil {
				return err
			}
			return errs.E(errs.Conflict, "it waits: evenkeel cmdb confirm %s, or refuse; --yes confirms at once", r.Key).On(r.Key)
		}
		shown := *g
		shown.Output = "table"
		if err := shown.printRun(r); err != nil {
			return err
		}
		fmt.Fprint(g.Err, "Apply this? Type yes: ")
		if said, _ := bufio.NewReader(g.In).ReadString('\n'); strings.TrimSpace(said) != "yes" {
			return errs.E(errs.Conflict, "not applied; it waits: evenkeel cmdb confirm %s, or refuse", r.Key).On(r.Key)
		}
	}
	done, err := g.Client().ConfirmRun(ctx, r.Key)
	if err != nil {
		return err
	}
	return g.printRun(done)
}

// CmdbBulkCmd takes records.
type CmdbBulkCmd struct {
	Source string `arg:"" help:"A name for where they come from: a-z, 0-9, dash, dot."`
	File   string `arg:"" help:"Records, one a line as {\"item\":…} or {\"relation\":…}; - reads standard input."`
	UploadFlags
}

// Run streams the records, with progress on stderr.
func (c CmdbBulkCmd) Run(ctx context.Context, g *Globals) error {
	body := &joined{names: []string{c.File}, in: g.In}
	defer body.Close()
	u := client.MapUpload{Source: c.Source, Scope: c.Scope, Complete: c.Complete, DryRun: c.DryRun, MaxShare: c.MaxShare, Provenance: c.Provenance}
	live := isTerminal(g.Err)
	var last time.Time
	r, err := g.Client().ImportLines(ctx, u, body, func(p client.BulkProgress) {
		text := fmt.Sprintf("%s: %d records, %.1f MB", p.State, p.Records, float64(p.Bytes)/1e6)
		if p.Parts > 0 {
			text += fmt.Sprintf(", %d of %d parts", p.Applied, p.Parts)
		}
		switch {
		case live:
			fmt.Fprintf(g.Err, "\r%-70s", text)
		case time.Since(last) > 10*time.Second:
			last = time.Now()
			fmt.Fprintln(g.Err, text)
		}
	})
	if live {
		fmt.Fprint(g.Err, "\r", strings.Repeat(" ", 70), "\r")
	}
	if err != nil {
		return body.place(err)
	}
	return g.afterUpload(ctx, r, c.Yes)
}

// CmdbPlanCmd asks what a plan breaks.
type CmdbPlanCmd struct {
	File    string `arg:"" help:"What terraform show -json PLANFILE wrote; - reads standard input."`
	Scope   string `help:"The scope under which its state is imported."`
	Exposed bool   `help:"Also list what merely reaches what changes."`
}

// Run streams the plan.
func (c CmdbPlanCmd) Run(ctx context.Context, g *Globals) error {
	body := &joined{names: []string{c.File}, in: g.In}
	defer body.Close()
	p, err := g.Client().PlanImpact(ctx, "terraform", c.Scope, c.Exposed, body)
	if err != nil {
		return body.place(err)
	}
	if g.Output != "table" {
		return g.Print(p, nil)
	}
	err = g.Print(p, func() [][]string {
		lines := [][]string{{"ACTION", "RESOURCE", "ITEMS", "WHY"}}
		for _, x := range p.Changes {
			items := strings.Join(x.Items, ", ")
			if x.Unknown {
				items = strings.TrimPrefix(items+", not on the map", ", ")
			}
			lines = append(lines, []string{x.Action, x.Address, items, x.Reason})
		}
		return lines
	})
	if err != nil {
		return err
	}
	if p.Impact == nil {
		g.Say("\nNothing of it is on the map, or nothing that is goes or changes.")
		return nil
	}
	g.Say("")
	return g.printImpact(*p.Impact)
}
