package notify_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
)

func TestChannelLife(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		spec := notify.ChannelSpec{Kind: notify.Webhook, Team: "payments", URL: rc.URL + "/in/SECRETPATH"}
		c, secret, err := b.s.CreateChannel(b.admin, "pager", spec)
		if err != nil || notify.CheckSecret(secret) != nil || c.Version != 1 || !c.HasSecret || c.Missing() != "" || !strings.HasPrefix(rc.URL, "http://"+c.Host) {
			b.Fatalf("%+v, %v", c, err)
		}
		if s := fmt.Sprintf("%+v", c.Spec); strings.Contains(s, "SECRET") || strings.Contains(s, "whsec_") {
			b.Errorf("the channel shows its secrets: %s", s)
		}
		for _, col := range []string{"url", "secret"} {
			if v := b.column(`SELECT ` + col + ` FROM notify_channel`); strings.Contains(v[0], "SECRETPATH") || strings.Contains(v[0], secret) {
				b.Errorf("%s stands in the database in the clear", col)
			}
		}
		_, _, err = b.s.CreateChannel(b.admin, "pager", spec)
		b.mustKind(err, errs.Conflict, "a second one of the name")

		res, err := b.s.TestChannel(b.admin, "pager")
		if err != nil || !res.Sent {
			b.Errorf("test: %+v, %v", res, err)
		}
		edit := notify.ChannelSpec{Kind: notify.Webhook, Team: "payments", Urgency: notify.TakesUrgent}
		_, err = b.s.EditChannel(b.admin, "pager", 7, edit)
		b.mustKind(err, errs.Conflict, "a stale edit")
		c, err = b.s.EditChannel(b.admin, "pager", 1, edit)
		if err != nil || c.Version != 2 || c.Host == "" || !c.HasSecret {
			b.Errorf("an edit that leaves URL and secret: %+v, %v", c, err)
		}
		if c, err = b.s.EditChannel(b.admin, "pager", 2, edit); err != nil || c.Version != 2 {
			b.Errorf("an edit that changes nothing: version %d, %v", c.Version, err)
		}
		if res, _ := b.s.TestChannel(b.admin, "pager"); !res.Sent {
			b.Error("after the edit the stored URL and secret must still work")
		}
		list, err := b.s.Channels(b.admin, "", 10)
		if err != nil || len(list) != 1 || list[0].Health.State() != "good" {
			b.Errorf("%+v, %v", list, err)
		}
		if err := b.s.DeleteChannel(b.admin, "pager"); err != nil {
			b.Error(err)
		}
		b.mustKind(b.s.DeleteChannel(b.admin, "pager"), errs.NotFound, "delete twice")
		if d := cmp.Diff([]string{"channel.created", "channel.tested", "channel.changed", "channel.tested", "channel.deleted"}, b.actions("channel.")); d != "" {
			b.Errorf("evidence: %s", d)
		}
	})
}

func TestChannelPermissions(t *testing.T) {
	b := newBench(t, dbtest.SQLite(t), nil, nil)
	responder := actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: jonas, Person: jonas, Role: actor.Responder})
	_, _, err := b.s.CreateChannel(responder, "x", notify.ChannelSpec{})
	b.mustKind(err, errs.Forbidden, "create")
	_, err = b.s.TestChannel(responder, "x")
	b.mustKind(err, errs.Forbidden, "test")
	_, err = b.s.Messages(context.Background(), notify.Filter{}, 0, 10)
	b.mustKind(err, errs.Unauthenticated, "list without anybody")
}

// A deleted or disabled channel leaves dead letters, not silence.
func TestMessagesForAChannelThatIsGone(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		b.channel("a", rc, nil)
		b.channel("b", rc, nil)
		b.tell(toChannel("k"))
		if err := b.s.DeleteChannel(b.admin, "a"); err != nil {
			b.Fatal(err)
		}
		if _, err := b.s.EditChannel(b.admin, "b", 0, notify.ChannelSpec{Kind: notify.Webhook, Team: "payments", Disabled: true}); err != nil {
			b.Fatal(err)
		}
		b.pump()
		for _, d := range b.messages(notify.Filter{State: notify.Dead}) {
			if !strings.Contains(d.Error, "deleted") && !strings.Contains(d.Error, "turned off") {
				b.Errorf("%+v", d)
			}
		}
		if n := len(b.messages(notify.Filter{State: notify.Dead})); n != 2 {
			b.Errorf("%d dead letters, want 2", n)
		}
	})
}

// One bad address of a list must not make the others get the mail twice.
func TestEmailChannelRetriesOnlyTheBadAddress(t *testing.T) {
	setup(t, func(b *bench) {
		_, _, err := b.s.CreateChannel(b.admin, "list", notify.ChannelSpec{Kind: notify.Email, Team: "payments", Addresses: []string{"a@harbour.example", "b@harbour.example"}})
		if err != nil {
			b.Fatal(err)
		}
		var bad bool = true
		b.post.refuse(func(rcpt string) error {
			if bad && strings.HasPrefix(rcpt, "b@") {
				bad = false
				return fmt.Errorf("greylisted")
			}
			return nil
		})
		b.tell(toChannel("k"))
		b.pump()
		list := b.messages(notify.Filter{})
		for _, d := range list {
			if d.State == notify.Dead {
				if err := b.s.Retry(b.admin, d.ID); err != nil {
					b.Error(err)
				}
			}
		}
		b.clock.pass(1e10)
		b.pump()
		if got := b.post.letters(); len(got) != 2 || got[0].to == got[1].to {
			b.Errorf("letters: %v", got)
		}
	})
}

