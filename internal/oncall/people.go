package oncall

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// PersonDisabled takes a person out of who is on call at once; wired to the
// disabling of people. Schedules keep naming them until somebody edits those.
func (s *Service) PersonDisabled(tx *db.Tx, _ int64) error { return bumpPeople(tx) }

// PersonErased erases what covers and offers say about a person: reasons and
// notes, with the salts that tie evidence to them. Open offers are withdrawn,
// calendar feeds end.
func (s *Service) PersonErased(tx *db.Tx, person int64) error {
	if err := bumpPeople(tx); err != nil {
		return err
	}
	if _, err := dropFeeds(tx, person, "", true); err != nil {
		return err
	}
	away, err := collectCovers(tx, coversOfSQL, person, int64(0), maxCovers)
	if err != nil {
		return err
	}
	stood, err := collectCovers(tx, coversBySQL, person, int64(0), maxCovers)
	if err != nil {
		return err
	}
	seen := map[int64]bool{}
	for _, c := range slices.Concat(away, stood) {
		if seen[c.ID] || c.Reason == "" {
			continue
		}
		seen[c.ID] = true
		before := c.digest()
		c.Reason, c.salt, c.Version = "", evidence.NewSalt(), c.Version+1
		if err := putCover(tx, &c); err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "cover.erase", Record: c.Ref(), Version: c.Version, Before: before, After: c.digest()})
	}
	offers, err := offersOf(tx, person)
	if err != nil {
		return err
	}
	for _, o := range offers {
		if o.Note == "" && o.State != Offered {
			continue
		}
		before := o.digest()
		o.Note, o.salt, o.Version, o.Updated = "", evidence.NewSalt(), o.Version+1, tx.Now
		if o.State == Offered {
			o.State = Withdrawn
		}
		if err := putOffer(tx, o); err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "swap.erase", Record: o.Ref(), Version: o.Version, Before: before, After: o.digest(), Data: o.facts()})
	}
	return nil
}

// TeamRemoved refuses the removal of a team that has a schedule; wired to the
// team's removal.
func TeamRemoved(tx *db.Tx, team string) error {
	list, err := listSchedules(tx, team, "", 1)
	if err != nil || len(list) == 0 {
		return err
	}
	return errs.E(errs.Conflict, "the schedule %s belongs to it; give that to another team first", list[0].Name).On(ref.S(ref.Team, team).String())
}
