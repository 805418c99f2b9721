package catalog

import (
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Spec is a service as code: the spec of a document of kind Service, whose
// metadata.name is the service's name. What is absent takes its default.
type Spec struct {
	Title     string    `json:"title,omitempty"` // default: the name
	Team      string    `json:"team"`
	Tier      *int      `json:"tier,omitempty"`      // default: DefaultTier
	Lifecycle Lifecycle `json:"lifecycle,omitempty"` // default: live
	Promise   string    `json:"promise,omitempty"`
	Links     []Link    `json:"links,omitempty"`
	Aliases   []string  `json:"aliases,omitempty"`
	Portfolio
}

func (s Service) spec() Spec {
	sp := Spec{Team: s.Team, Lifecycle: s.Lifecycle, Promise: s.Promise, Aliases: s.Aliases, Portfolio: s.Portfolio}
	if s.Title != s.Name {
		sp.Title = s.Title
	}
	if s.Tier != DefaultTier {
		sp.Tier = &s.Tier
	}
	if s.Lifecycle == Live {
		sp.Lifecycle = ""
	}
	for _, l := range s.Links {
		if l.Kind == Other {
			l.Kind = ""
		}
		sp.Links = append(sp.Links, l)
	}
	return sp
}

func (sp Spec) edit() Edit {
	e := Edit{Title: sp.Title, Team: sp.Team, Tier: DefaultTier, Lifecycle: sp.Lifecycle, Promise: sp.Promise, Links: sp.Links, Aliases: sp.Aliases, Portfolio: sp.Portfolio}
	if sp.Tier != nil {
		e.Tier = *sp.Tier
	}
	if e.Lifecycle == "" {
		e.Lifecycle = Live
	}
	return e
}

// ListSpecs returns all services as code, retired ones too.
func (c *Catalog) ListSpecs(q db.Querier) (out []ascode.Object[Spec], err error) {
	err = EachService(q, func(s Service) error {
		if err := c.name(q, &s); err != nil {
			return err
		}
		out = append(out, ascode.Object[Spec]{Name: s.Name, Spec: s.spec()})
		return nil
	})
	return out, err
}

// Apply creates a service or makes it equal to spec.
func (c *Catalog) Apply(tx *db.Tx, name string, spec Spec, commit string) error {
	if err := checkName(name); err != nil {
		return err
	}
	e := spec.edit()
	if err := e.normalise(name); err != nil {
		return err
	}
	old, err := read(tx, name, tx.ForUpdate())
	if errs.Is(err, errs.NotFound) {
		_, err = c.create(tx, name, e, facts(commit))
		return err
	}
	if err != nil {
		return err
	}
	_, _, err = c.change(tx, old, e, facts(commit))
	return err
}

// Remove retires a service: records name it, so it is never deleted.
func (c *Catalog) Remove(tx *db.Tx, name string) error {
	_, err := c.retire(tx, name)
	return err
}

// AsCode is the kind Service of everything-as-code.
func AsCode(c *Catalog) ascode.Kind {
	return ascode.NewKind("Service", ref.Service, ascode.OrderService, c.ListSpecs, c.Apply, c.Remove)
}
