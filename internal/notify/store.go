package notify

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// row is a message as stored.
type row struct {
	Delivery
	salt   []byte
	lease  string
	paced  bool
	expiry time.Time

	gather  time.Time // waits until then to go together with others of its dest; zero = goes alone
	carrier int64     // message under whose id it went together with others
	cancel  string    // why it is not to be tried again; "" = it is
}

const messageCols = `id, key, dest, via, record, reason, team, person, urgent, restricted, title, body, facts, salt, state, queued_at, promised_at, due_at, expires_at, ended_at, paced, lease, attempts, error, priority, leg, after_us, gather, carrier, cancel`

func scanRow(s interface{ Scan(...any) error }) (r row, err error) {
	var record, facts string
	var queued, promised, due, expires, ended, after, gather int64
	err = s.Scan(&r.ID, &r.Key, &r.Dest, &r.Via, &record, &r.Reason, &r.Team, &r.Person, &r.Urgent, &r.Restricted, &r.Title, &r.Text, &facts,
		&r.salt, &r.State, &queued, &promised, &due, &expires, &ended, &r.paced, &r.lease, &r.Attempts, &r.Error,
		&r.Priority, &r.Leg, &after, &gather, &r.carrier, &r.cancel)
	if err != nil {
		return r, err
	}
	r.QueuedAt, r.PromisedAt, r.DueAt, r.EndedAt = db.Time(queued), db.Time(promised), db.Time(due), db.Time(ended)
	r.expiry, r.gather, r.After = db.Time(expires), db.Time(gather), time.Duration(after)*time.Microsecond
	r.Record, _ = ref.Parse(record) // a test message is about no record
	return r, json.Unmarshal([]byte(facts), &r.Facts)
}

func collectRow(rows *db.Rows) (row, error) { return scanRow(rows) }

// insertMessages writes new messages; a (key, dest) that exists already stays
// as it is. It returns the ids that were written.
func insertMessages(tx *db.Tx, rows []row) (map[int64]bool, error) {
	type one struct{ key, dest string }
	have := map[one]bool{}
	var keys []any
	for i, r := range rows {
		if i == 0 || r.Key != rows[i-1].Key {
			keys = append(keys, r.Key)
		}
	}
	for part := range slices.Chunk(keys, 256) {
		list, err := db.Collect(tx, func(r *db.Rows) (o one, err error) { return o, r.Scan(&o.key, &o.dest) },
			`SELECT key, dest FROM notify_message WHERE key IN `+db.In(1, len(part)), part...)
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			have[o] = true
		}
	}
	written := map[int64]bool{}
	var values [][]any
	for _, r := range rows {
		if have[one{r.Key, r.Dest}] {
			continue
		}
		have[one{r.Key, r.Dest}] = true
		facts, err := json.Marshal(r.Facts)
		if err != nil {
			return nil, err
		}
		written[r.ID] = true
		values = append(values, []any{r.ID, r.Key, r.Dest, r.Via, r.Record.String(), r.Reason, r.Team, r.Person, r.Urgent, r.Restricted, r.Title, r.Text,
			string(facts), r.salt, string(r.State), db.Micros(r.QueuedAt), db.Micros(r.PromisedAt), db.Micros(r.DueAt), db.Micros(r.expiry),
			db.Micros(r.EndedAt), r.paced, r.lease, r.Attempts, r.Error,
			r.Priority, r.Leg, r.After.Microseconds(), db.Micros(r.gather), r.carrier, r.cancel})
	}
	if len(values) == 0 {
		return nil, nil
	}
	// No ON CONFLICT: two transactions with one key at once collide on the
	// unique index, and the one that is run again sees the other's rows.
	return written, tx.InsertMany(`INSERT INTO notify_message (`+messageCols+`) VALUES `, "", 30, values)
}

// messagesByID locks and returns messages, by id.
func messagesByID(tx *db.Tx, ids []int64) (map[int64]row, error) {
	rows, err := db.Collect(tx, collectRow, `SELECT `+messageCols+` FROM notify_message WHERE id IN `+db.In(1, len(ids))+` ORDER BY id`+tx.ForUpdate(), db.Args(ids)...)
	out := make(map[int64]row, len(rows))
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, err
}

