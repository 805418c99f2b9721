package cmdb

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/job"
)

// DiscoveryDue is the name of the due work that runs discoveries.
const DiscoveryDue = "cmdb.discovery"

const (
	discoveryTime     = time.Hour // one run may take
	discoveryLease    = discoveryTime + 5*time.Minute
	discoveryRest     = time.Minute // after a failure, doubled with each further one
	discoveryTogether = 4           // run at the same time in one process
)

// rest is how long a discovery waits after so many failures in a row.
func (d Discovery) rest(failures int64) time.Duration {
	most := max(d.every(), time.Hour)
	if failures > 12 {
		return most
	}
	return min(discoveryRest<<(max(failures, 1)-1), most)
}

// DiscoverySource is the due work that runs discoveries. A discovery is claimed
// before it runs; if its process dies, another takes it over when the claim
// ends.
func (s *Service) DiscoverySource() job.Source {
	return job.Source{Name: DiscoveryDue, Next: nextDiscovery, Run: func(ctx context.Context, d *db.DB) (int, error) {
		var list []Discovery
		err := d.Write(ctx, actor.Job(DiscoveryDue), "discovery begins", func(tx *db.Tx) (err error) {
			tx.Unrecorded("a discovery is claimed; its run is recorded")
			list, err = dueDiscoveries(tx, tx.Now.Add(discoveryLease), discoveryTogether)
			return err
		})
		if err != nil {
			return 0, errs.Wrap(DiscoveryDue, err)
		}
		var all sync.WaitGroup
		failed := make([]error, len(list))
		for i, one := range list {
			all.Go(func() { failed[i] = s.discover(ctx, one) })
		}
		all.Wait()
		for _, err := range failed {
			if err != nil {
				return len(list), errs.Wrap(DiscoveryDue, err)
			}
		}
		return len(list), nil
	}}
}

// discover runs a claimed discovery and keeps how it went. Its failure is a
// fact on the record, not an error of the due work.
func (s *Service) discover(ctx context.Context, d Discovery) error {
	as := actor.With(ctx, actor.Job(DiscoveryDue))
	run, err := s.runDiscovery(as, d, false)
	stopped := ctx.Err() != nil // the server stops: no fault of the source
	why := ""
	if err != nil {
		why = reason(err)
	}
	return s.db.Write(context.WithoutCancel(as), actor.Job(DiscoveryDue), "discovery ended", func(tx *db.Tx) error {
		tx.Unrecorded("when a discovery ran last")
		now, ok, err := findDiscovery(tx, d.Name, tx.ForUpdate())
		if err != nil || !ok || !now.busy.Equal(d.busy) {
			return err // it was removed, or somebody else took it over
		}
		if now.busy = (time.Time{}); stopped {
			now.Next = tx.Now
			if now.Spec.Disabled {
				now.Next = time.Time{}
			}
			return updateDiscovery(tx, now)
		}
		before := now
		now.Last, now.Error = tx.Now, why
		if run.ID != 0 {
			now.Run = run.ID
		}
		next := tx.Now.Add(now.every())
		if why == "" {
			now.Failures = 0
		} else {
			now.Failures++
			next = tx.Now.Add(now.rest(now.Failures))
		}
		if now.Version != d.Version {
			next = tx.Now // it was edited meanwhile
		}
		if !now.Spec.Disabled {
			now.Next = next
		}
		if (before.Error == "") != (why == "") {
			tx.Record(evidence.Entry{Action: "discovery." + map[bool]string{true: "recovered", false: "failed"}[why == ""], Record: now.Ref(), Version: now.Version, After: now.digest()})
		}
		return updateDiscovery(tx, now)
	})
}

// reason is why something failed, in words for people.
func reason(err error) string {
	e := errs.As(err)
	text := e.Text
	for i, f := range e.Fields {
		if i == 3 {
			text += fmt.Sprintf(" and %d more", len(e.Fields)-i)
			break
		}
		text += "; " + f.String()
	}
	return strings.TrimSpace(errs.Short(text))
}

