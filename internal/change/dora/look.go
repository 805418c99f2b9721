package dora

import (
	"github.com/evenkeel/evenkeel/internal/db"
)

// look shows a sight all facts of a time: those of sealed days packed, others
// as they stand. Not in the order of time.
func look(q db.Querier, s *sight) error {
	from, to := s.reach()
	if to <= from {
		return nil
	}
	var c columns
	loose := func(from, to int64) error {
		if to <= from {
			return nil
		}
		c.reset()
		err := eachFact(q, from, to, func(f fact) {
			if c.add(f); c.len() == 10_000 {
				s.take(&c)
				c.reset()
			}
		})
		s.take(&c)
		return err
	}
	// Gaps first: a reader inside a reader would need a second connection.
	days, err := sealed(q, dayOf(from), dayOf(to-1))
	if err != nil {
		return err
	}
	next := from
	for _, day := range days {
		if err := loose(next, day*dayMicros); err != nil {
			return err
		}
		next = (day + 1) * dayMicros
	}
	if err := loose(next, to); err != nil {
		return err
	}
	// One reads while the other unpacks and counts.
	type packed struct {
		day  int64
		data []byte
	}
	var unread []int64
	pages, done := make(chan packed, 8), make(chan struct{})
	go func() {
		defer close(done)
		for p := range pages {
			if c.unpack(p.data) != nil {
				unread = append(unread, p.day) // of another layout: as if it were not sealed
				continue
			}
			s.expect(c.len(), len(days))
			s.take(&c)
		}
	}()
	err = eachSealed(q, dayOf(from), dayOf(to-1), func(day int64, data []byte) error {
		pages <- packed{day, data}
		return nil
	})
	close(pages)
	<-done
	for _, day := range unread {
		if err == nil {
			err = loose(day*dayMicros, (day+1)*dayMicros)
		}
	}
	return err
}
