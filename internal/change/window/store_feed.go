package window

import (
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// FeedOf says what a calendar feed shows; nothing: everything.
type FeedOf struct {
	Team    string
	Service string
}

// putFeed keeps the hash of a feed's secret; an older one stops working.
func putFeed(tx *db.Tx, person int64, of FeedOf, hash []byte) error {
	_, err := tx.Exec("INSERT INTO change_feed (person, team, service, hash, created_at) VALUES ($1, $2, $3, $4, $5)"+
		" ON CONFLICT (person, team, service) DO UPDATE SET hash = excluded.hash, created_at = excluded.created_at", person, of.Team, of.Service, hash, db.Micros(tx.Now))
	return err
}

const feedSQL = "SELECT person, team, service FROM change_feed WHERE hash = $1"

// findFeed returns whose feed a secret opens; ok is false when nobody's.
func findFeed(q db.Querier, hash []byte) (person int64, of FeedOf, ok bool, err error) {
	err = q.QueryRow(feedSQL, hash).Scan(&person, &of.Team, &of.Service)
	if errors.Is(err, db.ErrNoRows) {
		return 0, FeedOf{}, false, nil
	}
	return person, of, err == nil, err
}

// OwnFeed is a feed that somebody made.
type OwnFeed struct {
	FeedOf
	Created time.Time
}

func feedsOf(q db.Querier, person int64) ([]OwnFeed, error) {
	return db.Collect(q, func(r *db.Rows) (f OwnFeed, err error) {
		var at int64
		err = r.Scan(&f.Team, &f.Service, &at)
		f.Created = db.Time(at)
		return f, err
	}, "SELECT team, service, created_at FROM change_feed WHERE person = $1 ORDER BY team, service LIMIT $2", person, maxFeeds)
}

func dropFeed(tx *db.Tx, person int64, of FeedOf) (int64, error) {
	return tx.Exec("DELETE FROM change_feed WHERE person = $1 AND team = $2 AND service = $3", person, of.Team, of.Service)
}

func dropFeeds(tx *db.Tx, person int64) (int64, error) {
	return tx.Exec("DELETE FROM change_feed WHERE person = $1", person)
}
