package contact

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const methodCols = `id, person, kind, label, address, verified_at, code, code_sent_at, code_tries, codes_sent, good_at, bad_at, answer, failures, version, salt, created_at, updated_at`

func scanMethod(row interface{ Scan(...any) error }) (m Method, err error) {
	var verified, codeSent, good, bad, created, updated int64
	err = row.Scan(&m.ID, &m.Person, &m.Kind, &m.Label, &m.sealed, &verified, &m.code, &codeSent, &m.tries, &m.codes, &good, &bad, &m.Answer, &m.Failures, &m.Version, &m.salt, &created, &updated)
	m.Verified, m.CodeSent, m.Good, m.Bad = db.Time(verified), db.Time(codeSent), db.Time(good), db.Time(bad)
	m.Created, m.Updated = db.Time(created), db.Time(updated)
	return m, err
}

func collectMethod(r *db.Rows) (Method, error) { return scanMethod(r) }

const (
	methodsSQL    = `SELECT ` + methodCols + ` FROM contact_method WHERE person IN `
	methodByIDSQL = `SELECT ` + methodCols + ` FROM contact_method WHERE id IN `
)

// inChunks reads by ids, so many at a time that statements stay small.
func inChunks[T any](ids []int64, read func(ids []int64) ([]T, error)) (out []T, err error) {
	for len(ids) > 0 {
		n := min(len(ids), 200)
		part, err := read(ids[:n])
		if err != nil {
			return nil, err
		}
		out, ids = append(out, part...), ids[n:]
	}
	return out, nil
}

// allMethods are everybody's, for sealing them anew: some thousands at most.
func allMethods(q db.Querier) ([]Method, error) {
	return db.Collect(q, collectMethod, `SELECT `+methodCols+` FROM contact_method ORDER BY id`)
}

// methodsOf returns the methods of people, in the order in which each was
// added.
func methodsOf(q db.Querier, people []int64) (map[int64][]Method, error) {
	list, err := inChunks(people, func(ids []int64) ([]Method, error) {
		return db.Collect(q, collectMethod, methodsSQL+db.In(1, len(ids))+` ORDER BY person, id`, db.Args(ids)...)
	})
	out := map[int64][]Method{}
	for _, m := range list {
		out[m.Person] = append(out[m.Person], m)
	}
	return out, err
}

func methodsByID(q db.Querier, ids []int64) ([]Method, error) {
	return inChunks(ids, func(ids []int64) ([]Method, error) {
		return db.Collect(q, collectMethod, methodByIDSQL+db.In(1, len(ids)), db.Args(ids)...)
	})
}

// methodOf returns one method of a person; NotFound for those of others.
func methodOf(q db.Querier, person, id int64, lock string) (Method, error) {
	m, err := scanMethod(q.QueryRow(`SELECT `+methodCols+` FROM contact_method WHERE id = $1 AND person = $2`+lock, id, person))
	if errors.Is(err, db.ErrNoRows) {
		return m, errs.E(errs.NotFound, "you have no such contact method").On(ref.N(ref.Method, id).String())
	}
	return m, err
}

func putMethod(tx *db.Tx, m Method) error {
	return tx.Later(`INSERT INTO contact_method (`+methodCols+`) VALUES `+db.Values(1, 18)+`
		ON CONFLICT (id) DO UPDATE SET label = excluded.label, address = excluded.address, verified_at = excluded.verified_at, code = excluded.code, code_sent_at = excluded.code_sent_at,
		code_tries = excluded.code_tries, codes_sent = excluded.codes_sent, version = excluded.version, updated_at = excluded.updated_at`,
		m.ID, m.Person, string(m.Kind), m.Label, m.sealed, db.Micros(m.Verified), m.code, db.Micros(m.CodeSent), m.tries, m.codes, db.Micros(m.Good), db.Micros(m.Bad), m.Answer, m.Failures,
		m.Version, m.salt, db.Micros(m.Created), db.Micros(m.Updated))
}

// storeHealth notes how messages by a method went; it is no new version of it.
func storeHealth(tx *db.Tx, m Method) error {
	return tx.Later(`UPDATE contact_method SET good_at = $2, bad_at = $3, answer = $4, failures = $5 WHERE id = $1`,
		m.ID, db.Micros(m.Good), db.Micros(m.Bad), m.Answer, m.Failures)
}

func deleteMethod(tx *db.Tx, id int64) error {
	return tx.Later(`DELETE FROM contact_method WHERE id = $1`, id)
}

