package incident

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// MatrixView is a version of a priority matrix, as its page shows it.
type MatrixView struct {
	*Matrix
	Made    time.Time // when this version was applied; zero for the built-in one
	Managed string    // where in git it is managed, "commit 1a2b3c4d5e6f"; "" when it is not
	InUse   bool      // new incidents run under this version
}

// VersionInUse asks for the version that new incidents run under.
const VersionInUse = -1

// Matrix returns a version of a matrix; "default" is always there, its version
// 0 is built in. Errors: NotFound.
func (s *Service) Matrix(ctx context.Context, name string, version int64) (out MatrixView, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		made, retired, err := matrixTimes(q, name, &version)
		if err != nil {
			return err
		}
		if made.IsZero() && name != "default" || made.IsZero() && version > 0 {
			return errs.E(errs.NotFound, "there is no such priority matrix: %s", errs.Short(name)).On(ref.S(ref.Matrix, errs.Short(name)).String())
		}
		out = MatrixView{Made: made, InUse: retired.IsZero()}
		if made.IsZero() { // built in: in use unless another default is
			now := int64(VersionInUse)
			another, _, err := matrixTimes(q, name, &now)
			if err != nil {
				return err
			}
			version, out.InUse = 0, another.IsZero()
		}
		if out.Matrix, err = s.matrix(q, (&Matrix{Name: name, Version: version}).ID()); err != nil {
			return err
		}
		m, ok, err := ascode.ManagedBy(q, ref.S(ref.Matrix, name))
		if ok {
			out.Managed = m.String()
		}
		return err
	})
	return out, errs.Wrap("incident.matrix", err)
}
