package cmdb

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const discoveryColumns = "name, spec, sealed, run, error, failures, busy, last_at, next_at, version, created_at, updated_at"

const (
	listDiscoveriesSQL = "SELECT " + discoveryColumns + " FROM ci_discovery WHERE name > $1 ORDER BY name LIMIT $2"
	dueDiscoveriesSQL  = "SELECT " + discoveryColumns + " FROM ci_discovery WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2"
)

func scanDiscovery(row interface{ Scan(...any) error }) (d Discovery, err error) {
	var spec, sealed string
	var busy, last, next, created, updated int64
	err = row.Scan(&d.Name, &spec, &sealed, &d.Run, &d.Error, &d.Failures, &busy, &last, &next, &d.Version, &created, &updated)
	if err != nil {
		return d, err
	}
	d.busy, d.Last, d.Next, d.Created, d.Updated = db.Time(busy), db.Time(last), db.Time(next), db.Time(created), db.Time(updated)
	if err := json.Unmarshal([]byte(sealed), &d.sealed); err != nil {
		return d, err
	}
	d.Secrets = slices.Sorted(maps.Keys(d.sealed))
	return d, json.Unmarshal([]byte(spec), &d.Spec)
}

func collectDiscoveries(q db.Querier, query string, args ...any) ([]Discovery, error) {
	return db.Collect(q, func(r *db.Rows) (Discovery, error) { return scanDiscovery(r) }, query, args...)
}

func listDiscoveries(q db.Querier, after string, limit int) ([]Discovery, error) {
	return collectDiscoveries(q, listDiscoveriesSQL, after, limit)
}

func findDiscovery(q db.Querier, name, lock string) (d Discovery, ok bool, err error) {
	d, err = scanDiscovery(q.QueryRow("SELECT "+discoveryColumns+" FROM ci_discovery WHERE name = $1"+lock, name))
	if errors.Is(err, db.ErrNoRows) {
		return Discovery{}, false, nil
	}
	return d, err == nil, err
}

func getDiscovery(q db.Querier, name, lock string) (Discovery, error) {
	d, ok, err := findDiscovery(q, name, lock)
	if err == nil && !ok {
		err = errs.E(errs.NotFound, "there is no such discovery").On(ref.S(ref.Discovery, errs.Short(name)).String())
	}
	return d, err
}

// texts are the spec and the sealed secrets as JSON.
func (d Discovery) texts() (spec, sealed []byte, err error) {
	if spec, err = json.Marshal(d.Spec); err != nil {
		return nil, nil, err
	}
	sealed, err = json.Marshal(d.sealed)
	return spec, sealed, err
}

func insertDiscovery(tx *db.Tx, d Discovery) error {
	spec, sealed, err := d.texts()
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO ci_discovery ("+discoveryColumns+") VALUES "+db.Values(1, 12), d.Name, string(spec), string(sealed), d.Run, d.Error, d.Failures,
		db.Micros(d.busy), db.Micros(d.Last), db.Micros(d.Next), d.Version, db.Micros(d.Created), db.Micros(d.Updated))
	if db.IsUnique(err) {
		return errs.E(errs.Conflict, "a discovery of this name exists already").On(d.Ref().String()).Because(err)
	}
	return err
}

func updateDiscovery(tx *db.Tx, d Discovery) error {
	spec, sealed, err := d.texts()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE ci_discovery SET spec = $2, sealed = $3, run = $4, error = $5, failures = $6, busy = $7, last_at = $8, next_at = $9, version = $10, updated_at = $11
		WHERE name = $1`, d.Name, string(spec), string(sealed), d.Run, d.Error, d.Failures, db.Micros(d.busy), db.Micros(d.Last), db.Micros(d.Next), d.Version, db.Micros(d.Updated))
	return err
}

func removeDiscovery(tx *db.Tx, name string) error {
	_, err := tx.Exec("DELETE FROM ci_discovery WHERE name = $1", name)
	return err
}

// dueDiscoveries claims discoveries that are due until a time.
func dueDiscoveries(tx *db.Tx, until time.Time, limit int) ([]Discovery, error) {
	list, err := collectDiscoveries(tx, dueDiscoveriesSQL+tx.SkipLocked(), db.Micros(tx.Now), limit)
	for i := range list {
		list[i].busy = until
		if _, err := tx.Exec("UPDATE ci_discovery SET busy = $2, next_at = $2 WHERE name = $1", list[i].Name, db.Micros(until)); err != nil {
			return nil, err
		}
	}
	return list, err
}

func nextDiscovery(q db.Querier) (time.Time, error) {
	var us int64
	err := q.QueryRow("SELECT COALESCE(MIN(next_at), 0) FROM ci_discovery WHERE next_at > 0").Scan(&us)
	return db.Time(us), err
}
