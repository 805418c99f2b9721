package cmdb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/secret"
)

func box(t testing.TB, keys ...byte) *secret.Box {
	t.Helper()
	var list [][]byte
	for _, k := range keys {
		key := make([]byte, secret.KeySize)
		key[0] = k
		list = append(list, key)
	}
	b, err := secret.New(list...)
	ok(t, err)
	return b
}

// inventory is a source that says what it is told to.
type inventory struct {
	say   []Record
	fail  error // of opening
	broke error // in the middle
	told  Config
}

func (i *inventory) source() ScheduledSource {
	return ScheduledSource{Config: []string{"url", "namespace"}, Need: []string{"url"}, Secrets: []string{"token"},
		Check: func(v map[string]string) error {
			if !strings.HasPrefix(v["url"], "https://") {
				return errs.BadField("config.url", v["url"], "use an address that begins with https://")
			}
			return nil
		},
		Read: func(_ context.Context, c Config) (func(Emit) ([]Remark, error), error) {
			i.told = c
			return func(emit Emit) ([]Remark, error) {
				for _, r := range i.say {
					if err := emit(r); err != nil {
						return nil, err
					}
				}
				return []Remark{{Place: "page 1", Text: "well"}}, i.broke
			}, i.fail
		}}
}

func TestDiscovery(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		inv := &inventory{say: []Record{seen("a", KindHost, "a"), seen("b", KindHost, "b"), related(ByKey("a"), ConnectsTo, ByKey("b"))}}
		s.Readers, s.Box = map[string]ScheduledSource{"netbox": inv.source()}, box(t, 1)
		spec := DiscoverySpec{Source: "netbox", Scope: "dc1", Complete: true, Config: map[string]string{"url": "https://netbox.harbour.example"}, Secrets: map[string]string{"token": "s3cret"}}
		for field, wrong := range map[string]func(x *DiscoverySpec){
			"source":            func(x *DiscoverySpec) { x.Source = "netbx" },
			"every":             func(x *DiscoverySpec) { x.Every = Duration(time.Second) },
			"max_share_percent": func(x *DiscoverySpec) { x.MaxSharePercent = 101 },
			"config.urll":       func(x *DiscoverySpec) { x.Config = map[string]string{"urll": "x", "url": "https://x"} },
			"config.url":        func(x *DiscoverySpec) { x.Config = nil },
			"secrets.password":  func(x *DiscoverySpec) { x.Secrets = map[string]string{"password": "x"} },
		} {
			x := spec
			wrong(&x)
			_, err := s.PutDiscovery(mara(), "dc1", 0, x)
			refused(t, field, err, errs.Invalid, field)
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the secret is shown: %v", err)
			}
		}
		x := spec
		x.Config = map[string]string{"url": "http://x"}
		_, err := s.PutDiscovery(mara(), "dc1", 0, x)
		refused(t, "the source's own look", err, errs.Invalid, "config.url")
		got, err := s.PutDiscovery(mara(), "dc1", 0, spec)
		ok(t, err)
		if len(got.Secrets) != 1 || got.Spec.Secrets != nil || strings.Contains(fmt.Sprintf("%+v", got), "s3cret") {
			t.Errorf("%+v", got)
		}
		objects := func() (text string) {
			ok(t, d.Read(mara(), func(q db.Querier) error {
				list, err := ListDiscoverySpecs(q)
				text = fmt.Sprintf("%+v", list)
				return err
			}))
			return text
		}
		if text := objects(); strings.Contains(text, "s3cret") || !strings.Contains(text, "netbox.harbour") {
			t.Errorf("exported: %s", text)
		}

		// A dry run changes nothing; then it runs by itself.
		run, err := s.TryDiscovery(mara(), "dc1")
		ok(t, err)
		if run.State != RunDry || run.Counts.Items != 2 || inv.told.Secrets["token"] != "s3cret" || inv.told.Scope != "dc1" {
			t.Errorf("%+v %+v", run, inv.told)
		}
		if _, err := s.Find(mara(), "host:a"); !errs.Is(err, errs.NotFound) {
			t.Errorf("a dry run: %v", err)
		}
		source := s.DiscoverySource()
		step := func(want int) Discovery {
			t.Helper()
			n, err := source.Run(t.Context(), d)
			if err != nil || n != want {
				t.Fatalf("%d done, want %d: %v", n, want, err)
			}
			got, err := s.Discovery(mara(), "dc1")
			ok(t, err)
			return got
		}
		got = step(1)
		if got.Error != "" || got.Run == 0 || got.Busy || !got.Next.Equal(c.now().Add(time.Hour)) {
			t.Errorf("%+v", got)
		}
		if i := mustFind(t, s, "host:a"); len(i.Relations) != 1 {
			t.Errorf("%+v", i)
		}
		step(0)

		// Failures are shown, with more and more rest, and a recovery clears them.
		c.add(time.Hour)
		inv.fail = errors.New("connection refused")
		got = step(1)
		if got.Failures != 1 || !strings.Contains(got.Error, "connection refused") || !got.Next.Equal(c.now().Add(time.Minute)) {
			t.Errorf("%+v", got)
		}
		c.add(time.Minute)
		inv.fail, inv.broke = nil, errs.E(errs.Invalid, "page 2 is no JSON")
		if got = step(1); got.Failures != 2 || !got.Next.Equal(c.now().Add(2*time.Minute)) || !strings.Contains(got.Error, "page 2") {
			t.Errorf("%+v", got)
		}
		if i := mustFind(t, s, "host:a"); i.State != Present {
			t.Error("half a run turned something stale")
		}
		_, err = s.RunDiscovery(mara(), "dc1")
		ok(t, err)
		inv.broke = nil
		if got = step(1); got.Failures != 0 || got.Error != "" {
			t.Errorf("%+v", got)
		}
		// A panic in one source is its failure, not the product's.
		c.add(time.Hour)
		inv.say = []Record{{}}
		if got = step(1); got.Failures != 1 {
			t.Errorf("an empty record: %+v", got)
		}

		// Secrets: those left out stay, a new key seals them anew, an empty one goes.
		spec.Secrets, spec.Title = nil, "Rack"
		got, err = s.PutDiscovery(mara(), "dc1", got.Version, spec)
		if err != nil || len(got.Secrets) != 1 {
			t.Fatalf("%+v %v", got, err)
		}
		if again, err := s.PutDiscovery(mara(), "dc1", got.Version, spec); err != nil || again.Version != got.Version {
			t.Errorf("an edit that changes nothing: %+v %v", again, err)
		}
		s.Box = box(t, 2, 1)
		ok(t, d.Write(mara(), jobActor, "test", func(tx *db.Tx) error {
			if n, err := s.Renew(tx); err != nil || n != 1 {
				t.Errorf("%d renewed: %v", n, err)
			}
			return nil
		}))
		s.Box = box(t, 2)
		if _, err = s.TryDiscovery(mara(), "dc1"); inv.told.Secrets["token"] != "s3cret" {
			t.Errorf("after the change of keys: %v", err)
		}
		got, err = s.Discovery(mara(), "dc1")
		ok(t, err)
		spec.Secrets, spec.Disabled = map[string]string{"token": ""}, true
		if got, err = s.PutDiscovery(mara(), "dc1", got.Version, spec); err != nil || len(got.Secrets) != 0 || !got.Next.IsZero() {
			t.Errorf("%+v %v", got, err)
		}
		_, err = s.RunDiscovery(mara(), "dc1")
		refused(t, "disabled", err, errs.Conflict, "")
		step(0)
		audited(t, s, ref.Discovery, ref.Run)
		ok(t, s.DeleteDiscovery(mara(), "dc1"))
		_, err = s.Discovery(mara(), "dc1")
		refused(t, "gone", err, errs.NotFound, "")
	})
}
