package alert_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

func matchers(t testing.TB, list ...string) []alert.Matcher {
	t.Helper()
	var f errs.Fields
	ms := alert.ParseMatchers("matchers", list, &f)
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	return ms
}

func TestRulesRoute(t *testing.T) {
	each(t, func(b *bench) {
		must := func(r alert.Rule) {
			t.Helper()
			if _, err := b.s.CreateRule(b.ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		must(alert.Rule{Name: "noise", Matchers: matchers(t, `alertname=Chatter`), Quiet: true})
		must(alert.Rule{Name: "queues", Matchers: matchers(t, `alertname=~"Queue.*"`, `severity!="info"`), Service: "orders-queue", Priority: 2,
			GroupBy: []string{"alertname", "service"}, Window: time.Hour, Reopen: time.Minute, Page: true, AutoClose: true})
		noise := fire("n", alert.Critical)
		noise.Labels = map[string]string{"alertname": "Chatter"}
		b.send(alert.Generic, noise, fire("q", alert.Warning), fire("i", alert.Info))
		b.tell("opened Queue depth q", "opened Queue depth i")
		by := map[string]alert.Alert{}
		for _, a := range b.list(alert.Filter{}) {
			by[a.Dedup] = a
		}
		if a := by["n"]; !a.Quiet || a.Rule != "noise" || a.Unrouted || a.IncidentID != 0 {
			t.Errorf("quiet: %+v", a)
		}
		if a := by["q"]; a.Rule != "queues" || a.Service != "orders-queue" || a.IncidentID != 1 {
			t.Errorf("routed: %+v", a)
		}
		if a := by["i"]; !a.Unrouted || a.IncidentID != 0 || a.Service != "checkout" {
			t.Errorf("catch-all: %+v", a)
		}
		eps, _, _ := b.s.Episodes(b.ctx, by["q"].ID, 0, 1)
		if eps[0].GroupText != "alertname=QueueDepth, service=orders-queue" {
			t.Errorf("group %q", eps[0].GroupText)
		}

		tr, err := b.s.TryRules(b.ctx, "generic", fire("q", alert.Info))
		if err != nil || tr.Rule != "" || len(tr.Checks) != 2 || !strings.Contains(tr.Checks[1].Why, `severity is "info"`) || tr.Routing.Open {
			t.Errorf("trial %+v %v", tr, err)
		}
		tr, err = b.s.TryRules(b.ctx, "generic", fire("q", alert.Error))
		if err != nil || tr.Rule != "queues" || !tr.Checks[1].Matched || tr.Routing.Priority != 2 {
			t.Errorf("trial %+v %v", tr, err)
		}

		if err := b.s.ReorderRules(b.ctx, []string{"queues"}); !errs.Is(err, errs.Invalid) {
			t.Errorf("reorder with a rule missing: %v", err)
		}
		if err := b.s.ReorderRules(b.ctx, []string{"queues", "noise"}); err != nil {
			t.Fatal(err)
		}
		rules, _ := b.s.Rules(b.ctx)
		if rules[0].Name != "queues" || rules[0].Position != 1 || rules[0].Version != 2 {
			t.Errorf("order %+v", rules)
		}
		edit := rules[0]
		edit.Quiet = true
		if _, err := b.s.UpdateRule(b.ctx, "queues", 1, edit); !errs.Is(err, errs.Conflict) {
			t.Errorf("stale edit: %v", err)
		}
		if _, err := b.s.UpdateRule(b.ctx, "queues", 2, edit); !errs.Is(err, errs.Invalid) {
			t.Errorf("quiet and paging: %v", err)
		}
		edit.Page = false
		if _, err := b.s.UpdateRule(b.ctx, "queues", 2, edit); err != nil {
			t.Error(err)
		}
		b.send(alert.Generic, fire("q2", alert.Critical))
		b.tell()
		for _, r := range []alert.Rule{{Name: "Bad Name"}, {Name: "queues"}, {Name: "x", Priority: 7}, {Name: "x", GroupBy: []string{"...", "a"}}, {Name: "x", Window: -1}} {
			if _, err := b.s.CreateRule(b.ctx, r); !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.Conflict) {
				t.Errorf("%+v: %v", r, err)
			}
		}
		if err := b.s.DeleteRule(b.ctx, "noise"); err != nil {
			t.Error(err)
		}
		b.checkDigests()
	})
}

// checkDigests compares each record's content with its last evidence entry, as
// the audit does.
func (b *bench) checkDigests() {
	b.t.Helper()
	b.db.Read(b.ctx, func(q db.Querier) error {
		rows, err := q.Query("SELECT record, entry FROM evidence ORDER BY leaf_id")
		if err != nil {
			b.t.Fatal(err)
		}
		defer rows.Close()
		last := map[string]string{}
		for rows.Next() {
			var record string
			var entry []byte
			if err := rows.Scan(&record, &entry); err != nil {
				b.t.Fatal(err)
			}
			last[record] = string(entry)
		}
		for record, entry := range last {
			r, err := ref.Parse(record)
			if err != nil || r.Kind == ref.System {
				continue
			}
			got, err := b.s.DigestOf(q, r)
			if errs.Is(err, errs.NotFound) && !strings.Contains(entry, `"after"`) {
				continue // deleted
			}
			if err != nil || !strings.Contains(entry, `"after":"`+got+`"`) {
				b.t.Errorf("%s has digest %s %v; its last entry is %s", record, got, err, entry)
			}
		}
		return nil
	})
}

func TestSilences(t *testing.T) {
	each(t, func(b *bench) {
		ms := matchers(t, `alertname=~"Queue.*"`)
		b.send(alert.Generic, fire("before", alert.Critical))
		b.tell("opened Queue depth before")
		sil, err := b.s.CreateSilence(b.ctx, alert.Silence{Matchers: ms, EndsAt: start.Add(time.Hour), Comment: "upgrade"})
		if err != nil {
			t.Fatal(err)
		}
		b.send(alert.Generic, fire("during", alert.Critical), fire("gone", alert.Critical))
		b.tell()
		if got := b.list(alert.Filter{Silenced: true}); len(got) != 3 {
			t.Errorf("%d silenced, want 3", len(got))
		}
		b.send(alert.Generic, done("gone"))
		b.tell("resolved Queue depth gone")
		b.pass(30 * time.Minute)
		b.run(alert.SourceSilences)
		b.tell()
		b.pass(31 * time.Minute)
		b.run(alert.SourceSilences)
		b.tell("opened Queue depth during", "raised Queue depth before")
		if got := b.list(alert.Filter{Silenced: true}); len(got) != 0 {
			t.Errorf("%d still silenced", len(got))
		}
		if got := b.list(alert.Filter{Incident: 1}); len(got) != 2 {
			t.Errorf("%d in the incident, want 2", len(got))
		}
		b.checkDigests()

		// One that begins later, and is ended early.
		sil, err = b.s.CreateSilence(b.ctx, alert.Silence{Kind: alert.Maintenance, Matchers: matchers(t, "service=checkout"), StartsAt: b.now().Add(time.Hour), EndsAt: b.now().Add(3 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		b.send(alert.Generic, fire("later", alert.Error))
		b.tell("opened Queue depth later")
		b.pass(time.Hour)
		b.run(alert.SourceSilences)
		if got := b.list(alert.Filter{Silenced: true}); len(got) != 3 {
			t.Errorf("%d silenced at the start of the maintenance, want 3", len(got))
		}
		b.send(alert.Generic, fire("last", alert.Error))
		b.tell()
		if sil, err = b.s.ExpireSilence(b.ctx, sil.ID); err != nil || sil.State(b.now()) != alert.SilenceOver {
			t.Fatalf("%+v %v", sil, err)
		}
		b.tell("opened Queue depth last", "raised Queue depth before", "raised Queue depth during", "raised Queue depth later")
		if list, _, err := b.s.Silences(b.ctx, true, "", 1); err != nil || len(list) != 1 {
			t.Errorf("%v %v", list, err)
		}
		if list, more, err := b.s.Silences(b.ctx, false, "", 10); err != nil || len(list) != 0 || more != "" {
			t.Errorf("open silences %v %v", list, err)
		}
		b.checkDigests()

		for name, bad := range map[string]alert.Silence{
			"everything":   {EndsAt: b.now().Add(time.Hour)},
			"empty values": {Matchers: matchers(t, `a=~".*"`), EndsAt: b.now().Add(time.Hour)},
			"in the past":  {Matchers: ms, EndsAt: b.now().Add(-time.Hour)},
			"for years":    {Matchers: ms, EndsAt: b.now().Add(10000 * time.Hour)},
			"kind":         {Matchers: ms, EndsAt: b.now().Add(time.Hour), Kind: "nap"},
		} {
			if _, err := b.s.CreateSilence(b.ctx, bad); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestHeartbeat(t *testing.T) {
	each(t, func(b *bench) {
		in := b.in[alert.Heartbeat]
		ctx := actor.With(context.Background(), in.Actor("test"))
		beat := func() {
			t.Helper()
			if err := b.s.Beat(ctx, in); err != nil {
				t.Fatal(err)
			}
		}
		b.run(alert.SourceHeartbeats)
		if got := b.list(alert.Filter{}); len(got) != 0 {
			t.Fatal("a heartbeat that never began is missed")
		}
		beat()
		b.pass(69 * time.Second)
		b.run(alert.SourceHeartbeats)
		b.tell()
		beat()
		b.pass(71 * time.Second)
		b.run(alert.SourceHeartbeats)
		b.tell("opened No heartbeat from heartbeat")
		b.pass(time.Hour)
		b.run(alert.SourceHeartbeats)
		b.tell()
		beat()
		b.tell("resolved No heartbeat from heartbeat")
		b.pass(2 * time.Minute)
		b.run(alert.SourceHeartbeats)
		b.tell("reopened No heartbeat from heartbeat")
		got := b.list(alert.Filter{})
		if len(got) != 1 || got[0].Severity != alert.Critical {
			t.Fatalf("%+v", got)
		}
		last := b.now().Add(-2 * time.Minute).Format(time.RFC3339)
		if full, err := b.s.Get(b.ctx, got[0].ID); err != nil || !strings.Contains(full.Annotations["description"], "the last one came "+last) {
			t.Errorf("the last beat was %s; it says %q (%v)", last, full.Annotations["description"], err)
		}
		b.checkDigests()
	})
}

func TestAnnouncedEnds(t *testing.T) {
	each(t, func(b *bench) {
		e := alert.Event{Action: alert.Trigger, Dedup: "p", Severity: alert.Error, Summary: "up == 0", StartsAt: start, EndsAt: start.Add(4 * time.Minute)}
		b.send(alert.Prometheus, e)
		b.pass(2 * time.Minute)
		e.EndsAt = start.Add(6 * time.Minute)
		b.send(alert.Prometheus, e)
		b.pass(3 * time.Minute)
		b.run(alert.SourceEnds)
		if got := b.list(alert.Filter{}); !got[0].Firing() {
			t.Fatal("ended although renewed")
		}
		b.pass(2 * time.Minute)
		b.run(alert.SourceEnds)
		got := b.list(alert.Filter{})
		if got[0].Firing() || !got[0].EndsAt.Equal(start.Add(6*time.Minute)) {
			t.Errorf("%+v", got[0])
		}
		e.EndsAt = b.now().Add(4 * time.Minute)
		b.send(alert.Prometheus, e)
		b.tell("opened up == 0", "resolved up == 0", "reopened up == 0")
		b.checkDigests()
	})
}

func TestIntegrations(t *testing.T) {
	each(t, func(b *bench) {
		in, token, err := b.s.CreateIntegration(b.ctx, alert.Integration{Name: "shop", Kind: alert.PagerDuty})
		if err != nil || len(token) != 32 {
			t.Fatalf("%q %v", token, err)
		}
		auth := func(k alert.Kind, tok string) error {
			_, err := b.s.Authenticate(context.Background(), k, tok)
			return err
		}
		if err := auth(alert.PagerDuty, token); err != nil {
			t.Error(err)
		}
		for _, bad := range []string{"", "x", token + "x", strings.Repeat("y", 300)} {
			if err := auth(alert.PagerDuty, bad); !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		if err := auth(alert.Generic, token); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("another kind: %v", err)
		}
		next, err := b.s.RotateToken(b.ctx, "shop", time.Hour)
		if err != nil || next == token {
			t.Fatal(err)
		}
		if auth(alert.PagerDuty, token) != nil || auth(alert.PagerDuty, next) != nil {
			t.Error("both tokens must work in the overlap")
		}
		if _, err := b.s.RotateToken(b.ctx, "shop", 0); err != nil {
			t.Fatal(err)
		}
		if !errs.Is(auth(alert.PagerDuty, next), errs.Unauthenticated) {
			t.Error("a token that was rotated without overlap still works")
		}
		off := in
		off.Disabled = true
		if _, err := b.s.UpdateIntegration(b.ctx, "shop", in.Version, off); err != nil {
			t.Fatal(err)
		}
		if _, err := b.s.Ingest(actor.With(context.Background(), in.Actor("")), in, []alert.Event{fire("a", alert.Error)}); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("a disabled integration: %v", err)
		}
		if _, err := b.s.UpdateIntegration(b.ctx, "shop", 1, off); !errs.Is(err, errs.Conflict) {
			t.Errorf("stale: %v", err)
		}
		if err := b.s.DeleteIntegration(b.ctx, "shop"); err != nil {
			t.Error(err)
		}
		b.send(alert.Generic, fire("a", alert.Error))
		if err := b.s.DeleteIntegration(b.ctx, "generic"); !errs.Is(err, errs.Conflict) {
			t.Errorf("delete with alerts: %v", err)
		}
		if list, more, err := b.s.Integrations(b.ctx, "", 2); len(list) != 2 || more != list[1].Name || err != nil {
			t.Errorf("%v %q %v", list, more, err)
		}
		for _, bad := range []alert.Integration{{Name: "x y", Kind: alert.Generic}, {Name: "x", Kind: "nagios"}, {Name: "x", Kind: alert.Heartbeat}, {Name: "generic", Kind: alert.Generic}} {
			if _, _, err := b.s.CreateIntegration(b.ctx, bad); !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.Conflict) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		guest := actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 2, Role: actor.Responder})
		if _, _, err := b.s.CreateIntegration(guest, alert.Integration{Name: "y", Kind: alert.Generic}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a responder: %v", err)
		}
		b.checkDigests()
	})
}

func TestCodeRoundTrip(t *testing.T) {
	each(t, func(b *bench) {
		sp := alert.RuleSpec{Position: 3, Matchers: []string{`severity="critical"`}, Priority: "P1", GroupBy: []string{"alertname"}}
		apply := func() (changed bool) {
			t.Helper()
			before := b.version("RULE page-me")
			if err := b.db.Write(b.ctx, actor.Job("apply"), "applied", func(tx *db.Tx) error {
				tx.Unrecorded("nothing to apply")
				return b.s.ApplyRule(tx, "page-me", sp, "abc")
			}); err != nil {
				t.Fatal(err)
			}
			return b.version("RULE page-me") != before
		}
		if !apply() || apply() {
			t.Error("apply twice must change once")
		}
		b.db.Read(b.ctx, func(q db.Querier) error {
			list, err := b.s.ListRuleSpecs(q)
			if err != nil || len(list) != 1 || list[0].Spec.Window != nil || list[0].Spec.Page != nil || list[0].Spec.Priority != "P1" {
				t.Errorf("%+v %v", list, err)
			}
			ins, err := b.s.ListIntegrationSpecs(q)
			if err != nil || len(ins) != len(alert.Kinds) {
				t.Errorf("%+v %v", ins, err)
			}
			return nil
		})
		if len(b.s.Kinds()) != 2 {
			t.Error("kinds")
		}
	})
}

func (b *bench) version(record string) (n int) {
	b.db.Read(b.ctx, func(q db.Querier) error {
		return q.QueryRow("SELECT count(*) FROM evidence WHERE record = $1", record).Scan(&n)
	})
	return n
}
