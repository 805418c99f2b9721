package incident

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Merge continues this incident in another: alerts, links, people and
// grouping keys move there, children too, and this one points to it for ever.
// Errors: Invalid when both are the same or the other is not known, NotFound
// for this one, Conflict unless both are open.
func (s *Service) Merge(ctx context.Context, id, into int64) (out Incident, err error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return out, err
	}
	if id == into {
		return out, errs.Wrap("incident.merge", errs.BadField("into", Incident{ID: into}.Key(), "name another incident"))
	}
	err = s.DB.Write(ctx, who, "incident merge", func(tx *db.Tx) error {
		from, to, err := s.pair(tx, who, id, into)
		if err != nil {
			return err
		}
		if from.State == Merged && from.MergedInto == into {
			out = from.Incident
			return nil
		}
		if _, err := decide(from.Incident, VerbMerge, Merged); err != nil {
			return err
		}
		if err := mustBeOpen(to.Incident, VerbMerge); err != nil {
			return err
		}
		if from.Restricted && !to.Restricted {
			return errs.E(errs.Conflict, "%s is restricted and %s is visible to all; restrict that one first", from.Key(), to.Key()).On(from.Key())
		}
		from.State, from.MergedInto, from.ClosedAt = Merged, into, tx.Now
		from.goOn()
		from.step(Step{Kind: StepMerged})
		from.say(EntryLink, "merged this into %s", to.Key())
		from.fact("into", to.Key())
		from.tell(Event{Kind: WasMerged})
		to.say(EntryLink, "merged %s into this", from.Key()).Detail = from.Title
		to.fact("from", from.Key())
		to.Alerts += from.Alerts
		to.AlertsFiring += from.AlertsFiring
		from.AlertsFiring = 0
		if from.LastAlertAt.After(to.LastAlertAt) {
			to.LastAlertAt = from.LastAlertAt
		}
		if to.Parent == id {
			to.Parent = 0
		}
		if err := moveAside(tx, from.Incident, to.Incident); err != nil {
			return err
		}
		if s.Alerts != nil {
			if err := s.Alerts.MoveEpisodes(tx, id, into); err != nil {
				return err
			}
		}
		if from.Priority < to.Priority {
			to.prioritise(from.Priority, "merged with "+from.Key())
		}
		if err := s.adopt(tx, who, id, into); err != nil {
			return err
		}
		if err := from.commit("incident.merge"); err != nil {
			return err
		}
		out = from.Incident
		return to.commit("incident.absorb")
	})
	return out, errs.Wrap("incident.merge", err)
}

// pair locks two incidents in the order of their numbers. That b is not known
// is a fault of the input "into".
func (s *Service) pair(tx *db.Tx, who actor.Actor, a, b int64) (ca, cb *change, err error) {
	first, second := min(a, b), max(a, b)
	x, err := s.begin(tx, who, first)
	if err != nil {
		return nil, nil, notKnown(err, first == b, "into", b)
	}
	y, err := s.begin(tx, who, second)
	if err != nil {
		return nil, nil, notKnown(err, second == b, "into", b)
	}
	if first == a {
		return x, y, nil
	}
	return y, x, nil
}

// notKnown makes NotFound of the incident that an input field names a fault of
// that field; the address of the verb's own incident stays NotFound.
func notKnown(err error, named bool, field string, id int64) error {
	if !named || !errs.Is(err, errs.NotFound) {
		return err
	}
	key := Incident{ID: id}.Key()
	return errs.BadField(field, key, key+" is not known; name an incident that is there and that you may see")
}

// adopt gives the children of one incident to another.
func (s *Service) adopt(tx *db.Tx, who actor.Actor, from, to int64) error {
	ids, err := childIDs(tx, from)
	if err != nil {
		return err
	}
	list, err := getMany(tx, ids, tx.ForUpdate())
	if err != nil {
		return err
	}
	for _, i := range list {
		if i.ID == to {
			continue
		}
		c, err := s.resume(tx, who, i)
		if err != nil {
			return err
		}
		c.Parent = to
		c.say(EntryLink, "is part of %s now", Incident{ID: to}.Key())
		if err := c.commit("incident.parent"); err != nil {
			return err
		}
	}
	return nil
}

// SetParent makes the incident part of another one; 0 takes it out. Errors:
// Invalid for a parent that is not known, NotFound, Conflict when it would close a circle.
func (s *Service) SetParent(ctx context.Context, id, parent int64) (Incident, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Incident{}, err
	}
	return s.write(ctx, who, "parent", id, func(c *change) error {
		if c.Parent == parent {
			return nil
		}
		if parent == 0 {
			c.say(EntryLink, "is no longer part of %s", Incident{ID: c.Parent}.Key())
			c.Parent = 0
			return nil
		}
		// Ancestors stay locked, so that two incidents cannot become part of
		// each other at the same moment. Those above the parent are followed
		// whether the actor may see them or not: the answer names none of them.
		for up, depth := parent, 0; up != 0; depth++ {
			if up == id {
				return errs.E(errs.Conflict, "%s is itself part of %s; take it out of there first", Incident{ID: parent}.Key(), c.Key()).On(c.Key())
			}
			if depth == maxDepth {
				return errs.E(errs.Conflict, "incidents nest at most %d deep", maxDepth).On(c.Key())
			}
			p, err := get(c.tx, up, c.tx.ForUpdate())
			if up == parent && (err == db.ErrNoRows || err == nil && !c.sees(p)) {
				return notKnown(unknown(parent), true, "parent", parent)
			}
			if err != nil {
				return err
			}
			up = p.Parent
		}
		c.Parent = parent
		c.say(EntryLink, "is part of %s now", Incident{ID: parent}.Key())
		c.fact("parent", Incident{ID: parent}.Key())
		return nil
	})
}

// sees reports whether the actor may know of another incident.
func (c *change) sees(i Incident) bool {
	ok, err := mayView(c.tx, i, c.who)
	return ok && err == nil
}

// maxDepth bounds parents of parents.
const maxDepth = 8
