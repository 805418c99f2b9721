package incident

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Row adds clocks and names to an incident that a verb returned.
func (s *Service) Row(ctx context.Context, i Incident) (r Row, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return r, err
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if ok, err := mayView(q, i, who); err != nil || !ok {
			if err == nil {
				err = unknown(i.ID)
			}
			return err
		}
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		rows, err := s.rows(q, []Incident{i}, now)
		if err == nil {
			r = rows[0]
		}
		return err
	})
	return r, errs.Wrap("incident.row", err)
}

// Matrices returns the priority matrices in use, compiled; DefaultMatrix
// stands first unless one named default replaces it.
func (s *Service) Matrices(ctx context.Context) (out []*Matrix, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		ids, err := s.current(q)
		if err != nil {
			return err
		}
		hasDefault := false
		for _, id := range ids {
			m, err := s.matrix(q, id)
			if err != nil {
				return err
			}
			out = append(out, m)
			hasDefault = hasDefault || m.Name == "default"
		}
		if !hasDefault {
			out = append([]*Matrix{DefaultMatrix()}, out...)
		}
		return nil
	})
	return out, errs.Wrap("incident.matrices", err)
}

// OpenCounts counts open incidents by priority, P1 first, as far as the actor
// may know of them.
func (s *Service) OpenCounts(ctx context.Context) (n [4]int, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return n, err
	}
	err = s.DB.Read(ctx, func(q db.Querier) (err error) { n, err = openCounts(q, who); return err })
	return n, errs.Wrap("incident.open-counts", err)
}
