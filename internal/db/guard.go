package db

import "context"

// A guard runs at the start of the first Write of a request, in the same
// transaction; the API uses it to note an Idempotency-Key together with the
// effect, so that a crash can never separate the two.
type guard struct {
	run  func(tx *Tx) error
	done bool
}

type guardKey struct{}

// WithGuard returns a context whose first successful Write also runs f.
func WithGuard(ctx context.Context, f func(tx *Tx) error) context.Context {
	return context.WithValue(ctx, guardKey{}, &guard{run: f})
}

// guarded runs the context's guard, if there is one that has not run yet.
func (tx *Tx) guarded() error {
	g, ok := tx.ctx.Value(guardKey{}).(*guard)
	if !ok || g.done {
		return nil
	}
	tx.After(func() { g.done = true })
	return g.run(tx)
}
