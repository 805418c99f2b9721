package cmdb

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Reader opens what a discovery is to read; the function it returns emits what
// it finds, see Service.Import. It is called anew for each run and must end
// when ctx does. An error of it, or of the function, is shown on the discovery.
type Reader func(ctx context.Context, c Config) (func(Emit) ([]Remark, error), error)

// ScheduledSource is a source that can run on a schedule.
type ScheduledSource struct {
	Read    Reader
	Config  []string // the settings it knows
	Need    []string // of them, those it cannot do without
	Secrets []string // the secrets it knows
	// Check looks at the settings when they are saved. Nil: nothing to look at.
	Check func(values map[string]string) error
	// Watch calls changed soon after something in the source changed, until ctx
	// ends; it returns early when the source cannot be watched. Nil: it is read
	// on schedule only. A discovery asks for it by the setting watch = true,
	// which Config must list.
	Watch func(ctx context.Context, c Config, changed func()) error
}

// Config is what a reader is told.
type Config struct {
	Discovery string // its name
	Scope     string
	Values    map[string]string
	Secrets   map[string]string
}

// DiscoverySpec is a source that runs on a schedule (document kind Discovery).
type DiscoverySpec struct {
	Title    string   `json:"title,omitempty"`
	Source   string   `json:"source"` // "kubernetes"; see Hooks.Readers
	Scope    string   `json:"scope,omitempty"`
	Every    Duration `json:"every,omitzero"` // 0 = DefaultEvery
	Complete bool     `json:"complete,omitempty"`
	// MaxSharePercent is which part of the scope a run may turn stale without
	// asking; 0 = the default of RunHeader.MaxShare.
	MaxSharePercent int               `json:"max_share_percent,omitempty"`
	Disabled        bool              `json:"disabled,omitempty"`
	Config          map[string]string `json:"config,omitempty"`
	// Secrets are kept sealed and never shown or exported. Those left out stay;
	// an empty one is removed.
	Secrets map[string]string `json:"secrets,omitempty"`
}

// DefaultEvery is DiscoverySpec.Every where it is 0.
const DefaultEvery = Duration(time.Hour)

// Discovery is a source on a schedule, as it is kept.
type Discovery struct {
	Name     string
	Spec     DiscoverySpec // without secrets
	Secrets  []string      // names of those that are set
	Run      int64         // the last run; 0 for none
	Error    string        // why the last one failed; empty: it did not
	Failures int64         // in a row
	Busy     bool          // it is running
	Last     time.Time     // when it ran last
	Next     time.Time     // when it runs next; zero: disabled
	Version  int64
	Created  time.Time
	Updated  time.Time
	Managed  string // "commit 1a2b3c" when managed in git; filled by Service
	sealed   map[string][]byte
	busy     time.Time
}

// Ref is the discovery's key.
func (d Discovery) Ref() ref.Ref { return ref.S(ref.Discovery, d.Name) }

func (d Discovery) digest() string {
	return evidence.Digest(nil, []any{d.Name, d.Spec, d.sealed, d.Version})
}

func (d Discovery) every() time.Duration {
	if d.Spec.Every == 0 {
		return time.Duration(DefaultEvery)
	}
	return time.Duration(d.Spec.Every)
}

