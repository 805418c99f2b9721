package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Preferences returns the actor's own contact methods; e-mail for all when
// they never chose.
func (s *Service) Preferences(ctx context.Context) (Preferences, error) {
	who, err := actor.Require(ctx, actor.Self)
	if err != nil {
		return Preferences{}, err
	}
	if who.Person == 0 {
		return Preferences{}, nobody
	}
	p := byEmail
	err = s.db.Read(ctx, func(q db.Querier) error {
		all, err := preferences(q, []int64{who.Person})
		if own, ok := all[who.Person]; ok {
			p = own
		}
		return err
	})
	return p, errs.Wrap("notify.preferences", err)
}

var nobody = errs.E(errs.Invalid, "this token acts for no person, so it has no preferences; use a token of a person")

// SetPreferences stores the actor's own contact methods. p.Version is the
// version that was edited; a stale one is a conflict. At least one method must
// remain for what is urgent.
func (s *Service) SetPreferences(ctx context.Context, p Preferences) (Preferences, error) {
	who, err := actor.Require(ctx, actor.Self)
	if err != nil {
		return Preferences{}, err
	}
	if who.Person == 0 {
		return Preferences{}, nobody
	}
	err = s.db.Write(ctx, who, "preferences edited", func(tx *db.Tx) error {
		all, err := preferences(tx, []int64{who.Person})
		if err != nil {
			return err
		}
		old, ok := all[who.Person]
		if !ok {
			old = byEmail
		}
		if old.Version != p.Version {
			return errs.E(errs.Conflict, "your preferences were changed meanwhile: you edited version %d, they are at %d", p.Version, old.Version)
		}
		next, err := checkPreferences(tx, p)
		if err != nil {
			return err
		}
		if slices.Equal(next.Urgent, old.Urgent) && slices.Equal(next.Other, old.Other) {
			p = old
			tx.Unrecorded("nothing changed")
			return nil
		}
		next.Version = old.Version + 1
		tx.Record(evidence.Entry{Action: "preferences.changed", Record: ref.N(ref.Person, who.Person),
			Data: map[string][]string{"urgent": next.Urgent, "other": next.Other}})
		p = next
		return putPreferences(tx, who.Person, next)
	})
	return p, errs.Wrap("notify.preferences", err)
}

func checkPreferences(tx *db.Tx, p Preferences) (Preferences, error) {
	var f errs.Fields
	check := func(field string, methods []string) []string {
		var out []string
		for i, m := range methods {
			m = strings.TrimSpace(m)
			name, isChannel := strings.CutPrefix(m, "channel:")
			switch {
			case m == "email":
			case isChannel:
				if _, err := channelByName(tx, name); errors.Is(err, db.ErrNoRows) {
					f.Add(fmt.Sprintf("%s[%d]", field, i), m, "there is no channel of this name")
					continue
				}
			default:
				f.Add(fmt.Sprintf("%s[%d]", field, i), m, `use "email", or "channel:" and the name of a channel that is yours`)
				continue
			}
			if !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
		if len(methods) > 10 {
			f.Add(field, fmt.Sprint(len(methods)), "at most 10 methods")
		}
		return out
	}
	p.Urgent, p.Other = check("urgent", p.Urgent), check("other", p.Other)
	if len(p.Urgent) == 0 && f == nil {
		f.Add("urgent", "", "keep at least one method for what is urgent, or nobody can wake you")
	}
	return p, f.Err()
}

// preferred reads the ways out of preferences.
func preferred(q db.Querier, n Notice, people []int64) (map[int64][]Way, error) {
	prefs, err := preferences(q, people)
	out := map[int64][]Way{}
	for id, p := range prefs {
		out[id] = []Way{}
		list := p.Other
		if n.Urgent {
			list = p.Urgent
		}
		for _, m := range list {
			w := ByEmail
			if name, ok := strings.CutPrefix(m, "channel:"); ok {
				w = Way{Channel: name}
			}
			out[id] = append(out[id], w)
		}
	}
	return out, err
}