func TestChannelsAsCode(t *testing.T) {
	setup(t, func(b *bench) {
		svc := ascode.New(b.db, notify.AsCode(b.s))
		rc := newReceiver(b)
		doc := "apiVersion: evenkeel/v1\nkind: Channel\nmetadata: {name: ops}\nspec:\n  kind: slack\n  team: payments\n  url: " + rc.URL + "/T0/B0/SECRETPATH\n"
		apply := func() ascode.Counts {
			b.Helper()
			p, err := svc.Apply(b.admin, ascode.Input{Source: "main", Files: []ascode.File{{Path: "ops.yaml", Content: doc}}, Commit: strings.Repeat("a1", 20)})
			if err != nil {
				b.Fatal(err)
			}
			return p.Counts
		}
		if c := apply(); c.Created != 1 {
			b.Errorf("first apply: %+v", c)
		}
		if c := apply(); c.Touched() != 0 || c.Unchanged != 1 {
			b.Errorf("second apply: %+v", c)
		}
		c, err := b.s.Channel(b.admin, "ops")
		if err != nil || c.Version != 1 || c.Managed == "" || c.Missing() != "" {
			b.Errorf("%+v, %v", c, err)
		}
		if res, err := b.s.TestChannel(b.admin, "ops"); err != nil || !res.Sent {
			b.Errorf("%+v, %v", res, err)
		}
		_, err = b.s.EditChannel(b.admin, "ops", 0, notify.ChannelSpec{Kind: notify.Slack, Team: "search"})
		b.mustKind(err, errs.Conflict, "an edit by hand of what is managed in git")
		_, err = b.s.EditChannel(b.admin, "ops", 0, notify.ChannelSpec{Kind: notify.Slack, Team: "payments", URL: rc.URL + "/other"})
		if err != nil {
			b.Errorf("the secret URL is not in git and may be set by hand: %v", err)
		}
		b.mustKind(b.s.DeleteChannel(b.admin, "ops"), errs.Conflict, "delete of what is managed in git")
	})
}

func TestListsUseIndexes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for query, args := range notify.ListQueries() {
			dbtest.UsesIndex(t, d, query, args...)
		}
	})
}

func TestMessageListPages(t *testing.T) {
	setup(t, func(b *bench) {
		for i := range 5 {
			b.tell(page(fmt.Sprint(i)))
		}
		var seen []int64
		before := int64(0)
		for {
			list, err := b.s.Messages(b.admin, notify.Filter{Record: inc, State: notify.Queued}, before, 3)
			if err != nil {
				b.Fatal(err)
			}
			if len(list) == 0 {
				break
			}
			for _, d := range list {
				seen = append(seen, d.ID)
			}
			before = list[len(list)-1].ID
		}
		if d := cmp.Diff([]int64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, seen); d != "" {
			b.Errorf("pages: %s", d)
		}
		if got := b.messages(notify.Filter{State: notify.Sent}); len(got) != 0 {
			b.Errorf("%d sent", len(got))
		}
	})
}

// Kinds differ in what they must and may have.
func TestChannelKinds(t *testing.T) {
	b := newBench(t, dbtest.SQLite(t), nil, nil)
	teams := "https://prod-1.westeurope.logic.azure.com/workflows/7f3a/triggers/manual/paths/invoke?sig=S"
	for name, c := range map[string]struct {
		spec notify.ChannelSpec
		bad  string // field that is refused; "" = none
	}{
		"teams":              {notify.ChannelSpec{Kind: notify.Teams, URL: teams}, ""},
		"teams-no-url":       {notify.ChannelSpec{Kind: notify.Teams}, "url"},
		"teams-secret":       {notify.ChannelSpec{Kind: notify.Teams, URL: teams, Secret: "tk_1"}, "secret"},
		"ntfy":               {notify.ChannelSpec{Kind: notify.Ntfy, URL: "https://ntfy.sh/harbour-payments"}, ""},
		"ntfy-token":         {notify.ChannelSpec{Kind: notify.Ntfy, URL: "https://ntfy.sh/harbour-payments", Secret: "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2"}, ""},
		"ntfy-no-topic":      {notify.ChannelSpec{Kind: notify.Ntfy, URL: "https://ntfy.sh/"}, "url"},
		"ntfy-broken-token":  {notify.ChannelSpec{Kind: notify.Ntfy, URL: "https://ntfy.sh/x", Secret: "tk 1"}, "secret"},
		"ntfy-with-people":   {notify.ChannelSpec{Kind: notify.Ntfy, URL: "https://ntfy.sh/x", Addresses: []string{"ops@harbour.example"}}, "addresses"},
		"people-have-no-row": {notify.ChannelSpec{Kind: notify.SMS, URL: teams}, "kind"},
	} {
		c.spec.Team = "payments"
		_, secret, err := b.s.CreateChannel(b.admin, name, c.spec)
		if secret != "" {
			b.Errorf("%s: a secret was made", name)
		}
		if c.bad == "" {
			if err != nil {
				b.Errorf("%s: %v", name, err)
			}
			continue
		}
		if e := errs.As(err); err == nil || len(e.Fields) != 1 || e.Fields[0].Name != c.bad {
			b.Errorf("%s: %v, want a fault of %s", name, err, c.bad)
		}
	}
}