// checkDiscovery reports everything that is wrong with a discovery.
func (s *Service) checkDiscovery(spec DiscoverySpec) error {
	var bad errs.Fields
	src, ok := s.Readers[spec.Source]
	if !ok {
		bad.Add("source", spec.Source, "there is no source of this name that runs on a schedule; use one of "+strings.Join(slices.Sorted(maps.Keys(s.Readers)), ", "))
		return bad.Err()
	}
	if len(spec.Title) > 100 {
		bad.Add("title", spec.Title, "use at most 100 characters")
	}
	if len(spec.Scope) > 200 || strings.ContainsFunc(spec.Scope, func(r rune) bool { return r < ' ' || r == 0xFFFD }) {
		bad.Add("scope", spec.Scope, "use at most 200 characters of plain text, like prod/eu-west-1")
	}
	if spec.Every != 0 && (spec.Every < Duration(time.Minute) || spec.Every > Duration(31*Day)) {
		bad.Add("every", spec.Every.String(), "use a time between PT1M and P31D")
	}
	if spec.MaxSharePercent < 0 || spec.MaxSharePercent > 100 {
		bad.Add("max_share_percent", fmt.Sprint(spec.MaxSharePercent), "use 1 to 100")
	}
	for _, m := range []struct {
		field string
		known []string
		have  map[string]string
	}{{"config", src.Config, spec.Config}, {"secrets", src.Secrets, spec.Secrets}} {
		for _, key := range slices.Sorted(maps.Keys(m.have)) {
			if !slices.Contains(m.known, key) {
				bad.Add(m.field+"."+key, "", "the source "+spec.Source+" knows "+cmp.Or(strings.Join(m.known, ", "), "none"))
			} else if len(m.have[key]) > 16<<10 {
				bad.Add(m.field+"."+key, "", "use at most 16384 bytes")
			}
		}
	}
	for _, key := range src.Need {
		if spec.Config[key] == "" {
			bad.Add("config."+key, "", "the source "+spec.Source+" needs it")
		}
	}
	if err := bad.Err(); err != nil || src.Check == nil {
		return err
	}
	return src.Check(spec.Config)
}

// Discoveries returns discoveries by name, after a name, and says whether there
// are more.
func (s *Service) Discoveries(ctx context.Context, after string, limit int) (out []Discovery, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("cmdb.discoveries", err)
	}
	err = s.read(ctx, func(q db.Querier, now time.Time) error {
		if out, err = listDiscoveries(q, after, limit+1); err != nil {
			return err
		}
		if len(out) > limit {
			out, more = out[:limit], true
		}
		for i := range out {
			out[i].Busy = out[i].busy.After(now)
			if err := managedBy(q, out[i].Ref(), &out[i].Managed); err != nil {
				return err
			}
		}
		return nil
	})
	return out, more, errs.Wrap("cmdb.discoveries", err)
}

// Discovery returns a discovery. Errors: NotFound.
func (s *Service) Discovery(ctx context.Context, name string) (d Discovery, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Discovery{}, errs.Wrap("cmdb.discovery", err)
	}
	err = s.read(ctx, func(q db.Querier, now time.Time) error {
		if d, err = getDiscovery(q, name, ""); err != nil {
			return err
		}
		d.Busy = d.busy.After(now)
		return managedBy(q, d.Ref(), &d.Managed)
	})
	return d, errs.Wrap("cmdb.discovery", err)
}

// PutDiscovery adds a discovery, which runs at once, or replaces one. version
// is the one that was read, 0 for a new one. Errors: Conflict when it is
// another by now or the discovery is managed in git.
func (s *Service) PutDiscovery(ctx context.Context, name string, version int64, spec DiscoverySpec) (d Discovery, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Discovery{}, errs.Wrap("cmdb.discovery.put", err)
	}
	err = s.db.Write(ctx, who, "discovery edited", func(tx *db.Tx) error {
		old, _, err := findDiscovery(tx, name, tx.ForUpdate())
		if err != nil {
			return err
		}
		if old.Version != version {
			return outdated(ref.S(ref.Discovery, name), old.Version, version)
		}
		if err := ascode.Guard(tx, ref.S(ref.Discovery, name)); err != nil {
			return err
		}
		d, err = s.putDiscovery(tx, name, spec, "")
		return err
	})
	return d, errs.Wrap("cmdb.discovery.put", err)
}

