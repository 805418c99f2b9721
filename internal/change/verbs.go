package change

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// These are the verbs of people. Verbs check the state and not the version, so
// that pressing a button twice is harmless; edits carry the version.

// Open records a change by hand: something that no pipeline does, or that is
// planned. Services may be named by an alias. It asks no policy: Ask does.
// Errors: Invalid, also for a service that the catalog does not have; NotFound
// for a model.
func (s *Service) Open(ctx context.Context, c Change) (out Change, err error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Change{}, errs.Wrap("change.open", err)
	}
	if who.Kind == actor.User {
		fill(&c.Source, "page")
	}
	fill(&c.Source, "api")
	if c.AuthorPerson == 0 && c.Author == "" {
		c.AuthorPerson = who.Person
	}
	if err := c.fits(); err != nil {
		return Change{}, errs.Wrap("change.open", err)
	}
	err = s.DB.Write(ctx, who, "change opened", func(tx *db.Tx) error {
		one := c
		if one.Services, err = s.resolve(tx, c.Services); err != nil {
			return err
		}
		if err := s.fromModel(tx, &one); err != nil {
			return err
		}
		if other, ok, err := findOpen(tx, first(one.Services), cmp.Or(one.Environment, Production), strings.ToLower(one.Commit), cmp.Or(one.Kind, Deploy)); err != nil {
			return err
		} else if ok {
			return errs.E(errs.Conflict, "%s is open for this commit already; go on with it", other.Key()).On(other.Key())
		}
		out, err = s.create(tx, one)
		return err
	})
	return out, errs.Wrap("change.open", err)
}

// fits refuses texts of people that are too long to keep; machines' are cut.
func (c *Change) fits() error {
	var bad errs.Fields
	name := map[*string]string{&c.Title: "title", &c.Summary: "summary", &c.RollbackPlan: "rollback_plan", &c.RollbackRef: "rollback_ref", &c.Commit: "commit",
		&c.Artefact: "artefact", &c.Repository: "repository", &c.PullRequest: "pull_request", &c.Link: "link", &c.Environment: "environment", &c.Model: "model"}
	for field, max := range c.texts() {
		if len(*field) > max && name[field] != "" {
			bad.Add(name[field], errs.Short(*field), fmt.Sprintf("use at most %d bytes", max))
		}
	}
	return bad.Err()
}

// resolve finds the services that names or aliases mean.
func (s *Service) resolve(q db.Querier, names []string) ([]string, error) {
	var bad errs.Fields
	out := make([]string, 0, len(names))
	for n, name := range names {
		k, ok, err := s.Catalog.Lookup(q, name)
		if err != nil {
			return nil, err
		}
		if !ok {
			bad.Add(fmt.Sprintf("services[%d]", n), errs.Short(name), "name a service of the catalog, or register it there first")
		}
		out = append(out, k.Name)
	}
	return out, bad.Err()
}

// fromModel takes from a model's template what nobody said. A change that
// names a model is a standard change.
func (s *Service) fromModel(q db.Querier, c *Change) error {
	if c.Model == "" {
		if c.Type == Standard {
			return errs.BadField("model", "", "name the pre-approved model that a standard change follows, or make it a normal one")
		}
		return nil
	}
	m, err := model(q, c.Model, "")
	if err != nil {
		return err
	}
	t := m.Spec.Template
	fill(&c.Type, Standard)
	fill(&c.Title, t.Title)
	fill(&c.Summary, t.Summary)
	fill(&c.Purpose, t.Purpose)
	fill(&c.RollbackPlan, t.RollbackPlan)
	fill(&c.RollbackRef, t.RollbackRef)
	return nil
}

// Cancel ends a change that has not begun.
func (s *Service) Cancel(ctx context.Context, id int64, reason string) (Change, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Change{}, errs.Wrap("change.cancel", err)
	}
	return s.write(ctx, who, "change.cancel", id, func(c *step) error { return c.cancel(reason) })
}

// Start says that the work of a change began: for changes that people do. A
// pipeline's deployment goes through ingest or the gate.
func (s *Service) Start(ctx context.Context, id int64) (Change, error) {
	who, err := requireAny(ctx, actor.Respond, actor.Ingest)
	if err != nil {
		return Change{}, errs.Wrap("change.start", err)
	}
	return s.write(ctx, who, "change.start", id, func(c *step) error { return c.start(c.tx.Now) })
}

// Deployed says that the work of a change is complete; health is watched from
// now on.
func (s *Service) Deployed(ctx context.Context, id int64) (Change, error) {
	who, err := requireAny(ctx, actor.Respond, actor.Ingest)
	if err != nil {
		return Change{}, errs.Wrap("change.deployed", err)
	}
	return s.write(ctx, who, "change.deployed", id, func(c *step) error { return c.deployed(c.tx.Now) })
}

// need refuses an empty or too long text.
func need(field, text, remedy string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", errs.BadField(field, "", remedy)
	}
	if len(text) > maxText {
		return "", errs.BadField(field, errs.Short(text), fmt.Sprintf("use at most %d bytes", maxText))
	}
	return text, nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
