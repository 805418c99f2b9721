package window

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// maxPreview bounds how far a preview looks ahead.
const maxPreview = 50

// Preview returns the next occurrences of a window as it would be with a spec,
// those that are not over first, at most limit (up to 50), within two years. It
// stores nothing. Errors: Invalid as from Create.
func (s *Service) Preview(ctx context.Context, name string, spec Spec, limit int) (out []Span, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("window.preview", err)
	}
	if limit < 1 || limit > maxPreview {
		limit = maxPreview
	}
	at, err := s.db.Now(ctx)
	if err != nil {
		return nil, errs.Wrap("window.preview", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if err := s.check(q, name, &spec); err != nil {
			return err
		}
		n := Named{Name: name, Spec: spec}
		if spec.Calendar != "" {
			if n.Calendar, err = s.calendar(q, spec.Calendar); err != nil {
				return err
			}
		}
		out, err = Next(n, at, limit)
		return err
	})
	return out, errs.Wrap("window.preview", err)
}

// Standings returns how all windows are now, by name.
func (s *Service) Standings(ctx context.Context) (out []Standing, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("window.standings", err)
	}
	at, err := s.db.Now(ctx)
	if err != nil {
		return nil, errs.Wrap("window.standings", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		set, _, err := s.Current(q)
		if err == nil {
			out = set.Standings(at)
		}
		return err
	})
	return out, errs.Wrap("window.standings", err)
}
