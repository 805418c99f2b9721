package scorecard

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

const cardColumns = "name, spec, version, created_at, updated_at"

func scanCard(row interface{ Scan(...any) error }) (c Card, err error) {
	var spec string
	var created, updated int64
	if err = row.Scan(&c.Name, &spec, &c.Version, &created, &updated); err != nil {
		return c, err
	}
	c.Created, c.Updated = db.Time(created), db.Time(updated)
	return c, json.Unmarshal([]byte(spec), &c.Spec)
}

func listCards(q db.Querier) ([]Card, error) {
	return db.Collect(q, func(r *db.Rows) (Card, error) { return scanCard(r) }, "SELECT "+cardColumns+" FROM scorecard ORDER BY name LIMIT 500")
}

func readCard(q db.Querier, name, lock string) (c Card, ok bool, err error) {
	c, err = scanCard(q.QueryRow("SELECT "+cardColumns+" FROM scorecard WHERE name = $1"+lock, name))
	if errors.Is(err, db.ErrNoRows) {
		return Card{}, false, nil
	}
	return c, err == nil, err
}

func saveCard(tx *db.Tx, c Card) error {
	spec, err := json.Marshal(c.Spec)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO scorecard ("+cardColumns+") VALUES "+db.Values(1, 5)+` ON CONFLICT (name) DO UPDATE
		SET spec = excluded.spec, version = excluded.version, updated_at = excluded.updated_at`, c.Name, string(spec), c.Version, db.Micros(c.Created), db.Micros(c.Updated))
	return err
}

func deleteCard(tx *db.Tx, name string) error {
	if _, err := tx.Exec("DELETE FROM scorecard WHERE name = $1", name); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM scorecard_state WHERE card = $1", name)
	return err
}

// forget drops how a service stands; its trend stays.
func forget(tx *db.Tx, service string) error {
	_, err := tx.Exec("DELETE FROM scorecard_state WHERE service = $1", service)
	return err
}

const stateColumns = "t.service, t.card, t.level, t.passed, t.counted, t.checks, t.at"

func scanState(row interface{ Scan(...any) error }) (s Standing, err error) {
	var checks string
	var at int64
	if err = row.Scan(&s.Service, &s.Card, &s.Level, &s.Passed, &s.Counted, &checks, &at); err != nil {
		return s, err
	}
	s.At = db.Time(at)
	return s, json.Unmarshal([]byte(checks), &s.Results)
}

// standingsSQL lists how services stand by one card, by service; of a team by
// way of the team's services.
func standingsSQL(f Filter) string {
	if f.Team != "" {
		return "SELECT " + stateColumns + ` FROM service AS s JOIN scorecard_state AS t ON t.service = s.name AND t.card = $1
			WHERE s.team = $4 AND s.name > $2 ORDER BY s.name LIMIT $3`
	}
	return "SELECT " + stateColumns + " FROM scorecard_state AS t WHERE t.card = $1 AND t.service > $2 ORDER BY t.service LIMIT $3"
}

func standings(q db.Querier, f Filter, after string, limit int) ([]Standing, error) {
	args := []any{f.Card, after, limit}
	if f.Team != "" {
		args = append(args, f.Team)
	}
	return db.Collect(q, func(r *db.Rows) (Standing, error) { return scanState(r) }, standingsSQL(f), args...)
}

// statesOf returns how services stand by all cards.
func statesOf(q db.Querier, services []string) (out []Standing, err error) {
	for part := range slices.Chunk(services, 500) {
		found, err := db.Collect(q, func(r *db.Rows) (Standing, error) { return scanState(r) },
			"SELECT "+stateColumns+" FROM scorecard_state AS t WHERE t.service IN "+db.In(1, len(part))+" ORDER BY t.service, t.card", db.Args(part)...)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

func levels(q db.Querier, services []string) (map[string]Level, error) {
	out := map[string]Level{}
	for part := range slices.Chunk(services, 500) {
		_, err := db.Collect(q, func(r *db.Rows) (x struct{}, err error) {
			var name string
			var l Level
			err = r.Scan(&name, &l)
			out[name] = l
			return x, err
		}, "SELECT service, MIN(level) FROM scorecard_state WHERE service IN "+db.In(1, len(part))+" GROUP BY service", db.Args(part)...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// save keeps a standing and its day's result.
func save(tx *db.Tx, s Standing) error {
	checks, err := json.Marshal(s.Results)
	if err != nil {
		return err
	}
	if err := tx.Later(`INSERT INTO scorecard_state (service, card, level, passed, counted, checks, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (service, card) DO UPDATE SET level = excluded.level, passed = excluded.passed, counted = excluded.counted, checks = excluded.checks, at = excluded.at`,
		s.Service, s.Card, int(s.Level), s.Passed, s.Counted, string(checks), db.Micros(s.At)); err != nil {
		return err
	}
	return tx.Later(`INSERT INTO scorecard_result (service, card, day, level, passed, counted) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (service, card, day) DO UPDATE SET level = excluded.level, passed = excluded.passed, counted = excluded.counted`,
		s.Service, s.Card, dayOf(s.At), int(s.Level), s.Passed, s.Counted)
}

// drop forgets how a service stands by a card that does not apply any more.
func drop(tx *db.Tx, service, card string) error {
	return tx.Later("DELETE FROM scorecard_state WHERE service = $1 AND card = $2", service, card)
}

func dayOf(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }

func trend(q db.Querier, service, card string, from time.Time) ([]Day, error) {
	return db.Collect(q, func(r *db.Rows) (d Day, err error) {
		var day int64
		err = r.Scan(&day, &d.Level, &d.Passed, &d.Counted)
		d.Day = time.Unix(day*24*60*60, 0).UTC()
		return d, err
	}, "SELECT day, level, passed, counted FROM scorecard_result WHERE service = $1 AND card = $2 AND day >= $3 ORDER BY day", service, card, dayOf(from))
}

// sweep forgets days long gone and returns how many.
func sweep(tx *db.Tx, before time.Time, limit int) (int64, error) {
	return tx.Exec(`DELETE FROM scorecard_result WHERE day < $1 AND day IN (SELECT day FROM scorecard_result WHERE day < $1 ORDER BY day LIMIT $2)`, dayOf(before), limit)
}

// round is where the measuring stands.
type round struct {
	next  time.Time
	after string // the service after which it goes on; "" at the beginning
	turn  int64  // moves with every batch: a batch of a turn gone by is not kept
	found bool   // false: another replica holds it
}

func readRound(q db.Querier, lock string) (r round, err error) {
	var next int64
	err = q.QueryRow("SELECT next_at, after, turn FROM scorecard_round WHERE id = 1"+lock).Scan(&next, &r.after, &r.turn)
	if errors.Is(err, db.ErrNoRows) {
		return r, nil
	}
	r.next, r.found = db.Time(next), err == nil
	return r, err
}

func saveRound(tx *db.Tx, r round) error {
	return tx.Later("UPDATE scorecard_round SET next_at = $1, after = $2, turn = $3 WHERE id = 1", db.Micros(r.next), r.after, r.turn)
}

// hurry brings the next round forward, and lets one that goes on begin again.
func hurry(tx *db.Tx, at time.Time) error {
	return tx.Later("UPDATE scorecard_round SET next_at = $1, after = '', turn = turn + 1 WHERE id = 1 AND (next_at > $1 OR after <> '')", db.Micros(at))
}
