package incident

import (
	"context"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// nowLimit is how many open incidents the Now page shows.
const nowLimit = 100

// Now returns what is broken: the open incidents, worst first, with clocks,
// roles and the latest note, in a handful of queries.
func (s *Service) Now(ctx context.Context) (v NowView, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return v, err
	}
	open := true
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if v.At, err = s.DB.Now(ctx); err != nil {
			return err
		}
		if v.Counts, err = openCounts(q, who); err != nil {
			return err
		}
		places, err := listPlaces(q, Filter{Open: &open, Sort: ByPriority}, who, cursor{}, nowLimit+1)
		if err != nil {
			return err
		}
		v.More = len(places) > nowLimit
		list, err := inOrder(q, places[:min(nowLimit, len(places))])
		if err != nil {
			return err
		}
		rows, err := s.rows(q, list, v.At)
		if err != nil {
			return err
		}
		ids := make([]int64, len(list))
		for n := range list {
			ids[n] = list[n].ID
		}
		latest, err := latestByPeople(q, ids)
		if err != nil {
			return err
		}
		var authors []int64
		for _, e := range latest {
			authors = append(authors, e.Person, e.Subject)
		}
		names, err := s.names(q, authors)
		if err != nil {
			return err
		}
		v.Open = make([]NowRow, len(rows))
		for n, r := range rows {
			e := latest[r.ID]
			name(&e, names)
			v.Open[n] = NowRow{Row: r, Latest: e, Mine: who.Person > 0 && slices.Contains(r.Assigned[:], who.Person)}
		}
		return nil
	})
	return v, errs.Wrap("incident.now", err)
}
