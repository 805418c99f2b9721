package change

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// EraseText removes the texts of one entry, when they hold what must not be
// kept (personal data, a password). That it was removed, by whom and why,
// stays. Errors: Invalid without a reason; NotFound.
func (s *Service) EraseText(ctx context.Context, id int64, n int, reason string) (Change, error) {
	who, err := actor.Require(ctx, actor.Administer)
	if err == nil {
		reason, err = need("reason", reason, "say why the text must go")
	}
	if err != nil {
		return Change{}, errs.Wrap("change.erase", err)
	}
	return s.write(ctx, who, "change.erase", id, func(c *step) error {
		list, err := entries(c.tx, id, n-1, 1)
		if err != nil {
			return err
		}
		if len(list) == 0 || list[0].N != n {
			return errs.E(errs.NotFound, "%s has no entry %d", c.Key(), n).On(c.Key())
		}
		if list[0].Erased {
			return nil
		}
		if err := eraseEntry(c.tx, id, n); err != nil {
			return err
		}
		c.say(EntryEdit, "Erased the text of an entry", reason)
		c.fact("entry", n)
		return nil
	})
}

// PersonErased removes what changes say about their author, as forges and
// pipelines name the person; wired to the erasure of people. The number of the
// person stays, which names nobody any more. Each change gets an evidence entry
// of its own, because its content is another one from then on.
func (s *Service) PersonErased(tx *db.Tx, person int64) error {
	for after := int64(0); ; {
		ids, err := namedAuthor(tx, person, after, 256)
		if err != nil || len(ids) == 0 {
			return err
		}
		rows, err := getMany(tx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			after = id
			was, ok := rows[id]
			if !ok {
				continue
			}
			c := was
			c.Author = ""
			c.Version++
			if err := eraseAuthor(tx, c); err != nil {
				return err
			}
			tx.Record(evidence.Entry{Action: "change.erase", Record: c.Ref(), Version: c.Version, Before: digest(was, was.Trail), After: digest(c, c.Trail)})
		}
	}
}
