package incident

import (
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
)

// Incidents on Evenkeel itself, which the watchdog opens and ends inside its
// own transaction. They belong to no service and no team: whoever runs
// Evenkeel is told by app.

// OpenOwn opens an incident of the highest priority about Evenkeel itself.
func (s *Service) OpenOwn(tx *db.Tx, title, text string) (Incident, error) {
	c, err := s.draft(tx, tx.Actor, Declaration{Title: clipped(title, MaxTitle), Summary: clipped(text, MaxText), Impact: High, Urgency: High})
	if err != nil {
		return Incident{}, err
	}
	c.Origin = ByAlert // a monitor reports it
	if err := s.open(tx, []*change{c}); err != nil {
		return Incident{}, err
	}
	return c.Incident, c.react()
}

// NoteOwn adds to the timeline of such an incident; nothing to one that is over.
func (s *Service) NoteOwn(tx *db.Tx, id int64, text string) error {
	c, err := s.begin(tx, tx.Actor, id)
	if err != nil || !c.State.Open() {
		return err
	}
	c.add(Entry{Kind: EntryNote, Text: clipped(text, MaxText)})
	return c.commit("incident.append")
}

// EndOwn resolves it; one that is over stays as it is.
func (s *Service) EndOwn(tx *db.Tx, id int64, text string) error {
	c, err := s.begin(tx, tx.Actor, id)
	if err != nil || !c.State.Open() && c.State != Mitigated {
		return err
	}
	if err := c.resolve(SelfRecovered, "resolved", text); err != nil {
		return err
	}
	return c.commit("incident.resolve")
}

// Open reports whether an incident is being worked on; false for one that does
// not exist. It checks no permission.
func (s *Service) Open(q db.Querier, id int64) (bool, error) {
	i, err := get(q, id, "")
	if err == db.ErrNoRows {
		return false, nil
	}
	return err == nil && i.State.Open(), err
}

// clipped is a text of at most n bytes that ends between characters.
func clipped(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-len("…")], "") + "…"
}
