package risk

import (
	"context"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// maxReason bounds the text of a decision, in runes.
const maxReason = 500

func clean(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	switch n := len([]rune(reason)); {
	case n == 0:
		return "", errs.BadField("reason", "", "say why, in a sentence: the decision is evidence")
	case n > maxReason:
		return "", errs.BadField("reason", errs.Short(reason), "shorten it to 500 characters")
	}
	return reason, nil
}

// Accept puts proposed weights in force. Conflict if they are not a proposal
// any more; what they were compared with may have changed since: then it says
// so, and the fit is to be made again.
func (s *Service) Accept(ctx context.Context, id int64, reason string) (Version, error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Version{}, errs.Wrap("risk.accept", err)
	}
	return s.decide(ctx, who, "risk.accept", id, reason, func(v Version, now int64) error {
		switch {
		case v.InUse:
			return nil
		case id == 0 || v.State != Proposed:
			return errs.E(errs.Conflict, "it is no proposal; to go back to it, use it").On(v.Ref().String())
		case v.Parent != now:
			return errs.E(errs.Conflict, "it was compared with %s, and %s is in force now; fit again", ref.N(ref.RiskModel, v.Parent), ref.N(ref.RiskModel, now)).On(v.Ref().String())
		}
		return nil
	})
}

// Use puts weights that were in force before, or those of the program (0), in
// force again.
func (s *Service) Use(ctx context.Context, id int64, reason string) (Version, error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Version{}, errs.Wrap("risk.use", err)
	}
	return s.decide(ctx, who, "risk.use", id, reason, func(v Version, _ int64) error {
		if v.State != Used {
			return errs.E(errs.Conflict, "it was never in force; accept it, if it is a proposal").On(v.Ref().String())
		}
		return nil
	})
}

// decide puts a version in force if check lets it. Doing it twice is doing it
// once.
func (s *Service) decide(ctx context.Context, who actor.Actor, verb string, id int64, reason string, check func(v Version, now int64) error) (v Version, err error) {
	if reason, err = clean(reason); err != nil {
		return Version{}, errs.Wrap(verb, err)
	}
	err = s.db.Write(ctx, who, "weights of the risk score put in force", func(tx *db.Tx) error {
		now, err := inUse(tx)
		if err != nil {
			return err
		}
		if v, err = find(tx, id, tx.ForUpdate()); err != nil {
			return err
		}
		if err := check(v, now); err != nil || v.InUse {
			return err
		}
		if now != 0 {
			old, err := find(tx, now, tx.ForUpdate())
			if err != nil {
				return err
			}
			before := old.digest()
			old.InUse = false
			old.Version++
			if err := save(tx, old); err != nil {
				return err
			}
			tx.Record(evidence.Entry{Action: "risk.replace", Record: old.Ref(), Version: old.Version, Before: before, After: old.digest(), Data: map[string]int64{"by": id}})
		}
		if id != 0 {
			before := v.digest()
			v.InUse, v.State, v.DecidedBy, v.Decided, v.Reason = true, Used, who.Person, tx.Now, reason
			v.Version++
			if err := save(tx, v); err != nil {
				return err
			}
			tx.Record(evidence.Entry{Action: verb, Record: v.Ref(), Version: v.Version, Before: before, After: v.digest(), Data: map[string]int64{"instead_of": now}})
		} else {
			v.InUse = true
			tx.Record(evidence.Entry{Action: verb, Record: ref.S(ref.System, "risk"), Data: map[string]any{"instead_of": now, "why": evidence.Digest(evidence.NewSalt(), reason)}})
		}
		if s.Bump != nil {
			return s.Bump(tx)
		}
		return nil
	})
	return v, errs.Wrap(verb, err)
}

// Decline puts a proposal aside; it stays to be looked at.
func (s *Service) Decline(ctx context.Context, id int64, reason string) (v Version, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		reason, err = clean(reason)
	}
	if err != nil {
		return Version{}, errs.Wrap("risk.decline", err)
	}
	err = s.db.Write(ctx, who, "weights of the risk score declined", func(tx *db.Tx) error {
		if v, err = find(tx, id, tx.ForUpdate()); err != nil || v.State == Declined {
			return err
		}
		if v.State != Proposed {
			return errs.E(errs.Conflict, "it is no proposal").On(v.Ref().String())
		}
		before := v.digest()
		v.State, v.DecidedBy, v.Decided, v.Reason = Declined, who.Person, tx.Now, reason
		v.Version++
		tx.Record(evidence.Entry{Action: "risk.decline", Record: v.Ref(), Version: v.Version, Before: before, After: v.digest()})
		return save(tx, v)
	})
	return v, errs.Wrap("risk.decline", err)
}
