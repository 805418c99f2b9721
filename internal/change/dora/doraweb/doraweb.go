// Package doraweb is the pages of delivery measures: the five figures of DORA
// with what they mean, their trend, who they are made of, the records behind
// each of them, and the ledger of approvals.
//
// What is real here. A figure is there to be asked "which ones?": every number
// leads to the changes that it counts (records.go), a share stands with what it
// is a share of, a duration with median, 90th percentile and count, and a mean
// never alone. What is unknown is hatched in pictures and says "no data"; it is
// never 0 and never green. The ledger says of each approval step what it cost in
// waiting and whether changes that went through it fail less often at equal
// risk; "no measurable benefit" and "too little data" are verdicts.
//
// How. Pages call dora.Service and decide nothing. ask.go reads what is asked
// for from an address and writes it again, so that every link keeps it. Strip
// is the same five figures as a panel for the list and the calendar of changes.
package doraweb

import (
	"context"
	"embed"

	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves the measures. Nil functions are not there.
type Pages struct {
	Shell *web.Shell
	Dora  *dora.Service
	Tabs  []web.Tab // of the practice, ours among them

	Teams  func(ctx context.Context) ([]web.Option, error)                  // to choose from
	People func(ctx context.Context, ids []int64) (map[int64]string, error) // names of those who approved
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET "+measuresPath, p.Show)
	add("GET "+measuresPath+"/records", p.Records)
	add("GET "+ledgerPath, p.Ledger)
	add("GET "+ledgerPath+"/approvals", p.Approvals)
}

const (
	nav          = "changes"
	measuresPath = "/changes/measures"
	ledgerPath   = "/changes/ledger"
)

var crumbs = []web.Crumb{{Title: "Changes", Path: "/changes"}}

// tabs are the practice's, with the current one marked.
func (p *Pages) tabs(path string) []web.Tab {
	out := append([]web.Tab{}, p.Tabs...)
	for i := range out {
		out[i].Current = out[i].Path == path
	}
	return out
}
