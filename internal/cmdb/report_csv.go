package cmdb

import (
	"context"
	"encoding/csv"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Report names a report that can be had as a table.
type Report string

// The reports.
const (
	ReportOrphans    Report = "orphans"
	ReportOwnerless  Report = "ownerless"
	ReportStale      Report = "stale"
	ReportDuplicates Report = "duplicates"
	ReportConflicts  Report = "conflicts"
	ReportDangling   Report = "dangling"
	ReportEdges      Report = "edges"
)

// Reports lists them.
var Reports = []Report{ReportOrphans, ReportOwnerless, ReportStale, ReportDuplicates, ReportConflicts, ReportDangling, ReportEdges}

var listedHeads = []string{"item", "kind", "name", "env", "team", "state", "last_seen", "sources"}

var reportHeads = map[Report][]string{
	ReportOrphans: listedHeads, ReportOwnerless: listedHeads, ReportStale: listedHeads,
	ReportDuplicates: {"item", "kind", "name", "env", "other", "other_kind", "other_name", "other_env", "why", "proposal"},
	ReportConflicts:  {"item", "kind", "name", "field", "source", "scope", "value", "since", "last_seen", "used"},
	ReportDangling:   {"source", "scope", "from", "from_item", "relation", "to", "to_item", "since", "last_seen"},
	ReportEdges:      {"from", "from_kind", "from_name", "relation", "to", "to_kind", "to_name", "told", "sources", "since", "last_observed", "nobody_watches"},
}

// WriteCSV writes a whole report as comma-separated values (RFC 4180) with a
// line of heads: times in RFC 3339, several sources with a space between them.
// It reads page by page, so its memory is bounded. edges is used by ReportEdges
// instead of f. Texts that a spreadsheet would take for a formula begin with an
// apostrophe (https://owasp.org/www-community/attacks/CSV_Injection).
func (s *Service) WriteCSV(ctx context.Context, w io.Writer, report Report, f ReportFilter, edges EdgeFilter) error {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return errs.Wrap("cmdb.csv", err)
	}
	heads, ok := reportHeads[report]
	if !ok {
		return errs.Wrap("cmdb.csv", errs.BadField("report", string(report), "use one of "+joined(slices.Sorted(maps.Keys(reportHeads)))))
	}
	out := csv.NewWriter(w)
	if err := out.Write(heads); err != nil {
		return errs.Wrap("cmdb.csv", err)
	}
	for cursor := ""; ; {
		rows, next, err := s.csvPage(ctx, report, f, edges, cursor)
		if err != nil {
			return errs.Wrap("cmdb.csv", err)
		}
		for _, row := range rows {
			for i, v := range row {
				row[i] = cell(v)
			}
			if err := out.Write(row); err != nil {
				return errs.Wrap("cmdb.csv", err)
			}
		}
		out.Flush()
		if cursor = next; next == "" || out.Error() != nil {
			return errs.Wrap("cmdb.csv", out.Error())
		}
	}
}

func (s *Service) csvPage(ctx context.Context, report Report, f ReportFilter, edges EdgeFilter, cursor string) (rows [][]string, next string, err error) {
	const limit = 500
	var listed []Listed
	switch report {
	case ReportOrphans:
		listed, next, err = s.Orphans(ctx, f, cursor, limit)
	case ReportOwnerless:
		listed, next, err = s.Ownerless(ctx, f, cursor, limit)
	case ReportStale:
		listed, next, err = s.Stale(ctx, f, cursor, limit)
	case ReportDuplicates:
		var list []Twin
		list, next, err = s.Duplicates(ctx, f, cursor, limit)
		for _, t := range list {
			proposal := ""
			if t.Proposal != 0 {
				proposal = ref.N(ref.Proposal, t.Proposal).String()
			}
			rows = append(rows, []string{itemKey(t.A.ID), t.A.Kind, t.A.Name, t.A.Env, itemKey(t.B.ID), t.B.Kind, t.B.Name, t.B.Env, t.Why, proposal})
		}
	case ReportConflicts:
		var list []Conflict
		list, next, err = s.Conflicts(ctx, f, cursor, limit)
		for _, c := range list {
			for _, l := range c.Claims {
				rows = append(rows, []string{itemKey(c.Item.ID), c.Item.Kind, c.Item.Name, c.Field, l.Source, l.Scope, l.Value, stamp(l.Since), stamp(l.Last), strconv.FormatBool(l.Used)})
			}
		}
	case ReportDangling:
		var list []Dangling
		list, next, err = s.DanglingRelations(ctx, f, cursor, limit)
		for _, d := range list {
			rows = append(rows, []string{d.Source, d.Scope, d.From, itemKey(d.FromItem), string(d.Kind), d.To, itemKey(d.ToItem), stamp(d.Since), stamp(d.LastSeen)})
		}
	default:
		var list []Edge
		list, next, err = s.Edges(ctx, edges, cursor, limit)
		for _, e := range list {
			told := "observed"
			if e.Declared {
				told = "declared"
			}
			rows = append(rows, []string{itemKey(e.From.ID), e.From.Kind, e.From.Name, string(e.Kind), itemKey(e.To.ID), e.To.Kind, e.To.Name, told,
				strings.Join(e.By, " "), stamp(e.Since), stamp(e.LastSeen), strconv.FormatBool(e.NoEyes)})
		}
	}
	for _, l := range listed {
		rows = append(rows, []string{itemKey(l.ID), l.Kind, l.Name, l.Env, l.Team, string(l.State), stamp(l.LastSeen), strings.Join(l.Sources, " ")})
	}
	return rows, next, err
}

func itemKey(id int64) string {
	if id == 0 {
		return ""
	}
	return ref.N(ref.Item, id).String()
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// cell keeps a text from being taken for a formula.
func cell(v string) string {
	if v != "" && strings.ContainsRune("=+-@\t\r", rune(v[0])) {
		return "'" + v
	}
	return v
}
