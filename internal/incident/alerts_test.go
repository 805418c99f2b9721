package incident_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// integration is a monitor at the door.
var integration = actor.Actor{Kind: actor.Integration, ID: 3, Role: actor.Machine}

// alerts hands a batch to the practice as the alert practice does.
func (b *bench) alerts(c alert.Changes) {
	b.Helper()
	b.must(b.DB.Write(context.Background(), integration, "alerts", func(tx *db.Tx) error {
		tx.Unrecorded("a test's batch may change nothing")
		return b.OnAlerts(tx, &c)
	}))
}

func firing(episode int64, key string, s alert.Severity) alert.Firing {
	return alert.Firing{AlertID: episode, EpisodeID: episode, Integration: "prometheus", Summary: fmt.Sprintf("alert %d", episode), Severity: s, Service: "checkout",
		GroupKey: key, Routing: alert.Routing{Open: true, Page: true, AutoClose: true, Reopen: time.Hour}}
}

func (b *bench) open() []incident.Row {
	b.Helper()
	open := true
	rows, _, err := b.List(responder(mara), incident.Filter{Open: &open}, "", 200)
	b.must(err)
	return rows
}

func TestAlertsOpenJoinRaiseAndResolve(t *testing.T) {
	each(t, func(b *bench) {
		b.alerts(alert.Changes{Opened: []alert.Firing{firing(1, "k", alert.Warning)}})
		i := b.open()[0].Incident
		if i.Priority != incident.P3 || i.Team != "payments" || i.Title != "alert 1" || i.Origin != incident.ByAlert || i.AlertsFiring != 1 {
			t.Fatalf("opened: %+v", i)
		}
		b.alerts(alert.Changes{Opened: []alert.Firing{firing(2, "k", alert.Warning)}})
		b.alerts(alert.Changes{Opened: []alert.Firing{firing(3, "k", alert.Critical), firing(4, "k", alert.Info)}})
		i = b.open()[0].Incident
		if len(b.open()) != 1 || i.Priority != incident.P1 || i.Alerts != 4 || i.WarRoom != "https://meet.example.org/"+i.Key() {
			t.Fatalf("joined: %+v", i)
		}
		b.alerts(alert.Changes{Acknowledged: []alert.Firing{{EpisodeID: 1, IncidentID: i.ID, GroupKey: "k", Integration: "pagerduty"}}})
		gone := func(n ...int64) (list []alert.Firing) {
			for _, x := range n {
				list = append(list, alert.Firing{EpisodeID: x, IncidentID: i.ID, Summary: fmt.Sprintf("alert %d", x)})
			}
			return list
		}
		b.alerts(alert.Changes{Resolved: gone(1, 2, 3)})
		if i = b.open()[0].Incident; i.State != incident.Acknowledged || i.AlertsFiring != 1 {
			t.Fatalf("three resolved: %+v", i)
		}
		b.alerts(alert.Changes{Resolved: gone(4)})
		i, err := b.Get(responder(mara), i.ID)
		b.must(err)
		if i.State != incident.Resolved || i.How != incident.SelfRecovered {
			t.Errorf("all resolved: %+v", i)
		}
		if d := cmp.Diff([]incident.EventKind{incident.Opened, incident.AlertJoined, incident.PriorityRaised, incident.WasAcknowledged, incident.Changed, incident.WasResolved}, b.kinds()); d != "" {
			t.Errorf("events (-want +got):\n%s", d)
		}
		b.sound(i.ID)

		b.clock.pass(30 * time.Minute)
		b.alerts(alert.Changes{Reopened: []alert.Firing{firing(5, "k", alert.Error)}})
		if i = b.open()[0].Incident; i.Reopened != 1 || i.State != incident.Triggered || i.Priority != incident.P1 {
			t.Errorf("reopened: %+v", i)
		}
		b.alerts(alert.Changes{Resolved: []alert.Firing{{EpisodeID: 5, IncidentID: i.ID}}})
		b.clock.pass(2 * time.Hour)
		b.alerts(alert.Changes{Reopened: []alert.Firing{firing(6, "k", alert.Error)}})
		if next := b.open()[0].Incident; next.ID == i.ID || next.Priority != incident.P2 {
			t.Errorf("after the reopen window: %+v", next)
		}
		b.sound(i.ID)
	})
}

func TestManyAlertsAreOneEntry(t *testing.T) {
	each(t, func(b *bench) {
		var c alert.Changes
		for n := range int64(2000) {
			c.Opened = append(c.Opened, firing(n+1, fmt.Sprint(n%2), alert.Error))
		}
		b.alerts(c)
		rows := b.open()
		if len(rows) != 2 || rows[0].Alerts != 1000 || rows[0].Entries != 2 {
			t.Fatalf("%d incidents, the first: %+v", len(rows), rows[0].Incident)
		}
		v, err := b.Page(responder(mara), rows[0].ID)
		b.must(err)
		if text := v.Timeline[0].Text; !strings.HasPrefix(text, "999 alerts joined: alert ") || !strings.HasSuffix(text, " and 996 more") {
			t.Error(text)
		}
	})
}

