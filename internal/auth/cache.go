package auth

import (
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
)

// cacheFor is how long an identified caller is believed without asking the
// database again: the longest that a revocation on another replica takes.
const cacheFor = 5 * time.Second

// cacheMost bounds the cache; when it is full it starts anew.
const cacheMost = 10_000

// identified is who a credential belongs to.
type identified struct {
	actor   actor.Actor
	session string // its ID, for cookies
}

// cache remembers callers by the hash of their credential. Wrong credentials
// are not remembered: they would push out the right ones.
type cache struct {
	mu         sync.Mutex
	generation int64 // grows when dropped
	entries    map[string]cached
}

type cached struct {
	identified
	until time.Time // monotonic process time; not the database's
}

func newCache() *cache { return &cache{entries: map[string]cached{}} }

// get returns a remembered caller, and the generation to hand to put.
func (c *cache) get(hash []byte) (id identified, ok bool, generation int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[string(hash)]
	if ok && time.Now().After(e.until) {
		delete(c.entries, string(hash))
		ok = false
	}
	return e.identified, ok, c.generation
}

// put remembers a caller unless the cache was dropped since generation was
// read: then the caller was looked up before a change.
func (c *cache) put(hash []byte, id identified, generation int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation != generation {
		return
	}
	if len(c.entries) >= cacheMost {
		clear(c.entries)
	}
	c.entries[string(hash)] = cached{id, time.Now().Add(cacheFor)}
}

// drop forgets everybody.
func (c *cache) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	clear(c.entries)
}
