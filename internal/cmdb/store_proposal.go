package cmdb

import (
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const proposalColumns = "id, a, b, why, state, actor, person, created_at, decided_at"

// Lists of proposals, and those of one item, newest last.
const (
	openProposalsSQL    = "SELECT " + proposalColumns + " FROM ci_proposal WHERE state = 'open' AND id > $1 ORDER BY id LIMIT $2"
	allProposalsSQL     = "SELECT " + proposalColumns + " FROM ci_proposal WHERE id > $1 ORDER BY id LIMIT $2"
	proposalsOfFirstSQL = "SELECT " + proposalColumns + " FROM ci_proposal WHERE a = $1 ORDER BY a, b LIMIT $2"
	proposalsOfOtherSQL = "SELECT " + proposalColumns + " FROM ci_proposal WHERE b = $1 LIMIT $2"
)

func scanProposal(row interface{ Scan(...any) error }) (p Proposal, err error) {
	var created, decided int64
	err = row.Scan(&p.ID, &p.A, &p.B, &p.Why, &p.State, &p.Actor, &p.Person, &created, &decided)
	p.Created, p.Decided = db.Time(created), db.Time(decided)
	return p, err
}

func collectProposals(q db.Querier, query string, args ...any) ([]Proposal, error) {
	return db.Collect(q, func(r *db.Rows) (Proposal, error) { return scanProposal(r) }, query, args...)
}

func findProposal(q db.Querier, id int64, lock string) (Proposal, error) {
	p, err := scanProposal(q.QueryRow("SELECT "+proposalColumns+" FROM ci_proposal WHERE id = $1"+lock, id))
	if errors.Is(err, db.ErrNoRows) {
		return p, errs.E(errs.NotFound, "there is no such proposal").On(ref.N(ref.Proposal, id).String())
	}
	return p, err
}

// findPair returns the proposal on two items, in either order.
func findPair(q db.Querier, a, b int64, lock string) (p Proposal, ok bool, err error) {
	p, err = scanProposal(q.QueryRow("SELECT "+proposalColumns+" FROM ci_proposal WHERE a = $1 AND b = $2"+lock, min(a, b), max(a, b)))
	if errors.Is(err, db.ErrNoRows) {
		return p, false, nil
	}
	return p, err == nil, err
}

// setProposal keeps what was decided; the zero time is not decided.
func setProposal(tx *db.Tx, id int64, state ProposalState, at time.Time) error {
	who, person := tx.Actor.String(), tx.Actor.Person
	if state == ProposalOpen {
		who, person = "", 0
	}
	_, err := tx.Exec("UPDATE ci_proposal SET state = $2, actor = $3, person = $4, decided_at = $5 WHERE id = $1", id, string(state), who, person, db.Micros(at))
	return err
}