func TestAlertRules(t *testing.T) {
	each(t, func(b *bench) {
		quiet := firing(1, "a", alert.Warning)
		quiet.Routing.Open = false
		b.alerts(alert.Changes{Opened: []alert.Firing{quiet}})
		if len(b.open()) != 0 {
			t.Error("an alert that opens nothing opened an incident")
		}
		unknown := firing(2, "b", alert.Critical)
		unknown.Service, unknown.Summary = "nobody-knows", strings.Repeat("ü", 200)
		b.alerts(alert.Changes{Opened: []alert.Firing{unknown}})
		i := b.open()[0].Incident
		if i.Service != "" || i.Tier != 2 || i.Priority != incident.P3 || len(i.Title) > incident.MaxTitle {
			t.Errorf("unknown service: %+v", i)
		}
		ruled := firing(3, "c", alert.Info)
		ruled.Routing.Priority, ruled.Routing.Window = 2, 10*time.Minute
		b.alerts(alert.Changes{Opened: []alert.Firing{ruled}})
		b.clock.pass(11 * time.Minute)
		ruled.EpisodeID = 4
		b.alerts(alert.Changes{Opened: []alert.Firing{ruled}})
		if rows := b.open(); len(rows) != 3 || rows[0].Priority != incident.P2 {
			t.Errorf("beyond the window: %d open", len(rows))
		}
		hand := b.open()[0].Incident
		p4 := incident.P4
		_, err := b.Edit(responder(mara), hand.ID, hand.Revision, incident.Edit{Priority: &p4})
		b.must(err)
		ruled.EpisodeID = 5
		b.alerts(alert.Changes{Opened: []alert.Firing{ruled}})
		if i, _ := b.Get(responder(mara), hand.ID); i.Priority != incident.P4 || i.Alerts != 2 {
			t.Errorf("an equal alert overruled a person: %+v", i)
		}
	})
}

func TestRepeatedOnesArePersistent(t *testing.T) {
	each(t, func(b *bench) {
		for n := range int64(3) {
			f := firing(n+1, "nightly", alert.Warning)
			f.Routing.Reopen = 0
			b.alerts(alert.Changes{Opened: []alert.Firing{f}})
			i := b.open()[0].Incident
			if got := i.Persistent; (got != "") != (n == 2) {
				t.Errorf("time %d: persistent %q", n+1, got)
			}
			b.alerts(alert.Changes{Resolved: []alert.Firing{{EpisodeID: n + 1, IncidentID: i.ID}}})
			b.clock.pass(24 * time.Hour)
		}
		rows, _, err := b.List(responder(mara), incident.Filter{Persistent: true}, "", 0)
		b.must(err)
		if len(rows) != 1 {
			t.Errorf("%d for the weekly review", len(rows))
		}
	})
}

func TestMergeMovesWhatBelongsThere(t *testing.T) {
	each(t, func(b *bench) {
		b.alerts(alert.Changes{Opened: []alert.Firing{firing(1, "a", alert.Critical), firing(2, "b", alert.Warning)}})
		rows := b.open()
		from, to := rows[1].ID, rows[0].ID
		if rows[1].Priority != incident.P1 {
			from, to = to, from
		}
		_, err := b.SetLink(responder(mara), from, incident.Link{Kind: incident.LinkChange, Target: "CHG-77"})
		b.must(err)
		child := b.declare(incident.Declaration{Title: "Part of it"})
		_, err = b.SetParent(responder(mara), child.ID, from)
		b.must(err)
		_, err = b.Merge(responder(mara), from, to)
		b.must(err)
		_, err = b.Merge(responder(mara), from, to)
		b.must(err)
		_, err = b.Acknowledge(responder(mara), from)
		b.refused(errs.Conflict, err)
		v, err := b.Page(responder(mara), to)
		b.must(err)
		if v.Priority != incident.P1 || v.Alerts != 2 || len(v.Links) != 1 || len(v.Children) != 1 || len(v.MergedFrom) != 1 {
			t.Errorf("after the merge: %+v", v)
		}
		b.alerts(alert.Changes{Opened: []alert.Firing{firing(3, "a", alert.Critical)}, Resolved: []alert.Firing{{EpisodeID: 1, IncidentID: from}}})
		if v, _ = b.Page(responder(mara), to); v.Alerts != 3 || v.AlertsFiring != 2 {
			t.Errorf("an alert of the merged key went elsewhere: %+v", v.Incident)
		}
		_, err = b.SetParent(responder(mara), to, child.ID)
		b.refused(errs.Conflict, err)
		for _, id := range []int64{from, to, child.ID} {
			b.sound(id)
		}
	})
}
