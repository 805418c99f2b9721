package change

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// findAsked resolves the services of a question and finds the change that it is
// about: by number, by the pipeline's key, or by what it is.
func (s *Service) findAsked(q db.Querier, k *question) error {
	if k.change.ID != 0 {
		have, err := get(q, k.change.ID, "")
		if err == db.ErrNoRows {
			return unknown(k.change.ID)
		}
		if err != nil {
			return err
		}
		k.change = have
		return s.found(q, k, have)
	}
	if err := s.resolveAsked(q, &k.change); err != nil {
		return err
	}
	if err := k.change.fromModel(q, k.ask); err != nil {
		return err
	}
	have, ok, err := s.findChange(q, k)
	if err != nil {
		return err
	}
	if !ok {
		var err error
		if k.change.AuthorPerson, err = s.personOf(q, k.change.Author); err != nil {
			return err
		}
		if k.change.Team == "" {
			k.change.Team, _, _, err = s.Catalog.ServiceOf(q, k.change.Main())
		}
		return err
	}
	merged, moved := merge(have, k.change, k.ask)
	if have.State.Open() || have.State == Rejected && merged.Commit != have.Commit {
		k.change, k.moved = merged, moved
		if merged.Author != have.Author || merged.AuthorPerson == 0 {
			if k.change.AuthorPerson, err = s.personOf(q, merged.Author); err != nil {
				return err
			}
		}
	} else {
		k.change = have
	}
	return s.found(q, k, have)
}

func (s *Service) findChange(q db.Querier, k *question) (c Change, ok bool, err error) {
	if k.ask.Key != "" {
		id, err := findExternal(q, k.change.Source, k.ask.Key)
		if err != nil {
			return Change{}, false, err
		}
		if id != 0 {
			c, err = get(q, id, "")
			return c, err == nil, err
		}
	}
	return findAsked(q, k.change)
}

// found reads what stands about a change that exists.
func (s *Service) found(q db.Querier, k *question, have Change) (err error) {
	k.version = have.Version
	switch have.State {
	case Draft, Assessed, Awaiting, Approved, Scheduled:
	case Rejected:
		k.settled = k.change.Commit == have.Commit
	default:
		k.settled = true
	}
	if have.Decision != 0 {
		if k.standing, err = decisionByID(q, have.Decision); err != nil && err != db.ErrNoRows {
			return err
		}
	}
	k.have, err = approvalsOf(q, have.ID)
	return err
}

// errUnregistered says that a service has to be proposed first.
var errUnregistered = errors.New("a service is not registered")

// resolveAsked turns names and aliases into the services' own names.
func (s *Service) resolveAsked(q db.Querier, c *Change) error {
	out := make([]string, 0, len(c.Services))
	for _, name := range c.Services {
		k, ok, err := s.Catalog.Lookup(q, name)
		if err != nil {
			return err
		}
		if !ok {
			p, err := s.settings(q)
			if err != nil {
				return err
			}
			if p.UnknownService == Propose && s.Unregistered != nil {
				return errUnregistered
			}
			return errs.BadField("services", name, "register it first: evenkeel apply a Service document, or New service on the page of services; or let unknown services be proposed in the settings of changes")
		}
		if !slices.Contains(out, k.Name) {
			out = append(out, k.Name)
		}
	}
	c.Services = out
	return nil
}

// register proposes the services of a question that the catalog does not have,
// where settings say so.
func (s *Service) register(tx *db.Tx, k *question) error {
	for _, name := range k.change.Services {
		_, ok, err := s.Catalog.Lookup(tx, name)
		if err != nil {
			return err
		}
		p, err := s.settings(tx)
		if err != nil {
			return err
		}
		if ok || p.UnknownService != Propose || s.Unregistered == nil {
			continue
		}
		if err := s.Unregistered(tx, strings.TrimSpace(name), k.change.Repository); err != nil {
			return err
		}
	}
	return nil
}

// personOf finds who a source means by a login or address; 0: nobody we know.
func (s *Service) personOf(q db.Querier, author string) (int64, error) {
	author = strings.TrimSpace(author)
	if i := strings.LastIndexByte(author, '<'); i >= 0 && strings.HasSuffix(author, ">") {
		author = author[i+1 : len(author)-1]
	}
	if author == "" || s.People == nil {
		return 0, nil
	}
	_, writing := q.(*db.Tx)
	if !writing {
		if id, ok := s.authors.get(author); ok {
			return id, nil
		}
	}
	find := s.People.PersonOf
	if strings.Contains(author, "@") {
		find = s.People.PersonByMail
	}
	id, ok, err := find(q, author)
	if err != nil {
		return 0, err
	}
	if !ok {
		id = 0
	}
	if !writing {
		s.authors.put(author, id)
	}
	return id, nil
}

// authorCache remembers for a moment who authors are: the same few ask all the
// time. Four eyes do not stand on it: approvals compare handle and address with
// the author again.
type authorCache struct {
	mu    sync.RWMutex
	since time.Time
	kept  map[string]int64
}

const (
	authorsKept = 5 * time.Second
	authorsMost = 10_000
)

func (a *authorCache) get(author string) (id int64, ok bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if time.Since(a.since) > authorsKept {
		return 0, false
	}
	id, ok = a.kept[author]
	return id, ok
}

func (a *authorCache) put(author string, id int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if time.Since(a.since) > authorsKept || len(a.kept) >= authorsMost {
		a.since, a.kept = time.Now(), map[string]int64{}
	}
	a.kept[author] = id
}
