package catalog

import (
	"strings"
	"sync"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// cache remembers what words mean, also that they mean nothing, so that
// receiving an alert costs no query. Any edit of a service drops all of it:
// edits are rare. A put carries the generation its reader began in, so that a
// slow reader cannot bring back what an edit has dropped.
type cache struct {
	mu  sync.RWMutex
	gen uint64
	m   map[string]Known // zero Known: means nothing
}

// maxCached bounds the memory that made-up names can take.
const maxCached = 20_000

func (c *cache) get(w string) (Known, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	k, ok := c.m[w]
	return k, ok
}

func (c *cache) generation() uint64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.gen
}

func (c *cache) put(w string, k Known, gen uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if gen != c.gen {
		return
	}
	if c.m == nil || len(c.m) >= maxCached {
		c.m = map[string]Known{}
	}
	c.m[w] = k
}

func (c *cache) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gen++
	c.m = nil
}

// changed follows the change feed: edits made by other replicas arrive here.
func (c *cache) changed(list []db.Change) {
	for _, ch := range list {
		if strings.HasPrefix(ch.Record, string(ref.Service)+" ") {
			c.drop()
			return
		}
	}
}
