package api

import (
	"context"
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// answer is what a POST was answered; status 0 means it took effect and the
// answer is not known.
type answer struct {
	status  int
	header  string // JSON object
	body    []byte
	request []byte // SHA-256 of method, path and body
}

func findAnswer(ctx context.Context, d *db.DB, who actor.Actor, key string) (*answer, error) {
	var a answer
	err := d.Read(ctx, func(q db.Querier) error {
		return q.QueryRow("SELECT status, header, body, request FROM idempotency WHERE actor = $1 AND key = $2", who.String(), key).
			Scan(&a.status, &a.header, &a.body, &a.request)
	})
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil // no answer yet is no error: the caller goes on
	}
	return &a, err
}

// noteKey runs inside the transaction of the effect.
func noteKey(tx *db.Tx, who actor.Actor, key string, request []byte) error {
	n, err := tx.Exec("INSERT INTO idempotency (actor, key, request, status, header, body, at) VALUES ($1, $2, $3, 0, '{}', $4, $5) ON CONFLICT DO NOTHING",
		who.String(), key, request, []byte{}, db.Micros(tx.Now))
	if err == nil && n == 0 {
		return errs.E(errs.Conflict, "a request with this Idempotency-Key is being handled; repeat it in a moment").After(time.Second)
	}
	return err
}

func keepAnswer(ctx context.Context, d *db.DB, who actor.Actor, key string, request []byte, a *answer) error {
	return d.Write(ctx, who, "keep an answer", func(tx *db.Tx) error {
		tx.Unrecorded("the effect has its own evidence; this is its answer, kept for repeats")
		_, err := tx.Exec("INSERT INTO idempotency (actor, key, request, status, header, body, at) VALUES ($1, $2, $3, $4, $5, $6, $7) "+
			"ON CONFLICT (actor, key) DO UPDATE SET status = excluded.status, header = excluded.header, body = excluded.body WHERE idempotency.status = 0",
			who.String(), key, request, a.status, a.header, a.body, db.Micros(tx.Now))
		return err
	})
}
