package change

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// errStale says that what a decision stood on changed before it could be kept.
var errStale = errors.New("what the decision stood on has changed")

// outside is how often a decision is made outside of its transaction before it
// is made inside, where nothing can change meanwhile.
const outside = 3

// question is one question on its way through the gate.
type question struct {
	ask  Ask
	mode Mode

	change   Change // as it is, or would be, with what the question says
	version  int64  // of the row; 0: there is none
	moved    bool   // the question says something new
	settled  bool   // it is beyond a decision: answer from where it stands
	g        gathered
	d        Decided
	standing Decided
	have     []Approval
}

// Ask answers whether a change may ship, and keeps the answer with all that it
// stood on before it is given. Asked again about the same step, it finds the
// same change and looks again. Errors: Invalid with each wrong field; for a
// service that is not registered, how to register it.
func (s *Service) Ask(ctx context.Context, a Ask) (Answer, error) {
	who, err := requireAny(ctx, actor.Ingest, actor.Respond)
	if err != nil {
		return Answer{}, errs.Wrap("change.gate", err)
	}
	c, err := a.change()
	if err != nil {
		return Answer{}, errs.Wrap("change.gate", err)
	}
	out, err := s.put(ctx, who, &question{ask: a, mode: ModeGate, change: c})
	return out, errs.Wrap("change.gate", err)
}

// AskAgain asks policy anew about a change that has not started, as its page
// and the due work do. Errors: NotFound.
func (s *Service) AskAgain(ctx context.Context, id int64) (Answer, error) {
	who, err := requireAny(ctx, actor.Ingest, actor.Respond)
	if err != nil {
		return Answer{}, errs.Wrap("change.gate", err)
	}
	who.Person = 0 // looking again makes nobody the one who asked for it
	out, err := s.put(ctx, who, &question{mode: ModeGate, change: Change{ID: id}})
	return out, errs.Wrap("change.gate", err)
}

// GateState says where a change stands, without asking policy. Errors: NotFound.
func (s *Service) GateState(ctx context.Context, id int64) (out Answer, err error) {
	if _, err := requireAny(ctx, actor.Read, actor.Ingest); err != nil {
		return Answer{}, errs.Wrap("change.state", err)
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Answer{}, errs.Wrap("change.state", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		k := &question{change: Change{ID: id}}
		if err := s.findAsked(q, k); err != nil {
			return err
		}
		out = answerOf(k.change, k.standing, k.have, now)
		return nil
	})
	return out, errs.Wrap("change.state", err)
}

// put takes a question through: facts and policy on a snapshot, outside of any
// transaction; the deciding transaction holds the answer against what is so
// then, and keeps it. What changed too often meanwhile is decided inside.
func (s *Service) put(ctx context.Context, who actor.Actor, k *question) (Answer, error) {
	asked := *k
	for range outside {
		*k = asked
		done, err := s.evaluate(ctx, k)
		if err != nil && !errors.Is(err, errUnregistered) {
			return Answer{}, err
		}
		if err != nil {
			break // it has to be registered inside a transaction
		}
		if done {
			return answerOf(k.change, k.standing, k.have, k.g.in.Now), nil
		}
		out, err := s.keep(ctx, who, k)
		if !errors.Is(err, errStale) {
			return out, err
		}
	}
	*k = asked
	return s.keepInside(ctx, who, k)
}

// evaluate finds the change and decides on a snapshot; done: there is nothing
// to keep.
func (s *Service) evaluate(ctx context.Context, k *question) (done bool, err error) {
	began := time.Now()
	now, err := s.DB.Now(ctx)
	if err != nil {
		return false, err
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if err := s.findAsked(q, k); err != nil || k.settled {
			k.g.in.Now = now
			return err
		}
		k.g, err = s.gather(q, now, k.change)
		return err
	})
	if err != nil || k.settled {
		return k.settled, err
	}
	k.d = k.g.answer(ctx, k.mode, began)
	return k.nothingNew(), nil
}

// nothingNew reports whether the decision that stands says what this one says,
// so that a pipeline that waits and asks every few seconds leaves one record.
func (k *question) nothingNew() bool {
	if k.version == 0 || k.moved || k.standing.ID == 0 || k.mode != ModeGate || !k.standing.same(k.d) {
		return false
	}
	switch k.change.State {
	case Awaiting: // unless one expired that was counted on
		return k.g.in.Now.Before(k.change.ExpiresAt)
	case Approved, Scheduled:
		return k.change.ExpiresAt.IsZero() || k.g.in.Now.Before(k.change.ExpiresAt)
	case Assessed:
		return k.change.RecheckAt.IsZero() == k.d.again(k.g.in.Now).IsZero() && (k.change.RecheckAt.IsZero() || k.change.RecheckAt.After(k.g.in.Now)) &&
			k.d.Result.Outcome == k.change.Outcome && k.d.Result.Outcome != "allow" && k.d.Result.Outcome != "needs_review"
	}
	return false
}

