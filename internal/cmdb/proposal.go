package cmdb

import (
	"time"

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
