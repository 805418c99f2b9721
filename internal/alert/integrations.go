package alert

import (
	"context"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Ref is the integration's record.
func (in Integration) Ref() ref.Ref { return ref.S(ref.Integration, in.Name) }

func noIntegration(name string) error {
	return errs.E(errs.NotFound, "there is no integration %q", name).On(ref.S(ref.Integration, name).String())
}

// MaxOverlap is how long a rotated token may keep working.
const MaxOverlap = 30 * 24 * time.Hour

// check reports what is wrong with an integration that somebody wants.
func (s *Service) checkIntegration(q db.Querier, in *Integration) error {
	var f errs.Fields
	checkName(&f, in.Name)
	if !in.Kind.Valid() {
		f.Add("kind", string(in.Kind), "use alertmanager, prometheus, pagerduty, opsgenie, grafana, generic or heartbeat")
	}
	checkText(&f, "title", in.Title, 200)
	if in.Kind == Heartbeat {
		if in.Interval < MinInterval || in.Interval > 32*24*time.Hour {
			f.Add("interval", Duration(in.Interval).String(), "say how often it beats, PT10S to P32D")
		}
		if in.Grace < 0 || in.Grace > 32*24*time.Hour {
			f.Add("grace", Duration(in.Grace).String(), "say how late a beat may be, PT0S to P32D")
		}
		if in.Severity == "" {
			in.Severity = Critical
		}
		if !in.Severity.Valid() {
			f.Add("severity", string(in.Severity), "use critical, error, warning or info")
		}
	} else {
		in.Interval, in.Grace, in.Severity = 0, 0, ""
	}
	if err := s.checkOwner(q, &f, in.Service, in.Team); err != nil {
		return err
	}
	return f.Err()
}

// Integrations lists by name after a name; limit 1 to 200. more is the name to
// go on after, "" at the end.
func (s *Service) Integrations(ctx context.Context, after string, limit int) (list []Integration, more string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, "", err
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if list, err = integrations(q, after, limit+1); err != nil {
			return err
		}
		for i := range list {
			if list[i].Managed, err = managed(q, list[i].Ref()); err != nil {
				return err
			}
		}
		return nil
	})
	if len(list) > limit {
		list = list[:limit]
		more = list[limit-1].Name
	}
	return list, more, errs.Wrap("alert.integrations", err)
}

// IntegrationByName returns one. Errors: NotFound.
func (s *Service) IntegrationByName(ctx context.Context, name string) (in Integration, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return in, err
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if in, err = integrationByName(q, name); err != nil {
			return err
		}
		in.Managed, err = managed(q, in.Ref())
		return err
	})
	return in, errs.Wrap("alert.integration", err)
}

// CreateIntegration makes an integration and returns its token, which is shown
// this once only. Errors: Invalid, Conflict when the name is taken.
func (s *Service) CreateIntegration(ctx context.Context, in Integration) (_ Integration, token string, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return in, "", err
	}
	err = s.db.Write(ctx, who, "integration created", func(tx *db.Tx) error {
		made := in
		if token, err = s.createIntegration(tx, &made); err != nil {
			return err
		}
		in = made
		return nil
	})
	return in, token, errs.Wrap("alert.create-integration", err)
}

func (s *Service) createIntegration(tx *db.Tx, in *Integration) (token string, err error) {
	if err := s.checkIntegration(tx, in); err != nil {
		return "", err
	}
	if _, err := integrationByName(tx, in.Name); err == nil {
		return "", errs.E(errs.Conflict, "the name %q is taken", in.Name).On(in.Ref().String())
	} else if !errs.Is(err, errs.NotFound) {
		return "", err
	}
	if in.ID, err = tx.NextID(ref.Integration); err != nil {
		return "", err
	}
	in.Version, in.Created = 1, tx.Now
	if err := insertIntegration(tx, in); err != nil {
		return "", err
	}
	token, hash := newToken(in.Kind)
	if err := insertToken(tx, in.ID, hash, s.seal(in, token)); err != nil {
		return "", err
	}
	tx.Record(evidence.Entry{Action: "integration.create", Record: in.Ref(), Version: 1, After: in.digest()})
	return token, s.touchPolicy(tx)
}

// digest covers what people edit. An integration holds no personal data, so
// there is no salt.
func (in Integration) digest() string { return evidence.Digest(nil, in.Spec()) }

// UpdateIntegration changes what people edit: title, service, team, heartbeat
// times, disabled. version is the one the editor saw. Errors: Invalid,
// NotFound, Conflict (changed meanwhile, or managed in git).
func (s *Service) UpdateIntegration(ctx context.Context, name string, version int64, in Integration) (_ Integration, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return in, err
	}
	err = s.db.Write(ctx, who, "integration changed", func(tx *db.Tx) error {
		old, err := integrationByName(tx, name)
		if err != nil {
			return err
		}
		if err := ascode.Guard(tx, old.Ref()); err != nil {
			return err
		}
		if err := sameVersion(version, old.Version, old.Ref()); err != nil {
			return err
		}
		made := in
		if _, err := s.updateIntegration(tx, &old, &made); err != nil {
			return err
		}
		in = made
		return nil
	})
	return in, errs.Wrap("alert.update-integration", err)
}

