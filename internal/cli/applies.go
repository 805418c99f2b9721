package cli

import (
	"cmp"
	"context"
	"fmt"

	"github.com/evenkeel/evenkeel/client"
)

// AppliesCmd lists applies that changed something.
type AppliesCmd struct {
	Limit int `help:"How many." default:"20"`
}

// Run reads as many pages as it takes.
func (c AppliesCmd) Run(ctx context.Context, g *Globals) error {
	var all []client.AppliedPlan
	for cursor := ""; len(all) < c.Limit; {
		l, err := g.Client().Applies(ctx, cursor, min(c.Limit-len(all), 200))
		if err != nil {
			return err
		}
		all = append(all, l.Items...)
		if cursor = l.Next; cursor == "" {
			break
		}
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NO", "AT", "BY", "SOURCE", "COMMIT", "CREATED", "CHANGED", "ADOPTED", "REMOVED"}}
		for _, a := range all {
			n := a.Counts
			lines = append(lines, []string{fmt.Sprint(a.ID), when(a.At), cmp.Or(a.Person, a.Actor), a.Source, a.Commit,
				fmt.Sprint(n.Created), fmt.Sprint(n.Changed), fmt.Sprint(n.Adopted), fmt.Sprint(n.Removed)})
		}
		return lines
	})
}