// putDiscovery creates a discovery or makes it equal to spec, with evidence if
// that changes anything.
func (s *Service) putDiscovery(tx *db.Tx, name string, spec DiscoverySpec, commit string) (Discovery, error) {
	if !ref.IsName(name) {
		return Discovery{}, errs.BadField("name", name, ref.NameForm)
	}
	if err := s.checkDiscovery(spec); err != nil {
		return Discovery{}, err
	}
	old, there, err := findDiscovery(tx, name, tx.ForUpdate())
	if err != nil {
		return Discovery{}, err
	}
	d := old
	d.Name, d.Updated, d.Version = name, tx.Now, old.Version+1
	changed := !there
	if there && spec.Source != old.Spec.Source {
		d.sealed = nil // they belong to another system
	}
	if d.sealed, err = s.seal(d.sealed, name, spec.Secrets, &changed); err != nil {
		return Discovery{}, err
	}
	spec.Secrets = nil
	d.Spec, d.Secrets = spec, slices.Sorted(maps.Keys(d.sealed))
	if !changed && evidence.Digest(nil, old.Spec) == evidence.Digest(nil, spec) {
		return old, nil
	}
	d.Error, d.Failures, d.Next = "", 0, tx.Now
	if d.busy.After(tx.Now) {
		d.Next = d.busy // when the run ends, it runs anew at once
	}
	if spec.Disabled {
		d.Next = time.Time{}
	}
	e := evidence.Entry{Action: "discovery.edit", Record: d.Ref(), Version: d.Version, After: d.digest(), Data: commitOf(commit)}
	if there {
		e.Before = old.digest()
		err = updateDiscovery(tx, d)
	} else {
		e.Action, d.Created = "discovery.create", tx.Now
		err = insertDiscovery(tx, d)
	}
	tx.Record(e)
	s.kick(tx, DiscoveryDue)
	return d, err
}

// seal adds secrets to the sealed ones: new ones replace, empty ones remove.
func (s *Service) seal(have map[string][]byte, name string, secrets map[string]string, changed *bool) (map[string][]byte, error) {
	out := maps.Clone(have)
	for _, key := range slices.Sorted(maps.Keys(secrets)) {
		value, old := secrets[key], have[key]
		switch {
		case value == "" && old == nil:
			continue
		case value == "":
			delete(out, key)
			*changed = true
			continue
		case s.Box == nil:
			return nil, errs.E(errs.Unavailable, "there is no key to seal secrets with; start the server with one")
		}
		if old != nil {
			if plain, err := s.Box.Open(old, boundSecret(name, key)); err == nil && string(plain) == value {
				continue
			}
		}
		if out == nil {
			out = map[string][]byte{}
		}
		out[key] = s.Box.Seal([]byte(value), boundSecret(name, key))
		*changed = true
	}
	return out, nil
}

func boundSecret(name, key string) string { return "discovery:" + name + ":" + key }

// DeleteDiscovery removes a discovery; what it found stays and turns stale only
// if another one of the same source and scope says so. Errors: NotFound;
// Conflict when it is managed in git.
func (s *Service) DeleteDiscovery(ctx context.Context, name string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return errs.Wrap("cmdb.discovery.delete", err)
	}
	err = s.db.Write(ctx, who, "discovery removed", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, ref.S(ref.Discovery, name)); err != nil {
			return err
		}
		return dropDiscovery(tx, name)
	})
	return errs.Wrap("cmdb.discovery.delete", err)
}

func dropDiscovery(tx *db.Tx, name string) error {
	d, err := getDiscovery(tx, name, tx.ForUpdate())
	if err != nil {
		return err
	}
	if err := removeDiscovery(tx, name); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "discovery.delete", Record: d.Ref(), Version: d.Version, Before: d.digest()})
	return nil
}

// Renew seals every secret of a discovery anew that an earlier key sealed, so
// that the earlier key can be dropped. It returns how many discoveries it did.
func (s *Service) Renew(tx *db.Tx) (n int, err error) {
	for after := ""; ; {
		list, err := listDiscoveries(tx, after, 200)
		if err != nil || len(list) == 0 {
			return n, err
		}
		for _, d := range list {
			after = d.Name
			before, changed := d.digest(), false
			for key, sealed := range d.sealed {
				fresh, one := s.Box.Renew(sealed, boundSecret(d.Name, key))
				d.sealed[key], changed = fresh, changed || one
			}
			if !changed {
				continue
			}
			d.Version, d.Updated = d.Version+1, tx.Now
			if err := updateDiscovery(tx, d); err != nil {
				return n, err
			}
			tx.Record(evidence.Entry{Action: "discovery.sealed", Record: d.Ref(), Version: d.Version, Before: before, After: d.digest()})
			n++
		}
	}
}
