package change

import (
	"context"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// shadowQueue tries a policy beside the one in force, on the very inputs of
// real decisions. It decides nothing and never slows a gate: what a gate
// decided is put here after its answer, one worker takes it, and when more
// comes than it can do, the rest is left out and counted.
type shadowQueue struct {
	mu      sync.Mutex
	s       *Service
	waiting []*Decided
	working bool
	idle    sync.Cond
	Left    int64 // decisions that were not tried because too many came at once
}

const (
	mostShadows = 4096
	shadowBatch = 128
)

func (q *shadowQueue) start(s *Service) { q.s, q.idle.L = s, &q.mu }

// add takes a decision that was kept.
func (q *shadowQueue) add(d Decided) {
	if q.s.Policies == nil || d.Mode != ModeGate {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= mostShadows {
		q.Left++
		return
	}
	q.waiting = append(q.waiting, &d)
	if !q.working {
		q.working = true
		go q.work()
	}
}

// work tries what waits and ends when nothing does.
func (q *shadowQueue) work() {
	for {
		q.mu.Lock()
		n := min(len(q.waiting), shadowBatch)
		if n == 0 {
			q.working = false
			q.idle.Broadcast()
			q.mu.Unlock()
			return
		}
		list := q.waiting[:n:n]
		q.waiting = q.waiting[n:]
		q.mu.Unlock()
		q.try(list)
	}
}

// try asks the shadow policy and keeps what it says. What cannot be kept, at
// shutdown for example, is no loss: nothing stands on it.
func (q *shadowQueue) try(list []*Decided) {
	ctx := actor.With(context.Background(), actor.Job("change.shadow"))
	var judge Judge
	var id int64
	err := q.s.DB.Read(ctx, func(r db.Querier) (err error) {
		if judge, id, err = q.s.Policies.Shadow(r); err != nil || judge == nil {
			return err
		}
		p, err := q.s.settings(r)
		judge = tuned(judge, p.Settings)
		return err
	})
	if err != nil || judge == nil {
		return
	}
	out := make([]Decided, len(list))
	for i, d := range list {
		began := time.Now()
		g := gathered{in: d.Input, judge: judge, policy: id, weights: d.Weights, windows: d.Windows, settings: d.Settings}
		out[i] = g.answer(ctx, ModeShadow, began)
		out[i].Change = d.Change
	}
	q.s.DB.Write(ctx, actor.Job("change.shadow"), "shadow policy", func(tx *db.Tx) error {
		tx.Unrecorded("what a shadow policy would have said decides nothing")
		ids, err := tx.NextIDs(ref.Decision, len(out))
		if err != nil {
			return err
		}
		for i := range out {
			out[i].ID, out[i].At = ids[i], tx.Now
		}
		return insertDecisions(tx, out)
	})
}

// wait returns when all that was added has been tried.
func (q *shadowQueue) wait() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.working {
		q.idle.Wait()
	}
}
