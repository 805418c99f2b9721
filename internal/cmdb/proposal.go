package cmdb

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// ProposalState is what became of a proposal.
type ProposalState string

// The states. A refused pair is never proposed again.
const (
	ProposalOpen    ProposalState = "open"
	ProposalMerged  ProposalState = "merged"
	ProposalRefused ProposalState = "refused"
)

// Proposal says that two items may be one and the same.
type Proposal struct {
	ID      int64
	A, B    int64  // A < B
	Why     string // in words: "both have serial=C02X"
	State   ProposalState
	Actor   string // who decided
	Person  int64
	Created time.Time
	Decided time.Time
}

// Ref is the proposal's key: PAIR-3.
func (p Proposal) Ref() ref.Ref { return ref.N(ref.Proposal, p.ID) }

func (p Proposal) digest() string {
	return evidence.Digest(nil, []any{p.ID, p.A, p.B, p.State})
}

// ProposalDetail is a proposal with both sides, attribute by attribute.
type ProposalDetail struct {
	Proposal
	First   Detail // the item that A stands for now
	Second  Detail
	Compare []Compared // fields and attributes, differing ones first
	Shared  []Identifier
}

// Compared is one field of both items; empty: that side does not say.
type Compared struct {
	Field  string // "name", "attributes.size"
	First  string
	Second string
	Same   bool
}

// Proposals returns proposals by number, after one, the open ones or all.
func (s *Service) Proposals(ctx context.Context, all bool, after int64, limit int) (out []Proposal, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("cmdb.proposals", err)
	}
	query := openProposalsSQL
	if all {
		query = allProposalsSQL
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if out, err = collectProposals(q, query, after, limit+1); len(out) > limit {
			out, more = out[:limit], true
		}
		return err
	})
	return out, more, errs.Wrap("cmdb.proposals", err)
}

// ProposalsOf returns the proposals that an item is in, at most 100.
func (s *Service) ProposalsOf(ctx context.Context, item int64) (out []Proposal, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("cmdb.proposals", err)
	}
	if noNumber(item) {
		return nil, errs.Wrap("cmdb.proposals", noItem(ref.N(ref.Item, item).String()))
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		first, err := collectProposals(q, proposalsOfFirstSQL, item, 100)
		if err != nil {
			return err
		}
		other, err := collectProposals(q, proposalsOfOtherSQL, item, 100)
		out = append(first, other...)
		slices.SortFunc(out, func(a, b Proposal) int { return int(a.ID - b.ID) })
		return err
	})
	return out[:min(len(out), 100)], errs.Wrap("cmdb.proposals", err)
}

// Proposal returns a proposal with both sides. Errors: NotFound.
func (s *Service) Proposal(ctx context.Context, id int64) (out ProposalDetail, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return ProposalDetail{}, errs.Wrap("cmdb.proposal", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		p, err := findProposal(q, id, "")
		if err != nil {
			return err
		}
		out = ProposalDetail{Proposal: p}
		for _, side := range []struct {
			id   int64
			into *Detail
		}{{p.A, &out.First}, {p.B, &out.Second}} {
			now, err := finalItem(q, side.id)
			if err != nil {
				return err
			}
			if *side.into, err = detail(q, now); err != nil {
				return err
			}
		}
		out.Compare = compared(out.First.Item, out.Second.Item)
		for _, i := range out.First.Identifiers {
			if slices.Contains(out.Second.Identifiers, i) {
				out.Shared = append(out.Shared, i)
			}
		}
		return nil
	})
	return out, errs.Wrap("cmdb.proposal", err)
}

// compared puts two items side by side.
func compared(a, b Item) (out []Compared) {
	add := func(field, x, y string) {
		if x != "" || y != "" {
			out = append(out, Compared{field, x, y, x == y})
		}
	}
	add("kind", a.Kind, b.Kind)
	add("name", a.Name, b.Name)
	add("env", a.Env, b.Env)
	add("team", a.Team, b.Team)
	for _, name := range slices.Sorted(maps.Keys(a.Attributes)) {
		add("attributes."+name, string(a.Attributes[name]), string(b.Attributes[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(b.Attributes)) {
		if _, ok := a.Attributes[name]; !ok {
			add("attributes."+name, "", string(b.Attributes[name]))
		}
	}
	slices.SortStableFunc(out, func(x, y Compared) int { return below(!x.Same, !y.Same) })
	return out
}

// AcceptProposal merges the two items of a proposal; keep is the one that
// stays, 0 for the older one. Errors: Conflict when it was decided already.
func (s *Service) AcceptProposal(ctx context.Context, id, keep int64, note string) (out Regroup, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Regroup{}, errs.Wrap("cmdb.proposal.accept", err)
	}
	err = s.db.Write(ctx, who, "proposal accepted", func(tx *db.Tx) error {
		p, err := openProposal(tx, id)
		if err != nil {
			return err
		}
		a, err := finalItem(tx, p.A)
		if err != nil {
			return err
		}
		b, err := finalItem(tx, p.B)
		if err != nil {
			return err
		}
		if a == b {
			return errs.E(errs.Conflict, "both are %s already", ref.N(ref.Item, a)).On(p.Ref().String())
		}
		other := b
		switch keep {
		case 0, a, p.A:
			keep = a
		case b, p.B:
			keep, other = b, a
		default:
			return errs.BadField("keep", ref.N(ref.Item, keep).String(), "use "+ref.N(ref.Item, a).String()+" or "+ref.N(ref.Item, b).String())
		}
		if note == "" {
			note = p.Why
		}
		if out, err = s.merge(tx, keep, other, note); err != nil {
			return err
		}
		if p.A != min(keep, other) || p.B != max(keep, other) { // merges since: merge decided on another pair
			return decide(tx, p, ProposalMerged)
		}
		return nil
	})
	return out, errs.Wrap("cmdb.proposal.accept", err)
}

// RefuseProposal says that two items are two; the pair is never proposed again.
// Errors: Conflict when it was decided already.
func (s *Service) RefuseProposal(ctx context.Context, id int64) (out Proposal, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Proposal{}, errs.Wrap("cmdb.proposal.refuse", err)
	}
	err = s.db.Write(ctx, who, "proposal refused", func(tx *db.Tx) error {
		p, err := openProposal(tx, id)
		if err != nil {
			return err
		}
		if err := decide(tx, p, ProposalRefused); err != nil {
			return err
		}
		out, err = findProposal(tx, id, "")
		return err
	})
	return out, errs.Wrap("cmdb.proposal.refuse", err)
}

// decide keeps what became of a proposal, with evidence.
func decide(tx *db.Tx, p Proposal, state ProposalState) error {
	when := tx.Now
	if state == ProposalOpen {
		when = time.Time{}
	}
	if err := setProposal(tx, p.ID, state, when); err != nil {
		return err
	}
	before := p.digest()
	p.State = state
	tx.Record(evidence.Entry{Action: "proposal." + string(state), Record: p.Ref(), Before: before, After: p.digest()})
	return nil
}

// openProposal locks a proposal that nobody has decided on.
func openProposal(tx *db.Tx, id int64) (Proposal, error) {
	if err := lockMap(tx); err != nil {
		return Proposal{}, err
	}
	p, err := findProposal(tx, id, "")
	if err == nil && p.State != ProposalOpen {
		err = errs.E(errs.Conflict, "it was %s on %s already", p.State, p.Decided.Format("2006-01-02")).On(p.Ref().String())
	}
	return p, err
}
