package oncall_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

var errGivenUp = errors.New("given up")

// Two replicas edit schedules, put people in, take covers back and roll back,
// all at once. In the end both answer what one says that begins with nothing;
// and whoever asks after an edit sees at least that edit.
func TestReplicasAgree(t *testing.T) {
	each(t, func(c *crew) {
		other := oncall.New(c.db)
		jonas := c.as("jonas")
		for i := range 4 {
			_, err := c.Create(jonas, fmt.Sprintf("s%d", i), weekly("priya", "tom", "lena"))
			c.ok(err)
		}
		names := []string{"priya", "tom", "lena", "mara"}
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				s, name := []*oncall.Service{c.Service, other}[w%2], fmt.Sprintf("s%d", w)
				for i := range 12 {
					if err := act(s, c, jonas, name, names, w+i); err != nil {
						t.Errorf("%s, step %d: %v", name, i, err)
						return
					}
				}
			})
		}
		wg.Wait()
		c.booksAgree()
		c.Service = other
		c.booksAgree()
	})
}

func act(s *oncall.Service, c *crew, ctx context.Context, name string, names []string, i int) error {
	first := names[i%len(names)]
	switch i % 4 {
	case 0: // an edit, seen by who asks next
		old, err := s.Get(ctx, name)
		if err != nil {
			return err
		}
		if _, err := s.Edit(ctx, name, old.Version, weekly(first)); err != nil {
			return err
		}
		return c.db.Read(ctx, func(q db.Querier) error {
			who, _, err := s.OnCall(q, name, utc("2026-07-15 12:00"))
			if err == nil && (len(who) != 1 || who[0] != c.ids[first]) {
				err = fmt.Errorf("on call %v after the edit to %s", who, first)
			}
			return err
		})
	case 1: // one that is rolled back, after its book was looked at
		err := c.db.Write(ctx, actor.Job("test"), "test", func(tx *db.Tx) error {
			if err := s.Apply(tx, name, weekly("omar"), ""); err != nil {
				return err
			}
			if _, _, err := s.OnCall(tx, name, utc("2026-07-15 12:00")); err != nil {
				return err
			}
			return errGivenUp
		})
		if err == nil {
			return errors.New("it was not rolled back")
		}
		return nil
	case 2:
		from := utc("2026-06-10 00:00").Add(time.Duration(i) * 7 * time.Hour)
		_, err := s.Cover(ctx, name, oncall.NewCover{Person: first, From: from, To: from.Add(5 * time.Hour)})
		return err
	default:
		list, err := s.Covers(ctx, name, utc("2026-06-01 00:00"), utc("2026-07-01 00:00"))
		if err != nil || len(list) == 0 {
			return err
		}
		if _, err = s.Uncover(ctx, list[0].ID); errs.Is(err, errs.Conflict) {
			err = nil
		}
		return err
	}
}
