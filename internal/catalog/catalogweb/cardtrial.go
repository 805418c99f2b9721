package catalogweb

import (
	"context"
	"fmt"

	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// trial is what a card would say before it is saved: of one service check by
// check, and of all how many would have which level.
type trial struct {
	Service, Path string
	Level         string
	Pips          []pip
	Count         string
	Applies       bool
	Levels        []levelSum
	Of            string // "12 services"
	rows          map[string]*scoreRow
}

// triedMost bounds the services that a trial measures besides the chosen one.
const triedMost = 500

// try measures without keeping anything.
func (p *Pages) try(ctx context.Context, sp scorecard.Spec, service string) (*trial, error) {
	if service == "" {
		return nil, errs.BadField("service", "", "name a service to try it on")
	}
	c, st, applies, err := p.Scorecards.TryOn(ctx, sp, service)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.BadField("service", service, "there is no such service")
	}
	if err != nil {
		return nil, err
	}
	t := &trial{Service: st.Service, Path: "/services/" + st.Service, Level: st.Level.String(), Pips: pips(st.Level), Count: fmt.Sprintf("%d of %d", st.Passed, st.Counted), Applies: applies, rows: map[string]*scoreRow{}}
	for i, r := range st.Results {
		row := rowOf(c.Checks[i], r)
		if row.Title = stateWords[r.State]; r.Fact != "" {
			row.Title += ": " + r.Fact
		}
		t.rows[r.ID] = &row
	}
	_, all, more, err := p.Scorecards.Try(ctx, sp, triedMost)
	if err != nil {
		return nil, err
	}
	sums := map[scorecard.Level]int{}
	for _, s := range all {
		sums[s.Level]++
	}
	for _, l := range []scorecard.Level{scorecard.Gold, scorecard.Silver, scorecard.Bronze, scorecard.None} {
		t.Levels = append(t.Levels, levelSum{l.String(), pips(l), sums[l]})
	}
	t.Of = web.Plural(len(all), "service", "services")
	if more {
		t.Of = fmt.Sprintf("the first %d services", len(all))
	}
	return t, nil
}
