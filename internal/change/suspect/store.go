package suspect

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// The rows of changes are read here, never written.

const candidateSQL = `SELECT c.id, c.title, c.type, c.kind, c.purpose, c.state, c.environment, c.services, c.risk, c.bypass, c.returns, c.taken_back_by,
	c.started_at, c.deployed_at, c.ended_at, COALESCE(b.started_at, 0), COALESCE(d.input, '')
	FROM change c LEFT JOIN change b ON b.id = c.taken_back_by LEFT JOIN change_decision d ON d.id = c.decision WHERE c.id `

func scanCandidate(r *db.Rows) (c Candidate, err error) {
	var services, input string
	var started, deployed, ended, taken int64
	if err = r.Scan(&c.Change, &c.Title, &c.Type, &c.Kind, &c.Purpose, &c.State, &c.Environment, &services, &c.Risk, &c.Bypass, &c.Returns, &c.TakenBackBy,
		&started, &deployed, &ended, &taken, &input); err != nil {
		return c, err
	}
	c.Started, c.Deployed, c.Ended, c.TakenBack = db.Time(started), db.Time(deployed), db.Time(ended), db.Time(taken)
	c.Lines, c.Destroyed = sizeOf(input)
	return c, json.Unmarshal([]byte(services), &c.Services)
}

// sizeOf reads how much was changed out of what the decision stood on.
func sizeOf(input string) (lines, destroyed int) {
	var f struct {
		Size struct {
			State string
			Value struct{ Lines, Destroyed int }
		}
	}
	if input == "" || json.Unmarshal([]byte(input), &f) != nil || f.Size.State != "value" {
		return -1, 0
	}
	return f.Size.Value.Lines, f.Size.Value.Destroyed
}

// candidatesByID returns changes by number; those that do not exist are left out.
func candidatesByID(q db.Querier, ids []int64) (out []Candidate, err error) {
	for part := range slices.Chunk(ids, 256) {
		in, args := db.InSet(q, 1, part)
		list, err := db.Collect(q, scanCandidate, candidateSQL+in, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	slices.SortFunc(out, func(a, b Candidate) int { return cmp.Compare(a.Change, b.Change) })
	return out, nil
}

const betweenCondition = "from_at >= $1 AND from_at <= $2"

// changesOf are the numbers of the newest changes of services in a time.
func changesOf(q db.Querier, services []string, from, to time.Time, limit int) ([]int64, error) {
	type dated struct{ id, at int64 }
	query, args := db.Keyed(q, "change_id, from_at", "change_service", betweenCondition, "service", 3, services)
	list, err := db.Collect(q, func(r *db.Rows) (x dated, err error) { return x, r.Scan(&x.id, &x.at) }, query, append([]any{db.Micros(from), db.Micros(to)}, args...)...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b dated) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(b.id, a.id)) })
	list = slices.Compact(list)
	out := make([]int64, 0, min(len(list), limit))
	for _, x := range list[:min(len(list), limit)] {
		out = append(out, x.id)
	}
	return out, nil
}

const startedSQL = "SELECT id FROM change WHERE started_at > 0 AND started_at >= $1 AND started_at <= $2 ORDER BY started_at DESC, id DESC LIMIT $3"

func startedBetween(q db.Querier, from, to time.Time, limit int) ([]int64, error) {
	return db.Collect(q, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) }, startedSQL, db.Micros(from), db.Micros(to), limit)
}

const edgeColumns = "incident_id, change_id, state, rule, person, at, note, rank, score, relation, steps, reasons, listed_at, place, latest, salt"

func scanEdge(r interface{ Scan(...any) error }) (e Edge, err error) {
	var reasons string
	var at, listed int64
	if err = r.Scan(&e.Incident, &e.Change, &e.State, &e.Rule, &e.Person, &at, &e.Note, &e.Rank, &e.Score, &e.Relation, &e.Steps, &reasons, &listed, &e.Place, &e.Latest, &e.salt); err != nil {
		return e, err
	}
	e.At, e.Listed = db.Time(at), db.Time(listed)
	return e, json.Unmarshal([]byte(reasons), &e.Reasons)
}

func collectEdges(q db.Querier, query string, args ...any) ([]Edge, error) {
	return db.Collect(q, func(r *db.Rows) (Edge, error) { return scanEdge(r) }, query, args...)
}

// mostEdges bounds the edges of one incident or one change that are read.
const mostEdges = 200

const (
	edgesOfSQL   = "SELECT " + edgeColumns + " FROM change_cause WHERE incident_id = $1 ORDER BY incident_id, change_id LIMIT $2"
	edgesToSQL   = "SELECT " + edgeColumns + " FROM change_cause WHERE change_id = $1 ORDER BY change_id DESC, incident_id DESC LIMIT $2"
	confirmedSQL = "SELECT " + edgeColumns + " FROM change_cause WHERE state = 'confirmed' ORDER BY at DESC, incident_id DESC, change_id DESC LIMIT $1"
	causedSQL    = "SELECT DISTINCT change_id FROM change_cause WHERE state = 'confirmed' AND change_id "
)

func edgesOf(q db.Querier, incident int64) ([]Edge, error) {
	return collectEdges(q, edgesOfSQL, incident, mostEdges)
}

func edgesTo(q db.Querier, change int64) ([]Edge, error) {
	return collectEdges(q, edgesToSQL, change, mostEdges)
}

func confirmedEdges(q db.Querier, limit int) ([]Edge, error) {
	return collectEdges(q, confirmedSQL, limit)
}

// Caused returns which of the changes are a confirmed cause of some incident.
func Caused(q db.Querier, changes []int64) (map[int64]bool, error) {
	out := map[int64]bool{}
	for part := range slices.Chunk(changes, 256) {
		in, args := db.InSet(q, 1, part)
		_, err := db.Collect(q, func(r *db.Rows) (id int64, err error) {
			err = r.Scan(&id)
			out[id] = true
			return id, err
		}, causedSQL+in, args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// readEdge returns an edge, or the zero one when there is none.
func readEdge(q db.Querier, incident, change int64, lock string) (Edge, error) {
	e, err := scanEdge(q.QueryRow("SELECT "+edgeColumns+" FROM change_cause WHERE incident_id = $1 AND change_id = $2"+lock, incident, change))
	if errors.Is(err, db.ErrNoRows) {
		return Edge{}, nil
	}
	return e, err
}

func saveEdge(tx *db.Tx, e Edge) error {
	if e.Reasons == nil {
		e.Reasons = []Reason{}
	}
	reasons, err := json.Marshal(e.Reasons)
	if err != nil {
		return err
	}
	return tx.Later("INSERT INTO change_cause ("+edgeColumns+") VALUES "+db.Values(1, 16)+` ON CONFLICT (incident_id, change_id) DO UPDATE
		SET state = excluded.state, rule = excluded.rule, person = excluded.person, at = excluded.at, note = excluded.note, rank = excluded.rank, score = excluded.score,
		relation = excluded.relation, steps = excluded.steps, reasons = excluded.reasons, listed_at = excluded.listed_at, place = excluded.place, latest = excluded.latest, salt = excluded.salt`,
		e.Incident, e.Change, string(e.State), string(e.Rule), e.Person, db.Micros(e.At), e.Note, e.Rank, e.Score, string(e.Relation), e.Steps, string(reasons), db.Micros(e.Listed), e.Place, e.Latest, e.salt)
}
