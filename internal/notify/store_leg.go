package notify

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const cancelSQL = `SELECT ` + messageCols + ` FROM notify_message WHERE record = $1 AND state IN ('queued', 'sending') AND urgent = TRUE AND person <> 0 AND after_us > 0`

// cancelable locks the later legs of what is urgent about a record.
func cancelable(tx *db.Tx, record ref.Ref) ([]row, error) {
	return db.Collect(tx, collectRow, cancelSQL+` ORDER BY id`+tx.ForUpdate(), record.String())
}

// noRetry makes the attempt under way the last one.
func noRetry(tx *db.Tx, id int64, why string) error {
	return tx.Later(`UPDATE notify_message SET cancel = $2 WHERE id = $1`, id, why)
}

// What a line had lately: what went, what is on its way (being sent, or waiting
// for its place), and until when something gathers.
const (
	wentSQL = `SELECT dest, urgent, SUM(CASE WHEN state = 'sent' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'sent' AND priority = 'P1' AND carrier = 0 THEN 1 ELSE 0 END), 0 FROM notify_message
		WHERE ended_at > 0 AND ended_at > $1 AND (carrier = 0 OR carrier = id) AND dest IN `
	goesSQL = `SELECT dest, urgent, COUNT(*), SUM(CASE WHEN priority = 'P1' AND carrier = 0 THEN 1 ELSE 0 END), 0 FROM notify_message
		WHERE paced = TRUE AND (carrier = 0 OR carrier = id) AND dest IN `
	waitSQL = `SELECT dest, urgent, 0, 0, MAX(gather) FROM notify_message
		WHERE gather > 0 AND gather > $1 AND carrier = 0 AND dest IN `
)

// flowsOf reads what lines had lately.
func flowsOf(tx *db.Tx, dests []string) (map[line]*flow, error) {
	out := map[line]*flow{}
	for _, part := range []struct {
		sql  string
		args []any
	}{{wentSQL, []any{db.Micros(tx.Now.Add(-stormSpan))}}, {goesSQL, nil}, {waitSQL, []any{db.Micros(tx.Now)}}} {
		rows, err := tx.Query(part.sql+db.In(len(part.args)+1, len(dests))+` GROUP BY dest, urgent`, append(part.args, db.Args(dests)...)...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var l line
			var went, p1, until int64
			if err := rows.Scan(&l.dest, &l.urgent, &went, &p1, &until); err != nil {
				rows.Close()
				return nil, err
			}
			f := out[l]
			if f == nil {
				f = &flow{}
				out[l] = f
			}
			f.went += int(went)
			f.p1 = f.p1 || p1 > 0
			if until > 0 {
				f.until = db.Time(until)
			}
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// gatherMessages lets messages wait to go together.
func gatherMessages(tx *db.Tx, ids []int64, until, promised time.Time) error {
	args := []any{db.Micros(until), db.Micros(promised)}
	for _, id := range ids {
		args = append(args, id)
	}
	return tx.Later(`UPDATE notify_message SET due_at = $1, gather = $1, promised_at = CASE WHEN promised_at < $2 THEN $2 ELSE promised_at END WHERE id IN `+db.In(3, len(ids)), args...)
}

const gatheredSQL = `SELECT ` + messageCols + ` FROM notify_message WHERE dest = $1 AND urgent = $2 AND carrier = $3 AND gather > 0 AND due_at <= $4`

// gathered locks what goes together with a message: what waits for the same
// moment, or what went with it before and has to go again.
func gathered(tx *db.Tx, r row, limit int) ([]row, error) {
	return db.Collect(tx, collectRow, gatheredSQL+` ORDER BY id LIMIT $5`+tx.SkipLocked(), r.Dest, r.Urgent, r.carrier, db.Micros(tx.Now), limit)
}

// carryMessages notes under which message others go; 0 = alone.
func carryMessages(tx *db.Tx, ids []int64, carrier int64) error {
	args := []any{carrier}
	for _, id := range ids {
		args = append(args, id)
	}
	return tx.Later(`UPDATE notify_message SET carrier = $1 WHERE id IN `+db.In(2, len(ids)), args...)
}

// goAlone takes a message out of those that gather.
func goAlone(tx *db.Tx, id int64) error {
	return tx.Later(`UPDATE notify_message SET gather = 0, carrier = 0 WHERE id = $1`, id)
}

const legsSQL = `SELECT ` + messageCols + ` FROM notify_message WHERE key = $1`

// legsOf locks the other messages of a notice to some of its people.
func legsOf(tx *db.Tx, key string, people []int64) ([]row, error) {
	args := []any{key}
	for _, id := range people {
		args = append(args, id)
	}
	return db.Collect(tx, collectRow, legsSQL+` AND person IN `+db.In(2, len(people))+tx.ForUpdate(), args...)
}

// hasten makes a leg due.
func hasten(tx *db.Tx, id int64, due, promised time.Time) error {
	return tx.Later(`UPDATE notify_message SET due_at = $2, promised_at = $3 WHERE id = $1`, id, db.Micros(due), db.Micros(promised))
}

// delayMessages gives a message its place, and what goes together with it the
// same time.
func delayMessages(tx *db.Tx, r row, crowd []row, when time.Time) error {
	if err := delayMessage(tx, r.ID, when, true); err != nil || len(crowd) == 0 {
		return err
	}
	args := []any{db.Micros(when)}
	for _, other := range crowd {
		args = append(args, other.ID)
	}
	return tx.Later(`UPDATE notify_message SET state = 'queued', lease = '', due_at = $1 WHERE id IN `+db.In(2, len(crowd)), args...)
}
