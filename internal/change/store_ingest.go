package change

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
)

// seenDeliveries returns which of the deliveries were taken before.
func seenDeliveries(q db.Querier, list []*delivery) (map[External]bool, error) {
	var sources, ids []string
	for _, d := range list {
		if d.id != "" {
			sources, ids = append(sources, d.in.Name), append(ids, d.id)
		}
	}
	seen := map[External]bool{}
	if len(ids) == 0 {
		return seen, nil
	}
	pairs, args := db.Pairs(q, "text", sources, ids)
	found, err := db.Collect(q, func(r *db.Rows) (e External, err error) { return e, r.Scan(&e.Source, &e.Key) },
		"SELECT d.source, d.id FROM "+pairs+" CROSS JOIN change_delivery d WHERE d.source = v.a AND d.id = v.b", args...)
	for _, e := range found {
		seen[e] = true
	}
	return seen, err
}

func insertDeliveries(tx *db.Tx, rows [][]any) error {
	return tx.InsertMany("INSERT INTO change_delivery (source, id, at) VALUES ", " ON CONFLICT (source, id) DO NOTHING", 3, rows)
}

// upsertFacts keeps the newest word of each key. Those of pull requests were
// merged with what was known.
func upsertFacts(tx *db.Tx, rows, pulls [][]any) error {
	if err := tx.InsertMany("INSERT INTO change_commit (repository, commit_sha, kind, key, at, data) VALUES ",
		" ON CONFLICT (commit_sha, kind, key, repository) DO UPDATE SET at = excluded.at, data = excluded.data WHERE excluded.at >= change_commit.at", 6, pulls); err != nil {
		return err
	}
	return tx.InsertMany("INSERT INTO change_commit (repository, commit_sha, kind, key, at, data) VALUES ",
		` ON CONFLICT (commit_sha, kind, key, repository) DO UPDATE SET at = excluded.at, data = excluded.data
WHERE excluded.at > change_commit.at OR excluded.at = change_commit.at AND excluded.data > change_commit.data`, 6, rows)
}

// upsertPhases keeps the first time of each phase, and what was told last.
func upsertPhases(tx *db.Tx, rows [][]any) error {
	return tx.InsertMany("INSERT INTO change_report (source, key, phase, at, last_at, data) VALUES ",
		` ON CONFLICT (source, key, phase) DO UPDATE SET
at = CASE WHEN excluded.at < change_report.at THEN excluded.at ELSE change_report.at END,
data = CASE WHEN excluded.last_at > change_report.last_at OR excluded.last_at = change_report.last_at AND excluded.data > change_report.data THEN excluded.data ELSE change_report.data END,
last_at = CASE WHEN excluded.last_at > change_report.last_at THEN excluded.last_at ELSE change_report.last_at END`, 6, rows)
}

func scanFact(r *db.Rows) (f factRow, err error) {
	err = r.Scan(&f.repository, &f.commit, &f.kind, &f.key, &f.at, &f.data)
	if f.kind == SignalPull && err == nil {
		f.pull = &Pull{}
		err = json.Unmarshal([]byte(f.data), f.pull)
	}
	return f, err
}

// pullRows reads what is known about pull requests, of which others are about
// to be stored; locked, since they are merged.
func pullRows(tx *db.Tx, list []factRow) ([]factRow, error) {
	if len(list) == 0 {
		return nil, nil
	}
	commits := make([]string, len(list))
	for i, f := range list {
		commits[i] = f.commit
	}
	return pullsOf(tx, commits, tx.ForUpdate())
}

func pullsOf(q db.Querier, commits []string, lock string) ([]factRow, error) {
	in, args := db.InSet(q, 1, sorted(commits))
	return db.Collect(q, scanFact, "SELECT repository, commit_sha, kind, key, at, data FROM change_commit WHERE kind = 'pull' AND commit_sha "+in+" ORDER BY commit_sha, key, repository"+lock, args...)
}

// linkedTo reads pull requests and pushes of commits.
func linkedTo(q db.Querier, commits []string) ([]factRow, error) {
	if len(commits) == 0 {
		return nil, nil
	}
	in, args := db.InSet(q, 1, sorted(commits))
	return db.Collect(q, scanFact, linkedSQL+in, args...)
}

