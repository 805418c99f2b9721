package notifyapi_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
	"github.com/evenkeel/evenkeel/internal/notify/notifyapi"
	"github.com/evenkeel/evenkeel/internal/notify/webhook"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// house is one team of one person.
type house struct{}

func (house) Members(_ db.Querier, team string) ([]notify.Member, error) {
	if team != "payments" {
		return nil, nil
	}
	return []notify.Member{{Person: 1, Name: "Mara Lindt", TeamRole: "member"}}, nil
}

func (house) People(db.Querier, []int64) ([]notify.Member, error) {
	return []notify.Member{{Person: 1, Name: "Mara Lindt"}}, nil
}

func status(err error) int {
	var p *client.Problem
	if errors.As(err, &p) {
		return p.Status
	}
	return 0
}

func TestStory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		box, err := secret.Parse(secret.Generate())
		if err != nil {
			t.Fatal(err)
		}
		s, err := notify.New(d, notify.Options{BaseURL: "https://ek.harbour.example", Box: box, Directory: house{},
			Transports: map[notify.ChannelKind]notify.Transport{notify.Webhook: webhook.New(egress.Guard{Loopback: true})}})
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		notifyapi.Register(api.New(mux, "test", ""), s)
		who := actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin, Name: "mara"}
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), who)))
		}))
		defer srv.Close()
		c, ctx := &client.Client{Server: srv.URL}, t.Context()
		sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
		defer sink.Close()

		made, err := c.CreateChannel(ctx, client.NewChannel{Name: "pager", ChannelEdit: client.ChannelEdit{Kind: "webhook", Team: "payments", URL: sink.URL + "/SECRETPATH"}})
		if err != nil || notify.CheckSecret(made.Secret) != nil || made.Channel.Host == "" || made.Channel.Version != 1 {
			t.Fatalf("%+v %v", made, err)
		}
		if _, err := c.CreateChannel(ctx, client.NewChannel{Name: "Bad Name", ChannelEdit: client.ChannelEdit{Kind: "pigeon"}}); status(err) != 422 {
			t.Errorf("a bad channel: %v", err)
		}
		ch, etag, err := c.Channel(ctx, "pager")
		if err != nil || etag != `"1"` || !ch.HasSecret {
			t.Errorf("%+v %s %v", ch, etag, err)
		}
		if _, err := c.EditChannel(ctx, "pager", `"9"`, client.ChannelEdit{Kind: "webhook", Team: "payments"}); status(err) != 409 {
			t.Errorf("stale: %v", err)
		}
		if ch, err = c.EditChannel(ctx, "pager", etag, client.ChannelEdit{Kind: "webhook", Team: "payments", Urgency: "urgent"}); err != nil || ch.Urgency != "urgent" || ch.Host == "" {
			t.Errorf("%+v %v", ch, err)
		}
		if res, err := c.TestChannel(ctx, "pager"); err != nil || !res.Sent {
			t.Errorf("%+v %v", res, err)
		}
		list, err := c.Channels(ctx, "", 1)
		if err != nil || len(list.Items) != 1 || list.Next != "" || list.Items[0].Health.State != "good" {
			t.Errorf("%+v %v", list, err)
		}

		inc := ref.N(ref.Incident, 1042)
		err = d.Write(ctx, who, "test", func(tx *db.Tx) error {
			tx.Record(evidence.Entry{Action: "incident.opened", Record: inc})
			return s.Notify(tx, notify.Notice{Key: "k", Record: inc, Reason: "paged", Urgent: true, Title: "Down", Team: "payments", Channels: true})
		})
		if err != nil {
			t.Fatal(err)
		}
		messages, err := c.Messages(ctx, "", "INC-1042", "", 1)
		if err != nil || len(messages.Items) != 1 || messages.Next == "" {
			t.Fatalf("%+v %v", messages, err)
		}
		more, err := c.Messages(ctx, "", "INC-1042", messages.Next, 1)
		if err != nil || len(more.Items) != 1 || more.Next != "" || more.Items[0].State != "dead" || !strings.Contains(more.Items[0].Error, "no e-mail address") {
			t.Errorf("%+v %v", more, err)
		}
		if m, err := c.RetryMessage(ctx, more.Items[0].Key); err != nil || m.State != "queued" {
			t.Errorf("%+v %v", m, err)
		}
		if m, err := c.Message(ctx, more.Items[0].Key); err != nil || m.Name != "Mara Lindt" {
			t.Errorf("%+v %v", m, err)
		}
		for _, bad := range [][3]string{{"odd", "", ""}, {"", "nonsense", ""}, {"", "", "x"}} {
			if _, err := c.Messages(ctx, bad[0], bad[1], bad[2], 10); status(err) != 422 {
				t.Errorf("%v: %v", bad, err)
			}
		}
		if _, err := c.Message(ctx, "MSG-999"); status(err) != 404 {
			t.Error(err)
		}
		if w, err := c.WatchMessages(ctx); err != nil || w.Queued != 2 || !w.Fine {
			t.Errorf("%+v %v", w, err)
		}
		if err := c.DeleteChannel(ctx, "pager"); err != nil {
			t.Error(err)
		}
		if _, _, err := c.Channel(ctx, "pager"); status(err) != 404 {
			t.Error(err)
		}
	})
}
