package change

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Person finds a person as people name them: key (USR-2), handle, or me.
// Errors: Invalid, named as field.
func (s *Service) Person(ctx context.Context, field, text string) (id int64, err error) {
	who, err := requireAny(ctx, actor.Read, actor.Ingest)
	if err != nil {
		return 0, errs.Wrap("change.person", err)
	}
	bad := errs.BadField(field, text, "name a person by handle or by key, like USR-2, or write me")
	if text == "me" {
		if who.Person == 0 {
			return 0, errs.Wrap("change.person", bad)
		}
		return who.Person, nil
	}
	err = s.DB.Read(ctx, func(q db.Querier) (err error) {
		if n, e := ref.ID(ref.Person, text); e == nil {
			var p auth.Person
			p, err = auth.PersonByID(q, n)
			id = p.ID
		} else {
			var p auth.Person
			p, err = auth.PersonByHandle(q, text)
			id = p.ID
		}
		if errs.Is(err, errs.NotFound) {
			return bad
		}
		return err
	})
	return id, errs.Wrap("change.person", err)
}

// NamesOf are the display names of people who stand in changes; 0 is nobody,
// and unknown ones are absent.
func (s *Service) NamesOf(ctx context.Context, ids ...int64) (names map[int64]string, err error) {
	if _, err := requireAny(ctx, actor.Read, actor.Ingest); err != nil {
		return nil, errs.Wrap("change.names", err)
	}
	some := ids[:0:0]
	for _, id := range ids {
		if id > 0 {
			some = append(some, id)
		}
	}
	if len(some) == 0 {
		return map[int64]string{}, nil
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		names, err = s.names(q, some...)
		return err
	})
	return names, errs.Wrap("change.names", err)
}

// Standing is where the approval of one change stands, and whether the reader
// can give one. Errors: NotFound.
func (s *Service) Standing(ctx context.Context, id int64) (i Item, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return Item{}, errs.Wrap("change.standing", err)
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Item{}, errs.Wrap("change.standing", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) (err error) {
		i = Item{}
		if i.Change, err = s.look(q, id); err != nil {
			return err
		}
		if i.As, i.Why, err = s.MayApprove(q, i.Change, who, now); err != nil {
			return err
		}
		return i.fill(q, now)
	})
	return i, errs.Wrap("change.standing", err)
}
