package dora

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// OnChange measures a change anew in the transaction that changed its row, its
// approvals or its incidents. It reads the row, so it is called after that was
// written; for one that is under way it does nothing but read.
func (s *Service) OnChange(tx *db.Tx, id int64) error {
	r, was, ok, err := readRow(tx, id)
	if err != nil || !ok {
		return errs.Wrap("dora.change", err)
	}
	f, ok := factOf(r)
	switch {
	case !ok && was == 0:
		return nil
	case !ok:
		err = dropFact(tx, id)
	default:
		if was > 0 {
			err = dropServices(tx, id)
		}
		if err == nil {
			err = putFacts(tx, []fact{f})
		}
	}
	if err != nil {
		return errs.Wrap("dora.change", err)
	}
	var times []int64
	if was > 0 {
		times = append(times, was)
	}
	if ok {
		times = append(times, f.At)
	}
	return errs.Wrap("dora.change", closedDays(tx, sealAfter, times...))
}

// closedDays unseals the closed ones of the days of some times.
func closedDays(tx *db.Tx, wait time.Duration, times ...int64) error {
	first := dayOf(tx.Now.UnixMicro()) - openDays + 1
	var days []int64
	for _, at := range times {
		if d := dayOf(at); d < first {
			days = append(days, d)
		}
	}
	slices.Sort(days)
	return unseal(tx, slices.Compact(days), tx.Now.Add(wait).UnixMicro())
}
