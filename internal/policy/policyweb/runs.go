package policyweb

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// runs are the backtests of this server, in memory: a report is worth what it
// takes to make it again, seconds.
type runs struct {
	mu   sync.Mutex
	last int64
	of   map[int64]*run
}

type run struct {
	Version int64
	Asked   int
	Began   time.Time
	Seen    atomic.Int64
	Done    chan struct{}
	Report  policy.Report // after Done
	Err     error
}

const (
	mostRunning = 2
	mostKept    = 32
	longestRun  = 5 * time.Minute
)

func (x *run) over() bool {
	select {
	case <-x.Done:
		return true
	default:
		return false
	}
}

// replay starts a backtest as the one who asks and returns its number.
func (p *Pages) replay(r *http.Request, id int64, last int) (int64, error) {
	if _, err := actor.Require(r.Context(), actor.Respond); err != nil {
		return 0, err // it takes all processors for seconds
	}
	if last < 1 || last > 20_000 {
		return 0, errs.BadField("last", "", "replay 1 to 20000 decisions")
	}
	c, err := p.Policies.Compiled(r.Context(), id)
	if err != nil {
		return 0, err
	}
	x := &run{Version: id, Asked: last, Began: time.Now(), Done: make(chan struct{})}
	p.runs.mu.Lock()
	defer p.runs.mu.Unlock()
	running := 0
	for n, old := range p.runs.of {
		switch {
		case !old.over():
			running++
		case n <= p.runs.last-mostKept:
			delete(p.runs.of, n)
		}
	}
	if running >= mostRunning {
		return 0, errs.E(errs.Unavailable, "two backtests are running; wait until one of them is over")
	}
	if p.runs.of == nil {
		p.runs.of = map[int64]*run{}
	}
	p.runs.last++
	p.runs.of[p.runs.last] = x
	ctx, stop := context.WithTimeout(context.WithoutCancel(r.Context()), longestRun)
	go func() {
		defer stop()
		defer close(x.Done)
		x.Report, x.Err = p.Past.BacktestWatched(ctx, c, last, func(n int) { x.Seen.Store(int64(n)) })
	}()
	return p.runs.last, nil
}

func (p *Pages) run(n int64) (*run, error) {
	p.runs.mu.Lock()
	defer p.runs.mu.Unlock()
	if x := p.runs.of[n]; x != nil {
		return x, nil
	}
	return nil, errs.E(errs.NotFound, "this server keeps no such backtest any more; run it again from the version of the policy").On(ref.S(ref.System, "backtest").String())
}
