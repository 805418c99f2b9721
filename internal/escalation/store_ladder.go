package escalation

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

const ladderColumns = "incident, version, policy, plan, state, run, round, step, turn, began_at, round_at, told_at, acked_at, nudged_at, reminders, next_at, cause, by_person"

func (l Ladder) values() []any {
	return []any{l.Incident, l.Version, l.Policy, l.Plan, string(l.State), l.Run, l.Round, l.Step, l.Turn, db.Micros(l.BeganAt), db.Micros(l.RoundAt),
		db.Micros(l.ToldAt), db.Micros(l.AckedAt), db.Micros(l.NudgedAt), l.Reminders, db.Micros(l.NextAt), l.Cause, l.By}
}

func scanLadder(r interface{ Scan(...any) error }) (l Ladder, err error) {
	var began, round, told, acked, nudged, next int64
	err = r.Scan(&l.Incident, &l.Version, &l.Policy, &l.Plan, &l.State, &l.Run, &l.Round, &l.Step, &l.Turn, &began, &round, &told, &acked, &nudged, &l.Reminders, &next, &l.Cause, &l.By)
	l.BeganAt, l.RoundAt, l.ToldAt, l.AckedAt, l.NudgedAt, l.NextAt = db.Time(began), db.Time(round), db.Time(told), db.Time(acked), db.Time(nudged), db.Time(next)
	return l, err
}

func collectLadder(r *db.Rows) (Ladder, error) { return scanLadder(r) }

// ladderOf returns the ladder of an incident; ok is false when it has none.
func ladderOf(q db.Querier, incident int64) (l Ladder, ok bool, err error) {
	l, err = scanLadder(q.QueryRow("SELECT "+ladderColumns+" FROM escalation_ladder WHERE incident = $1", incident))
	if errors.Is(err, db.ErrNoRows) {
		return Ladder{}, false, nil
	}
	return l, err == nil, err
}

const (
	dueSQL  = "SELECT " + ladderColumns + " FROM escalation_ladder WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2"
	nextSQL = "SELECT next_at FROM escalation_ladder WHERE next_at > 0 ORDER BY next_at LIMIT 1"
)

// dueLadders locks ladders that are due and that nobody else works on, the
// most overdue first.
func dueLadders(tx *db.Tx, limit int) ([]Ladder, error) {
	return db.Collect(tx, collectLadder, dueSQL+tx.SkipLocked(), db.Micros(tx.Now), limit)
}

// overdue returns ladders whose time was before a moment.
func overdue(q db.Querier, before time.Time, limit int) ([]Ladder, error) {
	return db.Collect(q, collectLadder, dueSQL, db.Micros(before), limit)
}

// firstDue is the earliest deadline of ladders and requests; 0 = none.
func firstDue(q db.Querier) (first int64, err error) {
	for _, sql := range []string{nextSQL, nextRequestSQL} {
		var at int64
		if err := q.QueryRow(sql).Scan(&at); errors.Is(err, db.ErrNoRows) {
			continue
		} else if err != nil {
			return 0, err
		}
		if first == 0 || at < first {
			first = at
		}
	}
	return first, nil
}

const ladderUpsert = ` ON CONFLICT (incident) DO UPDATE SET version = excluded.version, policy = excluded.policy, plan = excluded.plan, state = excluded.state,
run = excluded.run, round = excluded.round, step = excluded.step, turn = excluded.turn, began_at = excluded.began_at, round_at = excluded.round_at,
told_at = excluded.told_at, acked_at = excluded.acked_at, nudged_at = excluded.nudged_at, reminders = excluded.reminders, next_at = excluded.next_at,
cause = excluded.cause, by_person = excluded.by_person`

// saveLadders writes ladders, new ones and changed ones.
func saveLadders(tx *db.Tx, list []Ladder) error {
	rows := make([][]any, len(list))
	for n, l := range list {
		rows[n] = l.values()
	}
	return tx.InsertMany("INSERT INTO escalation_ladder ("+ladderColumns+") VALUES ", ladderUpsert, 18, rows)
}

const firedColumns = "incident, run, round, step, kind, due_at, at, people, channels, why"

// insertFired writes what was done. There is no ON CONFLICT: the same step a
// second time must not happen, and the transaction that tries is run again.
func insertFired(tx *db.Tx, list []Fired) error {
	rows := make([][]any, len(list))
	for n, f := range list {
		people, _ := json.Marshal(f.People)
		channels, err := json.Marshal(f.Channels)
		if err != nil {
			return err
		}
		rows[n] = []any{f.Incident, f.Run, f.Round, f.Step, string(f.Kind), db.Micros(f.Due), db.Micros(f.At), string(people), string(channels), f.Why}
	}
	return tx.InsertMany("INSERT INTO escalation_fired ("+firedColumns+") VALUES ", "", 10, rows)
}

func scanFired(r *db.Rows) (f Fired, err error) {
	var due, at int64
	var people, channels string
	if err = r.Scan(&f.Incident, &f.Run, &f.Round, &f.Step, &f.Kind, &due, &at, &people, &channels, &f.Why); err != nil {
		return f, err
	}
	f.Due, f.At = db.Time(due), db.Time(at)
	if err = json.Unmarshal([]byte(people), &f.People); err == nil {
		err = json.Unmarshal([]byte(channels), &f.Channels)
	}
	return f, err
}

// firedOf returns what the latest runs of a ladder did, newest run first.
func firedOf(q db.Querier, incident int64, limit int) ([]Fired, error) {
	return db.Collect(q, scanFired, "SELECT "+firedColumns+" FROM escalation_fired WHERE incident = $1 ORDER BY run DESC, round DESC, step DESC LIMIT $2", incident, limit)
}

const firedSinceSQL = "SELECT " + firedColumns + " FROM escalation_fired WHERE at >= $1 AND at < $2 ORDER BY at LIMIT $3"

// firedSince returns what was done in a time, oldest first.
func firedSince(q db.Querier, from, to time.Time, limit int) ([]Fired, error) {
	return db.Collect(q, scanFired, firedSinceSQL, db.Micros(from), db.Micros(to), limit)
}
