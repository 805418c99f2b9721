package incident

import (
	"context"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// SetLink adds a link, or confirms or rejects one. Errors: Invalid, NotFound.
func (s *Service) SetLink(ctx context.Context, id int64, l Link) (Incident, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Incident{}, err
	}
	if l.State == "" {
		l.State = Confirmed
	}
	if err := l.check(); err != nil {
		return Incident{}, errs.Wrap("incident.link", err)
	}
	return s.write(ctx, who, "link", id, func(c *change) error {
		was, found, err := getLink(c.tx, id, l.Kind, l.Target)
		if err != nil {
			return err
		}
		if found {
			l.Rule = was.Rule
			if l.Title == "" {
				l.Title = was.Title
			}
			if l.State == was.State && l.Title == was.Title {
				return nil
			}
		}
		l.Incident, l.Person, l.At = id, who.Person, c.tx.Now
		verb := map[LinkState]string{Suggested: "suggested", Confirmed: "linked", Rejected: "rejected"}[l.State]
		c.say(EntryLink, "%s %s %s", verb, l.Kind, l.Target).Detail = l.Title
		c.fact("link", string(l.Kind))
		c.fact("link_state", l.State)
		return putLink(c.tx, l)
	})
}

func (l Link) check() error {
	var bad errs.Fields
	if !slices.Contains(LinkKinds, l.Kind) {
		bad.Add("kind", string(l.Kind), "use service, ci, change, known error, problem, postmortem or url")
	}
	if !slices.Contains(LinkStates, l.State) {
		bad.Add("state", string(l.State), "use suggested, confirmed or rejected")
	}
	checkText("target", l.Target, 1, 2000, &bad)
	checkText("title", l.Title, 0, MaxTitle, &bad)
	if l.Kind == LinkURL {
		checkURL("target", l.Target, &bad)
	}
	return bad.Err()
}

// RemoveLink takes a link away; one that is not there is no error.
func (s *Service) RemoveLink(ctx context.Context, id int64, k LinkKind, target string) (Incident, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Incident{}, err
	}
	return s.write(ctx, who, "unlink", id, func(c *change) error {
		_, found, err := getLink(c.tx, id, k, target)
		if err != nil || !found {
			return err
		}
		c.say(EntryLink, "removed the link to %s %s", k, target)
		return dropLink(c.tx, id, k, target)
	})
}
