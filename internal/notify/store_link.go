package notify

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// link is a link as stored.
type link struct {
	hash       []byte
	message    int64
	person     int64
	record     ref.Ref
	verb       string
	label      string
	restricted bool
	sealed     []byte
	expires    time.Time
	held       time.Time // somebody is acting on it until then
	used       time.Time
}

const linkCols = `hash, message, person, record, verb, label, restricted, sealed, expires_at, held_until, used_at`

func scanLink(s interface{ Scan(...any) error }) (l link, err error) {
	var record string
	var expires, held, used int64
	if err = s.Scan(&l.hash, &l.message, &l.person, &record, &l.verb, &l.label, &l.restricted, &l.sealed, &expires, &held, &used); err != nil {
		return l, err
	}
	l.expires, l.held, l.used = db.Time(expires), db.Time(held), db.Time(used)
	l.record, err = ref.Parse(record)
	return l, err
}

func insertLinks(tx *db.Tx, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	return tx.InsertMany(`INSERT INTO notify_link (`+linkCols+`) VALUES `, "", 11, rows)
}

func linkByHash(q db.Querier, hash []byte, lock string) (link, error) {
	return scanLink(q.QueryRow(`SELECT `+linkCols+` FROM notify_link WHERE hash = $1`+lock, hash))
}

// linksOf returns the links of messages that still carry their sealed token.
func linksOf(q db.Querier, messages []int64) (map[int64][]link, error) {
	rows, err := db.Collect(q, func(r *db.Rows) (link, error) { return scanLink(r) },
		`SELECT `+linkCols+` FROM notify_link WHERE message IN `+db.In(1, len(messages))+` AND sealed IS NOT NULL ORDER BY verb`, db.Args(messages)...)
	out := map[int64][]link{}
	for _, l := range rows {
		out[l.message] = append(out[l.message], l)
	}
	return out, err
}

// forgetTokens drops the sealed tokens of messages that are out.
func forgetTokens(tx *db.Tx, messages []int64) error {
	return tx.Later(`UPDATE notify_link SET sealed = NULL WHERE message IN `+db.In(1, len(messages)), db.Args(messages)...)
}

func storeLink(tx *db.Tx, l link) error {
	return tx.Later(`UPDATE notify_link SET held_until = $2, used_at = $3 WHERE hash = $1`, l.hash, db.Micros(l.held), db.Micros(l.used))
}

// extendLinks makes the links of a message that is tried again useful again.
func extendLinks(tx *db.Tx, message int64, expires time.Time) error {
	return tx.Later(`UPDATE notify_link SET expires_at = $2 WHERE message = $1 AND used_at = 0`, message, db.Micros(expires))
}

func pruneLinks(tx *db.Tx, before time.Time) (int64, error) {
	return tx.Exec(`DELETE FROM notify_link WHERE expires_at < $1`, db.Micros(before))
}
