package audit

import (
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

const (
	// window is how many entries one query of a filter without index looks at,
	// and windows how many such queries one page takes.
	window  = 20_000
	windows = 5
	// skew is how much later an entry may stand in the sequence than its time
	// says: on PostgreSQL entries are sequenced after they are committed.
	skew = 5 * time.Minute
)

func scanItem(r *db.Rows) (it Item, err error) {
	var raw []byte
	var leaf int64
	if err = r.Scan(&leaf, &it.Index, &raw); err != nil {
		return it, err
	}
	it = itemOf(it.Index, raw)
	it.leaf = leaf
	return it, nil
}

const byRecordQuery = "SELECT leaf_id, COALESCE(idx, -1), entry FROM evidence WHERE record = $1 AND leaf_id < $2 ORDER BY leaf_id DESC LIMIT $3"

// byRecord fills the page with a record's entries; the cursor is the leaf's
// identity, so entries that have no index yet are there too.
func (p *Page) byRecord(q db.Querier, f Filter, below int64, limit int) error {
	for range windows {
		items, err := db.Collect(q, scanItem, byRecordQuery, f.Record, below, limit)
		if err != nil {
			return err
		}
		for _, it := range items {
			below = it.leaf
			if f.match(it) {
				p.Items = append(p.Items, it)
			}
			if len(p.Items) == limit {
				p.Next = strconv.FormatInt(below, 10)
				return nil
			}
		}
		if len(items) < limit {
			return nil
		}
	}
	p.Next = strconv.FormatInt(below, 10)
	return nil
}

// match applies what the query did not.
func (f Filter) match(it Item) bool {
	prefix, open := strings.CutSuffix(f.Action, "*")
	return (f.Actor == "" || it.Actor == f.Actor) &&
		(f.Action == "" || it.Action == f.Action || open && strings.HasPrefix(it.Action, prefix)) &&
		(f.Since.IsZero() || !it.At.Before(f.Since)) && (f.Until.IsZero() || it.At.Before(f.Until))
}

const (
	byIndexQuery  = "SELECT leaf_id, idx, entry FROM evidence WHERE idx < $1 AND idx >= $2 ORDER BY idx DESC LIMIT $3"
	byActorQuery  = "SELECT leaf_id, idx, entry FROM evidence WHERE idx < $1 AND idx >= $2 AND actor = $4 ORDER BY idx DESC LIMIT $3"
	byActionQuery = "SELECT leaf_id, idx, entry FROM evidence WHERE idx < $1 AND idx >= $2 AND action = $4 ORDER BY idx DESC LIMIT $3"
)

// byIndex fills the page in windows of the index, from below downwards.
func (p *Page) byIndex(q db.Querier, f Filter, below int64, limit int) error {
	size, err := headSize(q)
	if err != nil {
		return err
	}
	low, high, err := span(q, f, size)
	if err != nil {
		return err
	}
	query, args := byIndexQuery, []any(nil)
	if f.Actor != "" {
		query, args = byActorQuery, []any{f.Actor}
	} else if f.Action != "" && !strings.HasSuffix(f.Action, "*") {
		query, args = byActionQuery, []any{f.Action}
	}
	below = min(below, high)
	fetch := limit + 1
	if strings.HasSuffix(f.Action, "*") || f.Actor != "" && f.Action != "" {
		fetch = 1000 // most of what is read may not match
	}
	for n := 0; below > low; n++ {
		if n == windows {
			p.Next, p.Through = strconv.FormatInt(below, 10), below
			return nil
		}
		from := max(low, below-window)
		last, full, err := p.take(q, f, query, append([]any{below, from, fetch}, args...), limit, fetch)
		if err != nil {
			return err
		}
		if full {
			p.Next = strconv.FormatInt(last, 10)
			return nil
		}
		below = max(last, from)
	}
	return nil
}

// take appends what one query finds and returns where to go on. full: the page
// is full and there is more from there on.
func (p *Page) take(q db.Querier, f Filter, query string, args []any, limit, fetch int) (next int64, full bool, err error) {
	items, err := db.Collect(q, scanItem, query, args...)
	if err != nil {
		return 0, false, err
	}
	for _, it := range items {
		if !f.match(it) {
			next = it.Index
			continue
		}
		if len(p.Items) == limit {
			return it.Index + 1, true, nil
		}
		p.Items = append(p.Items, it)
		next = it.Index
	}
	if len(items) < fetch {
		next = 0 // the window is exhausted
	}
	return next, false, nil
}

// span finds the indexes that a period can lie in, by bisection: times grow
// with the index, apart from the skew.
func span(q db.Querier, f Filter, size int64) (low, high int64, err error) {
	high = size
	if !f.Since.IsZero() {
		if low, err = firstSince(q, f.Since.Add(-skew), size); err != nil {
			return low, high, err
		}
	}
	if !f.Until.IsZero() {
		high, err = firstSince(q, f.Until.Add(skew), size)
	}
	return low, high, err
}

// firstSince is the first index whose entry was made at or after a time; size
// if there is none.
func firstSince(q db.Querier, at time.Time, size int64) (int64, error) {
	low, high := int64(0), size
	for low < high {
		mid := low + (high-low)/2
		var us int64
		err := q.QueryRow("SELECT at FROM evidence WHERE idx >= $1 ORDER BY idx LIMIT 1", mid).Scan(&us)
		if err != nil && err != db.ErrNoRows {
			return 0, err
		}
		if err == db.ErrNoRows || us >= db.Micros(at) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low, nil
}

const (
	entriesQuery       = "SELECT idx, idx, entry FROM evidence WHERE idx >= $1 AND idx < $2 ORDER BY idx LIMIT $3"
	recordEntriesQuery = "SELECT leaf_id, idx, entry FROM evidence WHERE record = $4 AND leaf_id >= $1 AND idx < $2 ORDER BY leaf_id LIMIT $3"
)

// entriesFrom returns stored entries from a cursor on, and the next cursor:
// the index, or the leaf's identity for the entries of one record.
func entriesFrom(q db.Querier, record string, cursor, size int64, limit int) (list []evidence.Stored, next int64, err error) {
	scan := func(r *db.Rows) (e evidence.Stored, err error) { return e, r.Scan(&next, &e.Index, &e.Canonical) }
	if record == "" {
		list, err = db.Collect(q, scan, entriesQuery, cursor, size, limit)
	} else {
		list, err = db.Collect(q, scan, recordEntriesQuery, cursor, size, limit, record)
	}
	return list, next + 1, err
}

// waiting counts entries that are committed and have no index yet, up to 1000.
func waiting(q db.Querier) (n int64, err error) {
	return n, q.QueryRow("SELECT COUNT(*) FROM (SELECT 1 FROM evidence WHERE idx IS NULL LIMIT 1000) AS w").Scan(&n)
}
