package policy

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Draft compiles modules that are not kept, with the settings in force, to be
// tested or tried; nothing is stored. Errors: Invalid with file:line:column for
// each fault.
func (s *Service) Draft(ctx context.Context, modules map[string]string) (*Compiled, error) {
	if _, err := actor.Require(ctx, actor.Respond); err != nil {
		return nil, errs.Wrap("policy.draft", err) // compiling takes a processor's time
	}
	c, err := Compile(modules)
	if err != nil || s.Settings == nil {
		return c, errs.Wrap("policy.draft", err)
	}
	var now Settings
	err = s.db.Read(ctx, func(q db.Querier) (err error) { now, err = s.Settings(q); return err })
	if err != nil {
		return nil, errs.Wrap("policy.draft", err)
	}
	return c.With(now), nil
}

// Deciding returns the policy that decides now, ready to be tried.
func (s *Service) Deciding(ctx context.Context) (c *Compiled, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("policy.deciding", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error { c, _, err = s.Active(q); return err })
	return c, errs.Wrap("policy.deciding", err)
}
