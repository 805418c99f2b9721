package notify

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Woke is one urgent message that reached a person.
type Woke struct {
	ID       int64
	Key      string // of the notice: the same for all of its legs
	Record   ref.Ref
	Reason   string
	Priority string
	Person   int64
	At       time.Time // when it was handed over
	Carrier  int64     // message under whose id it went together with others; 0 = it went alone
}

const wokeCols = `SELECT id, key, record, reason, priority, person, ended_at, carrier FROM notify_message WHERE urgent = TRUE AND state = 'sent'`

const (
	wokeByPerson = wokeCols + ` AND person = $1 AND queued_at >= $2 AND queued_at < $3 ORDER BY queued_at`
	wokeByRecord = wokeCols + ` AND person > 0 AND record IN `
)

// legsTake is how much later than its notice a message can go out and still be
// found: as long as an urgent one lives.
const legsTake = urgentMaxAge

// WokeBetween returns the urgent messages that were handed over to people in
// [from, to), by person and time. It is for other practices; it checks no
// permission and knows nothing of restrictions.
func WokeBetween(q db.Querier, people []int64, from, to time.Time) (out []Woke, err error) {
	for _, p := range people {
		list, err := db.Collect(q, scanWoke, wokeByPerson, p, db.Micros(from.Add(-legsTake)), db.Micros(to))
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return slices.DeleteFunc(out, func(w Woke) bool { return w.At.Before(from) || !w.At.Before(to) }), nil
}

// WokeAbout returns the urgent messages about records that were handed over to
// people, like WokeBetween.
func WokeAbout(q db.Querier, records []ref.Ref) (out []Woke, err error) {
	for part := range slices.Chunk(records, 256) {
		args := make([]any, len(part))
		for n, r := range part {
			args[n] = r.String()
		}
		list, err := db.Collect(q, scanWoke, wokeByRecord+db.In(1, len(part))+` ORDER BY record, id`, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

func scanWoke(r *db.Rows) (w Woke, err error) {
	var record string
	var ended int64
	err = r.Scan(&w.ID, &w.Key, &record, &w.Reason, &w.Priority, &w.Person, &ended, &w.Carrier)
	w.Record, _ = ref.Parse(record) // a test message is about no record
	w.At = db.Time(ended)
	return w, err
}
