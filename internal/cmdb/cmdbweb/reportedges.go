package cmdbweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const edgesEach = 25 // of each half, while both are shown

// edges compares what is declared with what is observed.
func (p *Pages) edges(r *http.Request, page *ReportPage, f cmdb.EdgeFilter) error {
	_, _, tokens, _ := reportFilter(r)
	if s := page.Form.Get("for"); s != "" {
		var d cmdb.Duration
		if err := d.UnmarshalText([]byte(s)); err != nil {
			return errs.BadField("for", s, "write a time like P7D")
		}
		f.For = time.Duration(d)
	}
	for _, half := range []struct {
		show, title, what, none string
		unseen                  bool
	}{
		{"unseen", "Declared and never seen", "Somebody wrote it down, and no trace or metric shows it. It may be gone, rare, or nobody watches.", "All that is declared is seen.", true},
		{"undeclared", "Seen and never declared", "It happens, and nobody wrote it down: a dependency that a plan does not know of.", "All that is seen is declared.", false},
	} {
		if (f.Unseen || f.Undeclared) && f.Unseen != half.unseen {
			continue
		}
		g, limit := f, edgesEach
		if g.Unseen, g.Undeclared = half.unseen, !half.unseen; f.Unseen || f.Undeclared {
			limit = perPage
		}
		list, next, err := p.CMDB.Edges(r.Context(), g, page.Form.Get("cursor"), limit)
		if err != nil {
			return err
		}
		out := edgeList{ID: half.show, Title: half.title, What: half.what, None: half.none}
		for _, e := range list {
			out.Rows = append(out.Rows, edge(e, page))
		}
		if next != "" {
			out.More = withTokens(atReports+"/"+page.Name, tokens, next)
			out.More += "&show=" + half.show
		}
		page.Edges = append(page.Edges, out)
	}
	return nil
}

func edge(e cmdb.Edge, page *ReportPage) edgeRow {
	row := edgeRow{From: e.From.Name, FromPath: itemPath(e.From.ID), Verb: relationSentence(e.Kind, true), To: e.To.Name, ToPath: itemPath(e.To.ID), FromKey: key(e.From.ID), ToKey: key(e.To.ID), Kind: string(e.Kind)}
	row.Says = "by " + sources(e.By)
	if !e.Since.IsZero() {
		row.Says += " since " + page.V.Local(e.Since)
	}
	if flow := flowWord(e.Flow); flow != "" {
		row.Says += " · " + flow
	}
	switch {
	case e.Declared && e.NoEyes:
		row.Warn = "nothing was ever seen from " + e.From.Name + ": perhaps nobody watches it"
	case e.Declared && !e.LastSeen.IsZero():
		row.Warn = "last seen " + page.V.Local(e.LastSeen)
	}
	switch {
	case !e.Declared && page.May:
		row.Action, row.Button = itemPath(e.From.ID)+"/relate", "Declare it"
	case e.Declared && slices.Contains(e.By, cmdb.SourceHand) && page.May:
		row.Action, row.Button = itemPath(e.From.ID)+"/unrelate", "Remove declaration"
	case e.Declared && slices.Contains(e.By, cmdb.SourceCatalog) && e.From.Kind == cmdb.KindService && ref.IsName(e.From.Name):
		row.Link, row.LinkTitle = ref.S(ref.Service, e.From.Name).Path()+"#dependencies", "Where it is declared"
	case e.Declared && len(e.By) > 0:
		row.Link, row.LinkTitle = atRuns+"?q=source%3A"+url.QueryEscape(e.By[0]), fmt.Sprintf("Runs of %s", e.By[0])
	}
	return row
}
