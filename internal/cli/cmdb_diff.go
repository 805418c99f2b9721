package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/client"
)

// CmdbDiffCmd compares two times.
type CmdbDiffCmd struct {
	From    Past   `arg:"" help:"The earlier time: 2026-11-13T18:00, or how long ago: 7d."`
	To      Past   `arg:"" optional:"" help:"The later time; default: now."`
	Item    string `help:"Only this item and its relations."`
	Service string `help:"Only this service and everything it needs."`
	Limit   int    `help:"Most differences to list; 0: all." default:"1000"`
}

// Run reads as many pages as it takes.
func (c CmdbDiffCmd) Run(ctx context.Context, g *Globals) error {
	s := client.MapSpan{From: c.From.Time, To: c.To.Time, Item: c.Item, Service: c.Service}
	all, err := pages(c.Limit, func(cursor string, n int) (client.List[client.MapDifference], error) {
		return g.Client().MapDifferences(ctx, s, cursor, n)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string { return differenceLines(all) })
}

var differenceMarks = map[string]string{"added": "+", "removed": "-", "changed": "~"}

func differenceLines(all []client.MapDifference) [][]string {
	lines := [][]string{{"", "WHAT", "CHANGES", "SINCE", "NAMED", "NOTE"}}
	for _, d := range all {
		text := d.Kind + " " + d.Name + " " + d.Item
		if d.Relation != "" {
			text = fmt.Sprintf("%s %s %s %s %s", d.Kind, d.Name, d.Relation, d.OtherKind, d.OtherName)
		}
		var changes []string
		for _, x := range d.Changes {
			changes = append(changes, fmt.Sprintf("%s: %s → %s", x.Field, orNothing(x.Old), orNothing(x.New)))
		}
		note := d.Note
		if d.Left {
			note = strings.TrimSpace("only the need came or went. " + note)
		}
		since := ""
		if d.Since != nil {
			since = when(*d.Since)
		}
		lines = append(lines, []string{differenceMarks[d.Verb], text, strings.Join(changes, ", "), since, d.What, note})
	}
	return lines
}
