package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// ScorecardCmd is the scorecards.
type ScorecardCmd struct {
	List     ScorecardListCmd     `cmd:"" help:"List scorecards."`
	Show     ScorecardShowCmd     `cmd:"" help:"Show the checks of a scorecard."`
	Check    ScorecardCheckCmd    `cmd:"" help:"Measure a service now: what passes, what does not, and what to do next."`
	Services ScorecardServicesCmd `cmd:"" help:"List how services stand by a scorecard."`
	Try      ScorecardTryCmd      `cmd:"" help:"Measure all services by a file, without writing it."`
	Create   ScorecardCreateCmd   `cmd:"" help:"Add a scorecard from a file."`
	Update   ScorecardUpdateCmd   `cmd:"" help:"Replace a scorecard by what is in a file."`
	Delete   ScorecardDeleteCmd   `cmd:"" help:"Take a scorecard away; one that comes with the program takes effect again."`
}

// ScorecardListCmd lists scorecards.
type ScorecardListCmd struct{}

// Run asks the server.
func (ScorecardListCmd) Run(ctx context.Context, g *Globals) error {
	list, err := g.Client().Scorecards(ctx)
	if err != nil {
		return err
	}
	return g.Print(list.Items, func() [][]string {
		lines := [][]string{{"NAME", "TITLE", "CHECKS", "APPLIES", "FROM"}}
		for _, c := range list.Items {
			lines = append(lines, []string{c.Name, c.Title, strconv.Itoa(len(c.Checks)), c.Applies, cardFrom(c)})
		}
		return lines
	})
}

func cardFrom(c client.Scorecard) string {
	switch {
	case c.Shipped:
		return "the program"
	case c.ManagedBy != "":
		return c.ManagedBy
	default:
		return "version " + strconv.FormatInt(c.Version, 10)
	}
}

// ScorecardArg names a scorecard.
type ScorecardArg struct {
	Scorecard string `arg:"" help:"Name of the scorecard."`
}

// ScorecardShowCmd shows a scorecard.
type ScorecardShowCmd struct{ ScorecardArg }

// Run asks the server.
func (c ScorecardShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printCard(g.Client().Scorecard(ctx, c.Scorecard))
}

func (g *Globals) printCard(c client.Scorecard, err error) error {
	if err != nil {
		return err
	}
	return g.Print(c, func() [][]string {
		lines := [][]string{{"LEVEL", "ID", "CHECK", "RULE"}}
		for _, x := range c.Checks {
			lines = append(lines, []string{x.Level, x.ID, x.Title, x.Rule})
		}
		return lines
	})
}

// cardLevels are the levels, lowest first.
var cardLevels = []string{"none", "bronze", "silver", "gold"}

// ScorecardCheckCmd measures a service.
type ScorecardCheckCmd struct {
	ServiceArg
	AtLeast string `help:"Fail unless every scorecard of the service reaches this level: for pipelines." enum:",bronze,silver,gold" default:""`
}

// Run asks the server.
func (c ScorecardCheckCmd) Run(ctx context.Context, g *Globals) error {
	list, err := g.Client().MeasureService(ctx, c.Service)
	if err != nil {
		return err
	}
	if err := g.Print(list.Items, func() [][]string { return standingLines(list.Items) }); err != nil {
		return err
	}
	for _, s := range list.Items {
		if slices.Index(cardLevels, s.Level) < slices.Index(cardLevels, c.AtLeast) {
			return errs.E(errs.Conflict, "%s is at %s by the scorecard %s, and %s is asked for", s.Service, s.Level, s.Card, c.AtLeast)
		}
	}
	return nil
}

func standingLines(list []client.Standing) [][]string {
	lines := [][]string{{"CARD", "LEVEL", "CHECK", "STATE", "FOUND", "NEXT"}}
	for _, s := range list {
		for _, r := range s.Results {
			lines = append(lines, []string{s.Card, r.Level, r.Title, r.State, r.Fact, r.Next})
		}
		lines = append(lines, []string{s.Card, s.Level, fmt.Sprintf("%d of %d", s.Passed, s.Counted), "", "", ""})
	}
	return lines
}

