package oncall

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// has reports whether a person is on call at some time in [from, to).
func (r *Rota) has(person int64, from, to time.Time) bool {
	list, _ := r.between(from, to, maxDuties)
	return slices.ContainsFunc(list, func(d Duty) bool { return d.Has(person) })
}

// OfferSwap offers one's own shifts in a time to somebody, or to everybody.
// Errors: NotFound; Invalid, also when one has no shift then.
func (s *Service) OfferSwap(ctx context.Context, schedule string, n NewOffer) (o Offer, err error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err == nil && who.Person == 0 {
		err = errs.E(errs.Forbidden, "only a person has shifts to offer; use a person's token")
	}
	if err != nil {
		return Offer{}, errs.Wrap("oncall.offer-swap", err)
	}
	err = s.db.Write(ctx, who, "swap offered", func(tx *db.Tx) error {
		r, err := s.rota(tx, schedule)
		if err != nil {
			return err
		}
		var bad errs.Fields
		o = Offer{Schedule: schedule, Person: who.Person, Note: n.Note, State: Offered, Version: 1, Created: tx.Now, Updated: tx.Now, salt: evidence.NewSalt()}
		if n.To != "" {
			if o.To, err = named(tx, who, "to", n.To, &bad); err != nil {
				return err
			}
			if o.To == who.Person {
				bad.Add("to", n.To, "is you; name somebody else, or leave it out to offer it to everybody")
			}
		}
		o.From, o.Until = checkTime("from", "until", n.From, n.Until, tx.Now, &bad)
		if len(bad) == 0 && !r.has(who.Person, o.From, o.Until) {
			bad.Add("from", o.From.Format(time.RFC3339), "you are not on call in this schedule then; offer a shift of yours")
		}
		if !n.ReturnFrom.IsZero() || !n.ReturnTo.IsZero() {
			o.ReturnFrom, o.ReturnTo = checkTime("return_from", "return_to", n.ReturnFrom, n.ReturnTo, tx.Now, &bad)
			if o.ReturnFrom.Before(o.Until) && o.From.Before(o.ReturnTo) {
				bad.Add("return_from", o.ReturnFrom.Format(time.RFC3339), "it overlaps what you offer; take a time before or after it")
			} else if len(bad) == 0 && o.To != 0 && !r.has(o.To, o.ReturnFrom, o.ReturnTo) {
				bad.Add("return_from", o.ReturnFrom.Format(time.RFC3339), "they are not on call in this schedule then; ask for a shift of theirs")
			}
		}
		checkReason("note", &o.Note, &bad)
		if err := bad.Err(); err != nil {
			return err
		}
		if o.ID, err = tx.NextID(ref.Cover); err != nil {
			return err
		}
		return s.saveOffer(tx, o, "swap.offer", "")
	})
	return o, errs.Wrap("oncall.offer-swap", err)
}

// saveOffer stores an offer with evidence and tells those concerned.
func (s *Service) saveOffer(tx *db.Tx, o Offer, action, before string) error {
	if err := putOffer(tx, o); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: action, Record: o.Ref(), Version: o.Version, Before: before, After: o.digest(), Data: o.facts()})
	if s.Told != nil {
		return s.Told(tx, o)
	}
	return nil
}

func (o Offer) facts() map[string]string {
	m := map[string]string{"schedule": o.Schedule, "person": ref.N(ref.Person, o.Person).String(), "state": string(o.State)}
	if o.Taker != 0 {
		m["taker"] = ref.N(ref.Person, o.Taker).String()
	}
	for i, c := range o.Covers {
		m[fmt.Sprintf("cover%d", i+1)] = ref.N(ref.Cover, c).String()
	}
	return m
}

// Swaps returns the open offers that the actor made or may accept, the next
// ones first.
func (s *Service) Swaps(ctx context.Context) (out []Offer, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return nil, errs.Wrap("oncall.swaps", err)
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, errs.Wrap("oncall.swaps", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		list, err := openOffers(q, now, maxCovers)
		for _, o := range list {
			if o.To == 0 || o.To == who.Person || o.Person == who.Person {
				out = append(out, o)
			}
		}
		return err
	})
	return out, errs.Wrap("oncall.swaps", err)
}

// SwapOf returns an offer by number. Errors: NotFound.
func (s *Service) SwapOf(ctx context.Context, id int64) (o Offer, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Offer{}, errs.Wrap("oncall.swap-of", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		o, err = findOffer(q, id, "")
		return err
	})
	return o, errs.Wrap("oncall.swap-of", err)
}

