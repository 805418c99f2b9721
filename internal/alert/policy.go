package alert

import (
	"context"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// policy is everything that decides about an event, as of one version: the
// integrations and their tokens, the enabled rules by position, the silences
// that are not over. It is immutable once loaded.
type policy struct {
	version      int64
	integrations map[int64]*Integration
	tokens       map[[32]byte]tokenOf
	rules        []*Rule
	silences     []*Silence
}

type tokenOf struct {
	integration int64
	expires     int64  // microseconds; 0: never
	sealed      []byte // the token, for senders that sign; nil: not kept
}

func (p *policy) rule(name string) *Rule {
	for _, r := range p.rules {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// routing of an episode that was routed by the named rule, as the rule stands
// now; the default when the rule is gone.
func (p *policy) routing(name string, severity Severity) Routing {
	if r := p.rule(name); r != nil {
		return r.routing()
	}
	return defaultRouting(severity)
}

// policyCache keeps the last loaded policy. Inside a transaction it is checked
// against the version row, so a decision always uses the policy of its own
// transaction, on every replica.
type policyCache struct {
	mu      sync.Mutex
	last    *policy
	checked time.Time // when last was compared with the database, for Authenticate
}

// in returns the policy as the transaction or snapshot sees it.
func (c *policyCache) in(q db.Querier) (*policy, error) {
	version, err := policyVersion(q)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	last := c.last
	c.mu.Unlock()
	if last != nil && last.version == version {
		return last, nil
	}
	p, err := loadPolicy(q, version)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil || c.last.version < version {
		c.last = p
	}
	return p, nil
}

// tokenAge is how long a token check may use the cached policy. The cost of a
// database read for each post would be higher than that of the post itself; a
// change on this replica is seen at once, one on another within this time, and
// a deleted or disabled integration is refused inside the transaction anyway.
const tokenAge = time.Second

// fresh returns a policy that is at most tokenAge old.
func (c *policyCache) fresh(ctx context.Context, d *db.DB) (*policy, error) {
	c.mu.Lock()
	last, checked := c.last, c.checked
	c.mu.Unlock()
	if last != nil && time.Since(checked) < tokenAge {
		return last, nil
	}
	var p *policy
	at := time.Now()
	err := d.Read(ctx, func(q db.Querier) (err error) {
		p, err = c.in(q)
		return err
	})
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checked = at
	return p, nil
}

// changed is called after a commit that changed the policy.
func (c *policyCache) changed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checked = time.Time{}
}

// touchPolicy counts the version up in the transaction that changes policy.
func (s *Service) touchPolicy(tx *db.Tx) error {
	tx.After(s.policy.changed)
	return bumpPolicy(tx)
}

func (s *Service) authenticate(ctx context.Context, kind Kind, token string) (Integration, error) {
	refused := errs.E(errs.Unauthenticated, "no %s integration has this token; check it on the integration's page", kind)
	if token == "" || len(token) > 256 {
		return Integration{}, refused
	}
	p, err := s.policy.fresh(ctx, s.db)
	if err != nil {
		return Integration{}, errs.Wrap("alert.authenticate", err)
	}
	t, ok := p.tokens[[32]byte(hashToken(token))]
	if !ok {
		return Integration{}, refused
	}
	if t.expires != 0 { // by the clock that set it
		now, err := s.db.Now(ctx)
		if err != nil {
			return Integration{}, errs.Wrap("alert.authenticate", err)
		}
		if t.expires <= db.Micros(now) {
			return Integration{}, refused
		}
	}
	in := p.integrations[t.integration]
	if in == nil || in.Kind != kind || in.Disabled {
		return Integration{}, refused
	}
	return *in, nil
}

// ByName returns the integration of a name as actor.Ingest, for senders inside
// the program (the demo, probes).
func (s *Service) ByName(ctx context.Context, name string) (Integration, error) {
	if _, err := actor.Require(ctx, actor.Ingest); err != nil {
		return Integration{}, err
	}
	p, err := s.policy.fresh(ctx, s.db)
	if err != nil {
		return Integration{}, errs.Wrap("alert.integration", err)
	}
	for _, in := range p.integrations {
		if in.Name == name {
			return *in, nil
		}
	}
	return Integration{}, errs.E(errs.NotFound, "there is no integration %q", name)
}
