package doraweb

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/web"
)

// stripPanel is the figures above the list and the calendar of changes.
type stripPanel struct {
	Row    web.HTML
	Step   *stepLine
	Ledger string
}

// stepLine is the approval step that took the most time.
type stepLine struct {
	Head, Verdict, Foot string
	Says                string
}

var stripPage = web.Parse(files, "strip.html", stripPanel{})

// Strip is the five figures of the last 30 days, each with a link to its
// records, and the approval step that took the most time. It is empty while
// nothing has been measured.
func (p *Pages) Strip(ctx context.Context, v *web.View) (web.HTML, error) {
	a := &Asked{Query: dora.Query{Period: "30d", Zone: v.Loc}, view: v}
	a.widen()
	r, err := p.Dora.Report(ctx, a.Query)
	if err != nil || r.Since.IsZero() {
		return "", err
	}
	row, err := a.row(&r)
	if err != nil {
		return "", err
	}
	s := stripPanel{Row: row, Ledger: ledgerPath}
	if len(r.Ledger) > 0 {
		s.Step = line(r.Ledger[0])
	}
	return stripPage.Fragment(s)
}
