package notify

import (
	"context"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// recorder stores outcomes until there are no more, all that wait at once.
func (c *Courier) recorder(ctx context.Context) {
	for r := range c.done {
		batch := []result{r}
	drain:
		for len(batch) < maxBatch {
			select {
			case r, ok := <-c.done:
				if !ok {
					break drain
				}
				batch = append(batch, r)
			default:
				break drain
			}
		}
		c.record(ctx, batch)
	}
}

// hooks tells the hooks, apart from recording: a record that somebody holds on
// to must not keep outcomes from being stored. What waits is told at once, so
// that a page to many people makes few lines.
func (c *Courier) hooks(ctx context.Context) {
	for told := range c.hear {
	drain:
		for len(told) < stormMost {
			select {
			case more, ok := <-c.hear:
				if !ok {
					break drain
				}
				told = append(told, more...)
			default:
				break drain
			}
		}
		c.s.tell(ctx, told)
	}
}

// record stores outcomes. While the database is away it tries for most of a
// lease; after that the messages are sent again, which is counted.
func (c *Courier) record(ctx context.Context, batch []result) {
	var err error
	for wait := 50 * time.Millisecond; wait < c.lease/2; wait *= 2 {
		var told []Attempted
		err = c.s.db.Write(ctx, courier, "delivery", func(tx *db.Tx) (err error) {
			told, err = c.store(tx, batch)
			return err
		})
		if err == nil {
			if c.hear != nil {
				c.hear <- told
			} else {
				c.s.tell(ctx, told)
			}
			return
		}
		time.Sleep(wait)
	}
	c.s.o.Log.ErrorContext(ctx, "outcomes of sent messages cannot be recorded; the messages will be sent again", "messages", len(batch), "err", err)
}

// judge reads an outcome out of a failure.
func judge(f *Failure) (o Outcome, text string, asked time.Duration) {
	switch {
	case f == nil:
		return WasSent, "", 0
	case f.Permanent:
		return WasRefused, f.Text, 0
	}
	return WasFailed, f.Text, f.After
}

// viaSeen is what a batch says about the health of a via.
type viaSeen struct {
	good, bad int
	lastGood  bool
	text      string
}

func sight(seen map[string]*viaSeen, via string, o Outcome, text string) {
	v := seen[via]
	if v == nil {
		v = &viaSeen{}
		seen[via] = v
	}
	if v.lastGood = o == WasSent; v.lastGood {
		v.good++
		return
	}
	v.bad++
	v.text = text
}

func storeSeen(tx *db.Tx, seen map[string]*viaSeen) error {
	vias := make([]string, 0, len(seen))
	for via := range seen {
		vias = append(vias, via)
	}
	slices.Sort(vias) // the order in which a claim locks them
	for _, via := range vias {
		v := seen[via]
		if err := storeHealth(tx, via, tx.Now, v.good, v.bad, v.lastGood, v.text); err != nil {
			return err
		}
	}
	return nil
}