// openOffer returns an offer that can still be answered.
func openOffer(tx *db.Tx, id int64) (Offer, error) {
	o, err := findOffer(tx, id, tx.ForUpdate())
	switch {
	case err != nil:
		return Offer{}, err
	case o.State != Offered:
		return Offer{}, errs.E(errs.Conflict, "this offer was %s already", o.State).On(o.Ref().String())
	case !o.Until.After(tx.Now):
		return Offer{}, errs.E(errs.Conflict, "what it offers is over").On(o.Ref().String())
	}
	return o, nil
}

// AcceptSwap takes over what an offer offers; what it asks for in return goes
// to the one who offered. Conflict when the offer was answered, is over, or the
// shift is no longer theirs; Forbidden when it was made to somebody else.
func (s *Service) AcceptSwap(ctx context.Context, id int64) (o Offer, err error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err == nil && who.Person == 0 {
		err = errs.E(errs.Forbidden, "only a person takes over shifts; use a person's token")
	}
	if err != nil {
		return Offer{}, errs.Wrap("oncall.accept-swap", err)
	}
	err = s.db.Write(ctx, who, "swap accepted", func(tx *db.Tx) error {
		if o, err = openOffer(tx, id); err != nil {
			return err
		}
		switch {
		case o.Person == who.Person:
			return errs.E(errs.Conflict, "this is your own offer; decline it to withdraw it").On(o.Ref().String())
		case o.To != 0 && o.To != who.Person:
			return errs.E(errs.Forbidden, "it was offered to somebody else").On(o.Ref().String())
		}
		r, err := s.rota(tx, o.Schedule)
		if err != nil {
			return err
		}
		now := tx.Now.Truncate(time.Second)
		from := later(o.From, now)
		if !from.Before(o.Until) || !r.has(o.Person, from, o.Until) {
			return errs.E(errs.Conflict, "the one who offers is no longer on call then; ask them for a new offer").On(o.Ref().String())
		}
		before := o.digest()
		covers := []Cover{{Person: who.Person, Instead: o.Person, From: from, To: o.Until}}
		if !o.ReturnTo.IsZero() {
			back := later(o.ReturnFrom, now)
			if !back.Before(o.ReturnTo) || !r.has(who.Person, back, o.ReturnTo) {
				return errs.E(errs.Conflict, "you are not on call in the time that is asked for in return").On(o.Ref().String())
			}
			covers = append(covers, Cover{Person: o.Person, Instead: who.Person, From: back, To: o.ReturnTo})
		}
		o.Covers = nil
		for _, c := range covers {
			c.Kind, c.Schedule, c.Reason = Swap, o.Schedule, o.Note
			if err := s.add(tx, &c); err != nil {
				return err
			}
			o.Covers = append(o.Covers, c.ID)
		}
		o.State, o.Taker, o.Version, o.Updated = Accepted, who.Person, o.Version+1, tx.Now
		return s.saveOffer(tx, o, "swap.accept", before)
	})
	return o, errs.Wrap("oncall.accept-swap", err)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// DeclineSwap refuses an offer that was made to oneself, or withdraws one's
// own. Conflict when it was answered; Forbidden for others' offers.
func (s *Service) DeclineSwap(ctx context.Context, id int64) (o Offer, err error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Offer{}, errs.Wrap("oncall.decline-swap", err)
	}
	err = s.db.Write(ctx, who, "swap declined", func(tx *db.Tx) error {
		if o, err = openOffer(tx, id); err != nil {
			return err
		}
		before, state, action := o.digest(), Declined, "swap.decline"
		switch {
		case o.Person == who.Person || who.May(actor.Configure) && o.To != who.Person:
			state, action = Withdrawn, "swap.withdraw"
		case o.To == 0:
			return errs.E(errs.Conflict, "it was offered to everybody; just leave it to the others").On(o.Ref().String())
		case o.To != who.Person:
			return errs.E(errs.Forbidden, "it was offered to somebody else").On(o.Ref().String())
		}
		o.State, o.Taker, o.Version, o.Updated = state, who.Person, o.Version+1, tx.Now
		return s.saveOffer(tx, o, action, before)
	})
	return o, errs.Wrap("oncall.decline-swap", err)
}
