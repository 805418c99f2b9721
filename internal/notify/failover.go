package notify

import (
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// weakAfter is the failed attempt after which the next leg no longer waits for
// its time. The first may be a hiccup; being told twice is less bad than late.
const weakAfter = 2

// wantsNext reports whether a message to a person went so badly that the next
// leg is needed now.
func (r row) wantsNext() bool {
	if r.Person == 0 || r.cancel != "" {
		return false
	}
	return r.State == Dead || r.State == Queued && r.Attempts == weakAfter
}

// failOver makes the next leg due now for messages whose way does not work.
// Where no leg is left and none arrived, the e-mail address of the account is
// the last resort.
func (s *Service) failOver(tx *db.Tx, weak []row) error {
	byKey := map[string][]row{}
	var keys []string
	for _, r := range weak {
		if byKey[r.Key] == nil {
			keys = append(keys, r.Key)
		}
		byKey[r.Key] = append(byKey[r.Key], r)
	}
	for _, key := range keys {
		people := make([]int64, 0, len(byKey[key]))
		for _, r := range byKey[key] {
			people = append(people, r.Person)
		}
		legs, err := legsOf(tx, key, people)
		if err != nil {
			return err
		}
		for _, r := range byKey[key] {
			if err := s.next(tx, r, legs); err != nil {
				return err
			}
		}
	}
	return nil
}

// next finds the leg after r among those of its notice and makes it due.
func (s *Service) next(tx *db.Tx, r row, legs []row) error {
	own := slices.DeleteFunc(slices.Clone(legs), func(l row) bool { return l.Person != r.Person || l.ID == r.ID })
	if slices.ContainsFunc(own, func(l row) bool { return l.State == Sent || l.State == Sending }) {
		return nil
	}
	waiting := slices.DeleteFunc(slices.Clone(own), func(l row) bool { return l.State != Queued })
	if len(waiting) > 0 {
		n := slices.MinFunc(waiting, func(a, b row) int { return a.Leg - b.Leg })
		// One that is paced, gathers or was tried already has its time.
		if n.paced || n.Attempts > 0 || !n.gather.IsZero() || !n.DueAt.After(tx.Now) {
			return nil
		}
		grace := otherGrace
		if n.Urgent {
			grace = urgentGrace
		}
		tx.After(s.Wake)
		return hasten(tx, n.ID, tx.Now, tx.Now.Add(grace))
	}
	byEmail := ByEmail.dest(r.Person)
	if r.Dest == byEmail || slices.ContainsFunc(own, func(l row) bool { return l.Dest == byEmail || l.State == Canceled }) {
		return nil
	}
	return s.lastResort(tx, r)
}

// lastResort tells a person by the e-mail address of the account what no other
// way brought.
func (s *Service) lastResort(tx *db.Tx, r row) error {
	people, err := s.o.Directory.People(tx, []int64{r.Person})
	if err != nil || len(people) == 0 || people[0].Disabled || people[0].Email == "" {
		return err
	}
	id, err := tx.NextID(ref.Message)
	if err != nil {
		return err
	}
	grace, age := otherGrace, otherMaxAge
	if r.Urgent {
		grace, age = urgentGrace, urgentMaxAge
	}
	mail := r
	mail.ID, mail.Dest, mail.Via, mail.Leg, mail.After = id, ByEmail.dest(r.Person), string(Email), r.Leg+1, 0
	mail.State, mail.QueuedAt, mail.DueAt, mail.EndedAt, mail.PromisedAt = Queued, tx.Now, tx.Now, time.Time{}, tx.Now.Add(grace)
	mail.salt, mail.lease, mail.paced, mail.Attempts, mail.Error = evidence.NewSalt(), "", false, 0, ""
	mail.gather, mail.carrier, mail.cancel, mail.expiry = time.Time{}, 0, "", tx.Now.Add(age)
	if _, err := insertMessages(tx, []row{mail}); err != nil {
		return fmt.Errorf("notify: last resort for %s: %w", r.Ref(), err)
	}
	recordMessage(tx, mail, "message.queued", "")
	old, err := linksOf(tx, []int64{r.ID})
	if err != nil {
		return err
	}
	var actions []Action
	for _, l := range old[r.ID] {
		actions = append(actions, Action{Verb: l.verb, Label: l.label})
	}
	tx.After(s.Wake)
	return insertLinks(tx, s.linkRows(tx.Now, tx.Now, mail, actions))
}
