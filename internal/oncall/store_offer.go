package oncall

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

const offerColumns = "id, schedule, person, to_person, from_at, until_at, return_from, return_to, note, state, taker, covers, salt, version, created_at, updated_at"

func scanOffer(row interface{ Scan(...any) error }) (o Offer, err error) {
	var from, until, returnFrom, returnTo, created, updated int64
	var covers string
	if err = row.Scan(&o.ID, &o.Schedule, &o.Person, &o.To, &from, &until, &returnFrom, &returnTo, &o.Note, &o.State, &o.Taker, &covers,
		&o.salt, &o.Version, &created, &updated); err != nil {
		return o, err
	}
	o.From, o.Until, o.ReturnFrom, o.ReturnTo = db.Time(from), db.Time(until), db.Time(returnFrom), db.Time(returnTo)
	o.Created, o.Updated = db.Time(created), db.Time(updated)
	return o, json.Unmarshal([]byte(covers), &o.Covers)
}

func findOffer(q db.Querier, id int64, lock string) (Offer, error) {
	o, err := scanOffer(q.QueryRow("SELECT "+offerColumns+" FROM oncall_offer WHERE id = $1"+lock, id))
	if errors.Is(err, db.ErrNoRows) {
		return Offer{}, errs.E(errs.NotFound, "there is no such offer").On(Offer{ID: id}.Ref().String())
	}
	return o, err
}

const (
	openOffersSQL = "SELECT " + offerColumns + " FROM oncall_offer WHERE state = 'offered' AND until_at > $1 ORDER BY until_at, id LIMIT $2"
	offersOfSQL   = "SELECT " + offerColumns + " FROM oncall_offer WHERE person = $1 ORDER BY until_at DESC LIMIT $2"
)

func openOffers(q db.Querier, now time.Time, limit int) ([]Offer, error) {
	return db.Collect(q, func(r *db.Rows) (Offer, error) { return scanOffer(r) }, openOffersSQL, now.UnixMicro(), limit)
}

func offersOf(q db.Querier, person int64) ([]Offer, error) {
	return db.Collect(q, func(r *db.Rows) (Offer, error) { return scanOffer(r) }, offersOfSQL, person, maxCovers)
}

func putOffer(tx *db.Tx, o Offer) error {
	covers, err := json.Marshal(o.Covers)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO oncall_offer ("+offerColumns+") VALUES "+db.Values(1, 16)+
		" ON CONFLICT (id) DO UPDATE SET note = excluded.note, state = excluded.state, taker = excluded.taker, covers = excluded.covers, salt = excluded.salt,"+
		" version = excluded.version, updated_at = excluded.updated_at",
		o.ID, o.Schedule, o.Person, o.To, o.From.UnixMicro(), o.Until.UnixMicro(), db.Micros(o.ReturnFrom), db.Micros(o.ReturnTo), o.Note, string(o.State),
		o.Taker, string(covers), o.salt, o.Version, db.Micros(o.Created), db.Micros(o.Updated))
	return err
}

// putFeed keeps the hash of a feed's secret; an older one stops working.
func putFeed(tx *db.Tx, person int64, schedule string, hash []byte) error {
	_, err := tx.Exec("INSERT INTO oncall_feed (person, schedule, hash, created_at) VALUES ($1, $2, $3, $4)"+
		" ON CONFLICT (person, schedule) DO UPDATE SET hash = excluded.hash, created_at = excluded.created_at", person, schedule, hash, db.Micros(tx.Now))
	return err
}

const feedSQL = "SELECT person, schedule FROM oncall_feed WHERE hash = $1"

// findFeed returns whose feed a secret opens; ok is false when nobody's.
func findFeed(q db.Querier, hash []byte) (person int64, schedule string, ok bool, err error) {
	err = q.QueryRow(feedSQL, hash).Scan(&person, &schedule)
	if errors.Is(err, db.ErrNoRows) {
		return 0, "", false, nil
	}
	return person, schedule, err == nil, err
}

// dropFeeds removes a person's feeds, or one of them.
func dropFeeds(tx *db.Tx, person int64, schedule string, all bool) (int64, error) {
	if all {
		return tx.Exec("DELETE FROM oncall_feed WHERE person = $1", person)
	}
	return tx.Exec("DELETE FROM oncall_feed WHERE person = $1 AND schedule = $2", person, schedule)
}
