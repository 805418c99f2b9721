package change

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/evidence"
)

// Past is how earlier changes of a service, a model or an author went.
type Past struct {
	Changes int // completed
	Failed  int // of them: failed, taken back, or confirmed as a cause
	Last    time.Time
	Proven  time.Time // of a service: when an automated rollback last worked
}

// Rate is the share that failed, smoothed with what is usual (a beta prior of
// weight 2 and mean 10 %), so that one failure among two changes is not half
// of them. It is between 0 and 1.
func (p Past) Rate() float64 { return (float64(p.Failed) + 2*0.10) / (float64(p.Changes) + 2) }

// pastKey is whose past it is.
type pastKey struct{ Kind, Name string }

func servicePast(service string) pastKey { return pastKey{"service", service} }
func modelPast(model string) pastKey     { return pastKey{"model", model} }

// authorPast is an author's past with one service. The name is a digest, so
// that erasing an author from the changes leaves no list of people here.
func authorPast(service, author string) pastKey {
	return pastKey{"author", evidence.Digest([]byte(service), author)[:32]}
}

// count keeps the counters when a change gets, changes or loses an outcome.
func (c *step) count() error {
	was, is := c.was.State.Completed(), c.State.Completed()
	changes, failed := number(is)-number(was), number(is && c.Bad())-number(was && c.was.Bad())
	if changes == 0 && failed == 0 {
		return nil
	}
	proven := time.Time{}
	if c.State == RolledBack && c.was.State != RolledBack && c.RollbackRef != "" {
		proven = c.tx.Now
	}
	var keys []pastKey
	for _, name := range c.Services {
		keys = append(keys, servicePast(name))
		if c.Author != "" {
			keys = append(keys, authorPast(name, c.Author))
		}
	}
	if c.Model != "" {
		keys = append(keys, modelPast(c.Model))
	}
	if err := addPast(c.tx, keys, changes, failed, c.EndedAt, proven); err != nil {
		return err
	}
	if c.Model == "" {
		return nil
	}
	return c.s.countModel(c.tx, c.Model, changes, failed)
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
