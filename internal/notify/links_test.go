package notify_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// desk acts on one incident as the incident practice would.
type desk struct {
	mu    sync.Mutex
	state string
	acts  atomic.Int64
	fail  error
	who   actor.Actor
}

func (k *desk) describe(ctx context.Context, _ ref.Ref) (notify.Subject, error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return notify.Subject{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	s := notify.Subject{Title: "Checkout is down", State: k.state}
	if k.state == "triggered" {
		s.Verbs = []string{"acknowledge", "mitigate"}
	}
	return s, nil
}

func (k *desk) acknowledge(ctx context.Context, _ ref.Ref) error {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fail != nil {
		return k.fail
	}
	k.who, k.state = who, "acknowledged"
	k.acts.Add(1)
	return nil
}

// mailed pages the team and returns the token in Mara's mail.
func (b *bench) mailed() (*desk, *notify.Links, string) {
	b.Helper()
	k := &desk{state: "triggered"}
	links := notify.NewLinks(b.s, k.describe, map[string]func(context.Context, ref.Ref) error{"acknowledge": k.acknowledge})
	b.tell(page("k"))
	b.pump()
	for _, l := range b.post.letters() {
		plain := strings.ReplaceAll(l.body, "=\r\n", "") // quoted-printable's soft line breaks
		if m := linkIn.FindStringSubmatch(plain); m != nil && strings.HasPrefix(l.to, "mara") {
			return k, links, m[1]
		}
	}
	b.Fatal("no link in the mail")
	return nil, nil, ""
}

func TestLinkActsOnce(t *testing.T) {
	setup(t, func(b *bench) {
		k, links, token := b.mailed()
		ctx := context.Background()
		for range 3 { // mail scanners look, as often as they like
			v, err := links.Look(ctx, token, "203.0.113.9")
			if err != nil || v.State != notify.LinkReady || v.Label != "Acknowledge" || v.Record != inc || v.Subject.State != "triggered" {
				b.Fatalf("%+v, %v", v, err)
			}
		}
		if k.acts.Load() != 0 {
			b.Fatal("looking acted")
		}
		var wg sync.WaitGroup
		var done atomic.Int64
		for range 4 { // an impatient finger
			wg.Go(func() {
				if v, err := links.Do(ctx, token, "203.0.113.9"); err == nil && v.State == notify.LinkDone {
					done.Add(1)
				}
			})
		}
		wg.Wait()
		if k.acts.Load() != 1 || done.Load() != 1 {
			b.Errorf("acted %d times, said so %d times; want once", k.acts.Load(), done.Load())
		}
		if k.who.Kind != actor.Link || k.who.Person != mara || k.who.Role != actor.Responder || k.who.May(actor.Self) || k.who.From != "203.0.113.9" {
			b.Errorf("acted as %+v", k.who)
		}
		v, err := links.Do(ctx, token, "")
		if err != nil || v.State != notify.LinkUsed || v.Subject.State != "acknowledged" {
			b.Errorf("again: %+v, %v", v, err)
		}
		if d := cmp.Diff([]string{"link.used"}, b.actions("link.")); d != "" {
			b.Errorf("evidence: %s", d)
		}
	})
}

func TestLinkStates(t *testing.T) {
	setup(t, func(b *bench) {
		k, links, token := b.mailed()
		ctx := context.Background()

		k.fail = errs.E(errs.Unavailable, "the database is busy")
		_, err := links.Do(ctx, token, "")
		b.mustKind(err, errs.Unavailable, "a verb that fails")
		if v, err := links.Look(ctx, token, ""); err != nil || v.State != notify.LinkReady {
			b.Errorf("after a failure the link must still work: %+v, %v", v, err)
		}
		k.fail = nil

		k.state = "acknowledged" // somebody else was faster
		if v, err := links.Do(ctx, token, ""); err != nil || v.State != notify.LinkMoot || k.acts.Load() != 0 {
			b.Errorf("moot: %+v, %v", v, err)
		}
		k.state = "triggered"

		for _, bad := range []string{"", "x", token[:42], token + "A", strings.Repeat("A", 43), strings.Repeat("x", 100000), "\x00\xff"} {
			_, err := links.Look(ctx, bad, "")
			b.mustKind(err, errs.NotFound, "an unknown token")
			_, err = links.Do(ctx, bad, "")
			b.mustKind(err, errs.NotFound, "an unknown token")
		}

		b.house.change(mara, func(m *notify.Member) { m.Role = actor.Auditor })
		_, err = links.Do(ctx, token, "")
		b.mustKind(err, errs.Forbidden, "a person whose role no longer allows it")
		b.house.change(mara, func(m *notify.Member) { m.Disabled = true })
		_, err = links.Do(ctx, token, "")
		b.mustKind(err, errs.Forbidden, "a person who left")
		b.house.change(mara, func(m *notify.Member) { m.Disabled, m.Role = false, actor.Responder })

		b.clock.pass(12 * time.Hour)
		if v, err := links.Do(ctx, token, ""); err != nil || v.State != notify.LinkExpired || k.acts.Load() != 0 {
			b.Errorf("expired: %+v, %v", v, err)
		}
	})
}

// Whoever copies the database must not be able to act: no token stands in it
// in the clear, and after sending none at all.
func TestTokensAreNotInTheDatabase(t *testing.T) {
	setup(t, func(b *bench) {
		b.tell(page("k"))
		sealed := b.column(`SELECT sealed FROM notify_link WHERE sealed IS NOT NULL`)
		if len(sealed) != 2 {
			b.Fatalf("%d sealed tokens before sending, want 2", len(sealed))
		}
		b.pump()
		for _, l := range b.post.letters() {
			token := linkIn.FindStringSubmatch(strings.ReplaceAll(l.body, "=\r\n", ""))[1]
			for _, s := range sealed {
				if strings.Contains(s, token) {
					b.Error("a token stands in the database in the clear")
				}
			}
		}
		if left := b.column(`SELECT sealed FROM notify_link WHERE sealed IS NOT NULL`); len(left) != 0 {
			b.Errorf("%d sealed tokens left after sending", len(left))
		}
	})
}

func (b *bench) column(query string) (out []string) {
	b.Helper()
	err := b.db.Read(context.Background(), func(q db.Querier) (err error) {
		out, err = db.Collect(q, func(r *db.Rows) (string, error) {
			var v []byte
			err := r.Scan(&v)
			return string(v), err
		}, query)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func TestRestrictedLinkShowsOnlyTheKey(t *testing.T) {
	setup(t, func(b *bench) {
		k := &desk{state: "triggered"}
		links := notify.NewLinks(b.s, k.describe, nil)
		n := page("k")
		n.Restricted = true
		b.tell(n)
		b.pump()
		token := linkIn.FindStringSubmatch(strings.ReplaceAll(b.post.letters()[0].body, "=\r\n", ""))[1]
		if v, err := links.Look(context.Background(), token, ""); err != nil || v.Subject.Title != "" || !v.Subject.Restricted {
			b.Errorf("%+v, %v", v, err)
		}
	})
}

func TestLinkWithoutMessage(t *testing.T) {
	setup(t, func(b *bench) {
		k := &desk{state: "triggered"}
		links := notify.NewLinks(b.s, k.describe, map[string]func(context.Context, ref.Ref) error{"acknowledge": k.acknowledge})
		var url string
		err := b.db.Write(context.Background(), actor.Job("test"), "test", func(tx *db.Tx) (err error) {
			tx.Record(evidence.Entry{Action: "link.made", Record: inc})
			url, err = b.s.Link(tx, jonas, inc, notify.Action{Verb: "acknowledge"})
			return err
		})
		token, ok := strings.CutPrefix(url, "https://ek.harbour.example/do/")
		if err != nil || !ok {
			b.Fatal(url, err)
		}
		if v, err := links.Do(context.Background(), token, ""); err != nil || v.State != notify.LinkDone || v.Label != "Acknowledge" || k.who.Person != jonas {
			b.Errorf("%+v, %v", v, err)
		}
	})
}
