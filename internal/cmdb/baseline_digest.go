package cmdb

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// Sum is the digest of a part of the map at a time.
type Sum struct {
	Hash      string // hex SHA-256
	Items     int64
	Relations int64
}

// digestAt is the digest of a service with all it needs, or ("") of the whole
// map, at a time: SHA-256 over one line for each item by number (number, kind,
// name, attributes) and one for each relation by number (number, ends, kind,
// strength, group, need). Numbers are never given again and keys of attributes
// are sorted, so the order in which sources report makes no difference; nor do
// times, flows, and whether something is stale.
func digestAt(q db.Querier, service string, at time.Time) (Sum, error) {
	h, sum := sha256.New(), Sum{}
	item := func(f itemForm) error { sum.Items++; return digestLine(h, 'i', f.Item, f.digest()) }
	relation := func(f relationForm) error { sum.Relations++; return digestLine(h, 'r', f.ID, f.digest()) }
	if service == "" {
		if err := eachForm(q, at, item); err != nil {
			return Sum{}, err
		}
		if err := eachRelationForm(q, at, relation); err != nil {
			return Sum{}, err
		}
	} else {
		root, err := theService(q, service)
		if err != nil {
			return Sum{}, err
		}
		p, err := partAt(q, root, at)
		if err != nil {
			return Sum{}, err
		}
		for _, id := range slices.Sorted(maps.Keys(p.items)) {
			item(p.items[id])
		}
		for _, id := range slices.Sorted(maps.Keys(p.relations)) {
			relation(p.relations[id])
		}
	}
	sum.Hash = hex.EncodeToString(h.Sum(nil))
	return sum, nil
}

func digestLine(h hash.Hash, sort byte, id int64, digest string) error {
	_, err := fmt.Fprintf(h, "%c %d %s\n", sort, id, digest)
	return err
}

// combined is a baseline's digest: that of its part, and of what was accepted
// since, by name.
func combined(base string, decisions map[string]decision) string {
	var accepted [][2]string
	for _, what := range slices.Sorted(maps.Keys(decisions)) {
		if d := decisions[what]; d.verb == driftAccepted {
			accepted = append(accepted, [2]string{what, d.form})
		}
	}
	if base == "" || len(accepted) == 0 {
		return base
	}
	return evidence.Digest(nil, []any{base, accepted})
}
