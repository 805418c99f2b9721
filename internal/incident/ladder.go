package incident

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// Claim locks those of the incidents that nobody else is changing and returns
// them by id; the others are left out, without waiting. It is for due work
// that comes back for what it could not have.
func (s *Service) Claim(tx *db.Tx, ids []int64) (map[int64]Incident, error) {
	list, err := getMany(tx, ids, tx.SkipLocked())
	out := make(map[int64]Incident, len(list))
	for _, i := range list {
		out[i.ID] = i
	}
	return out, err
}

// Lock locks one incident that somebody may see. Errors: NotFound.
func (s *Service) Lock(tx *db.Tx, who actor.Actor, id int64) (Incident, error) {
	c, err := s.begin(tx, who, id)
	if err != nil {
		return Incident{}, err
	}
	return c.was, nil
}

// Look reads one incident that somebody may see. Errors: NotFound.
func (s *Service) Look(q db.Querier, who actor.Actor, id int64) (Incident, error) {
	return s.look(q, who, id)
}

// PolicyOf is what an incident's present priority promises, by its matrix.
func (s *Service) PolicyOf(q db.Querier, i Incident) (Policy, error) {
	m, err := s.matrix(q, i.Matrix)
	if err != nil {
		return Policy{}, err
	}
	return m.Policy(i.Priority), nil
}

// AppendMany is Append for several incidents that Claim or Lock returned in
// this transaction, with few statements for all of them.
func (s *Service) AppendMany(tx *db.Tx, locked []Incident, entries map[int64][]Entry) error {
	var changes []*change
	var all []Entry
	var rows [][]any
	for _, i := range locked {
		if len(entries[i.ID]) == 0 {
			continue
		}
		c, err := s.resume(tx, tx.Actor, i)
		if err != nil {
			return err
		}
		for _, e := range entries[i.ID] {
			c.add(Entry{Kind: e.Kind, Person: e.Person, Subject: e.Subject, Tag: e.Tag, Public: e.Public, Text: e.Text, Detail: e.Detail})
		}
		if err := c.settle(); err != nil {
			return err
		}
		all = append(all, c.entries...)
		rows = append(rows, []any{c.ID, c.Version, db.Micros(c.UpdatedAt), db.Micros(c.NextAt), c.Entries, c.Trail})
		changes = append(changes, c)
	}
	if len(changes) == 0 {
		return nil
	}
	if _, err := appended.Run(tx, rows); err != nil {
		return err
	}
	if err := insertEntries(tx, all); err != nil {
		return err
	}
	for _, c := range changes {
		c.record("incident.append")
		if err := c.react(); err != nil {
			return err
		}
	}
	return nil
}

// Admit adds an entry and makes a person a participant, inside a transaction.
// Errors: NotFound; Conflict when the incident is final.
func (s *Service) Admit(tx *db.Tx, id, person int64, e Entry) error {
	c, err := s.begin(tx, tx.Actor, id)
	if err != nil {
		return err
	}
	if final(c.State) {
		return refused(c.Incident, VerbAssign)
	}
	c.add(Entry{Kind: e.Kind, Person: e.Person, Subject: e.Subject, Text: e.Text, Detail: e.Detail})
	if err := c.admit(person); err != nil {
		return err
	}
	return c.commit("incident.append")
}

// HandOver gives an incident to a person: the command, when it is held or the
// person asks for it, and with it the duty to go on. Errors: NotFound;
// Conflict when the incident is final.
func (s *Service) HandOver(tx *db.Tx, id, person int64, note string) error {
	c, err := s.begin(tx, tx.Actor, id)
	if err != nil {
		return err
	}
	if final(c.State) {
		return refused(c.Incident, VerbAssign)
	}
	c.add(Entry{Kind: EntryRole, Person: tx.Actor.Person, Subject: person, Text: "{subject} took over", Detail: note})
	c.Assigned[0] = person
	c.fact("role", Commander)
	if c.State == Triggered {
		if err := c.acknowledge("acknowledged by taking over", ""); err != nil {
			return err
		}
	}
	if err := c.admit(person); err != nil {
		return err
	}
	return c.commit("incident.handover")
}

// LastActs is when a person last did anything in each of the incidents: wrote,
// decided, took a role. Incidents without such an entry are absent.
func (s *Service) LastActs(q db.Querier, ids []int64) (map[int64]time.Time, error) {
	out := map[int64]time.Time{}
	for part := range chunks(ids) {
		list, err := lastActs(q, part)
		if err != nil {
			return nil, err
		}
		for id, at := range list {
			out[id] = at
		}
	}
	return out, nil
}
