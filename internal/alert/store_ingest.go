package alert

import (
	"cmp"
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
)

// chunk is how many rows one set-based statement handles. Lists are filled up
// to a power of two, so that few texts have to be prepared.
const chunk = 128

// padded is the next power of two, for repeating the last value.
func padded(n int) int {
	size := 1
	for size < n {
		size *= 2
	}
	return size
}

// load reads the state of all alerts of the batch that exist.
func (b *batch) load() error {
	for start := 0; start < len(b.items); {
		// One SELECT serves alerts of one integration.
		end := start
		args := []any{b.items[start].integration}
		for end < len(b.items) && end-start < chunk && b.items[end].integration == b.items[start].integration {
			args = append(args, b.items[end].dedup)
			end++
		}
		for n := padded(end - start); len(args) < n+1; {
			args = append(args, args[len(args)-1])
		}
		if err := b.loadSome(args); err != nil {
			return err
		}
		start = end
	}
	return nil
}

func (b *batch) loadSome(args []any) error {
	query := `SELECT id, integration_id, dedup, status, severity, sort_key, started_at, ended_at, closed_at, ended_by,
		event_at, acked_at, next_at, count, total, last_seen, flips, flapping_until, recent, content, version
		FROM alert WHERE integration_id = $1 AND dedup IN ` + db.In(2, len(args)-1)
	if lock := b.tx.ForUpdate(); lock != "" {
		// A fixed order, so that two replicas do not wait for each other; "+ 0",
		// so that it is sorted and not read off the primary key, all of it.
		query += " ORDER BY id + 0" + lock
	}
	rows, err := b.tx.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := b.scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (b *batch) scan(rows *db.Rows) error {
	var k key
	var in item
	st := &in.st
	var status string
	err := rows.Scan(&in.id, &k.integration, &k.dedup, &status, &st.severity, &in.sortKey, &st.started, &st.ended, &st.closed, &st.endedBy,
		&st.eventAt, &st.acked, &st.nextAt, &in.count, &in.total, &in.seen, &st.flips, &st.flappingUntil, &in.recent, &in.content, &in.version)
	if err != nil {
		return err
	}
	it := b.byKey[k]
	if it == nil { // loaded by id
		integration := b.pol.integrations[k.integration]
		if integration == nil {
			return nil
		}
		it = b.item(integration, k.dedup)
	}
	in.key, in.in = it.key, it.in
	in.st.known, in.st.firing = true, status == string(StatusFiring)
	*it = in
	return nil
}

// loadIDs reads the state of alerts by id, for due work.
func (b *batch) loadIDs(ids []int64) error {
	for part := range slices.Chunk(ids, chunk) {
		query := `SELECT id, integration_id, dedup, status, severity, sort_key, started_at, ended_at, closed_at, ended_by,
			event_at, acked_at, next_at, count, total, last_seen, flips, flapping_until, recent, content, version
			FROM alert WHERE id IN ` + db.In(1, padded(len(part)))
		if lock := b.tx.ForUpdate(); lock != "" {
			query += " ORDER BY id" + lock
		}
		rows, err := b.tx.Query(query, idArgs(part)...)
		if err != nil {
			return err
		}
		for rows.Next() {
			if err := b.scan(rows); err != nil {
				rows.Close()
				return err
			}
		}
		if err := rows.Close(); err != nil {
			return err
		}
	}
	return nil
}

// idArgs repeats the last id up to a power of two.
func idArgs(ids []int64) []any {
	out := make([]any, padded(len(ids)))
	for i := range out {
		out[i] = ids[min(i, len(ids)-1)]
	}
	return out
}

// knownEpisode is the current episode of an alert before this transaction,
// with what the alert row says besides.
type knownEpisode struct {
	episode   int64
	incident  int64
	severity  int8
	started   int64
	ended     int64
	silence   int64
	summary   string
	source    string
	labels    string
	groupKey  string
	groupText string
	routing   routingOfRecord
}

// loadEpisodes reads the current episodes of the alerts that change.
func (b *batch) loadEpisodes() error {
	var ids []int64
	byID := map[int64]*item{}
	for _, it := range b.items {
		if it.changed && !it.fresh {
			ids = append(ids, it.id)
			byID[it.id] = it
		}
	}
	for part := range slices.Chunk(ids, chunk) {
		rows, err := b.tx.Query(`SELECT a.id, e.id, e.incident_id, e.severity, e.started_at, e.ended_at, e.silence_id, a.summary, a.source, a.labels,
			e.group_key, e.group_text, a.service, a.team, a.rule, a.unrouted, a.quiet, a.silence_id
			FROM alert a JOIN alert_episode e ON e.id = a.episode_id WHERE a.id IN `+db.In(1, padded(len(part))), idArgs(part)...)
		if err != nil {
			return err
		}
		for rows.Next() {
			var id int64
			k := &knownEpisode{}
			r := &k.routing
			if err := rows.Scan(&id, &k.episode, &k.incident, &k.severity, &k.started, &k.ended, &k.silence, &k.summary, &k.source, &k.labels,
				&k.groupKey, &k.groupText, &r.service, &r.team, &r.rule, &r.unrouted, &r.quiet, &r.silence); err != nil {
				rows.Close()
				return err
			}
			byID[id].known, byID[id].routing = k, *r
		}
		if err := rows.Close(); err != nil {
			return err
		}
	}
	return nil
}

// write stores all that the batch changed.
func (b *batch) write() error {
	var alerts, episodes, states, repeats, contents, ends, routes [][]any
	for _, it := range b.items {
		if it.events > 0 {
			it.recent = bump(it.recent, b.now, it.events)
		}
		for _, d := range it.drafts {
			episodes = append(episodes, []any{d.id, it.id, int64(d.severity), d.event.title(), d.decision.service, d.decision.ruleName(),
				d.decision.groupKey, d.decision.groupText, d.silence, d.start, d.end, b.now, d.closed, d.endedBy, d.count})
		}
		switch {
		case it.fresh:
			alerts = append(alerts, it.insertRow(b.now))
			continue
		case it.changed:
			states = append(states, it.stateRow())
			if k := it.known; k != nil {
				if it.again {
					routes = append(routes, []any{k.episode, it.routing.service, it.routing.rule, k.groupKey, k.groupText, max(k.silence, it.routing.silence)})
				}
				row := []any{k.episode, int64(min(k.severity, it.worst())), k.ended, int64(0), "", int64(0)}
				if it.closed != nil {
					row = []any{k.episode, int64(min(k.severity, it.worst())), it.closed.closeAt, b.now, it.closed.closeBy, it.oldSeen}
				}
				if it.closed != nil || min(k.severity, it.worst()) != k.severity {
					ends = append(ends, row)
				}
			}
		case it.events > 0:
			repeats = append(repeats, []any{it.id, it.st.ended, it.st.eventAt, it.st.nextAt, it.count, it.total, it.seen, it.recent})
			if it.later {
				if _, err := b.tx.Exec("UPDATE alert_episode SET ended_at = $1 WHERE id = (SELECT episode_id FROM alert WHERE id = $2)", it.st.ended, it.id); err != nil {
					return err
				}
			}
		}
		if t := it.told; t != nil {
			contents = append(contents, []any{it.id, t.title(), t.Source, t.labels, t.annotations, t.links, string(t.Details), t.content})
		}
	}
	// Keys in one order, so that two replicas that tell of the same new alerts
	// wait for each other at the first one and never in a circle.
	slices.SortFunc(alerts, func(x, y []any) int {
		return cmp.Or(cmp.Compare(x[1].(int64), y[1].(int64)), cmp.Compare(x[2].(string), y[2].(string)))
	})
	if err := b.tx.InsertMany(insertAlert, "", insertAlertCols, alerts); err != nil {
		return err
	}
	if err := b.tx.InsertMany(insertEpisode, "", insertEpisodeCols, episodes); err != nil {
		return err
	}
	for _, u := range []struct {
		table *db.Update
		rows  [][]any
	}{{endsTable, ends}, {routesTable, routes}, {statesTable, states}, {repeatsTable, repeats}, {contentsTable, contents}} {
		if _, err := u.table.Run(b.tx, u.rows); err != nil {
			return err
		}
	}
	return nil
}

// worst is the worst severity that the known episode reached in this
// transaction.
func (it *item) worst() int8 {
	worst := int8(len(Severities))
	for _, s := range it.steps {
		if s.draft == nil && s.severity > 0 {
			worst = min(worst, s.severity)
		}
	}
	return worst
}

func setSeen(tx *db.Tx, integration, at int64) error {
	_, err := tx.Exec(`INSERT INTO integration_state (integration_id, seen_at) VALUES ($1, $2)
		ON CONFLICT (integration_id) DO UPDATE SET seen_at = excluded.seen_at`, integration, at)
	return err
}

const (
	insertAlert = `INSERT INTO alert (id, integration_id, dedup, status, severity, sort_key, summary, source, service, team, rule, unrouted, quiet,
		silence_id, episode_id, started_at, ended_at, closed_at, ended_by, event_at, acked_at, next_at, count, total, first_seen, last_seen,
		flips, flapping_until, recent, content, labels, annotations, links, details, version) VALUES `
	insertAlertCols = 35
	insertEpisode   = `INSERT INTO alert_episode (id, alert_id, severity, summary, service, rule, group_key, group_text, silence_id,
		started_at, ended_at, opened_at, closed_at, ended_by, count) VALUES `
	insertEpisodeCols = 15
)

func (it *item) insertRow(now int64) []any {
	st, r, d := &it.st, &it.routing, it.draft()
	t := it.told
	if t == nil {
		t = d.event
	}
	return []any{it.id, it.integration, it.dedup, string(it.status()), int64(st.severity), it.sortKey, t.title(), t.Source, r.service, r.team, r.rule, r.unrouted, r.quiet,
		r.silence, d.id, st.started, st.ended, st.closed, st.endedBy, st.eventAt, st.acked, st.nextAt, it.count, it.total, now, it.seen,
		st.flips, st.flappingUntil, it.recent, t.content, t.labels, t.annotations, t.links, string(t.Details), it.version + int64(len(it.steps))}
}

func (it *item) status() Status {
	if it.st.firing {
		return StatusFiring
	}
	return StatusResolved
}

// episode is the id of the current or last episode.
func (it *item) episode() int64 {
	if d := it.draft(); d != nil {
		return d.id
	}
	if it.known != nil {
		return it.known.episode
	}
	return 0
}

func (it *item) stateRow() []any {
	st, r := &it.st, &it.routing
	return []any{it.id, string(it.status()), int64(st.severity), it.sortKey, r.service, r.team, r.rule, r.unrouted, r.quiet, r.silence,
		it.episode(), st.started, st.ended, st.closed, st.endedBy, st.eventAt, st.acked, st.nextAt, it.count, it.total, it.seen,
		st.flips, st.flappingUntil, it.recent, it.version + int64(len(it.steps))}
}

// markSeen notes when integrations were last heard of, once a minute each.
func (b *batch) markSeen(reqs []*request) error {
	at := minute(b.now)
	for i, r := range reqs {
		if i > 0 && reqs[i-1].in.ID == r.in.ID {
			continue
		}
		if last, ok := b.s.seen.Load(r.in.ID); ok && last.(int64) >= at {
			continue
		}
		if err := setSeen(b.tx, r.in.ID, at); err != nil {
			return err
		}
		id := r.in.ID
		b.tx.After(func() { b.s.seen.Store(id, at) })
		b.tx.Unrecorded("when an integration was last heard of")
	}
	return nil
}
