package incident

import (
	"strings"
	"unicode"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// maxWords and maxWord bound what one title adds to the index.
const (
	maxWords = 12
	maxWord  = 32 // bytes
)

// words are the searchable words of a text: lower case, letters and digits,
// two bytes or more, each once.
func words(text string) []string {
	var out []string
	seen := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		for len(w) > maxWord {
			w = strings.ToValidUTF8(w[:maxWord], "")
		}
		if len(w) < 2 || seen[w] {
			continue
		}
		seen[w] = true
		if out = append(out, w); len(out) == maxWords {
			break
		}
	}
	return out
}

// prefixRange is the range of words that begin with w: [lo, hi).
func prefixRange(w string) (lo, hi []byte) {
	lo = []byte(w)
	hi = append([]byte(w), 0xff) // no UTF-8 text has this byte
	return lo, hi
}

func insertWords(tx *db.Tx, list []Incident) error {
	var rows [][]any
	for _, i := range list {
		for _, w := range words(i.Title) {
			rows = append(rows, []any{[]byte(w), i.ID})
		}
	}
	return tx.InsertMany("INSERT INTO incident_word (word, incident) VALUES ", " ON CONFLICT DO NOTHING", 2, rows)
}

func replaceWords(tx *db.Tx, was string, i Incident) error {
	for _, w := range words(was) {
		if err := tx.Later("DELETE FROM incident_word WHERE word = $1 AND incident = $2", []byte(w), i.ID); err != nil {
			return err
		}
	}
	return insertWords(tx, []Incident{i})
}

// searchable is how many incidents of a common prefix a search looks at.
const searchable = 500

// searchWords finds incidents whose titles have all words, the last one as a
// prefix, newest first. Of a word that very many titles have, only so many
// are looked at: search is for jumping to a record, lists are for browsing.
func searchWords(q db.Querier, who actor.Actor, list []string, limit int) ([]Hit, error) {
	last := list[len(list)-1]
	lo, hi := prefixRange(last)
	exact := []any{lo, searchable}
	prefix := []any{lo, hi, searchable}
	seen := map[int64]bool{}
	var hits []Hit
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{"SELECT incident FROM incident_word WHERE word = $1 ORDER BY incident DESC LIMIT $2", exact},
		{"SELECT incident FROM incident_word WHERE word > $1 AND word < $2 ORDER BY word, incident LIMIT $3", prefix},
	} {
		ids, err := db.Collect(q, func(r *db.Rows) (id int64, err error) { err = r.Scan(&id); return }, step.sql, step.args...)
		if err != nil {
			return nil, err
		}
		found, err := hitsOf(q, who, ids, list)
		if err != nil {
			return nil, err
		}
		for _, h := range found {
			if !seen[h.ID] {
				seen[h.ID] = true
				hits = append(hits, h)
			}
		}
		if len(hits) >= limit {
			break
		}
	}
	return hits[:min(limit, len(hits))], nil
}

// hitsOf reads those incidents that are visible and have all words, newest first.
func hitsOf(q db.Querier, who actor.Actor, ids []int64, list []string) (out []Hit, err error) {
	for part := range chunks(ids) {
		args := db.Args(part)
		cond := ""
		for _, w := range list[:max(0, len(list)-1)] {
			lo, hi := prefixRange(w)
			args = append(args, lo, hi)
			cond += " AND EXISTS (SELECT 1 FROM incident_word w WHERE w.word >= $" + itoa(len(args)-1) + " AND w.word < $" + itoa(len(args)) + " AND w.incident = i.id)"
		}
		in := db.In(1, len(part))
		found, err := db.Collect(q, scanHit, "SELECT "+hitColumns+" FROM incident i WHERE i.id IN "+in+cond+visible(who, &args)+" ORDER BY i.id DESC", args...)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

const hitColumns = "i.id, i.title, i.state, i.priority, i.service, i.triggered_at"

func scanHit(r *db.Rows) (h Hit, err error) {
	var at int64
	err = r.Scan(&h.ID, &h.Title, &h.State, &h.Priority, &h.Service, &at)
	h.At = db.Time(at)
	return
}
