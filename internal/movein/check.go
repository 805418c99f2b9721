package movein

import (
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/oncall"
)

// Shift is who is on call by the source's own reckoning.
type Shift struct {
	Person   string // id at the source
	From, To time.Time
}

// Agreement compares a schedule with shifts that the source computed itself:
// in the middle of each one, its person must be on call here. Times within
// the except spans (overrides) are passed over. n is how many were compared.
func (d *Draft) Agreement(spec oncall.Spec, shifts, except []Shift) (same, n int, first string) {
	ids := map[string]int64{}
	rota, err := spec.Compile(func(handle string) (int64, bool) {
		if ids[handle] == 0 {
			ids[handle] = int64(len(ids) + 1)
		}
		return ids[handle], true
	})
	if err != nil {
		return 0, 0, ""
	}
	for _, s := range shifts {
		p := d.byID[s.Person]
		at := s.From.Add(s.To.Sub(s.From) / 2)
		if p == nil || !s.To.After(s.From) || slices.ContainsFunc(except, func(x Shift) bool { return s.From.Before(x.To) && x.From.Before(s.To) }) {
			continue
		}
		n++
		if people, _ := rota.Who(at); slices.Contains(people, ids[p.Handle]) && ids[p.Handle] != 0 {
			same++
		} else if first == "" {
			first = at.UTC().Format("2006-01-02 15:04 UTC")
		}
	}
	return same, n, first
}

// Compare notes where a schedule disagrees with the source's own shifts.
func (d *Draft) Compare(record string, spec oncall.Spec, shifts, except []Shift) {
	if same, n, first := d.Agreement(spec, shifts, except); same < n {
		d.Note(record, fmt.Sprintf("%d of %d coming shifts differ from those that %s shows, the first at %s", n-same, n, d.From, first),
			"look at the schedule's calendar beside the old one, and correct layers or their order")
	}
}
