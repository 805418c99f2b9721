package cmdb

import (
	"errors"
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
)

var (
	partsSQL = "SELECT r.to_item, r.from_item, c.kind FROM ci_relation AS r JOIN ci AS c ON c.id = r.from_item WHERE r.kind IN " + partOfKind +
		" AND r.state <> 'retired' AND c.state <> 'retired' AND c.merged_into = 0 AND c.kind <> 'service' AND r.to_item "
	doorsSQL = "SELECT r.to_item, r.from_item, c.kind FROM ci_relation AS r JOIN ci AS c ON c.id = r.from_item WHERE r.kind IN " + flowKinds +
		" AND r.state <> 'retired' AND c.state <> 'retired' AND c.merged_into = 0 AND c.kind = '" + KindBalancer + "' AND r.to_item "
	neededCertificatesSQL = "SELECT r.from_item, c.id, c.attributes FROM ci_relation AS r JOIN ci AS c ON c.id = r.to_item WHERE r.kind IN " + needKinds +
		" AND r.state <> 'retired' AND c.state <> 'retired' AND c.merged_into = 0 AND c.kind = '" + KindCertificate + "' AND r.from_item "
	ownCertificatesSQL = "SELECT c.id, c.id, c.attributes FROM ci AS c WHERE c.kind = '" + KindCertificate + "' AND c.id "
	edgesFromSQL       = "SELECT r.id, r.from_item, r.to_item, r.kind, r.provenance FROM ci_relation AS r WHERE r.state <> 'retired' AND r.kind IN " + flowKinds + " AND r.from_item "
)

const (
	observedAtSQL = "SELECT DISTINCT r.to_item FROM ci_relation AS r WHERE r.state <> 'retired' AND r.provenance IN (2, 3, 6, 7) AND r.to_item "
	anySourceSQL  = "SELECT id FROM ci_origin WHERE source > $1 AND source < $2 OR source > $2 AND source < $3 OR source > $3 OR source < $1 LIMIT 1"
)

// overSet runs a query whose last column is compared with a list of items.
func overSet[T any](q db.Querier, query string, items []int64, scan func(*db.Rows) (T, error)) (out []T, err error) {
	for part := range slices.Chunk(items, atOnce) {
		in, args := db.InSet(q, 1, part)
		found, err := db.Collect(q, scan, query+in, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// partRow is an item and what it is part of, or leads to.
type partRow struct {
	whole, item int64
	kind        string
}

func scanPart(r *db.Rows) (p partRow, err error) { return p, r.Scan(&p.whole, &p.item, &p.kind) }

// partsWithKinds are the items that are directly part of others; services are
// parts of nothing.
func partsWithKinds(q db.Querier, items []int64) ([]partRow, error) {
	return overSet(q, partsSQL, items, scanPart)
}

// balancersTo are the load balancers that lead to software.
func balancersTo(q db.Querier, items []int64) ([]partRow, error) {
	return overSet(q, doorsSQL, items, scanPart)
}

type certificateRow struct {
	by, item   int64
	attributes string
}

// certificatesOf are the certificates among items, and those that they need.
func certificatesOf(q db.Querier, items []int64) ([]certificateRow, error) {
	scan := func(r *db.Rows) (c certificateRow, err error) { return c, r.Scan(&c.by, &c.item, &c.attributes) }
	own, err := overSet(q, ownCertificatesSQL, items, scan)
	if err != nil {
		return nil, err
	}
	needed, err := overSet(q, neededCertificatesSQL, items, scan)
	return append(own, needed...), err
}

// edgesFrom are the dependencies of items.
func edgesFrom(q db.Querier, items []int64) ([]edgeRow, error) {
	return overSet(q, edgesFromSQL, items, func(r *db.Rows) (e edgeRow, err error) {
		return e, r.Scan(&e.id, &e.from, &e.to, &e.kind, &e.provenance)
	})
}

// observedAt says which of the items were seen being called.
func observedAt(q db.Querier, items []int64) (map[int64]bool, error) {
	list, err := overSet(q, observedAtSQL, items, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) })
	out := make(map[int64]bool, len(list))
	for _, id := range list {
		out[id] = true
	}
	return out, err
}

// anySource reports whether any source tells the map anything, besides the
// catalog, people and rules of ours.
func anySource(q db.Querier) (bool, error) {
	var id int64
	err := q.QueryRow(anySourceSQL, SourceCatalog, SourceHand, SourceRule).Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
