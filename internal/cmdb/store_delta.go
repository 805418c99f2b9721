package cmdb

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
)

// storedDelta is what one transaction changed in the graph.
type storedDelta struct {
	id   int64
	body []byte
}

func insertDelta(tx *db.Tx, id, at int64, body []byte) error {
	return tx.Later("INSERT INTO ci_delta (id, at, body) VALUES ($1, $2, $3)", id, at, body)
}

func newestDelta(q db.Querier) (int64, error) {
	return oneNumber(q, "SELECT id FROM ci_delta ORDER BY id DESC LIMIT 1")
}

func scanDelta(r *db.Rows) (d storedDelta, err error) { return d, r.Scan(&d.id, &d.body) }

func deltasAfter(q db.Querier, id int64, limit int) ([]storedDelta, error) {
	return db.Collect(q, scanDelta, "SELECT id, body FROM ci_delta WHERE id > $1 ORDER BY id LIMIT $2", id, limit)
}

// deltasWithin are the numbers of deltas written up to so long before one.
func deltasWithin(q db.Querier, id, us int64) ([]int64, error) {
	at, err := oneNumber(q, "SELECT at FROM ci_delta WHERE id = $1", id)
	if err != nil {
		return nil, err
	}
	return numbers(q, "SELECT id FROM ci_delta WHERE at >= $1 ORDER BY at LIMIT 100000", at-us)
}

