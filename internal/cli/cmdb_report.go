package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/evenkeel/evenkeel/client"
)

// CmdbReportCmd is the reports.
type CmdbReportCmd struct {
	Name    string `arg:"" help:"orphans, unowned, stale, duplicates, conflicts, dangling or edges." enum:"orphans,unowned,stale,duplicates,conflicts,dangling,edges"`
	Service string `help:"This service and everything it needs."`
	Source  string `help:"Of which this source tells."`
	Env     string `help:"In this environment."`
	Kind    string `help:"Of this kind; not for edges."`
	Team    string `help:"Of this team; not for edges."`
	Told    string `help:"Of edges: declared (and never seen) or observed (and not declared)." enum:",declared,observed" default:""`
	For     string `help:"Of edges: not seen for so long counts as not seen, ISO 8601, like P7D."`
	CSV     bool   `name:"csv" help:"The whole report as comma-separated values."`
	Limit   int    `help:"Most rows to list; 0: all." default:"1000"`
}

// Run asks the server.
func (c CmdbReportCmd) Run(ctx context.Context, g *Globals) error {
	f := client.ReportFilter{Service: c.Service, Source: c.Source, Env: c.Env, Kind: c.Kind, Team: c.Team, Told: c.Told, For: c.For}
	if c.CSV {
		body, err := g.Client().ReportCSV(ctx, c.Name, f)
		if err != nil {
			return err
		}
		defer body.Close()
		_, err = io.Copy(g.Out, body)
		return err
	}
	switch c.Name {
	case "duplicates":
		return reportRows(c.Limit, g, func(cursor string, n int) (client.List[client.ItemTwin], error) {
			return g.Client().ReportDuplicates(ctx, f, cursor, n)
		}, []string{"ONE", "OTHER", "WHY", "PAIR"}, func(t client.ItemTwin) [][]string {
			return [][]string{{itemText(t.A.ItemBrief), itemText(t.B.ItemBrief), t.Why, t.Proposal}}
		})
	case "conflicts":
		return reportRows(c.Limit, g, func(cursor string, n int) (client.List[client.ItemConflict], error) {
			return g.Client().ReportConflicts(ctx, f, cursor, n)
		}, []string{"ITEM", "FIELD", "SOURCE", "SAYS", "SINCE", "USED"}, func(x client.ItemConflict) (rows [][]string) {
			for _, l := range x.Claims {
				rows = append(rows, []string{itemText(x.Item.ItemBrief), x.Field, strings.TrimSpace(l.Source + " " + l.Scope), l.Value, when(l.Since), map[bool]string{true: "yes"}[l.Used]})
			}
			return rows
		})
	case "dangling":
		return reportRows(c.Limit, g, func(cursor string, n int) (client.List[client.DanglingRelation], error) {
			return g.Client().ReportDangling(ctx, f, cursor, n)
		}, []string{"SOURCE", "FROM", "RELATION", "TO", "NOT KNOWN", "SINCE"}, func(d client.DanglingRelation) [][]string {
			var missing []string
			if d.FromItem == "" {
				missing = append(missing, "from")
			}
			if d.ToItem == "" {
				missing = append(missing, "to")
			}
			return [][]string{{strings.TrimSpace(d.Source + " " + d.Scope), d.From, d.Kind, d.To, strings.Join(missing, ", "), when(d.Since)}}
		})
	case "edges":
		return reportRows(c.Limit, g, func(cursor string, n int) (client.List[client.ItemEdge], error) {
			return g.Client().ReportEdges(ctx, f, cursor, n)
		}, []string{"FROM", "RELATION", "TO", "TOLD", "BY", "SINCE", "LAST SEEN", "NOTE"}, func(e client.ItemEdge) [][]string {
			note := ""
			if e.Flow.PerSecond > 0 {
				note = fmt.Sprintf("%.3g/s", e.Flow.PerSecond)
			}
			if e.Unwatched {
				note = "nothing was ever seen of the calling end"
			}
			return [][]string{{itemText(e.From.ItemBrief), e.Kind, itemText(e.To.ItemBrief), e.Told, strings.Join(e.Sources, ", "), when(e.Since), when(deref(e.LastObserved)), note}}
		})
	}
	return reportRows(c.Limit, g, func(cursor string, n int) (client.List[client.ReportItem], error) {
		return g.Client().ReportItems(ctx, c.Name, f, cursor, n)
	}, []string{"ITEM", "KIND", "NAME", "ENV", "TEAM", "STATE", "LAST SEEN", "SOURCES"}, func(i client.ReportItem) [][]string {
		return [][]string{{i.Key, i.Kind, i.Name, i.Env, i.Team, i.State, when(i.LastSeen), strings.Join(i.Sources, ", ")}}
	})
}

// reportRows reads pages of a report and prints them.
func reportRows[T any](limit int, g *Globals, page func(string, int) (client.List[T], error), head []string, rows func(T) [][]string) error {
	all, err := pages(limit, page)
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{head}
		for _, x := range all {
			lines = append(lines, rows(x)...)
		}
		return lines
	})
}
