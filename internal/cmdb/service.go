package cmdb

import (
	"log/slog"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// Options say how the service works on this machine.
type Options struct {
	SnapshotDir string       // where the graph in memory is kept over a restart; empty: nowhere
	Log         *slog.Logger // nil: slog.Default()
	NoGraph     bool         // do not keep the graph in memory (tools that only import)
}

// Service is the practice's verbs on one database.
type Service struct {
	Hooks // what the practice asks of others

	db  *db.DB
	opt Options
	log *slog.Logger
	mem *memory

	mu      sync.Mutex
	working map[int64]bool // runs that this process reads or applies
	began   bool           // the first look for runs that were cut short is done
}

// New returns the service on a database. The graph is loaded in the background
// and follows the database until Close.
func New(d *db.DB, opt Options) *Service {
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	s := &Service{db: d, opt: opt, log: opt.Log, working: map[int64]bool{}}
	s.mem = newMemory(s)
	return s
}

// Close stops following the database and writes the snapshot of the graph.
func (s *Service) Close() error { return s.mem.close() }

// Effect is what a transaction changed.
type Effect struct {
	Items []int64 `json:"-"` // created or changed, growing
	Counts
	Proposed []int64 `json:"-"` // numbers of proposals that were made
}

// Counts are numbers of what a run or transaction met and changed. Of a run that
// is dry or asks they are what it would change, as far as its source alone can
// tell; of one that is applied what it changed.
type Counts struct {
	Items     int `json:"items,omitempty"`     // records of items
	Relations int `json:"relations,omitempty"` // records of relations
	Repeated  int `json:"repeated,omitempty"`  // relations that stood there twice

	Created int `json:"created,omitempty"`
	Changed int `json:"changed,omitempty"` // items that look different
	Same    int `json:"same,omitempty"`    // records that say nothing new
	Stale   int `json:"stale,omitempty"`   // items that turn or turned stale
	Back    int `json:"back,omitempty"`    // items that were stale or retired and are seen again

	RelationsAdded   int `json:"relations_added,omitempty"`
	RelationsChanged int `json:"relations_changed,omitempty"`
	RelationsStale   int `json:"relations_stale,omitempty"` // that turn or turned stale
	Dangling         int `json:"dangling,omitempty"`        // relations with an end that nobody knows
	Proposals        int `json:"proposals,omitempty"`       // pairs that may be one

	Chunks  int `json:"chunks,omitempty"`  // parts in which the run is applied
	Applied int `json:"applied,omitempty"` // of them done
}

// begun are the counts of a run that is about to be applied: what was expected
// makes room for what is done.
func (c Counts) begun() Counts {
	return Counts{Items: c.Items, Relations: c.Relations, Repeated: c.Repeated, Same: c.Same, Dangling: c.Dangling, Chunks: c.Chunks}
}

// did adds what a part of a run changed.
func (c *Counts) did(o Counts) {
	c.Created += o.Created
	c.Changed += o.Changed
	c.Stale += o.Stale
	c.Back += o.Back
	c.RelationsAdded += o.RelationsAdded
	c.RelationsChanged += o.RelationsChanged
	c.RelationsStale += o.RelationsStale
	c.Proposals += o.Proposals
}

// moment is the time of a transaction as stored.
func moment(t time.Time) int64 { return db.Micros(t) }

// at is a stored time.
func at(us int64) time.Time { return db.Time(us) }