// settle stores what became of a message after an attempt, or by hand.
func settle(tx *db.Tx, r row) error {
	if r.State != Queued && r.State != Sending {
		r.gather = time.Time{}
	}
	return tx.Later(`UPDATE notify_message SET state = $2, due_at = $3, expires_at = $4, ended_at = $5, paced = FALSE, lease = '', attempts = $6, error = $7, promised_at = $8, via = $9, gather = $10, carrier = $11, cancel = $12 WHERE id = $1`,
		r.ID, string(r.State), db.Micros(r.DueAt), db.Micros(r.expiry), db.Micros(r.EndedAt), r.Attempts, r.Error, db.Micros(r.PromisedAt), r.Via,
		db.Micros(r.gather), r.carrier, r.cancel)
}

func insertAttempts(tx *db.Tx, attempts [][]any) error {
	return tx.InsertMany(`INSERT INTO notify_attempt (message, n, at, outcome, error, latency_us, answer) VALUES `, " ON CONFLICT (message, n) DO NOTHING", 7, attempts)
}

func attemptsOf(q db.Querier, id int64) ([]Attempt, error) {
	return db.Collect(q, func(r *db.Rows) (a Attempt, err error) {
		var at, latency int64
		err = r.Scan(&a.N, &at, &a.Outcome, &a.Error, &latency, &a.Answer)
		a.At, a.Latency = db.Time(at), time.Duration(latency)*time.Microsecond
		return a, err
	}, `SELECT n, at, outcome, error, latency_us, answer FROM notify_attempt WHERE message = $1 ORDER BY n DESC LIMIT 100`, id)
}

func messageByID(q db.Querier, id int64, lock string) (row, error) {
	return scanRow(q.QueryRow(`SELECT `+messageCols+` FROM notify_message WHERE id = $1`+lock, id))
}

// Lists go backwards by id; the three shapes keep each on its own index.
const (
	listSQL       = `SELECT ` + messageCols + ` FROM notify_message WHERE id < $1 ORDER BY id DESC LIMIT $2`
	listStateSQL  = `SELECT ` + messageCols + ` FROM notify_message WHERE state = $3 AND id < $1 ORDER BY id DESC LIMIT $2`
	listRecordSQL = `SELECT ` + messageCols + ` FROM notify_message WHERE record = $3 AND id < $1 ORDER BY id DESC LIMIT $2`
	listBothSQL   = `SELECT ` + messageCols + ` FROM notify_message WHERE record = $3 AND state = $4 AND id < $1 ORDER BY id DESC LIMIT $2`
	overdueSQL    = `SELECT ` + messageCols + ` FROM notify_message WHERE state IN ('queued', 'sending') AND urgent = $1 AND promised_at < $2 ORDER BY promised_at LIMIT $3`
)

func listMessages(q db.Querier, f Filter, before int64, limit int) ([]row, error) {
	switch record := f.Record.String(); {
	case record != "" && f.State != "":
		return db.Collect(q, collectRow, listBothSQL, before, limit, record, string(f.State))
	case record != "":
		return db.Collect(q, collectRow, listRecordSQL, before, limit, record)
	case f.State != "":
		return db.Collect(q, collectRow, listStateSQL, before, limit, string(f.State))
	}
	return db.Collect(q, collectRow, listSQL, before, limit)
}

// countState counts messages in a state, up to a limit.
func countState(q db.Querier, state State, limit int) (n int, err error) {
	err = q.QueryRow(`SELECT COUNT(*) FROM (SELECT 1 AS one FROM notify_message WHERE state = $1 LIMIT $2) AS found`, string(state), limit).Scan(&n)
	return n, err
}

// keySaid reports whether any message with the key exists.
func keySaid(q db.Querier, key string) (bool, error) {
	var one int
	err := q.QueryRow(`SELECT 1 FROM notify_message WHERE key = $1 LIMIT 1`, key).Scan(&one)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