// ScorecardServicesCmd lists standings.
type ScorecardServicesCmd struct {
	ScorecardArg
	Team string `help:"Services of this team."`
}

// Run reads all pages.
func (c ScorecardServicesCmd) Run(ctx context.Context, g *Globals) error {
	all, err := everyPage(func(cursor string) (client.List[client.Standing], error) {
		return g.Client().Standings(ctx, c.Scorecard, c.Team, cursor, 200)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string { return serviceLines(all) })
}

func serviceLines(all []client.Standing) [][]string {
	lines := [][]string{{"SERVICE", "LEVEL", "PASSED", "FIRST THAT DOES NOT PASS"}}
	for _, s := range all {
		first := ""
		if i := slices.IndexFunc(s.Results, func(r client.CheckResult) bool { return r.State == "failed" || r.State == "unknown" }); i >= 0 {
			first = s.Results[i].Title
			if s.Results[i].Fact != "" {
				first += ": " + s.Results[i].Fact
			}
		}
		lines = append(lines, []string{s.Service, s.Level, fmt.Sprintf("%d of %d", s.Passed, s.Counted), first})
	}
	return lines
}

// ScorecardFile names a file with a scorecard.
type ScorecardFile struct {
	File string `arg:"" help:"YAML or JSON: a document of kind Scorecard, its spec alone, or what show -o yaml printed; - reads standard input."`
}

// spec reads the file; rules are checked by the server.
func (f ScorecardFile) spec(g *Globals) (s client.ScorecardSpec, err error) {
	var text []byte
	if f.File == "-" {
		text, err = io.ReadAll(g.In)
	} else {
		text, err = os.ReadFile(f.File)
	}
	if err != nil {
		return s, errs.BadField("file", f.File, "it cannot be read: "+err.Error())
	}
	data, err := yaml.YAMLToJSON(text)
	if err != nil {
		return s, errs.BadField("file", f.File, yaml.FormatError(err, false, true))
	}
	var doc struct {
		Spec json.RawMessage `json:"spec"`
	}
	if json.Unmarshal(data, &doc) == nil && len(doc.Spec) > 0 {
		data = doc.Spec
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, errs.BadField("file", f.File, "it is no scorecard: "+err.Error())
	}
	return s, nil
}

// ScorecardTryCmd measures by a file.
type ScorecardTryCmd struct{ ScorecardFile }

// Run asks the server.
func (c ScorecardTryCmd) Run(ctx context.Context, g *Globals) error {
	spec, err := c.spec(g)
	if err != nil {
		return err
	}
	t, err := g.Client().TryScorecard(ctx, spec)
	if err != nil {
		return err
	}
	return g.Print(t, func() [][]string { return serviceLines(t.Services) })
}

// ScorecardCreateCmd adds a scorecard.
type ScorecardCreateCmd struct {
	ScorecardArg
	ScorecardFile
}

// Run asks the server.
func (c ScorecardCreateCmd) Run(ctx context.Context, g *Globals) error {
	spec, err := c.spec(g)
	if err != nil {
		return err
	}
	return g.printCard(g.Client().CreateScorecard(ctx, c.Scorecard, spec))
}

// ScorecardUpdateCmd replaces a scorecard.
type ScorecardUpdateCmd struct {
	ScorecardArg
	ScorecardFile
}

// Run reads the version and replaces it; another edit meanwhile is a conflict.
func (c ScorecardUpdateCmd) Run(ctx context.Context, g *Globals) error {
	spec, err := c.spec(g)
	if err != nil {
		return err
	}
	now, err := g.Client().Scorecard(ctx, c.Scorecard)
	if err != nil {
		return err
	}
	return g.printCard(g.Client().UpdateScorecard(ctx, c.Scorecard, now.Version, spec))
}

// ScorecardDeleteCmd takes a scorecard away.
type ScorecardDeleteCmd struct{ ScorecardArg }

// Run asks the server.
func (c ScorecardDeleteCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().DeleteScorecard(ctx, c.Scorecard)
}