const linkedSQL = "SELECT repository, commit_sha, kind, key, at, data FROM change_commit WHERE kind IN ('pull', 'push') AND commit_sha "

// phasesOf reads all that is known about deployments.
func phasesOf(q db.Querier, names []External) (map[External][]report, error) {
	out := map[External][]report{}
	sources, keys := split(names)
	pairs, args := db.Pairs(q, "text", sources, keys)
	type row struct {
		name External
		report
	}
	list, err := db.Collect(q, func(r *db.Rows) (x row, err error) {
		return x, r.Scan(&x.name.Source, &x.name.Key, &x.phase, &x.at, &x.data)
	}, "SELECT p.source, p.key, p.phase, p.at, p.data FROM "+pairs+" CROSS JOIN change_report p WHERE p.source = v.a AND p.key = v.b", args...)
	seen := map[External]map[Phase]bool{}
	for _, x := range list {
		if seen[x.name] == nil {
			seen[x.name] = map[Phase]bool{}
		}
		if seen[x.name][x.phase] { // the list of names was filled up with its last one
			continue
		}
		seen[x.name][x.phase] = true
		x.key = x.name.Key
		if err := json.Unmarshal([]byte(x.data), &x.told); err != nil {
			return nil, err
		}
		out[x.name] = append(out[x.name], x.report)
	}
	return out, err
}

// phasesOfChange reads the phases of all deployments that are one change.
func phasesOfChange(q db.Querier, id int64) ([]report, error) {
	return db.Collect(q, func(r *db.Rows) (x report, err error) {
		if err = r.Scan(&x.key, &x.phase, &x.at, &x.data); err == nil {
			err = json.Unmarshal([]byte(x.data), &x.told)
		}
		return x, err
	}, "SELECT p.key, p.phase, p.at, p.data FROM change_external e CROSS JOIN change_report p WHERE p.source = e.source AND p.key = e.key AND e.change_id = $1 LIMIT 500", id)
}

// boundTo returns which changes deployments are.
func boundTo(q db.Querier, names []External) (map[External]int64, error) {
	sources, keys := split(names)
	pairs, args := db.Pairs(q, "text", sources, keys)
	out := map[External]int64{}
	type row struct {
		name External
		id   int64
	}
	list, err := db.Collect(q, func(r *db.Rows) (x row, err error) { return x, r.Scan(&x.name.Source, &x.name.Key, &x.id) },
		"SELECT e.source, e.key, e.change_id FROM "+pairs+" CROSS JOIN change_external e WHERE e.source = v.a AND e.key = v.b", args...)
	for _, x := range list {
		out[x.name] = x.id
	}
	return out, err
}

func split(names []External) (sources, keys []string) {
	for _, n := range names {
		sources, keys = append(sources, n.Source), append(keys, n.Key)
	}
	return sources, keys
}

// changesOf returns the changes of commits, at most 500.
func changesOf(q db.Querier, commits []string) (map[string][]int64, error) {
	out := map[string][]int64{}
	if len(commits) == 0 {
		return out, nil
	}
	in, args := db.InSet(q, 1, sorted(commits))
	type row struct {
		commit string
		id     int64
	}
	list, err := db.Collect(q, func(r *db.Rows) (x row, err error) { return x, r.Scan(&x.commit, &x.id) },
		"SELECT commit_sha, id FROM change WHERE commit_sha <> '' AND commit_sha "+in+" ORDER BY commit_sha, id LIMIT 500", args...)
	for _, x := range list {
		out[x.commit] = append(out[x.commit], x.id)
	}
	return out, err
}

const cameBySQL = `SELECT id FROM change WHERE commit_sha = $1 AND commit_sha <> '' AND service || '' = $2 AND environment || '' = $3 AND id <> $4 AND started_at > 0 ORDER BY id DESC LIMIT 1`

// cameBy returns the latest change that began to bring a commit to a service in
// an environment; 0 when none did.
func cameBy(q db.Querier, commit, service, environment string, but int64) (id int64, err error) {
	err = q.QueryRow(cameBySQL, commit, service, environment, but).Scan(&id)
	if err == db.ErrNoRows {
		return 0, nil
	}
	return id, err
}

