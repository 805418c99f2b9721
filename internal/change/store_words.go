package change

import (
	"slices"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/db"
)

// insertWords adds the words of a title to the index.
func insertWords(tx *db.Tx, c Change) error {
	var rows [][]any
	for _, w := range titleWords(c.Title) {
		rows = append(rows, []any{[]byte(w), c.ID})
	}
	return tx.InsertMany("INSERT INTO change_word (word, change_id) VALUES ", " ON CONFLICT DO NOTHING", 2, rows)
}

// replaceWords follows a title that was edited.
func replaceWords(tx *db.Tx, was string, c Change) error {
	for _, w := range titleWords(was) {
		if err := tx.Later("DELETE FROM change_word WHERE word = $1 AND change_id = $2", []byte(w), c.ID); err != nil {
			return err
		}
	}
	return insertWords(tx, c)
}

// searchable is how many changes of a common word a search looks at: it is for
// finding a record, lists are for browsing.
const searchable = 500

// withWords finds changes whose titles have all words, the last one also as a
// beginning, newest first, before a number (0: all).
func withWords(q db.Querier, list []string, before int64) ([]int64, error) {
	last := list[len(list)-1]
	lo, hi := prefixRange(last)
	until := before
	if until == 0 {
		until = 1<<63 - 1
	}
	ids, err := idsOf(q, "SELECT change_id FROM change_word WHERE word = $1 AND change_id < $2 ORDER BY change_id DESC LIMIT $3", lo, until, searchable)
	if err != nil {
		return nil, err
	}
	more, err := idsOf(q, "SELECT change_id FROM change_word WHERE word > $1 AND word < $2 ORDER BY word DESC, change_id DESC LIMIT $3", lo, hi, searchable)
	if err != nil {
		return nil, err
	}
	for _, id := range more {
		if id < until {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b int64) int { return int(b - a) })
	ids = slices.Compact(ids)
	if len(list) == 1 || len(ids) == 0 {
		return ids, nil
	}
	in, args := db.InSet(q, 1, ids)
	cond := ""
	for _, w := range list[:len(list)-1] {
		args = append(args, []byte(w))
		cond += " AND EXISTS (SELECT 1 FROM change_word w WHERE w.word = $" + strconv.Itoa(len(args)) + " AND w.change_id = c.id)"
	}
	return idsOf(q, "SELECT c.id FROM change c WHERE c.id "+in+cond+" ORDER BY c.id DESC", args...)
}

// withCommit finds changes by the beginning of their commit, newest first.
func withCommit(q db.Querier, prefix string) ([]int64, error) {
	ids, err := idsOf(q, "SELECT id FROM change WHERE commit_sha <> '' AND commit_sha >= $1 AND commit_sha < $2 ORDER BY commit_sha, id LIMIT $3", prefix, prefix+"g", searchable)
	slices.SortFunc(ids, func(a, b int64) int { return int(b - a) })
	return ids, err
}

func idsOf(q db.Querier, query string, args ...any) ([]int64, error) {
	return db.Collect(q, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) }, query, args...)
}
