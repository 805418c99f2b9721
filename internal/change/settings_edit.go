package change

import (
	"context"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
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

// checkSettings refuses what cannot be meant.
func (s *Service) checkSettings(q db.Querier, p Settings) error {
	var bad errs.Fields
	for n, e := range p.Environments {
		if e != strings.ToLower(strings.TrimSpace(e)) || e == "" || len(e) > 100 {
			bad.Add(fmt.Sprintf("environments[%d]", n), errs.Short(e), "use the environment's name in lower case, like production")
		}
	}
	p.Thresholds.check(&bad)
	for _, x := range []struct {
		field    string
		is       Duration
		min, max time.Duration
	}{{"approvalExpiry", p.ApprovalExpiry, time.Hour, 90 * Day}, {"verification", p.Verification, time.Minute, 7 * Day},
		{"reworkWithin", p.ReworkWithin, time.Hour, 90 * Day}, {"remind", p.Remind, time.Minute, 7 * Day}} {
		if time.Duration(x.is) < x.min || time.Duration(x.is) > x.max {
			bad.Add(x.field, x.is.String(), fmt.Sprintf("use a duration from %s to %s", Duration(x.min), Duration(x.max)))
		}
	}
	oneOf(&bad, "unknownService", p.UnknownService, []string{Propose, Refuse})
	oneOf(&bad, "requireRollbackPlan", p.RequireRollbackPlan, []string{"low", "medium", "high", "never"})
	if p.ReviewDays < 1 || p.ReviewDays > 60 {
		bad.Add("reviewDays", strconv.Itoa(p.ReviewDays), "use 1 to 60 business days")
	}
	for n, x := range p.Pushes {
		if _, err := path.Match(x.Repository, ""); err != nil || x.Repository == "" {
			bad.Add(fmt.Sprintf("pushes[%d].repository", n), errs.Short(x.Repository), "name a repository, like harbour/checkout or harbour/*")
		}
		if x.Branch == "" || x.Environment == "" {
			bad.Add(fmt.Sprintf("pushes[%d]", n), errs.Short(x.Repository), "give its branch and environment")
		}
	}
	seen := map[string]bool{}
	for n, x := range p.Metrics {
		at := fmt.Sprintf("metrics[%d].", n)
		if x.Name == "" || len(x.Name) > 100 || seen[x.Name] {
			bad.Add(at+"name", errs.Short(x.Name), "give each metric a name of its own, at most 100 bytes")
		}
		seen[x.Name] = true
		if !strings.Contains(x.Query, "{service}") || len(x.Query) > 4000 {
			bad.Add(at+"query", errs.Short(x.Query), "write a PromQL query with {service} in it, like rate(http_errors_total{job=\"{service}\"}[1m])")
		}
		if x.Worse != "" {
			oneOf(&bad, at+"worse", x.Worse, []string{"higher", "lower"})
		}
		if x.Effect < 0 || x.P < 0 || x.P >= 1 {
			bad.Add(at+"p", strconv.FormatFloat(x.P, 'g', -1, 64), "use a p between 0 and 1 and an effect of 0 or more")
		}
	}
	if s.People != nil {
		for n, handle := range p.Board.People {
			if _, ok, err := s.People.PersonOf(q, handle); err != nil {
				return err
			} else if !ok {
				bad.Add(fmt.Sprintf("board.people[%d]", n), errs.Short(handle), "name an active person by handle")
			}
		}
		for n, team := range p.Board.Teams {
			if ok, err := s.People.TeamExists(q, team); err != nil {
				return err
			} else if !ok {
				bad.Add(fmt.Sprintf("board.teams[%d]", n), errs.Short(team), "name a team that exists")
			}
		}
	}
	return bad.Err()
}

// listSettings returns the settings as code, if somebody wrote any.
func (s *Service) listSettings(q db.Querier) ([]ascode.Object[Settings], error) {
	spec, _, written, err := readSpec(q, "")
	if err != nil || !written {
		return nil, err
	}
	return []ascode.Object[Settings]{{Name: "default", Spec: spec}}, nil
}

func (s *Service) applySettings(tx *db.Tx, name string, spec Settings, commit string) error {
	if name != "default" {
		return errs.BadField("name", errs.Short(name), `there is one document of this kind, named "default"`)
	}
	_, err := s.configure(tx, &spec, commit)
	return err
}

// removeSettings puts the defaults back.
func (s *Service) removeSettings(tx *db.Tx, _ string) error {
	_, err := s.configure(tx, nil, "")
	return err
}

// AsCode are the kinds ChangePractice and ChangeModel of everything-as-code.
func AsCode(s *Service) []ascode.Kind {
	return []ascode.Kind{
		ascode.NewKind("ChangePractice", ref.Practice, ascode.OrderChangePractice, s.listSettings, s.applySettings, s.removeSettings),
		ascode.NewKind("ChangeModel", ref.ChangeModel, ascode.OrderChangeModel, s.ListModels, s.ApplyModel, s.removeModel),
	}
}
