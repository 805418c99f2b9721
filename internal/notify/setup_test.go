package notify_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
	"github.com/evenkeel/evenkeel/internal/notify/email"
	"github.com/evenkeel/evenkeel/internal/notify/slack"
	"github.com/evenkeel/evenkeel/internal/notify/webhook"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// house is Harbour & Co's people as the directory answers them.
type house struct {
	mu    sync.Mutex
	teams map[string][]notify.Member
}

func (h *house) Members(_ db.Querier, team string) ([]notify.Member, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.teams[team]), nil
}

func (h *house) People(_ db.Querier, ids []int64) (out []notify.Member, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	seen := map[int64]bool{}
	for _, members := range h.teams {
		for _, m := range members {
			if slices.Contains(ids, m.Person) && !seen[m.Person] {
				seen[m.Person] = true
				m.TeamRole = ""
				out = append(out, m)
			}
		}
	}
	return out, nil
}

func (h *house) change(person int64, f func(m *notify.Member)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, members := range h.teams {
		for i := range members {
			if members[i].Person == person {
				f(&members[i])
			}
		}
	}
}

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is what a test works with.
type bench struct {
	testing.TB
	db      *db.DB
	s       *notify.Service
	courier *notify.Courier
	house   *house
	post    *postbox
	clock   *clock
	admin   context.Context
}

const (
	mara  = 1
	jonas = 2
	priya = 3
	tom   = 4
)

var inc = ref.N(ref.Incident, 1042)

// setup runs a test on both databases with a real mail server.
func setup(t *testing.T, f func(b *bench)) {
	clk := &clock{}
	dbtest.EachWith(t, clk.Now, func(t *testing.T, d *db.DB) {
		clk.mu.Lock()
		clk.now = time.Now().UTC().Truncate(time.Microsecond)
		clk.mu.Unlock()
		f(newBench(t, d, clk, nil))
	})
}

func newBench(t testing.TB, d *db.DB, clk *clock, change func(o *notify.Options)) *bench {
	t.Helper()
	b := &bench{TB: t, db: d, clock: clk, post: newPostbox(t)}
	b.house = &house{teams: map[string][]notify.Member{"payments": {
		{Person: mara, Name: "Mara Lindt", Email: "mara@harbour.example", Role: actor.Responder, TeamRole: "lead"},
		{Person: jonas, Name: "Jonas Berg", Email: "jonas@harbour.example", Role: actor.Responder, TeamRole: "member"},
		{Person: priya, Name: "Priya Nair", Email: "priya@harbour.example", Role: actor.Manager, TeamRole: "manager"},
	}, "search": {{Person: tom, Name: "Tom Ode", Email: "tom@harbour.example", Role: actor.Responder, TeamRole: "member"}}}}
	box, err := secret.Parse(secret.Generate())
	if err != nil {
		t.Fatal(err)
	}
	mailer, err := email.New(email.Config{Host: "127.0.0.1", Port: b.post.addr.Port, TLS: email.None, From: "Evenkeel <evenkeel@harbour.example>"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mailer.Close)
	guard := egress.Guard{Loopback: true}
	o := notify.Options{BaseURL: "https://ek.harbour.example/", Box: box, Directory: b.house, Log: slog.New(slog.DiscardHandler),
		Transports: map[notify.ChannelKind]notify.Transport{notify.Email: mailer, notify.Slack: slack.New(guard), notify.Webhook: webhook.New(guard)}}
	if change != nil {
		change(&o)
	}
	if b.s, err = notify.New(d, o); err != nil {
		t.Fatal(err)
	}
	b.courier = notify.NewCourier(b.s)
	b.admin = actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: mara, Person: mara, Role: actor.Admin})
	return b
}

func page(key string) notify.Notice {
	return notify.Notice{Key: key, Record: inc, Reason: "paged", Urgent: true, Title: "P1 Checkout is down", Text: "Every payment fails.",
		Facts: []notify.Fact{{Name: "Service", Value: "checkout"}}, Team: "payments", Actions: []notify.Action{{Verb: "acknowledge", Label: "Acknowledge"}}}
}

// tell gives notices in one transaction, as an incident would.
func (b *bench) tell(notices ...notify.Notice) {
	b.Helper()
	err := b.db.Write(context.Background(), actor.Job("test"), "test", func(tx *db.Tx) error {
		tx.Record(evidence.Entry{Action: "incident.opened", Record: inc})
		for _, n := range notices {
			if err := b.s.Notify(tx, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// pump runs rounds of delivery until nothing is due.
func (b *bench) pump() (sent int) {
	b.Helper()
	for range 100 {
		n, err := b.courier.Pump(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		if n == 0 {
			return sent
		}
		sent += n
	}
	b.Fatal("delivery does not come to rest")
	return 0
}

func (b *bench) messages(f notify.Filter) []notify.Delivery {
	b.Helper()
	list, err := b.s.Messages(b.admin, f, 0, 200)
	if err != nil {
		b.Fatal(err)
	}
	return list
}

// only returns the one message there is, with its attempts.
func (b *bench) only() (notify.Delivery, []notify.Attempt) {
	b.Helper()
	list := b.messages(notify.Filter{})
	if len(list) != 1 {
		b.Fatalf("%d messages, want 1: %+v", len(list), list)
	}
	d, attempts, err := b.s.Message(b.admin, list[0].ID)
	if err != nil {
		b.Fatal(err)
	}
	return d, attempts
}

// channel makes a webhook channel to a receiver and returns its secret.
func (b *bench) channel(name string, rc *receiver, change func(s *notify.ChannelSpec)) string {
	b.Helper()
	spec := notify.ChannelSpec{Kind: notify.Webhook, Team: "payments", URL: rc.URL + "/in/SECRETPATH"}
	if change != nil {
		change(&spec)
	}
	_, secret, err := b.s.CreateChannel(b.admin, name, spec)
	if err != nil {
		b.Fatal(err)
	}
	return secret
}

// toChannel is a notice for the team's channels only.
func toChannel(key string) notify.Notice {
	n := page(key)
	n.TeamRoles, n.Channels = []string{"nobody"}, true
	return n
}

func (b *bench) mustKind(err error, k errs.Kind, what string) {
	b.Helper()
	if !errs.Is(err, k) {
		b.Errorf("%s: %v, want %s", what, err, k)
	}
}

// actions returns the evidence actions on messages, oldest first.
func (b *bench) actions(prefix string) (out []string) {
	b.Helper()
	err := b.db.Read(context.Background(), func(q db.Querier) (err error) {
		out, err = db.Collect(q, func(r *db.Rows) (s string, err error) { return s, r.Scan(&s) },
			`SELECT action FROM evidence WHERE action LIKE $1 ORDER BY leaf_id`, prefix+"%")
		return err
	})
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		b.Fatal(err)
	}
	return out
}
