package notify

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Expected is a notice that ought to exist by now, whoever should have given
// it: "INC-1042 is P1 and triggered for two minutes, so it was paged".
type Expected struct {
	Key    string // Notice.Key
	Record ref.Ref
	Since  time.Time
	// ByTime says that any notice about Record that was given at Since is the
	// one; Key then only names it for people.
	ByTime bool
}

type expectation struct {
	name string
	list func(q db.Querier, now time.Time) ([]Expected, error)
}

// Expect adds a source of expected notices to a service's watchdog. It is
// independent of the path that gives notices: it looks at the records. Call
// it while wiring.
func Expect(s *Service, name string, list func(q db.Querier, now time.Time) ([]Expected, error)) {
	s.expect = append(s.expect, expectation{name, list})
}

// watchLimit bounds what the watchdog lists and counts.
const watchLimit = 100

// Watch is what the watchdog sees: what should be out and is not.
type Watch struct {
	At      time.Time
	Overdue []Delivery // open and past their time, urgent and oldest first; at most 100
	Missing []Expected // never put into the outbox; at most 100
	Dead    int        // dead letters whose notice did not reach that person by another way either, counted up to 100
	Queued  int        // open messages, counted up to 100
	Mail    Health     // of the mail server
}

// Fine reports whether nothing needs attention.
func (w Watch) Fine() bool { return len(w.Overdue) == 0 && len(w.Missing) == 0 && w.Dead == 0 }

// Watch compares what should have been sent with what was.
func (s *Service) Watch(ctx context.Context) (Watch, error) {
	if _, err := actor.Require(ctx, actor.Respond); err != nil {
		return Watch{}, err
	}
	var w Watch
	now, err := s.db.Now(ctx)
	if err != nil {
		return w, errs.Wrap("notify.watch", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		w, err = s.watch(q, now)
		if err != nil {
			return err
		}
		if err := s.present(ctx, q, w.Overdue); err != nil {
			return err
		}
		about := make([]Delivery, len(w.Missing))
		for n, e := range w.Missing {
			about[n].Record = e.Record
		}
		err = s.present(ctx, q, about)
		for n, d := range about {
			if d.Record == (ref.Ref{}) {
				w.Missing[n].Record, w.Missing[n].Key = d.Record, ""
			}
		}
		return err
	})
	return w, errs.Wrap("notify.watch", err)
}

func (s *Service) watch(q db.Querier, now time.Time) (w Watch, err error) {
	w.At = now
	rows, err := overdueMessages(q, now, watchLimit)
	if err != nil {
		return w, err
	}
	for _, r := range rows {
		w.Overdue = append(w.Overdue, r.Delivery)
	}
	for _, state := range []State{Queued, Sending} {
		n, err := countState(q, state, watchLimit)
		if err != nil {
			return w, err
		}
		w.Queued = min(w.Queued+n, watchLimit)
	}
	if w.Dead, err = countLost(q, watchLimit); err != nil {
		return w, err
	}
	if w.Mail, err = viaHealth(q, "email"); err != nil {
		return w, err
	}
	for _, e := range s.expect {
		list, err := e.list(q, now)
		if err != nil {
			return w, err
		}
		for _, x := range list {
			var said bool
			if x.ByTime {
				said, err = saidAt(q, x.Record, x.Since)
			} else {
				said, err = keySaid(q, x.Key)
			}
			if err != nil {
				return w, err
			}
			if !said && len(w.Missing) < watchLimit {
				w.Missing = append(w.Missing, x)
			}
		}
	}
	return w, nil
}
