package notify

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// recorder stores outcomes until there are no more, all that wait at once.
func (c *Courier) recorder(ctx context.Context) {
	for r := range c.done {
		batch := []result{r}
	drain:
		for len(batch) < maxBatch {
			select {
			case r, ok := <-c.done:
				if !ok {
					break drain
				}
				batch = append(batch, r)
			default:
				break drain
			}
		}
		c.record(ctx, batch)
	}
}

// record stores outcomes. While the database is away it tries for most of a
// lease; after that the messages are sent again, which is counted.
func (c *Courier) record(ctx context.Context, batch []result) {
	var err error
	for wait := 50 * time.Millisecond; wait < c.lease/2; wait *= 2 {
		err = c.s.db.Write(ctx, courier, "delivery", func(tx *db.Tx) error { return c.store(tx, batch) })
		if err == nil {
			return
		}
		time.Sleep(wait)
	}
	c.s.o.Log.ErrorContext(ctx, "outcomes of sent messages cannot be recorded; the messages will be sent again", "messages", len(batch), "err", err)
}

// store applies outcomes inside a transaction.
func (c *Courier) store(tx *db.Tx, batch []result) error {
	tx.Unrecorded("counters of attempts; sent and dead messages are recorded")
	ids := make([]int64, len(batch))
	for i, r := range batch {
		ids[i] = r.job.row.ID
	}
	rows, err := messagesByID(tx, ids)
	if err != nil {
		return err
	}
	var count []func(v *Stats)
	seen := map[string]*viaSeen{}
	var attempts [][]any
	var out []int64
	for _, res := range batch {
		r, ok := rows[res.job.row.ID]
		if !ok {
			continue // deleted by retention meanwhile
		}
		outcome, text, asked := judge(res.fail)
		if res.fail == nil || !res.fail.Recipient {
			sight(seen, r.Via, outcome, text)
		}
		before := r.digest()
		mine := r.State == Sending && r.lease == res.job.lease
		r.Attempts++
		// By the database's clock, as everything else on the message is.
		began := tx.Now.Add(-time.Since(res.at))
		attempts = append(attempts, []any{r.ID, r.Attempts, db.Micros(began), string(outcome), text, res.latency.Microseconds(), res.answer})
		switch {
		case r.State == Sent:
			// Two senders had it, each under a lease of its own: a copy.
		case outcome == WasSent:
			r.State, r.Error, r.EndedAt, r.DueAt = Sent, "", tx.Now, time.Time{}
			recordMessage(tx, r, "message.sent", before)
			out = append(out, r.ID)
			took := tx.Now.Sub(r.QueuedAt)
			count = append(count, func(v *Stats) { h := v.Took[r.Urgent]; h.observe(took); v.Took[r.Urgent] = h })
		case mine:
			r.Error = text
			r.State, r.DueAt = after(outcome, r.Attempts, asked, tx.Now, r.expiry, rand.Float64())
			if r.State == Queued && r.cancel != "" {
				r.State, r.DueAt, r.EndedAt = Canceled, time.Time{}, tx.Now
				recordMessage(tx, r, "message.canceled", before)
			}
			if r.State == Dead {
				r.EndedAt = tx.Now
				recordMessage(tx, r, "message.dead", before)
				count = append(count, func(v *Stats) { v.Dead++ })
			}
		}
		of := AttemptOf{res.job.channel.Spec.Kind, outcome}
		count = append(count, func(v *Stats) { v.Attempts[of]++ })
		if err := settle(tx, r); err != nil {
			return err
		}
		rows[r.ID] = r
	}
	if len(attempts) > 0 {
		if err := insertAttempts(tx, attempts); err != nil {
			return err
		}
	}
	if len(out) > 0 {
		if err := forgetTokens(tx, out); err != nil {
			return err
		}
	}
	tx.After(func() {
		for _, f := range count {
			c.s.stats.add(f)
		}
	})
	return storeSeen(tx, seen)
}

// judge reads an outcome out of a failure.
func judge(f *Failure) (o Outcome, text string, asked time.Duration) {
	switch {
	case f == nil:
		return WasSent, "", 0
	case f.Permanent:
		return WasRefused, f.Text, 0
	}
	return WasFailed, f.Text, f.After
}

// viaSeen is what a batch says about the health of a via.
type viaSeen struct {
	good, bad int
	lastGood  bool
	text      string
}

func sight(seen map[string]*viaSeen, via string, o Outcome, text string) {
	v := seen[via]
	if v == nil {
		v = &viaSeen{}
		seen[via] = v
	}
	if v.lastGood = o == WasSent; v.lastGood {
		v.good++
		return
	}
	v.bad++
	v.text = text
}

func storeSeen(tx *db.Tx, seen map[string]*viaSeen) error {
	vias := make([]string, 0, len(seen))
	for via := range seen {
		vias = append(vias, via)
	}
	slices.Sort(vias) // the order in which a claim locks them
	for _, via := range vias {
		v := seen[via]
		if err := storeHealth(tx, via, tx.Now, v.good, v.bad, v.lastGood, v.text); err != nil {
			return err
		}
	}
	return nil
}
