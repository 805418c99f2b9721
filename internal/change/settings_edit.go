package change

import (
	"context"
	"reflect"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// Settings returns the settings, complete with defaults.
func (s *Service) Settings(ctx context.Context) (p Practice, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Practice{}, errs.Wrap("change.settings", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if p, err = s.settings(q); err != nil {
			return err
		}
		m, ok, err := ascode.ManagedBy(q, p.Ref())
		if ok {
			p.Managed = m.String()
		}
		return err
	})
	return p, errs.Wrap("change.settings", err)
}

// Configure replaces the settings; fields that equal their default follow the
// default from then on. Errors: Invalid; Conflict when version is not the
// present one, or they are managed in git.
func (s *Service) Configure(ctx context.Context, version int64, spec Settings) (p Practice, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Practice{}, errs.Wrap("change.configure", err)
	}
	err = s.DB.Write(ctx, who, "settings for changes written", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, p.Ref()); err != nil {
			return err
		}
		_, is, _, err := readSpec(tx, tx.ForUpdate())
		if err != nil {
			return err
		}
		if is != version {
			return errs.E(errs.Conflict, "they are at version %d and your edit is of version %d; look at them again", is, version).On(p.Ref().String())
		}
		p, err = s.configure(tx, &spec, "")
		return err
	})
	return p, errs.Wrap("change.configure", err)
}

// configure writes settings; nil puts the defaults back.
func (s *Service) configure(tx *db.Tx, written *Settings, commit string) (Practice, error) {
	var spec Settings
	if written != nil {
		spec = written.short()
	}
	if err := s.checkSettings(tx, spec.complete()); err != nil {
		return Practice{}, err
	}
	old, version, was, err := readSpec(tx, tx.ForUpdate())
	if err != nil || reflect.DeepEqual(old, spec) && was == (written != nil) {
		return Practice{Settings: spec.complete(), Version: version}, err
	}
	p := Practice{Settings: spec.complete(), Version: version + 1}
	if err := savePractice(tx, spec, written != nil, p.Version); err != nil {
		return Practice{}, err
	}
	e := evidence.Entry{Action: "change.settings", Record: p.Ref(), Version: p.Version, After: spec.digest(p.Version), Data: committed(commit)}
	if version > 0 {
		e.Before = old.digest(version)
	}
	tx.Record(e)
	return p, Bump(tx)
}

func (s Settings) digest(version int64) string { return evidence.Digest(nil, []any{s, version}) }

// short leaves out what equals its default, so that a later release's default
// reaches those who never chose.
func (s Settings) short() Settings {
	d := DefaultSettings()
	if slices.Equal(s.Environments, d.Environments) || len(s.Environments) == 0 {
		s.Environments = nil
	}
	s.Thresholds = s.Thresholds.short()
	unless(&s.ApprovalExpiry, d.ApprovalExpiry)
	unless(&s.Verification, d.Verification)
	unless(&s.UnknownService, d.UnknownService)
	unless(&s.ReviewDays, d.ReviewDays)
	unless(&s.ReworkWithin, d.ReworkWithin)
	unless(&s.RequireRollbackPlan, d.RequireRollbackPlan)
	unless(&s.Remind, d.Remind)
	for n := range s.Metrics {
		if s.Metrics[n].Worse == "higher" {
			s.Metrics = slices.Clone(s.Metrics)
			s.Metrics[n].Worse = ""
		}
	}
	return s
}

func unless[T comparable](field *T, value T) {
	if *field == value {
		var zero T
		*field = zero
	}
}