func (s *Service) updateIntegration(tx *db.Tx, old, in *Integration) (changed bool, err error) {
	in.ID, in.Name, in.Created, in.Version = old.ID, old.Name, old.Created, old.Version
	if in.Kind == "" {
		in.Kind = old.Kind
	}
	if in.Kind != old.Kind {
		return false, errs.BadField("kind", string(in.Kind), "the kind cannot change, because the token's form and the sender's address depend on it; make another integration")
	}
	if err := s.checkIntegration(tx, in); err != nil {
		return false, err
	}
	if in.digest() == old.digest() {
		return false, nil
	}
	in.Version++
	if err := updateIntegration(tx, in); err != nil {
		return false, err
	}
	if in.Kind == Heartbeat {
		next := int64(0)
		if !in.Disabled && !old.LastBeat.IsZero() {
			next = db.Micros(old.LastBeat.Add(in.Interval + in.Grace))
		}
		if err := moveBeat(tx, in.ID, next); err != nil {
			return false, err
		}
	}
	tx.Record(evidence.Entry{Action: "integration.update", Record: in.Ref(), Version: in.Version, Before: old.digest(), After: in.digest()})
	return true, s.touchPolicy(tx)
}

// RotateToken makes a new token; the old one keeps working for the overlap, so
// that senders can be changed one by one. 0 ends it at once. Errors: NotFound,
// Invalid when the overlap is longer than MaxOverlap.
func (s *Service) RotateToken(ctx context.Context, name string, overlap time.Duration) (token string, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return "", err
	}
	if overlap < 0 || overlap > MaxOverlap {
		return "", errs.BadField("overlap", Duration(overlap).String(), "use PT0S to P30D")
	}
	err = s.db.Write(ctx, who, "integration token rotated", func(tx *db.Tx) error {
		in, err := integrationByName(tx, name)
		if err != nil {
			return err
		}
		if err := retireTokens(tx, in.ID, tx.Now.Add(overlap)); err != nil {
			return err
		}
		plain, hash := newToken(in.Kind)
		if err := insertToken(tx, in.ID, hash, s.seal(&in, plain)); err != nil {
			return err
		}
		token = plain
		tx.Record(evidence.Entry{Action: "integration.rotate-token", Record: in.Ref(), Version: in.Version, After: in.digest(),
			Data: map[string]int64{"overlap_seconds": int64(overlap / time.Second)}})
		return s.touchPolicy(tx)
	})
	return token, errs.Wrap("alert.rotate-token", err)
}

// SetToken gives an integration a token of the caller's choice, in place of
// the made one: for the demo and for moving an existing sender whose routing
// key cannot change. It must be as hard to guess as ours.
func (s *Service) SetToken(ctx context.Context, name, token string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return err
	}
	if len(token) < 32 || len(token) > 200 || strings.ContainsAny(token, " \t\r\n/?#%") || !clean(token) {
		return errs.BadField("token", "(not shown)", "use 32 to 200 random characters without spaces, /, ?, # and %")
	}
	err = s.db.Write(ctx, who, "integration token set", func(tx *db.Tx) error {
		in, err := integrationByName(tx, name)
		if err != nil {
			return err
		}
		if in.Kind == PagerDuty && len(token) != 32 {
			return errs.BadField("token", "(not shown)", "a PagerDuty routing key has 32 characters")
		}
		if err := retireTokens(tx, in.ID, tx.Now); err != nil {
			return err
		}
		if err := insertToken(tx, in.ID, hashToken(token), s.seal(&in, token)); err != nil {
			if db.IsUnique(err) {
				return errs.BadField("token", "(not shown)", "it is in use; choose another")
			}
			return err
		}
		tx.Record(evidence.Entry{Action: "integration.set-token", Record: in.Ref(), Version: in.Version, After: in.digest()})
		return s.touchPolicy(tx)
	})
	return errs.Wrap("alert.set-token", err)
}

// DeleteIntegration removes an integration that never made an alert; others
// can only be disabled, because their alerts name them. Errors: NotFound,
// Conflict.
func (s *Service) DeleteIntegration(ctx context.Context, name string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, who, "integration deleted", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, ref.S(ref.Integration, name)); err != nil {
			return err
		}
		return s.removeIntegration(tx, name)
	})
	return errs.Wrap("alert.delete-integration", err)
}

func (s *Service) removeIntegration(tx *db.Tx, name string) error {
	in, err := integrationByName(tx, name)
	if err != nil {
		return err
	}
	if used, err := hasAlerts(tx, in.ID); err != nil {
		return err
	} else if used {
		return errs.E(errs.Conflict, "it has alerts, which name it; disable it instead").On(in.Ref().String())
	}
	if err := deleteIntegration(tx, in.ID); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "integration.delete", Record: in.Ref(), Version: in.Version + 1, Before: in.digest()})
	if s.Removed != nil {
		if err := s.Removed(tx, in.Name); err != nil {
			return err
		}
	}
	return s.touchPolicy(tx)
}

// sameVersion refuses a stale edit.
func sameVersion(seen, now int64, r ref.Ref) error {
	if seen == now {
		return nil
	}
	return errs.E(errs.Conflict, "it was changed meanwhile: you saw version %d, it is at version %d; read it again", seen, now).On(r.String())
}
