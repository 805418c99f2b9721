package alert

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Told returns an alert to the sender that told of it, with all its content:
// by its number, or by dedup when id is 0. A sender sees its own alerts only.
// Errors: NotFound.
func (s *Service) Told(ctx context.Context, in Integration, id int64, dedup string) (a Alert, err error) {
	if _, err := actor.Require(ctx, actor.Ingest); err != nil {
		return a, err
	}
	unknown := errs.E(errs.NotFound, "this integration has told of no such alert")
	err = s.db.Read(ctx, func(q db.Querier) error {
		if id == 0 {
			if id, err = alertOf(q, in.ID, dedup); err != nil {
				return err
			}
		}
		list, err := alertsByID(q, []int64{id})
		if err != nil {
			return err
		}
		if len(list) == 0 || list[0].IntegrationID != in.ID {
			return unknown
		}
		a = list[0]
		a.IncidentID = 0 // which incident it is in is not the sender's business
		return loadContent(q, &a)
	})
	return a, errs.Wrap("alert.told", err)
}
