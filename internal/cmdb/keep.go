package cmdb

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
)

// The snapshot of the graph is a file of its own beside the database. Its first
// line names the newest delta that is in it, by number and digest, so that a
// file of another database, or of this one before a restore, is not believed.
type keepHead struct {
	Delta  int64  `json:"delta"`
	Digest string `json:"digest"`
}

const keepName = "map.snapshot"

var errNoSnapshot = errors.New("there is no snapshot")

// save writes the snapshot; the file that was is replaced at once or stays.
func (m *memory) save() error {
	dir := m.s.opt.SnapshotDir
	m.mu.Lock()
	head := keepHead{m.top, m.body}
	m.dirty = 0
	m.mu.Unlock()
	if dir == "" || head.Digest == "" {
		return nil // nothing ever changed
	}
	f, err := os.CreateTemp(dir, keepName+".*") // for its owner alone, as the database is
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // after the rename there is nothing to remove
	line, err := json.Marshal(head)
	if err == nil {
		_, err = f.Write(append(line, '\n'))
	}
	if err == nil {
		err = m.g.Load().WriteSnapshot(f, head.Delta)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, keepName))
}

// fromSnapshot reads the graph back when the database still knows the delta
// that it ends with.
func (m *memory) fromSnapshot(ctx context.Context) (*graph.Graph, error) {
	if m.s.opt.SnapshotDir == "" {
		return nil, errNoSnapshot
	}
	f, err := os.Open(filepath.Join(m.s.opt.SnapshotDir, keepName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, errNoSnapshot
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<20)
	line, err := in.ReadSlice('\n')
	if err != nil {
		return nil, fmt.Errorf("its first line: %w", err)
	}
	var head keepHead
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, fmt.Errorf("its first line: %w", err)
	}
	var list []storedDelta
	err = m.s.db.Read(ctx, func(q db.Querier) (err error) {
		list, err = deltasByID(q, []int64{head.Delta})
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 || digestOf(list[0].body) != head.Digest {
		return nil, fmt.Errorf("the database has no delta %d of this content", head.Delta)
	}
	g, mark, err := graph.ReadSnapshot(in)
	if err == nil && mark != head.Delta {
		err = fmt.Errorf("it ends with delta %d, its first line says %d", mark, head.Delta)
	}
	if err == nil {
		m.stand(head.Delta, head.Digest)
	}
	return g, err
}
