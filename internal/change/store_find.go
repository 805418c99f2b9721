package change

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// findExternal returns the change that a pipeline knows under a key; 0 when
// there is none.
func findExternal(q db.Querier, source, key string) (id int64, err error) {
	err = q.QueryRow("SELECT change_id FROM change_external WHERE source = $1 AND key = $2", source, key).Scan(&id)
	if err == db.ErrNoRows {
		return 0, nil
	}
	return id, err
}

// bind notes under which key a pipeline knows a change. A key that is bound
// keeps its change.
func bind(tx *db.Tx, id int64, source, key string) error {
	return tx.Later("INSERT INTO change_external (source, key, change_id) VALUES ($1, $2, $3) ON CONFLICT (source, key) DO NOTHING", source, key, id)
}

// External is a name under which a pipeline knows a change.
type External struct{ Source, Key string }

// externals are the names under which pipelines know a change.
func externals(q db.Querier, id int64) ([]External, error) {
	return db.Collect(q, func(r *db.Rows) (e External, err error) { return e, r.Scan(&e.Source, &e.Key) },
		"SELECT source, key FROM change_external WHERE change_id = $1 ORDER BY source, key", id)
}

// findOpen returns the open change of a service, environment, commit and kind:
// there is at most one. Its row is locked in a transaction.
func findOpen(q db.Querier, service, environment, commit string, kind Kind) (c Change, ok bool, err error) {
	if commit == "" {
		return Change{}, false, nil
	}
	c, err = scan(q.QueryRow("SELECT "+columns+" FROM change WHERE service = $1 AND environment = $2 AND commit_sha = $3 AND kind = $4 AND is_open = TRUE AND commit_sha <> ''"+lockOf(q),
		service, environment, commit, string(kind)))
	if err == db.ErrNoRows {
		return Change{}, false, nil
	}
	return c, err == nil, err
}

func lockOf(q db.Querier) string {
	if tx, ok := q.(*db.Tx); ok {
		return tx.ForUpdate()
	}
	return ""
}

// running returns the change that brought what runs on a service in an
// environment now: the one deployed last that was not taken back.
func running(q db.Querier, service, environment string) (c Change, ok bool, err error) {
	c, err = scan(q.QueryRow("SELECT "+columns+" FROM change WHERE service = $1 AND environment = $2 AND deployed_at > 0 AND state <> 'rolled back' ORDER BY deployed_at DESC LIMIT 1", service, environment))
	if err == db.ErrNoRows {
		return Change{}, false, nil
	}
	return c, err == nil, err
}

// ranBefore returns the latest change that brought an artefact to a service in
// an environment and succeeded; 0 when it never did.
func ranBefore(q db.Querier, service, environment, artefact string) (id int64, err error) {
	if artefact == "" {
		return 0, nil
	}
	err = q.QueryRow("SELECT id FROM change WHERE service = $1 AND environment = $2 AND artefact = $3 AND state = 'succeeded' ORDER BY ended_at DESC LIMIT 1", service, environment, artefact).Scan(&id)
	if err == db.ErrNoRows {
		return 0, nil
	}
	return id, err
}

// openOn returns the open changes of services, oldest first, at most limit for
// each service; an id may stand there for several services.
func openOn(q db.Querier, services []string, limit int) (out []Change, err error) {
	var ids []int64
	for _, name := range services {
		list, err := db.Collect(q, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) },
			"SELECT change_id FROM change_service WHERE service = $1 AND is_open = TRUE ORDER BY change_id DESC LIMIT $2", name, limit)
		if err != nil {
			return nil, err
		}
		ids = append(ids, list...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	rows, err := getMany(q, ids)
	for _, id := range ids {
		if c, ok := rows[id]; ok {
			out = append(out, c)
		}
	}
	return out, err
}

// badSince returns the newest change of a service and environment that failed
// since a time; 0 when none did. It looks at the latest 50.
func badSince(q db.Querier, service, environment string, since time.Time, but int64) (id int64, err error) {
	list, err := db.Collect(q, func(r *db.Rows) (c Change, err error) {
		return c, r.Scan(&c.ID, &c.State, &c.Caused, &c.Environment)
	}, `SELECT c.id, c.state, c.caused, c.environment FROM change_service s CROSS JOIN change c WHERE c.id = s.change_id AND s.service = $1 AND s.from_at >= $2
ORDER BY s.from_at DESC, s.change_id DESC LIMIT 50`, service, db.Micros(since))
	for _, c := range list {
		if c.ID != but && c.Environment == environment && c.Bad() {
			return c.ID, err
		}
	}
	return 0, err
}

// unreviewed returns the emergency changes of services that ended and that
// nobody reviewed yet, oldest first.
func unreviewed(q db.Querier, services []string) ([]int64, error) {
	in, args := db.InSet(q, 1, services)
	return db.Collect(q, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) },
		"SELECT DISTINCT c.id FROM change c CROSS JOIN change_service s WHERE s.change_id = c.id AND c.review_due > 0 AND c.reviewed_at = 0 AND s.service "+in+" ORDER BY c.id LIMIT 20", args...)
}

// idsBetween are the changes of a service by time, newest first.
func idsBetween(q db.Querier, service string, from, to time.Time, limit int) ([]int64, error) {
	return idsOf(q, "SELECT change_id FROM change_service WHERE service = $1 AND from_at >= $2 AND from_at < $3 ORDER BY from_at DESC, change_id DESC LIMIT $4",
		service, db.Micros(from), db.Micros(to), limit)
}