const ruleCols = `person, p1, p2, p3, p4, other, zone, quiet_from, quiet_to, test_clock, test_at, tested_at, version, salt`

type ruleRow struct {
	person int64
	Rules
}

func scanRules(row interface{ Scan(...any) error }) (r ruleRow, err error) {
	var p1, other string
	var p2, p3, p4 *string
	var next, tested int64
	err = row.Scan(&r.person, &p1, &p2, &p3, &p4, &other, &r.Zone, &r.Quiet.From, &r.Quiet.To, &r.TestAt, &next, &tested, &r.Version, &r.salt)
	r.P1, r.Other = parseLegs(p1), parseLegs(other)
	for text, into := range map[**string]*[]Leg{&p2: &r.P2, &p3: &r.P3, &p4: &r.P4} {
		if *text != nil {
			*into = parseLegs(**text)
		}
	}
	r.next, r.Tested = db.Time(next), db.Time(tested)
	return r, err
}

func collectRules(r *db.Rows) (ruleRow, error) { return scanRules(r) }

// rulesOf returns the rules of people; those who set none are missing.
func rulesOf(q db.Querier, people []int64) (map[int64]Rules, error) {
	list, err := inChunks(people, func(ids []int64) ([]ruleRow, error) {
		return db.Collect(q, collectRules, `SELECT `+ruleCols+` FROM contact_rule WHERE person IN `+db.In(1, len(ids)), db.Args(ids)...)
	})
	out := map[int64]Rules{}
	for _, r := range list {
		out[r.person] = r.Rules
	}
	return out, err
}

func putRules(tx *db.Tx, person int64, r Rules) error {
	opt := func(legs []Leg) any {
		if legs == nil {
			return nil
		}
		return formatLegs(legs)
	}
	return tx.Later(`INSERT INTO contact_rule (`+ruleCols+`, updated_at) VALUES `+db.Values(1, 15)+`
		ON CONFLICT (person) DO UPDATE SET p1 = excluded.p1, p2 = excluded.p2, p3 = excluded.p3, p4 = excluded.p4, other = excluded.other, zone = excluded.zone,
		quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, test_clock = excluded.test_clock, test_at = excluded.test_at, tested_at = excluded.tested_at,
		version = excluded.version, salt = excluded.salt, updated_at = excluded.updated_at`,
		person, formatLegs(r.P1), opt(r.P2), opt(r.P3), opt(r.P4), formatLegs(r.Other), r.Zone, r.Quiet.From, r.Quiet.To, r.TestAt, db.Micros(r.next), db.Micros(r.Tested), r.Version, r.salt, db.Micros(tx.Now))
}

func deleteRules(tx *db.Tx, person int64) error {
	return tx.Later(`DELETE FROM contact_rule WHERE person = $1`, person)
}

// allRules are the rules of everybody, with versions above 0, for export.
func allRules(q db.Querier) ([]ruleRow, error) {
	return db.Collect(q, collectRules, `SELECT `+ruleCols+` FROM contact_rule ORDER BY person`)
}

const (
	nextTestSQL = `SELECT test_at FROM contact_rule WHERE test_at > 0 ORDER BY test_at LIMIT 1`
	dueTestSQL  = `SELECT ` + ruleCols + ` FROM contact_rule WHERE test_at > 0 AND test_at <= $1 ORDER BY test_at LIMIT $2`
)

func nextTest(q db.Querier) (time.Time, error) {
	var at int64
	err := q.QueryRow(nextTestSQL).Scan(&at)
	if errors.Is(err, db.ErrNoRows) {
		return time.Time{}, nil
	}
	return db.Time(at), err
}

func dueTests(tx *db.Tx, limit int) ([]ruleRow, error) {
	return db.Collect(tx, collectRules, dueTestSQL+tx.SkipLocked(), db.Micros(tx.Now), limit)
}

// digest is over all that is stored of a method; its address is personal data,
// hence the salt. How it fares is not part of it.
func (m Method) digest() string {
	return evidence.Digest(m.salt, struct {
		ID, Person  int64
		Kind, Label string
		Address     []byte
		Verified    int64
		Version     int64
	}{m.ID, m.Person, string(m.Kind), m.Label, m.sealed, db.Micros(m.Verified), m.Version})
}

// digest is over what a person chose.
func (r Rules) digest() string {
	text, _ := json.Marshal(specOf(r)) // strings only
	return evidence.Digest(r.salt, struct {
		Rules   string
		Version int64
	}{string(text), r.Version})
}