// keep is the deciding transaction of a question that was answered outside.
func (s *Service) keep(ctx context.Context, who actor.Actor, k *question) (out Answer, err error) {
	err = s.DB.Write(ctx, who, "change gate", func(tx *db.Tx) error {
		st, err := s.take(tx, who, k)
		if err != nil {
			return err
		}
		now, err := holdStamps(tx, k.change.Services, k.g.around)
		if err != nil {
			return err
		}
		if now != k.g.stamps {
			return errStale
		}
		out, err = s.stand(tx, st, k)
		return err
	})
	return out, err
}

// keepInside decides within one transaction, in which services that are not
// registered may be proposed.
func (s *Service) keepInside(ctx context.Context, who actor.Actor, k *question) (out Answer, err error) {
	asked := *k
	err = s.DB.Write(ctx, who, "change gate", func(tx *db.Tx) error {
		*k = asked
		if err := s.register(tx, k); err != nil {
			return err
		}
		if err := s.findAsked(tx, k); err != nil {
			return err
		}
		if k.settled {
			tx.Unrecorded("the change is beyond a decision")
			out = answerOf(k.change, k.standing, k.have, tx.Now)
			return nil
		}
		st, err := s.take(tx, who, k)
		if err != nil {
			return err
		}
		if _, err := holdStamps(tx, k.change.Services, nil); err != nil {
			return err
		}
		began := time.Now()
		if k.g, err = s.gather(tx, tx.Now, k.change); err != nil {
			return err
		}
		k.d = k.g.answer(tx.Context(), k.mode, began)
		out, err = s.stand(tx, st, k)
		return err
	})
	return out, err
}

// take locks the change that a question was found to be about, or makes it: that
// there is none is so as long as the stamps of its services are the same, which
// whoever opens one moves.
func (s *Service) take(tx *db.Tx, who actor.Actor, k *question) (*step, error) {
	if k.version == 0 {
		st, err := s.open(tx, k.change)
		if err != nil {
			return nil, err
		}
		st.who = who
		if k.ask.Key != "" {
			err = bind(tx, st.ID, k.change.Source, k.ask.Key)
		}
		return st, err
	}
	st, err := s.begin(tx, k.change.ID)
	if err != nil {
		return nil, err
	}
	if st.Version != k.version {
		return nil, errStale
	}
	st.who = who
	was, entries, trail, salt, version := st.Change, st.Entries, st.Trail, st.salt, st.Version
	st.Change = k.change
	st.Entries, st.Trail, st.salt, st.Version, st.State = entries, trail, salt, version, was.State
	return st, nil
}

// stand lets the decision stand and answers.
func (s *Service) stand(tx *db.Tx, st *step, k *question) (Answer, error) {
	if st.Commit != st.was.Commit && !st.fresh {
		k.have = slices.Clone(k.have) // the closure may run again
		if err := st.anotherCommit(k.have); err != nil {
			return Answer{}, err
		}
	}
	if k.moved {
		st.touch()
	}
	st.known = &k.g.practice
	list, err := st.settle(k.d, slices.Clone(k.have), k.g.reviewers)
	if err != nil {
		return Answer{}, err
	}
	if err := st.commit("change.gate"); err != nil {
		return Answer{}, err
	}
	d := k.d
	d.ID, d.Change = st.Decision, st.ID
	tx.After(func() { s.shadows.add(d) })
	return answerOf(st.Change, d, list, tx.Now), nil
}

// anotherCommit takes back what people approved: it was something else.
func (c *step) anotherCommit(have []Approval) error {
	n := 0
	for i := range have {
		if have[i].State == Given || have[i].State == Waiting {
			n++
			if err := c.decideApproval(&have[i], Expired, "another commit came"); err != nil {
				return err
			}
		}
	}
	if c.State != Draft && c.State != Assessed {
		text := "Another commit came"
		if n > 0 {
			text += "; approvals of the earlier one do not hold for it"
		}
		return c.reopen(text)
	}
	return nil
}
