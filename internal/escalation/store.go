package escalation

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const columns = "name, spec, version, created_at, updated_at"

// listSQL reads a part of the list.
const listSQL = "SELECT " + columns + " FROM escalation_policy WHERE name > $1 ORDER BY name LIMIT $2"

func scan(row interface{ Scan(...any) error }) (s Stored, err error) {
	var spec string
	var created, updated int64
	if err = row.Scan(&s.Name, &spec, &s.Version, &created, &updated); err != nil {
		return s, err
	}
	s.Created, s.Updated = db.Time(created), db.Time(updated)
	return s, json.Unmarshal([]byte(spec), &s.Spec)
}

// find returns a policy with people by key; ok is false when there is none.
func find(q db.Querier, name, lock string) (s Stored, ok bool, err error) {
	s, err = scan(q.QueryRow("SELECT "+columns+" FROM escalation_policy WHERE name = $1"+lock, name))
	if errors.Is(err, db.ErrNoRows) {
		return Stored{}, false, nil
	}
	return s, err == nil, err
}

func list(q db.Querier, after string, limit int) ([]Stored, error) {
	return db.Collect(q, func(r *db.Rows) (Stored, error) { return scan(r) }, listSQL, after, limit)
}

func insert(tx *db.Tx, s Stored) error {
	spec, err := json.Marshal(s.Spec)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO escalation_policy ("+columns+") VALUES "+db.Values(1, 5), s.Name, string(spec), s.Version, db.Micros(s.Created), db.Micros(s.Updated))
	if db.IsUnique(err) {
		return errs.E(errs.Conflict, "an escalation policy of this name exists already").On(s.Ref().String()).Because(err)
	}
	return err
}

func update(tx *db.Tx, s Stored) error {
	spec, err := json.Marshal(s.Spec)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE escalation_policy SET spec = $2, version = $3, updated_at = $4 WHERE name = $1", s.Name, string(spec), s.Version, db.Micros(s.Updated))
	return err
}

func remove(tx *db.Tx, name string) error {
	for _, sql := range []string{"DELETE FROM escalation_policy WHERE name = $1", "DELETE FROM escalation_serves WHERE policy = $1", "DELETE FROM escalation_nested WHERE policy = $1"} {
		if _, err := tx.Exec(sql, name); err != nil {
			return err
		}
	}
	return nil
}

// served is one whom a policy serves.
type served struct{ Kind, Name, Policy string }

// serving returns which policies serve a service and a team, by kind.
func serving(q db.Querier, service, team string) (map[string]string, error) {
	list, err := db.Collect(q, func(r *db.Rows) (x served, err error) { return x, r.Scan(&x.Kind, &x.Policy) },
		"SELECT kind, policy FROM escalation_serves WHERE kind = 'service' AND name = $1 OR kind = 'team' AND name = $2", service, team)
	out := map[string]string{}
	for _, x := range list {
		out[x.Kind] = x.Policy
	}
	return out, err
}

// setServed makes a policy serve exactly these. take says whether they may be
// taken from another policy. Errors: Invalid for one that may not.
func setServed(tx *db.Tx, name string, s Spec, take func(other string) (bool, error)) error {
	if _, err := tx.Exec("DELETE FROM escalation_serves WHERE policy = $1", name); err != nil {
		return err
	}
	var bad errs.Fields
	for _, x := range []struct {
		kind, field string
		names       []string
	}{{"team", "teams", s.Teams}, {"service", "services", s.Services}} {
		for n, of := range x.names {
			var other string
			err := tx.QueryRow("SELECT policy FROM escalation_serves WHERE kind = $1 AND name = $2", x.kind, of).Scan(&other)
			if err != nil && !errors.Is(err, db.ErrNoRows) {
				return err
			}
			if err == nil {
				mine, err := take(other)
				if err != nil {
					return err
				}
				if !mine {
					bad.Add(x.field+index(n), of, "the policy "+other+" serves it already; take it out there first")
					continue
				}
			}
			if _, err := tx.Exec("INSERT INTO escalation_serves (kind, name, policy) VALUES ($1, $2, $3) ON CONFLICT (kind, name) DO UPDATE SET policy = excluded.policy", x.kind, of, name); err != nil {
				return err
			}
		}
	}
	return bad.Err()
}

// checkServed refuses what another policy has taken meanwhile.
func checkServed(q db.Querier, name string, s Spec) error {
	list, err := db.Collect(q, func(r *db.Rows) (x served, err error) { return x, r.Scan(&x.Kind, &x.Name) },
		"SELECT kind, name FROM escalation_serves WHERE policy = $1", name)
	if err != nil {
		return err
	}
	var bad errs.Fields
	for n, team := range s.Teams {
		if !slices.Contains(list, served{Kind: "team", Name: team}) {
			bad.Add("teams"+index(n), team, "another policy serves it now; take it out here or there")
		}
	}
	for n, service := range s.Services {
		if !slices.Contains(list, served{Kind: "service", Name: service}) {
			bad.Add("services"+index(n), service, "another policy serves it now; take it out here or there")
		}
	}
	return bad.Err()
}

// setNested remembers which policies a policy names.
func setNested(tx *db.Tx, name string, inner []string) error {
	if _, err := tx.Exec("DELETE FROM escalation_nested WHERE policy = $1", name); err != nil {
		return err
	}
	for _, i := range inner {
		if _, err := tx.Exec("INSERT INTO escalation_nested (policy, inner_policy) VALUES ($1, $2)", name, i); err != nil {
			return err
		}
	}
	return nil
}

const outerSQL = "SELECT policy FROM escalation_nested WHERE inner_policy = $1 ORDER BY policy"

// outer returns the policies that name this one.
func outer(q db.Querier, name string) ([]string, error) {
	return db.Collect(q, func(r *db.Rows) (s string, err error) { return s, r.Scan(&s) }, outerSQL, name)
}

// takeTurn counts one more ladder of a policy.
func takeTurn(tx *db.Tx, name string) (turn int64, err error) {
	err = tx.QueryRow("UPDATE escalation_policy SET turns = turns + 1 WHERE name = $1 RETURNING turns", name).Scan(&turn)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return turn - 1, err
}

// keepPlan stores a plan, once.
func keepPlan(tx *db.Tx, p *Plan) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return tx.Later("INSERT INTO escalation_plan (id, plan) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING", p.ID, string(text))
}

func readPlan(q db.Querier, id string) (*Plan, error) {
	var text string
	if err := q.QueryRow("SELECT plan FROM escalation_plan WHERE id = $1", id).Scan(&text); err != nil {
		return nil, err
	}
	p := &Plan{}
	err := json.Unmarshal([]byte(text), p)
	p.ID = id
	return p, err
}

func noPolicy(name string) error {
	return errs.E(errs.NotFound, "there is no such escalation policy").On(ref.S(ref.Escalation, errs.Short(name)).String())
}
