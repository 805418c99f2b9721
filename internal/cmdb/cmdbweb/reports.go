package cmdbweb

import (
	"context"
	"net/http"
	"slices"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ReportsPage is what is wrong or open on the map, in numbers.
type ReportsPage struct {
	Base
	Rows   []reportRow
	Others []web.Door
}

// reportRow is one report: its number, what it means, what to do.
type reportRow struct {
	Title, Path, Icon string
	N                 string
	None              bool
	What, Todo        string
}

var reportsPage = web.Parse(files, "reports.html", ReportsPage{})

// reportInfo is what a report is about.
type reportInfo struct {
	report            cmdb.Report
	title, icon       string
	what, todo, empty string
}

var reportInfos = []reportInfo{
	{cmdb.ReportEdges, "Declared and observed", "route", "Dependencies that only one side tells of: declared and never seen, or seen and never declared.", "Declare what is real; take back what is not.", "What is declared is seen, and what is seen is declared."},
	{cmdb.ReportConflicts, "Conflicts", "alert-triangle", "Attributes on which sources differ. The rules decide who is believed.", "Correct the source that is wrong, or the rules.", "Sources agree on everything."},
	{cmdb.ReportDuplicates, "Duplicates", "copy", "Pairs that may be one thing: they share an identifier or a name.", "Merge them, or say that they are two.", "Nothing looks like something else."},
	{cmdb.ReportOwnerless, "Without an owner", "user", "Items that name no team and belong to nothing that has one: nobody is told when they break.", "Make them part of a service, or name a team.", "Everything has an owner."},
	{cmdb.ReportOrphans, "Orphans", "ban", "Items that need nothing, that nothing needs, and that belong to nothing.", "Relate them, or retire them: what nobody uses costs money.", "Everything is related to something."},
	{cmdb.ReportStale, "Stale", "clock", "Items that their sources do not see any more. They retire by themselves.", "Nothing, if they are gone; else look why the source does not see them.", "Sources still see all that they ever saw."},
	{cmdb.ReportDangling, "Lead nowhere", "link", "Relations that name something that nobody knows. They join the map when it appears.", "Import the source that knows it, or correct the name.", "Every relation has both ends."},
}

const countMost = 200 // of a report, on the overview

// Reports handles GET /map/reports.
func (p *Pages) Reports(w http.ResponseWriter, r *http.Request) error {
	page := &ReportsPage{Base: p.base(r, "Reports", atReports)}
	page.Sub = "what is wrong or open on the map"
	for _, x := range reportInfos {
		n, more, err := p.reportCount(r.Context(), x.report)
		if err != nil {
			return err
		}
		row := reportRow{Title: x.title, Path: atReports + "/" + string(x.report), Icon: x.icon, N: web.Count(n), What: x.what, Todo: x.todo, None: n == 0 && !more}
		if more {
			row.N += "+"
		}
		page.Rows = append(page.Rows, row)
	}
	page.Others = []web.Door{{Title: "Pairs to decide", Path: atProposals, Icon: "git-merge", What: "Two items that may be one, side by side"}, {Title: "Changes of the map", Path: atChanges, Icon: "history", What: "What is different between two times"},
		{Title: "Rules", Path: atRules, Icon: "list-details", What: "Whom to believe, what makes two things one, how long is missed until it is gone"}, {Title: "Kinds", Path: atKinds, Icon: "stack-2", What: "What sorts of items there are, with their attributes"}}
	return p.Shell.Render(w, r, reportsPage, page)
}

// reportCount is how long a report is, at least.
func (p *Pages) reportCount(ctx context.Context, x cmdb.Report) (n int, more bool, err error) {
	next := ""
	switch x {
	case cmdb.ReportEdges:
		var list []cmdb.Edge
		list, next, err = p.CMDB.Edges(ctx, cmdb.EdgeFilter{}, "", countMost)
		n = len(list)
	case cmdb.ReportConflicts:
		var list []cmdb.Conflict
		list, next, err = p.CMDB.Conflicts(ctx, cmdb.ReportFilter{}, "", countMost)
		n = len(list)
	case cmdb.ReportDuplicates:
		var list []cmdb.Twin
		list, next, err = p.CMDB.Duplicates(ctx, cmdb.ReportFilter{}, "", countMost)
		n = len(list)
	case cmdb.ReportDangling:
		var list []cmdb.Dangling
		list, next, err = p.CMDB.DanglingRelations(ctx, cmdb.ReportFilter{}, "", countMost)
		n = len(list)
	default:
		var list []cmdb.Listed
		list, next, err = p.itemReport(ctx, x, cmdb.ReportFilter{}, "", countMost)
		n = len(list)
	}
	return n, next != "", err
}

// itemReport is a report that lists items.
func (p *Pages) itemReport(ctx context.Context, x cmdb.Report, f cmdb.ReportFilter, cursor string, limit int) ([]cmdb.Listed, string, error) {
	switch x {
	case cmdb.ReportOrphans:
		return p.CMDB.Orphans(ctx, f, cursor, limit)
	case cmdb.ReportOwnerless:
		return p.CMDB.Ownerless(ctx, f, cursor, limit)
	}
	return p.CMDB.Stale(ctx, f, cursor, limit)
}

// reportOf is the report that an address names.
func reportOf(r *http.Request) (reportInfo, error) {
	name := cmdb.Report(r.PathValue("name"))
	i := slices.IndexFunc(reportInfos, func(x reportInfo) bool { return x.report == name })
	if i < 0 {
		return reportInfo{}, errs.E(errs.NotFound, "there is no such report; the page of reports lists them")
	}
	return reportInfos[i], nil
}

// ReportCSV handles GET /map/reports/{name}/csv.
func (p *Pages) ReportCSV(w http.ResponseWriter, r *http.Request) error {
	x, err := reportOf(r)
	if err != nil {
		return err
	}
	f, edges, _, bad := reportFilter(r)
	if bad != "" {
		return errs.BadField("q", bad, "use service:, source:, env:, kind: or team:")
	}
	out := &lateHeader{w: w, name: string(x.report) + ".csv"}
	err = p.CMDB.WriteCSV(r.Context(), out, x.report, f, edges)
	if out.begun { // the page is half sent, and a short file says so itself
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		return nil
	}
	return err
}

// lateHeader names the file with its first byte, so that an error before it is
// a page.
type lateHeader struct {
	w     http.ResponseWriter
	name  string
	begun bool
}

func (l *lateHeader) Write(b []byte) (int, error) {
	if !l.begun {
		l.begun = true
		l.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		l.w.Header().Set("Content-Disposition", `attachment; filename="`+l.name+`"`)
		l.w.Header().Set("Cache-Control", "no-store")
	}
	return l.w.Write(b)
}