// runDiscovery reads and imports once.
func (s *Service) runDiscovery(ctx context.Context, d Discovery, dry bool) (run Run, err error) {
	defer func() {
		if p := recover(); p != nil { // one source must not stop all discovery
			s.log.Error("panic in a source", "discovery", d.Name, "source", d.Spec.Source, "panic", p)
			err = errs.E(errs.Internal, "the source %s failed on our side; it is in the log", d.Spec.Source)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, discoveryTime)
	defer cancel()
	src, ok := s.Readers[d.Spec.Source]
	if !ok {
		return Run{}, errs.E(errs.Unavailable, "this program has no source %s; use a newer one, or another source", d.Spec.Source)
	}
	c, err := s.configOf(d)
	if err != nil {
		return Run{}, err
	}
	read, err := src.Read(ctx, c)
	if err != nil {
		return Run{}, unread(err)
	}
	run, _, err = s.Import(ctx, RunHeader{Source: d.Spec.Source, Scope: d.Spec.Scope, Complete: d.Spec.Complete, DryRun: dry, MaxShare: float64(d.Spec.MaxSharePercent) / 100},
		func(emit Emit) ([]Remark, error) {
			remarks, err := read(emit)
			if err == nil && ctx.Err() != nil {
				err = ctx.Err() // half of a scope must not pass for all of it
			}
			return remarks, unread(err)
		})
	return run, err
}

// configOf is what a reader is told, with the secrets opened.
func (s *Service) configOf(d Discovery) (Config, error) {
	c := Config{Discovery: d.Name, Scope: d.Spec.Scope, Values: maps.Clone(d.Spec.Config), Secrets: map[string]string{}}
	for _, key := range slices.Sorted(maps.Keys(d.sealed)) {
		if s.Box == nil {
			return Config{}, errs.E(errs.Unavailable, "there is no key to open secrets with; start the server with one")
		}
		plain, err := s.Box.Open(d.sealed[key], boundSecret(d.Name, key))
		if err != nil {
			return Config{}, errs.E(errs.Unavailable, "the secret %s does not open with the server's key; set it anew", key).Because(err)
		}
		c.Secrets[key] = string(plain)
	}
	return c, nil
}

// unread puts an outside failure into words that may be shown: connection
// refused, no such file. Errors of ours stay.
func unread(err error) error {
	if err == nil || errs.KindOf(err) != errs.Internal {
		return err
	}
	return errs.E(errs.Unavailable, "it could not be read: %s", errs.Short(err.Error())).Because(err)
}

// RunDiscovery makes a discovery run now; it answers at once, and the run
// appears on the discovery. Errors: Conflict while it is running or disabled.
func (s *Service) RunDiscovery(ctx context.Context, name string) (d Discovery, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Discovery{}, errs.Wrap("cmdb.discovery.run", err)
	}
	err = s.db.Write(ctx, who, "discovery asked for", func(tx *db.Tx) error {
		if d, err = getDiscovery(tx, name, tx.ForUpdate()); err != nil {
			return err
		}
		switch {
		case d.busy.After(tx.Now):
			return errs.E(errs.Conflict, "it is running already").On(d.Ref().String())
		case d.Spec.Disabled:
			return errs.E(errs.Conflict, "it is disabled; enable it first").On(d.Ref().String())
		}
		d.Next = tx.Now
		tx.Record(evidence.Entry{Action: "discovery.run", Record: d.Ref(), Version: d.Version, After: d.digest()})
		s.kick(tx, DiscoveryDue)
		return updateDiscovery(tx, d)
	})
	return d, errs.Wrap("cmdb.discovery.run", err)
}

// TryDiscovery reads and says what a run would change, and changes nothing.
func (s *Service) TryDiscovery(ctx context.Context, name string) (run Run, err error) {
	if _, err := actor.Require(ctx, actor.Configure); err != nil {
		return Run{}, errs.Wrap("cmdb.discovery.try", err)
	}
	var d Discovery
	err = s.db.Read(ctx, func(q db.Querier) error {
		d, err = getDiscovery(q, name, "")
		return err
	})
	if err == nil {
		run, err = s.runDiscovery(ctx, d, true)
	}
	return run, errs.Wrap("cmdb.discovery.try", err)
}
