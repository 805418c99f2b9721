package verify

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const columns = "change_id, service, from_at, to_at, until_at, looked_at, looks, done, result, next_at, error"

func scan(row interface{ Scan(...any) error }) (v Verification, err error) {
	var from, to, until, looked, next int64
	var result string
	if err = row.Scan(&v.Change, &v.Service, &from, &to, &until, &looked, &v.Looks, &v.Done, &result, &next, &v.Error); err != nil {
		return v, err
	}
	v.started, v.Deployed, v.Until, v.Looked, v.next = db.Time(from), db.Time(to), db.Time(until), db.Time(looked), db.Time(next)
	if result != "" {
		err = json.Unmarshal([]byte(result), &v.Result)
	}
	return v, err
}

func read(q db.Querier, id int64, lock string) (v Verification, ok bool, err error) {
	v, err = scan(q.QueryRow("SELECT "+columns+" FROM change_verification WHERE change_id = $1"+lock, id))
	if errors.Is(err, db.ErrNoRows) {
		return Verification{}, false, nil
	}
	return v, err == nil, err
}

// begin opens a verification; one that is watched for longer goes on.
func begin(tx *db.Tx, v Verification) error {
	return tx.Later("INSERT INTO change_verification ("+columns+", verdict, reason) VALUES "+db.Values(1, 13)+` ON CONFLICT (change_id) DO UPDATE
		SET from_at = excluded.from_at, to_at = excluded.to_at, until_at = excluded.until_at, done = FALSE, next_at = excluded.next_at`,
		v.Change, v.Service, db.Micros(v.started), db.Micros(v.Deployed), db.Micros(v.Until), int64(0), 0, false, "", db.Micros(v.next), "", "", "")
}

// end closes a verification; its result stays.
func end(tx *db.Tx, id int64) error {
	return tx.Later("UPDATE change_verification SET done = TRUE, next_at = 0 WHERE change_id = $1", id)
}

const (
	firstSQL = "SELECT next_at FROM change_verification WHERE next_at > 0 ORDER BY next_at LIMIT 1"
	dueSQL   = "SELECT " + columns + " FROM change_verification WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2"
)

func firstDue(q db.Querier) (us int64, err error) {
	err = q.QueryRow(firstSQL).Scan(&us)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return us, err
}

func due(tx *db.Tx, limit int) ([]Verification, error) {
	return db.Collect(tx, func(r *db.Rows) (Verification, error) { return scan(r) }, dueSQL+tx.SkipLocked(), db.Micros(tx.Now), limit)
}

// next sets when a verification is looked at; one that is over stays over.
func next(tx *db.Tx, id int64, at time.Time) error {
	return tx.Later("UPDATE change_verification SET next_at = $1 WHERE change_id = $2 AND done = FALSE", db.Micros(at), id)
}

// save keeps the result of a look. A look that took long does not overwrite one
// that was made after it.
func save(tx *db.Tx, v Verification, r Result, at time.Time) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return tx.Later("INSERT INTO change_verification ("+columns+", verdict, reason) VALUES "+db.Values(1, 13)+` ON CONFLICT (change_id) DO UPDATE
		SET looked_at = excluded.looked_at, looks = change_verification.looks + 1, result = excluded.result, verdict = excluded.verdict, reason = excluded.reason, error = ''
		WHERE change_verification.looked_at < excluded.looked_at`,
		v.Change, v.Service, db.Micros(v.started), db.Micros(v.Deployed), db.Micros(v.Until), db.Micros(at), 1, false, string(data), int64(0), "", string(r.Verdict), r.Reason)
}

func complain(tx *db.Tx, id int64, text string) error {
	return tx.Later("UPDATE change_verification SET error = $1 WHERE change_id = $2", text, id)
}

const servicesSQL = "SELECT service FROM change_service WHERE change_id = $1 LIMIT 100"

// services returns those of a change, the main one first.
func services(q db.Querier, id int64, main string) ([]string, error) {
	list, err := db.Collect(q, func(r *db.Rows) (s string, err error) { return s, r.Scan(&s) }, servicesSQL, id)
	slices.Sort(list)
	out := []string{main}
	for _, s := range list {
		if s != main {
			out = append(out, s)
		}
	}
	return out, err
}

// othersSQL finds changes of a service that began, or are planned to begin,
// between two times.
const othersSQL = `SELECT s.service, c.id, s.from_at, c.started_at, c.deployed_at, c.ended_at, c.is_open, c.planned_from, c.planned_to
	FROM change_service AS s JOIN change AS c ON c.id = s.change_id
	WHERE s.service = $1 AND s.from_at >= $2 AND s.from_at < $3 AND c.id <> $4 ORDER BY s.from_at, s.change_id LIMIT 50`

// maxAround bounds how many services around a change are looked at for others.
const maxAround = 20

// others returns changes that were, are or will be under way on the services
// while this one is compared. One that was planned and did not begin in time is
// none.
func others(q db.Querier, id int64, p Plan, services, around []string, now time.Time) (out []Overlap, err error) {
	at := map[int64]int{}
	ask := func(names []string, same bool) error {
		for _, name := range names {
			list, err := db.Collect(q, func(r *db.Rows) (o Overlap, err error) {
				var n, began, started, deployed, ended, from, to int64
				var open bool
				if err = r.Scan(&o.Service, &n, &began, &started, &deployed, &ended, &open, &from, &to); err != nil {
					return o, err
				}
				o.Change, o.Same = ref.N(ref.Change, n).String(), same
				switch {
				case started > 0:
					o.From, o.To = db.Time(started), p.Until
					if done := earliest(deployed, ended); done > 0 {
						o.To = db.Time(done)
					}
				case open && from > 0 && db.Time(from).After(now):
					o.From, o.To = db.Time(from), p.Until
					if to > from {
						o.To = db.Time(to)
					}
				default:
					return Overlap{}, nil
				}
				return o, nil
			}, othersSQL, name, db.Micros(p.From.Add(-Longest)), db.Micros(p.Until), id)
			if err != nil {
				return err
			}
			for _, o := range list {
				if o.Change == "" || !o.To.After(p.From) {
					continue
				}
				n, _ := ref.ID(ref.Change, o.Change)
				if _, twice := at[n]; !twice {
					at[n] = len(out)
					out = append(out, o)
				}
			}
		}
		return nil
	}
	if err := ask(services, true); err != nil {
		return nil, err
	}
	if err := ask(around[:min(len(around), maxAround)], false); err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, func(a, b Overlap) int { return a.From.Compare(b.From) })
	return out[:min(len(out), 50)], nil
}

// earliest is the smaller of two times that have happened; 0 when neither has.
func earliest(a, b int64) int64 {
	switch {
	case a == 0:
		return b
	case b == 0:
		return a
	}
	return min(a, b)
}
