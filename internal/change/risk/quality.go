package risk

import (
	"context"
	"math"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Quality is how good the weights in force are on an organisation's own changes.
// Fitted ones have seen a part of these changes: their report tells how good they
// are on others.
type Quality struct {
	At      time.Time // when it was measured
	Weights int64
	N       int // newest completed changes with a decision
	Failed  int
	Measure Measure
	Levels  []LevelRate // low, medium, high
}

// LevelRate is how often changes of one level of risk fail.
type LevelRate struct {
	Level  string
	N      int
	Failed int
	Low    float64 // 95 % interval of the share that fails
	High   float64
}

// qualityFor is how long a measurement is shown: it reads thousands of decisions.
const qualityFor = 10 * time.Minute

// Quality measures the weights in force. The answer may be 10 minutes old.
func (s *Service) Quality(ctx context.Context) (out Quality, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Quality{}, errs.Wrap("risk.quality", err)
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return Quality{}, errs.Wrap("risk.quality", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		w, id, err := s.inForce(q)
		if err != nil {
			return err
		}
		s.mu.Lock()
		out = s.quality
		s.mu.Unlock()
		if out.Weights == id && !out.At.IsZero() && now.Sub(out.At) < qualityFor {
			return nil
		}
		list, err := completed(q, longest, true)
		out = measure(w, list)
		out.At = now
		return err
	})
	if err != nil {
		return Quality{}, errs.Wrap("risk.quality", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quality = out
	return out, nil
}

// inForce is Current with the thresholds of the settings.
func (s *Service) inForce(q db.Querier) (w Weights, id int64, err error) {
	if w, id, err = s.Current(q); err == nil && s.Levels != nil {
		w.Medium, w.High, err = s.Levels(q)
	}
	return w, id, err
}

func measure(w Weights, list []Sample) Quality {
	out := Quality{Weights: w.ID, N: len(list), Levels: []LevelRate{{Level: LevelLow}, {Level: LevelMedium}, {Level: LevelHigh}}}
	chance, failed := make([]float64, len(list)), make([]bool, len(list))
	for i := range list {
		chance[i], failed[i] = w.Chance(list[i].X), list[i].Failed
		level := w.Level(int(math.Round(w.Raw(list[i].X))))
		for n := range out.Levels {
			if out.Levels[n].Level != level {
				continue
			}
			out.Levels[n].N++
			if failed[i] {
				out.Levels[n].Failed++
				out.Failed++
			}
		}
	}
	for n := range out.Levels {
		l := &out.Levels[n]
		l.Low, l.High = Wilson(l.Failed, l.N)
	}
	out.Measure = Judge(chance, failed)
	return out
}