func deltasByID(q db.Querier, ids []int64) (out []storedDelta, err error) {
	for part := range slices.Chunk(ids, atOnce) {
		in, args := db.InSet(q, 1, part)
		list, err := db.Collect(q, scanDelta, "SELECT id, body FROM ci_delta WHERE id "+in, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// The graph is read as few whole numbers for each row, several facts in one:
// each column costs as much as finding the row. The kind lies in bits 0 to 4,
// hard is bit 5, provenance 6 to 9, a group bit 10, the need above it.
const (
	graphEdgesSQL = "SELECT CAST(id AS BIGINT), CAST(from_item AS BIGINT) * 4294967296 + to_item, " +
		"CAST(kind + CASE WHEN hard = TRUE THEN 32 ELSE 0 END + provenance * 64 + CASE WHEN grp = '' THEN 0 ELSE 1024 END + need * 2048 AS BIGINT), since / 1000000, revision " +
		"FROM ci_relation WHERE id >= $1 AND id < $2 AND state <> 'retired'"
	graphPastSQL = "SELECT CAST(relation AS BIGINT), CAST(from_item AS BIGINT) * 4294967296 + to_item, " +
		"CAST(kind + CASE WHEN hard = TRUE THEN 32 ELSE 0 END + provenance * 64 + CASE WHEN grp = '' THEN 0 ELSE 1024 END + need * 2048 AS BIGINT), since / 1000000, until / 1000000 " +
		"FROM ci_relation_past WHERE relation >= $1 AND relation < $2"
)

const (
	bitHard       = 1 << 5
	bitProvenance = 6
	bitGroup      = 1 << 10
	bitNeed       = 11
)

func unpackEdge(row []int64, groups map[int64]uint32) graph.Edge {
	e := graph.Edge{ID: row[0], From: uint32(row[1] >> 32), To: uint32(row[1]), Kind: uint8(row[2] & 31), Hard: row[2]&bitHard != 0,
		Provenance: uint8(row[2] >> bitProvenance & 15), Need: uint16(row[2] >> bitNeed), Since: row[3]}
	if row[2]&bitGroup != 0 {
		e.Group = groups[row[0]]
	}
	return e
}

// loadGraph reads the present graph, on two connections.
func (s *Service) loadGraph(ctx context.Context) (*graph.Graph, error) {
	b := graph.NewBuilder()
	var groups map[int64]uint32
	var top int64
	err := s.db.Read(ctx, func(q db.Querier) (err error) {
		if groups, err = loadGroups(q, b); err != nil {
			return err
		}
		top, err = oneNumber(q, "SELECT id FROM ci_relation ORDER BY id DESC LIMIT 1")
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.loadNodes(ctx, b); err != nil {
		return nil, err
	}
	err = inRanges(top, func(from, to int64) error {
		edges := make([]graph.Edge, 0, 4096)
		err := s.db.Ints(ctx, graphEdgesSQL, func(row []int64) error {
			e := unpackEdge(row, groups)
			e.Revision = row[4]
			if edges = append(edges, e); len(edges) < cap(edges) {
				return nil
			}
			err := b.Edges(edges...)
			edges = edges[:0]
			return err
		}, from, to)
		if err != nil {
			return err
		}
		return b.Edges(edges...)
	})
	if err != nil {
		return nil, err
	}
	return b.Graph(), nil
}

// inRanges calls f with ranges of numbers up to a top, two at a time, so that
// both halves of the work take equally long.
func inRanges(top int64, f func(from, to int64) error) error {
	const workers = 2
	step := max(top/16, 1<<16)
	var next int64
	var mu sync.Mutex
	var failed error
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				mu.Lock()
				from := next
				next += step
				stop := from > top || failed != nil
				mu.Unlock()
				if stop {
					return
				}
				if err := f(from, from+step); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return failed
}

// loadGroups reads the groups of the few relations that have one.
func loadGroups(q db.Querier, b *graph.Builder) (map[int64]uint32, error) {
	rows, err := q.Query("SELECT id, grp FROM ci_relation WHERE grp <> ''")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out, known := map[int64]uint32{}, map[string]uint32{}
	for rows.Next() {
		var id int64
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return nil, err
		}
		n, ok := known[text]
		if !ok {
			n = b.Group(text)
			known[text] = n
		}
		out[id] = n
	}
	return out, rows.Err()
}

// loadNodes reads kinds from an index, kind by kind, and the states of those
// that are not present from another one.
func (s *Service) loadNodes(ctx context.Context, b *graph.Builder) error {
	var kinds []string
	away := map[uint32]graph.State{}
	err := s.db.Read(ctx, func(q db.Querier) error {
		for kind := ""; ; {
			list, err := db.Collect(q, func(r *db.Rows) (k string, err error) { return k, r.Scan(&k) }, "SELECT kind FROM ci WHERE kind > $1 ORDER BY kind LIMIT 1", kind)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				break
			}
			kind = list[0]
			kinds = append(kinds, kind)
		}
		rows, err := q.Query("SELECT id, state FROM ci WHERE state <> 'present'")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id int64
			var state State
			if err := rows.Scan(&id, &state); err != nil {
				return err
			}
			away[uint32(id)] = graphState(state)
		}
		return rows.Err()
	})
	if err != nil {
		return err
	}
	for _, kind := range kinds {
		nodes := make([]graph.NodeChange, 0, 4096)
		err := s.db.Ints(ctx, "SELECT CAST(id AS BIGINT) FROM ci WHERE kind = $1", func(row []int64) error {
			// Versions are not read: any delta that comes is newer or says the same.
			nodes = append(nodes, graph.NodeChange{ID: uint32(row[0]), Kind: kind, State: away[uint32(row[0])]})
			if len(nodes) < cap(nodes) {
				return nil
			}
			err := b.Nodes(nodes...)
			nodes = nodes[:0]
			return err
		}, kind)
		if err == nil {
			err = b.Nodes(nodes...)
		}
		if err != nil {
			return fmt.Errorf("items of kind %s: %w", kind, err)
		}
	}
	return nil
}

// loadPast reads former forms of relations into a graph that has the present
// ones.
func (s *Service) loadPast(ctx context.Context, g *graph.Graph) error {
	type key struct{ relation, until int64 }
	var top int64
	texts := map[key]string{}
	err := s.db.Read(ctx, func(q db.Querier) (err error) {
		if top, err = oneNumber(q, "SELECT relation FROM ci_relation_past ORDER BY relation DESC LIMIT 1"); err != nil {
			return err
		}
		rows, err := q.Query("SELECT relation, until / 1000000, grp FROM ci_relation_past WHERE grp <> ''")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var k key
			var text string
			if err := rows.Scan(&k.relation, &k.until, &text); err != nil {
				return err
			}
			texts[k] = text
		}
		return rows.Err()
	})
	if err != nil || top == 0 {
		return err
	}
	const step = 50_000
	for from := int64(0); from <= top; from += step {
		var d graph.Delta
		err := s.db.Ints(ctx, graphPastSQL, func(row []int64) error {
			e := unpackEdge(row, nil)
			e.Group = d.Group(texts[key{row[0], row[4]}])
			e.Until = max(row[4], e.Since+1)
			d.Edges = append(d.Edges, e)
			return nil
		}, from, from+step)
		if err == nil && !d.Empty() {
			err = g.Apply(d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
