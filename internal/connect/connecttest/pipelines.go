package connecttest

import (
	"context"
	"sync"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
)

// Pipelines keeps signals instead of storing them, or fails.
type Pipelines struct {
	Fail error

	mu         sync.Mutex
	Signals    []change.Signal
	Deliveries []string
	Source     change.Source // of the last call
}

// Ingest keeps the signals.
func (p *Pipelines) Ingest(ctx context.Context, in change.Source, delivery string, signals []change.Signal) (change.Receipt, error) {
	if _, err := actor.Require(ctx, actor.Ingest); err != nil {
		return change.Receipt{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Fail != nil {
		return change.Receipt{}, p.Fail
	}
	p.Signals, p.Deliveries, p.Source = append(p.Signals, signals...), append(p.Deliveries, delivery), in
	return change.Receipt{Signals: len(signals), Changes: []int64{7}}, nil
}
