package contact

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// Ways satisfies notify.Book.
func (s *Service) Ways(q db.Querier, people []int64, need notify.Need, now time.Time) (map[int64][]notify.Way, error) {
	rules, err := rulesOf(q, people)
	if err != nil || len(rules) == 0 {
		return nil, err
	}
	chose := make([]int64, 0, len(rules))
	for _, id := range people {
		if _, ok := rules[id]; ok {
			chose = append(chose, id)
		}
	}
	methods, err := methodsOf(q, chose)
	if err != nil {
		return nil, err
	}
	out := make(map[int64][]notify.Way, len(chose))
	for _, id := range chose {
		out[id] = rules[id].ways(need, methods[id], now)
	}
	return out, nil
}

// Reach satisfies notify.Book.
func (s *Service) Reach(q db.Querier, ids []int64) (map[int64]notify.Reach, error) {
	list, err := methodsByID(q, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]notify.Reach, len(list))
	for _, m := range list {
		r := notify.Reach{Person: m.Person, Kind: m.Kind}
		a, err := s.open(m)
		switch {
		case err != nil:
			r.Lack = "the contact method cannot be read with the key of this server"
		case !m.Usable():
			r.Lack = "the contact method is not verified"
		default:
			r.Target = a.target(m.Kind)
		}
		out[m.ID] = r
	}
	return out, nil
}

// saw notes how a message by the method went.
func (m *Method) saw(now time.Time, good bool, answer string) {
	if good {
		m.Good, m.Failures = now, 0
		return
	}
	m.Bad, m.Answer = now, answer
	m.Failures++
}

// fresh is how old a good mark may be before another one is written.
const fresh = time.Minute

// Hear notes how attempts by methods went; it is a hook of notify.OnAttempt.
// A method that goes on working costs no write.
func (s *Service) Hear(tx *db.Tx, list []notify.Attempted) error {
	last := map[int64][]notify.Attempted{}
	var ids []int64
	for _, a := range list {
		// What a person's own mistake is not, and messages that went together
		// with one that is counted, say nothing more of the method.
		if id := a.Method(); id != 0 && a.Outcome != notify.WasUnknown {
			if last[id] == nil {
				ids = append(ids, id)
			}
			last[id] = append(last[id], a)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	methods, err := methodsByID(tx, ids)
	if err != nil {
		return err
	}
	for _, m := range methods {
		was := m
		for _, a := range last[m.ID] {
			m.saw(tx.Now, a.Outcome == notify.WasSent, a.Answer)
			if a.Together > 0 {
				break // one message, many rows
			}
		}
		if m.Failures == 0 && was.Failures == 0 && tx.Now.Sub(was.Good) < fresh {
			continue
		}
		if err := storeHealth(tx, m); err != nil {
			return err
		}
	}
	return nil
}
