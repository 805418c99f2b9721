package incident

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
)

// fewWithWords returns the incidents that have all words (as beginnings of
// words), when one of the words is rare enough to say: then a list is read
// from them. Otherwise the words are common, and a list that checks each
// incident in turn fills its page soon.
func fewWithWords(q db.Querier, list []string) (ids []int64, few bool, err error) {
	for _, w := range list {
		lo, hi := prefixRange(w)
		found, err := db.Collect(q, func(r *db.Rows) (id int64, err error) { err = r.Scan(&id); return },
			"SELECT incident FROM incident_word WHERE word >= $1 AND word < $2 ORDER BY word, incident LIMIT $3", lo, hi, searchable+1)
		if err != nil {
			return nil, false, err
		}
		if len(found) <= searchable && (!few || len(found) < len(ids)) {
			ids, few = found, true
		}
	}
	if !few || len(list) == 1 {
		slices.Sort(ids)
		return slices.Compact(ids), few, nil
	}
	ids, err = withAll(q, ids, list)
	return ids, true, err
}

// withAll keeps those incidents that have all words.
func withAll(q db.Querier, ids []int64, list []string) (out []int64, err error) {
	slices.Sort(ids)
	for part := range chunks(slices.Compact(ids)) {
		args := db.Args(part)
		cond := ""
		for _, w := range list {
			lo, hi := prefixRange(w)
			args = append(args, lo, hi)
			cond += " AND EXISTS (SELECT 1 FROM incident_word w WHERE w.incident = i.id AND w.word >= $" + itoa(len(args)-1) + " AND w.word < $" + itoa(len(args)) + ")"
		}
		found, err := db.Collect(q, func(r *db.Rows) (id int64, err error) { err = r.Scan(&id); return },
			"SELECT i.id FROM incident i WHERE i.id IN "+db.In(1, len(part))+cond, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}
