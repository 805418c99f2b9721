package change

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// DigestOf returns the digest of a change, a model or the settings as they are
// now, for comparing it with the last evidence entry; "" if there is none. Of a
// change it reads all entries, so that an edited one changes the digest.
func DigestOf(q db.Querier, r ref.Ref) (string, error) {
	switch r.Kind {
	case ref.ChangeModel:
		m, ok, err := findModel(q, r.Key, "")
		if err != nil || !ok {
			return "", err
		}
		return m.digest(), nil
	case ref.Practice:
		spec, version, _, err := readSpec(q, "")
		if err != nil || version == 0 {
			return "", err
		}
		return spec.digest(version), nil
	}
	id, err := ref.ID(ref.Change, r.String())
	if err != nil {
		return "", nil
	}
	sum, _, err := Content(q, id)
	if err == db.ErrNoRows {
		return "", nil
	}
	return sum, err
}

// Content returns the digest of a change's present content, as its last
// evidence entry holds it in After, and its version. Errors: db.ErrNoRows.
func Content(q db.Querier, id int64) (sum string, version int64, err error) {
	c, err := get(q, id, "")
	if err != nil {
		return "", 0, err
	}
	trail, after := "", 0
	for {
		part, err := entries(q, id, after, 500)
		if err != nil {
			return "", 0, err
		}
		for _, e := range part {
			if !e.Erased {
				e.Digest = e.sum(c.salt)
			}
			trail, after = extend(trail, e.Digest), e.N
		}
		if len(part) == 0 {
			break
		}
	}
	c.Entries = after
	return digest(c, trail), c.Version, nil
}
