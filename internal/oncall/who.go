package oncall

import (
	"context"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// personOf returns somebody by handle or key, also who is gone. Addresses are
// no names here: nobody can try them out.
func personOf(q db.Querier, written string) (p auth.Person, ok bool, err error) {
	if written == "" || strings.Contains(written, "@") {
		return auth.Person{}, false, nil
	}
	p, err = auth.PersonByHandle(q, written)
	if errs.Is(err, errs.NotFound) {
		return auth.Person{}, false, nil
	}
	return p, err == nil && p.Erased.IsZero(), err
}

// Names returns people as schedules show them, by id.
func (s *Service) Names(ctx context.Context, ids []int64) (out map[int64]Who, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("oncall.names", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		out, err = namesOf(q, ids)
		return err
	})
	return out, errs.Wrap("oncall.names", err)
}

func namesOf(q db.Querier, ids []int64) (map[int64]Who, error) {
	people, err := auth.People(q, ids)
	out := make(map[int64]Who, len(ids))
	for _, id := range ids {
		p, ok := people[id]
		if !ok {
			out[id] = Who{ID: id, Handle: ref.N(ref.Person, id).String(), Display: ref.N(ref.Person, id).String(), Gone: true}
			continue
		}
		out[id] = Who{ID: id, Handle: p.Handle, Display: p.Display, Gone: !p.Enabled()}
	}
	return out, err
}