// mergeOf returns the commit that a pull request was merged as; empty when it
// was not, or is not known.
func mergeOf(q db.Querier, repository, number string) (string, error) {
	list, err := db.Collect(q, scanFact, "SELECT repository, commit_sha, kind, key, at, data FROM change_commit WHERE repository = $1 AND kind = 'pull' AND key = $2 LIMIT 100", repository, number)
	var last factRow
	for _, f := range list { // one for each head that it had
		if f.pull.Merged != "" && (last.pull == nil || f.at > last.at) {
			last = f
		}
	}
	if last.pull == nil {
		return "", err
	}
	return last.pull.Merged, err
}

// servicesOfRepository returns which services a repository deploys, by folder.
func servicesOfRepository(q db.Querier, repository string) (map[string][]string, error) {
	type row struct{ path, service string }
	list, err := db.Collect(q, func(r *db.Rows) (x row, err error) { return x, r.Scan(&x.path, &x.service) },
		"SELECT path, service FROM change_repository WHERE repository = $1 ORDER BY path, service LIMIT 1000", strings.ToLower(repository))
	out := map[string][]string{}
	for _, x := range list {
		out[x.path] = append(out[x.path], x.service)
	}
	return out, err
}

// pruneDeliveries forgets deliveries that nobody sends again; it returns how
// many.
func pruneDeliveries(tx *db.Tx, before int64, limit int) (int64, error) {
	return tx.Exec("DELETE FROM change_delivery WHERE (source, id) IN (SELECT source, id FROM change_delivery WHERE at < $1 ORDER BY at LIMIT $2)", before, limit)
}

// oldestDelivery is when the oldest delivery was taken; 0 when there is none.
func oldestDelivery(q db.Querier) (at int64, err error) {
	err = q.QueryRow("SELECT at FROM change_delivery ORDER BY at LIMIT 1").Scan(&at)
	if err == db.ErrNoRows {
		return 0, nil
	}
	return at, err
}

// saveRepositories makes rows the repositories of a service.
func saveRepositories(tx *db.Tx, service string, rows [][]any) error {
	if err := tx.Later("DELETE FROM change_repository WHERE service = $1", service); err != nil {
		return err
	}
	return tx.InsertMany("INSERT INTO change_repository (repository, path, service) VALUES ", " ON CONFLICT (repository, path, service) DO NOTHING", 3, rows)
}

// anyRepository reports whether any service's repository is known.
func anyRepository(q db.Querier) (bool, error) {
	var one int
	err := q.QueryRow("SELECT 1 FROM change_repository LIMIT 1").Scan(&one)
	if err == db.ErrNoRows {
		return false, nil
	}
	return err == nil, err
}

// edited reports whether a person edited a change.
func edited(q db.Querier, id int64) (bool, error) {
	var one int
	err := q.QueryRow("SELECT 1 FROM change_entry WHERE change_id = $1 AND kind = 'edit' LIMIT 1", id).Scan(&one)
	if err == db.ErrNoRows {
		return false, nil
	}
	return err == nil, err
}

// reviewsOf returns the verdicts about commits, oldest first.
func reviewsOf(q db.Querier, commits []string) ([]factRow, error) {
	in, args := db.InSet(q, 1, sorted(commits))
	list, err := db.Collect(q, func(r *db.Rows) (f factRow, err error) {
		if f, err = scanFact(r); err == nil {
			f.review = &Review{}
			err = json.Unmarshal([]byte(f.data), f.review)
		}
		return f, err
	}, "SELECT repository, commit_sha, kind, key, at, data FROM change_commit WHERE kind = 'review' AND commit_sha "+in+" LIMIT 200", args...)
	slices.SortFunc(list, func(x, y factRow) int { return cmp.Or(cmp.Compare(x.at, y.at), strings.Compare(x.key, y.key)) })
	return list, err
}

func (f factRow) pushed() (*Pushed, error) {
	p := &Pushed{}
	return p, json.Unmarshal([]byte(f.data), p)
}
