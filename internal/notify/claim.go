package notify

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// claim takes due messages. Without any it says how long to wait.
func (c *Courier) claim(ctx context.Context) (jobs []errand, wait time.Duration, err error) {
	limit, full := c.free()
	if limit <= 0 {
		return nil, c.poll, nil
	}
	now, err := c.s.db.Now(ctx)
	if err != nil {
		return nil, 0, err
	}
	if err := c.follow(ctx, now); err != nil {
		return nil, 0, err
	}
	// Looking first is a read; idling must not write.
	wait, err = c.untilDue(ctx, full, now)
	if err != nil || wait > 0 {
		return nil, wait, err
	}
	begun := time.Now()
	id := make([]byte, 12)
	rand.Read(id)
	lease := hex.EncodeToString(id)
	err = c.s.db.Write(ctx, courier, "delivery", func(tx *db.Tx) (err error) {
		jobs, err = c.take(tx, limit, full, lease)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	for i := range jobs {
		jobs[i].until = begun.Add(c.lease)
		c.begin(jobs[i].row.Via, 1)
	}
	return jobs, time.Millisecond, nil
}

// untilDue is how long until the next message is due; 0 = now.
func (c *Courier) untilDue(ctx context.Context, full []string, now time.Time) (time.Duration, error) {
	wait := c.poll
	err := c.s.db.Read(ctx, func(q db.Querier) error {
		due, err := nextDue(q, full)
		if err == nil && !due.IsZero() {
			wait = max(0, min(wait, due.Sub(now)))
		}
		return err
	})
	return wait, err
}

// take claims messages inside a transaction: it gives each its place in the
// pace of its via, leases those whose place is now, and gathers what is needed
// to send them.
func (c *Courier) take(tx *db.Tx, limit int, full []string, lease string) ([]errand, error) {
	tx.Unrecorded("claiming a message for delivery changes nothing that people see")
	rows, err := dueMessages(tx, limit, full)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	rows, err = c.reclaimed(tx, rows)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	a, err := c.s.load(tx, rows)
	if err != nil {
		return nil, err
	}
	rows, crowds, err := c.paced(tx, rows, a)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	var ids []int64
	for _, r := range rows {
		ids = append(ids, r.ID)
		for _, other := range crowds[r.ID] {
			ids = append(ids, other.ID)
		}
	}
	if err := leaseMessages(tx, ids, lease, tx.Now.Add(c.lease)); err != nil {
		return nil, err
	}
	jobs := make([]errand, len(rows))
	for i, r := range rows {
		jobs[i] = c.s.prepare(r, a)
		jobs[i].lease = lease
		if crowd := crowds[r.ID]; len(crowd) > 0 {
			jobs[i].crowd = crowd
			jobs[i].message = together(c.s.o.BaseURL, append([]row{r}, crowd...))
		}
	}
	return jobs, nil
}

// reclaimed notes for messages whose lease ended that an earlier sender
// stopped: whether it sent them is not known, so they are sent again while
// they are young enough.
func (c *Courier) reclaimed(tx *db.Tx, rows []row) ([]row, error) {
	var attempts [][]any
	keep := rows[:0]
	for _, r := range rows {
		if r.State != Sending {
			keep = append(keep, r)
			continue
		}
		tx.After(func() { c.s.stats.add(func(v *Stats) { v.Repeats++ }) })
		before := r.digest()
		r.Attempts++
		attempts = append(attempts, []any{r.ID, r.Attempts, db.Micros(tx.Now), string(WasUnknown), "the sender stopped before it recorded an outcome", int64(0), ""})
		r.Error = "the sender stopped before it recorded an outcome; the message may have arrived"
		state, _ := after(WasUnknown, r.Attempts, 0, tx.Now, r.expiry, 0)
		switch {
		case r.cancel != "":
			r.State, r.DueAt, r.EndedAt = Canceled, time.Time{}, tx.Now
			recordMessage(tx, r, "message.canceled", before)
		case state == Dead:
			r.State, r.DueAt, r.EndedAt = Dead, time.Time{}, tx.Now
			recordMessage(tx, r, "message.dead", before)
		default:
			r.State, r.DueAt = Queued, tx.Now
			keep = append(keep, r)
		}
		if err := settle(tx, r); err != nil {
			return nil, err
		}
	}
	if len(attempts) == 0 {
		return keep, nil
	}
	return keep, insertAttempts(tx, attempts)
}

// paced returns the messages that may go now, with what goes together with
// each; the others get their place.
func (c *Courier) paced(tx *db.Tx, rows []row, a addresses) (keep []row, crowds map[int64][]row, err error) {
	var vias []string
	for _, r := range rows {
		if !slices.Contains(vias, r.Via) {
			vias = append(vias, r.Via)
		}
	}
	state, err := lockVias(tx, vias)
	if err != nil {
		return nil, nil, err
	}
	if rows, crowds, err = c.storm(tx, rows); err != nil {
		return nil, nil, err
	}
	left := map[string]int{}
	c.mu.Lock()
	for _, via := range vias {
		left[via] = room(via) - c.perVia[via]
	}
	c.mu.Unlock()
	moved := map[string]bool{}
	for _, r := range rows {
		if left[r.Via] <= 0 {
			continue // stays due, and is taken when a slot is free
		}
		if !r.paced {
			l, when := state[r.Via].place(tx.Now, a.rate(r.Via), r.Urgent)
			state[r.Via], moved[r.Via] = l, true
			if when.After(tx.Now) {
				if err := delayMessages(tx, r, crowds[r.ID], when); err != nil {
					return nil, nil, err
				}
				continue // keeps its place
			}
		}
		left[r.Via]--
		keep = append(keep, r)
	}
	for _, via := range vias {
		if moved[via] {
			if err := storeLanes(tx, via, state[via]); err != nil {
				return nil, nil, err
			}
		}
	}
	return keep, crowds, nil
}
