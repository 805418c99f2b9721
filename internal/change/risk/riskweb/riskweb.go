// Package riskweb is the pages of the risk score: the weights that make it, how
// good they are on the organisation's own changes, and what a fit to these
// would change.
//
// What is real here. A score that holds people up has to be readable and to be
// held against what happened. So every weight stands beside what it reads and
// where it comes from; the chances that follow from scores are drawn against
// the share that failed, with counts and intervals; and where there is too
// little history the page says how much is missing and not a figure.
//
// Invariants: what is shown is what risk.Service measured, nothing is computed
// anew here; weights change only by a form with a reason, by whoever may
// configure; pictures have their numbers in a table beside them.
package riskweb

import (
	"context"
	"embed"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/change/risk"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves the risk score.
type Pages struct {
	Shell *web.Shell
	Risk  *risk.Service
	Tabs  []web.Tab // of the practice; none: no bar
	// Names are display names of people by number; nil: nobody is named.
	Names func(ctx context.Context, people []int64) (map[int64]string, error)
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET "+path, p.Show)
	add("POST "+path+"/propose", p.Propose)
	add("GET "+path+"/{key}", p.Version)
	add("POST "+path+"/{key}/{verb}", p.Decide)
}

const (
	nav  = "changes"
	path = "/changes/risk"
)

func (p *Pages) tabs() []web.Tab {
	out := append([]web.Tab{}, p.Tabs...)
	for i := range out {
		out[i].Current = out[i].Path == path
	}
	return out
}

// number reads the key of a version; RISK-0 comes with the program.
func number(r *http.Request) (int64, error) {
	t := strings.ToUpper(r.PathValue("key"))
	if t == "RISK-0" {
		return 0, nil
	}
	id, err := ref.ID(ref.RiskModel, t)
	if err != nil {
		return 0, errs.E(errs.NotFound, "%s", err.Error())
	}
	return id, nil
}

// made names who made a version.
func (p *Pages) names(ctx context.Context, list ...risk.Version) (map[int64]string, error) {
	var ids []int64
	for _, v := range list {
		for _, id := range []int64{v.MadeBy, v.DecidedBy} {
			if id != 0 {
				ids = append(ids, id)
			}
		}
	}
	if p.Names == nil || len(ids) == 0 {
		return nil, nil //nolint:nilnil // nobody
	}
	return p.Names(ctx, ids)
}
