package cmdb

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
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
	var line []byte // one for all: there may be millions
	item := func(f itemForm) error {
		sum.Items++
		line = f.line(line[:0])
		_, err := h.Write(line)
		return err
	}
	relation := func(f relationForm) error {
		sum.Relations++
		line = f.line(line[:0])
		_, err := h.Write(line)
		return err
	}
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
			item(p.items[id]) // a hash does not fail
		}
		for _, id := range slices.Sorted(maps.Keys(p.relations)) {
			relation(p.relations[id])
		}
	}
	sum.Hash = hex.EncodeToString(h.Sum(nil))
	return sum, nil
}

// line appends a form's line; texts are quoted, so that no two forms give one.
func (f itemForm) line(b []byte) []byte {
	b = strconv.AppendInt(append(b, 'i', ' '), f.Item, 10)
	for _, text := range []string{f.Kind, f.Name, f.Attributes} {
		b = strconv.AppendQuote(append(b, ' '), text)
	}
	return append(b, '\n')
}

func (f relationForm) line(b []byte) []byte {
	b = append(b, 'r')
	for _, n := range []int64{f.ID, f.From, f.To, int64(f.Need)} {
		b = strconv.AppendInt(append(b, ' '), n, 10)
	}
	for _, text := range []string{string(f.Kind), string(f.Strength), f.Group} {
		b = strconv.AppendQuote(append(b, ' '), text)
	}
	return append(b, '\n')
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
