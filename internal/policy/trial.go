package policy

import (
	"context"
	"iter"
	"runtime"
	"sync"
)

// Case is one input on which a policy is tried.
type Case struct {
	N     int // 0, 1, 2 … in the order in which they came
	Input any // as Decide takes it
	Of    any // what the caller wants back with the answer
}

// Trial evaluates a policy on many inputs, on all processors, and hands each
// answer to take, one at a time, in no particular order (Case.N says which).
// Nothing is stored. It ends with the first error of the inputs or of take, or
// with the context's.
func Trial(ctx context.Context, c *Compiled, cases iter.Seq2[Case, error], take func(Case, Decision) error) error {
	patient := *c
	patient.Deadline *= patience
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan []Case, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	var one sync.Mutex
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for batch := range work {
				answers := make([]Decision, len(batch))
				for i, x := range batch {
					if ctx.Err() != nil {
						return
					}
					if text, ok := x.Input.(stored); ok { // read here, on this processor
						x.Input = Stored(text)
					}
					answers[i] = patient.Decide(context.WithoutCancel(ctx), x.Input)
				}
				one.Lock()
				for i, x := range batch {
					if err := take(x, answers[i]); err != nil {
						stop(err)
						break
					}
				}
				one.Unlock()
			}
		})
	}
	feed(ctx, cases, work, stop)
	close(work)
	wg.Wait()
	return context.Cause(ctx)
}

// stored is an input of the past; see Stored.
type stored []byte

// feed hands the inputs out in small batches.
func feed(ctx context.Context, cases iter.Seq2[Case, error], work chan<- []Case, stop context.CancelCauseFunc) {
	const size = 16
	var batch []Case
	send := func() bool {
		select {
		case work <- batch:
			batch = nil
			return true
		case <-ctx.Done():
			return false
		}
	}
	n := 0
	for x, err := range cases {
		if err != nil {
			stop(err)
			return
		}
		x.N = n
		n++
		if batch = append(batch, x); len(batch) == size && !send() {
			return
		}
	}
	if len(batch) > 0 {
		send()
	}
}
