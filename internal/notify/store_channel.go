package notify

import (
	"encoding/json"
	"errors"
	"sort"
	"time"

	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
)

const channelSQL = `SELECT c.name, c.kind, c.team, c.urgency, c.enabled, c.addresses, c.per_minute, c.url, c.secret, c.version, c.salt, c.created_at, c.updated_at,
	COALESCE(v.good_at, 0), COALESCE(v.bad_at, 0), COALESCE(v.error, ''), COALESCE(v.failures, 0)
	FROM notify_channel c LEFT JOIN notify_via v ON v.via = 'channel:' || c.name`

func scanChannel(s interface{ Scan(...any) error }) (c Channel, err error) {
	var addresses string
	var enabled bool
	var created, updated, good, bad int64
	err = s.Scan(&c.Name, &c.Spec.Kind, &c.Spec.Team, &c.Spec.Urgency, &enabled, &addresses, &c.Spec.PerMinute, &c.url, &c.secret, &c.Version, &c.salt, &created, &updated,
		&good, &bad, &c.Health.Error, &c.Health.Failures)
	if err != nil {
		return c, err
	}
	c.Spec.Disabled = !enabled
	c.HasSecret = len(c.secret) > 0
	c.CreatedAt, c.UpdatedAt = db.Time(created), db.Time(updated)
	c.Health.Good, c.Health.Bad = db.Time(good), db.Time(bad)
	return c, json.Unmarshal([]byte(addresses), &c.Spec.Addresses)
}

func collectChannel(r *db.Rows) (Channel, error) { return scanChannel(r) }

const channelListSQL = channelSQL + ` WHERE c.name > $1 ORDER BY c.name LIMIT $2`

func listChannels(q db.Querier, after string, limit int) ([]Channel, error) {
	return db.Collect(q, collectChannel, channelListSQL, after, limit)
}

func channelByName(q db.Querier, name string) (Channel, error) {
	return scanChannel(q.QueryRow(channelSQL+` WHERE c.name = $1`, name))
}

// lockChannel takes the row lock apart from the outer join, which PostgreSQL
// cannot lock through.
func lockChannel(tx *db.Tx, name string) (Channel, error) {
	var one int
	if err := tx.QueryRow(`SELECT 1 FROM notify_channel WHERE name = $1`+tx.ForUpdate(), name).Scan(&one); err != nil {
		return Channel{}, err
	}
	return channelByName(tx, name)
}

// channelsFor returns a team's channels and those named, by name.
func channelsFor(q db.Querier, team string, names []string) (map[string]Channel, error) {
	out := map[string]Channel{}
	if team != "" {
		rows, err := db.Collect(q, collectChannel, channelSQL+` WHERE c.team = $1`, team)
		if err != nil {
			return nil, err
		}
		for _, c := range rows {
			out[c.Name] = c
		}
	}
	for _, name := range names {
		if _, ok := out[name]; ok {
			continue
		}
		c, err := channelByName(q, name)
		if errors.Is(err, db.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out[name] = c
	}
	return out, nil
}

func putChannel(tx *db.Tx, c Channel) error {
	addresses, err := json.Marshal(c.Spec.Addresses)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO notify_channel (name, kind, team, urgency, enabled, addresses, per_minute, url, secret, version, salt, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)
		ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, team = excluded.team, urgency = excluded.urgency, enabled = excluded.enabled, addresses = excluded.addresses,
		per_minute = excluded.per_minute, url = excluded.url, secret = excluded.secret, version = excluded.version, updated_at = excluded.updated_at`,
		c.Name, string(c.Spec.Kind), c.Spec.Team, string(c.Spec.Urgency), !c.Spec.Disabled, string(addresses), c.Spec.PerMinute, c.url, c.secret, c.Version, c.salt,
		db.Micros(c.CreatedAt), db.Micros(c.UpdatedAt))
	return err
}

func deleteChannel(tx *db.Tx, c Channel) error {
	if _, err := tx.Exec(`DELETE FROM notify_channel WHERE name = $1`, c.Name); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM notify_via WHERE via = $1`, c.via())
	return err
}

// channelObjects are all channels as code, without their secrets.
func channelObjects(q db.Querier) ([]ascode.Object[ChannelSpec], error) {
	rows, err := db.Collect(q, collectChannel, channelSQL)
	out := make([]ascode.Object[ChannelSpec], len(rows))
	for i, c := range rows {
		out[i] = ascode.Object[ChannelSpec]{Name: c.Name, Spec: c.Spec}
		if c.Spec.Urgency == TakesAll {
			out[i].Spec.Urgency = ""
		}
	}
	return out, err
}

// lockVias makes sure of the rows of vias and locks them in a fixed order, so
// that two replicas which claim at once never wait for each other in a circle.
func lockVias(tx *db.Tx, vias []string) (map[string]lanes, error) {
	sort.Strings(vias)
	out := map[string]lanes{}
	for _, via := range vias {
		var urgent, all int64
		read := func() error {
			return tx.QueryRow(`SELECT urgent_free, all_free FROM notify_via WHERE via = $1`+tx.ForUpdate(), via).Scan(&urgent, &all)
		}
		err := read()
		if errors.Is(err, db.ErrNoRows) {
			if err = tx.Later(`INSERT INTO notify_via (via) VALUES ($1) ON CONFLICT (via) DO NOTHING`, via); err == nil {
				err = read()
			}
		}
		if err != nil {
			return nil, err
		}
		out[via] = lanes{db.Time(urgent), db.Time(all)}
	}
	return out, nil
}

func storeLanes(tx *db.Tx, via string, l lanes) error {
	return tx.Later(`UPDATE notify_via SET urgent_free = $2, all_free = $3 WHERE via = $1`, via, db.Micros(l.urgent), db.Micros(l.all))
}

// storeHealth adds what was seen of a via: good and bad are counts since the
// last call, and the newest outcome came last.
func storeHealth(tx *db.Tx, via string, now time.Time, good, bad int, lastGood bool, text string) error {
	if err := tx.Later(`INSERT INTO notify_via (via) VALUES ($1) ON CONFLICT (via) DO NOTHING`, via); err != nil {
		return err
	}
	if good > 0 {
		if err := tx.Later(`UPDATE notify_via SET good_at = $2, failures = 0 WHERE via = $1`, via, db.Micros(now)); err != nil {
			return err
		}
	}
	if bad == 0 {
		return nil
	}
	in := bad
	if lastGood {
		in = 0
	}
	return tx.Later(`UPDATE notify_via SET bad_at = $2, error = $3, failures = failures + $4 WHERE via = $1`, via, db.Micros(now), text, in)
}

// viaHealth is the health of a via that is no channel: the mail server.
func viaHealth(q db.Querier, via string) (h Health, err error) {
	var good, bad int64
	err = q.QueryRow(`SELECT good_at, bad_at, error, failures FROM notify_via WHERE via = $1`, via).Scan(&good, &bad, &h.Error, &h.Failures)
	if errors.Is(err, db.ErrNoRows) {
		return h, nil
	}
	h.Good, h.Bad = db.Time(good), db.Time(bad)
	return h, err
}
