package change

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
)

// mostSaid bounds what is read about one commit: a monorepo's commit may have
// hundreds of suites.
const mostSaid = 500

const commitSaidSQL = "SELECT repository, kind, key, data FROM change_commit WHERE commit_sha = $1 AND kind IN ('pull', 'push', 'review', 'tests', 'scan', 'plan') LIMIT " // + mostSaid

// commitSaid is what pipelines told about a commit, for the facts.
func commitSaid(q db.Querier, commit string) ([]said, error) {
	if commit == "" {
		return nil, nil
	}
	return db.Collect(q, func(r *db.Rows) (x said, err error) { return x, r.Scan(&x.Repository, &x.Kind, &x.Key, &x.Data) },
		commitSaidSQL+strconv.Itoa(mostSaid), commit)
}

const everToldSQL = "SELECT 1 FROM change_commit WHERE repository = $1 AND kind = $2 LIMIT 1"

// everTold reports whether pipelines ever told such a thing of a repository
// (in lower case).
func everTold(q db.Querier, repository string, kind SignalKind) (bool, error) {
	var one int
	err := q.QueryRow(everToldSQL, repository, string(kind)).Scan(&one)
	if err == db.ErrNoRows {
		return false, nil
	}
	return err == nil, err
}

// openAround returns the changes of services, and of those around, that are on
// their way or planned. A change stands there once for each of the services.
func openAround(q db.Querier, services []string) ([]openRow, error) {
	if len(services) == 0 {
		return nil, nil
	}
	query, args := openAroundSQL(q, services)
	return db.Collect(q, func(r *db.Rows) (o openRow, err error) {
		var started, verify, from, to int64
		err = r.Scan(&o.Service, &o.ID, &o.State, &o.Environment, &o.Kind, &o.Commit, &o.Artefact, &started, &verify, &from, &to)
		o.Started, o.VerifyUntil, o.PlannedFrom, o.PlannedTo = db.Time(started), db.Time(verify), db.Time(from), db.Time(to)
		return o, err
	}, query, args...)
}

// CROSS JOIN makes SQLite take the services first.
func openAroundSQL(q db.Querier, services []string) (string, []any) {
	in, args := db.InSet(q, 1, services)
	return `SELECT s.service, c.id, c.state, c.environment, c.kind, c.commit_sha, c.artefact, c.started_at, c.verify_until, c.planned_from, c.planned_to
FROM change_service s CROSS JOIN change c WHERE c.id = s.change_id AND s.on_way = TRUE AND s.service ` + in + ` LIMIT 500`, args
}

const ranWellSQL = `SELECT id, artefact, commit_sha FROM change WHERE service = $1 AND environment = $2 AND artefact = $3 AND state = 'succeeded' AND id <> $4 ORDER BY ended_at DESC LIMIT 10`

// ranWell returns the latest changes that brought the artefact of a change to
// its main service and environment, and succeeded.
func ranWell(q db.Querier, c Change) ([]ranRow, error) {
	return db.Collect(q, func(r *db.Rows) (x ranRow, err error) { return x, r.Scan(&x.ID, &x.Artefact, &x.Commit) },
		ranWellSQL, c.Main(), c.Environment, c.Artefact, c.ID)
}

// findAsked returns the change that a question is about: the open one of its
// main service, environment, commit and kind, or the one that somebody rejected
// for that commit.
func findAsked(q db.Querier, c Change) (found Change, ok bool, err error) {
	if c.Commit == "" {
		return Change{}, false, nil
	}
	var id int64 // nearly always there is none: the long list of columns is read only when there is
	err = q.QueryRow(findAskedSQL, c.Commit, c.Main(), c.Environment, string(c.Kind)).Scan(&id)
	if err == db.ErrNoRows {
		return Change{}, false, nil
	}
	if err != nil {
		return Change{}, false, err
	}
	found, err = get(q, id, "")
	return found, err == nil, err
}

const findAskedSQL = `SELECT id FROM change WHERE commit_sha = $1 AND commit_sha <> '' AND service || '' = $2 AND environment || '' = $3 AND kind || '' = $4
AND state IN ('draft', 'assessed', 'awaiting approval', 'approved', 'scheduled', 'in progress', 'verifying', 'rejected') ORDER BY id DESC LIMIT 1`

// holdStamps reads the numbers of a change's services, which it holds until the
// transaction ends, of those around, and of what concerns all. SQLite has one
// writer, who holds everything.
func holdStamps(tx *db.Tx, own, around []string) (stamps, error) {
	all := append(own[:len(own):len(own)], around...)
	if tx.Dialect().SQLite() {
		return readStamps(tx, all)
	}
	// Held one after the other in a fixed order, without the row of what
	// concerns all: it would make all gates of the organisation one queue.
	rows := make([][]any, 0, len(own))
	for _, name := range sorted(own) {
		rows = append(rows, []any{name, int64(0)})
	}
	if err := tx.InsertMany("INSERT INTO change_stamp (service, n) VALUES ", " ON CONFLICT (service) DO UPDATE SET n = change_stamp.n", 2, rows); err != nil {
		return stamps{}, err
	}
	return readStamps(tx, all)
}

// staleReviews counts the people who approved an earlier commit of a pull
// request and said nothing about this one; last is what was said about this one,
// by login.
func staleReviews(q db.Querier, repository string, p *Pull, last map[string]Review) (int, error) {
	number := strconv.FormatInt(p.Number, 10)
	list, err := db.Collect(q, func(r *db.Rows) (data string, err error) { return data, r.Scan(&data) },
		staleReviewsSQL, repository, number+"/", number+"0") // "0" follows "/"
	who := map[string]bool{}
	for _, data := range list {
		var v Review
		login := ""
		if json.Unmarshal([]byte(data), &v) == nil {
			login = strings.ToLower(v.Reviewer)
		}
		if _, said := last[login]; login != "" && !said && v.Verdict == ReviewApproved && !strings.EqualFold(login, p.Author) {
			who[login] = true
		}
	}
	return len(who), err
}

const staleReviewsSQL = "SELECT data FROM change_commit WHERE repository = $1 AND kind = 'review' AND key >= $2 AND key < $3 ORDER BY key LIMIT 200"

// pastsOf is pasts in one query; what was not asked for may be among it.
func pastsOf(q db.Querier, keys []pastKey) (map[pastKey]Past, error) {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Name
	}
	query, args := pastsSQL(q, names)
	rows, err := q.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make(map[pastKey]Past, len(keys))
	for rows.Next() {
		var k pastKey
		var p Past
		var last, proven int64
		if err := rows.Scan(&k.Kind, &k.Name, &p.Changes, &p.Failed, &last, &proven); err != nil {
			return nil, err
		}
		p.Last, p.Proven = db.Time(last), db.Time(proven)
		out[k] = p
	}
	return out, rows.Err()
}

func pastsSQL(q db.Querier, names []string) (string, []any) {
	in, args := db.InSet(q, 1, names)
	return "SELECT kind, name, changes, failed, last_at, proven_at FROM change_past WHERE kind IN ('service', 'author', 'model') AND name " + in, args
}

// askers are the people who asked the gate for a change, or made it by hand.
func askers(q db.Querier, id int64) ([]int64, error) {
	list, err := db.Collect(q, func(r *db.Rows) (p int64, err error) { return p, r.Scan(&p) },
		"SELECT person FROM change_entry WHERE change_id = $1 AND person <> 0 AND (n = 1 OR kind = 'decision') ORDER BY n LIMIT 100", id)
	slices.Sort(list)
	return slices.Compact(list), err
}
