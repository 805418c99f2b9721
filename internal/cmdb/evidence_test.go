package cmdb

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// audited checks that each record's present content is what its last evidence
// entry says, and that all of the kinds were met.
func audited(t testing.TB, s *Service, kinds ...ref.Kind) {
	t.Helper()
	met := map[ref.Kind]bool{}
	ok(t, s.db.Read(mara(), func(q db.Querier) error {
		claims, err := lastClaims(q)
		if err != nil {
			return err
		}
		for record, after := range claims {
			r, err := ref.Parse(record)
			if err != nil {
				return err
			}
			met[r.Kind] = true
			digest, err := DigestOf(q, r)
			switch {
			case errs.Is(err, errs.NotFound) && after == "":
			case err != nil:
				t.Errorf("%s: %v", record, err)
			case digest != after:
				t.Errorf("%s is not what its last entry says", record)
			}
		}
		return nil
	}))
	for _, k := range kinds {
		if !met[k] {
			t.Errorf("no entry of a %s says what it is", k)
		}
	}
}
