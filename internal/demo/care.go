package demo

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
)

// care is what teams do for their services as the months go by: nobody reads
// the runbooks for long, until somebody goes through all of them and writes
// down who answers for what and what is needed. Services are measured once a
// day, so that scorecards have a trend.
func (h *history) care(start, now time.Time) {
	read := now.AddDate(0, 0, -9)
	if read.After(start) {
		h.steps = append(h.steps, step{read, func(ctx context.Context) error {
			return apply(actor.With(ctx, h.org.people["mara"]), h.a, read, "9d4568c009d203ab10e33ea9953a0264a3f7c1ab", false)
		}})
	}
	for day := start.Add(6 * time.Hour); day.Before(now); day = day.AddDate(0, 0, 1) {
		h.steps = append(h.steps, step{day, func(ctx context.Context) error {
			for {
				if done, err := h.a.Scorecards.Due().Run(ctx, h.a.DB()); err != nil || done == 0 {
					return err
				}
			}
		}})
	}
}
