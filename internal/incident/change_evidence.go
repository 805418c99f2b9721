package incident

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/evidence"
)

func (c *change) record(action string) {
	e := evidence.Entry{Action: action, Record: c.Ref(), Version: c.Version, After: digest(c.Incident, c.Trail)}
	if !c.fresh {
		e.Before = digest(c.was, c.was.Trail)
	}
	if c.State != c.was.State {
		c.fact("state", c.State)
	}
	if c.Priority != c.was.Priority {
		c.fact("priority", c.Priority)
	}
	if len(c.data) > 0 {
		e.Data = c.data
	}
	c.tx.Record(e)
}

// react tells the registered reactions. A change without an event of its own
// is told as Changed, so that live pages hear of everything.
func (c *change) react() error {
	if len(c.s.reactions) == 0 {
		return nil
	}
	if len(c.events) == 0 {
		c.tell(Event{Kind: Changed})
	}
	var viewers Viewers
	if c.Restricted {
		var err error
		if viewers, err = getViewers(c.tx, c.ID); err != nil {
			return err
		}
	}
	for _, e := range c.events {
		e.At, e.Who, e.Incident, e.Was, e.Viewers = c.tx.Now, c.who, c.Incident, c.was, viewers
		e.Policy = c.m.Policy(c.Priority)
		for _, f := range c.s.reactions {
			if err := f(c.tx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// digest is what evidence says about an incident: all of the row but next_at,
// which follows from the rest and from the calendar, and updated_at, which
// the entry itself has. Values that are unset are left out, so that a column
// added by a later release does not change the digests of older incidents.
func digest(i Incident, trail string) string {
	salt := i.salt
	i.UpdatedAt, i.NextAt, i.Trail, i.salt = time.Time{}, time.Time{}, trail, nil
	content := make(map[string]any, columnCount)
	for n, v := range values(i) {
		switch v {
		case 0, int64(0), "", false:
		default:
			content[columnNames[n]] = v
		}
	}
	return evidence.Digest(salt, content)
}
