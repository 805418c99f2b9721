package incident_test

import (
	"context"
	"slices"
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

// TestWhoIsTold holds the messages to the table of DOMAIN.md, "Priority".
func TestWhoIsTold(t *testing.T) {
	m := incident.DefaultMatrix()
	for p, want := range map[incident.Priority]incident.Audience{
		incident.P1: {Team: "payments", Members: true, Channels: true, Manager: true, Executive: true, When: incident.Page},
		incident.P2: {Team: "payments", Members: true, Channels: true, Manager: true, When: incident.Page},
		incident.P3: {Team: "payments", Members: true, Channels: true, When: incident.Quiet},
		incident.P4: {Team: "payments", When: incident.TellNone},
	} {
		i := incident.Incident{ID: 7, Title: "Checkout is down", State: incident.Triggered, Priority: p, PriorityWhy: "set by hand", Team: "payments", TriggeredAt: time.Now()}
		e := incident.Event{Kind: incident.Opened, Page: true, Incident: i, Policy: m.Policy(p)}
		got := e.Message()
		if d := cmp.Diff(want, got.To); d != "" {
			t.Errorf("%s opened (-want +got):\n%s", p, d)
		}
		if got.Urgent != (p <= incident.P2) || got.To.Nobody() != (p == incident.P4) || got.Title != p.String()+" INC-7 Checkout is down" {
			t.Errorf("%s opened: %+v", p, got)
		}
		if !slices.Equal(got.Verbs, []incident.Verb{incident.VerbAcknowledge, incident.VerbMitigate}) {
			t.Errorf("%s opened offers %v", p, got.Verbs)
		}
		e.Page = false
		if !e.Message().To.Nobody() {
			t.Errorf("%s: a rule that tells nobody told %+v", p, e.Message().To)
		}
		e.Kind, e.Incident.State, e.Incident.How, e.Incident.MitigatedAt = incident.WasMitigated, incident.Mitigated, incident.Rollback, i.TriggeredAt.Add(42*time.Minute)
		over := e.Message()
		if over.Urgent || over.To.When == incident.Page || p <= incident.P3 && over.Text != "The service is restored by rollback, after 42 min." {
			t.Errorf("%s mitigated: %+v", p, over)
		}
	}
	quiet := incident.Event{Kind: incident.AlertJoined, Incident: incident.Incident{ID: 7, Priority: 1, Team: "payments", State: incident.Triggered}, Policy: m.Policy(1)}
	if !quiet.Message().To.Nobody() {
		t.Error("a joining alert paged though it raised nothing")
	}
}

func TestMatrixAsCode(t *testing.T) {
	each(t, func(b *bench) {
		apply := func(name string, spec incident.PriorityMatrixSpec) error {
			return b.DB.Write(context.Background(), actor.Job("ascode"), "apply", func(tx *db.Tx) error {
				tx.Unrecorded("may change nothing")
				return b.ApplyMatrix(tx, name, spec, "1a2b3c")
			})
		}
		before := b.declare(incident.Declaration{Title: "Before", Service: "search"})
		spec := incident.PriorityMatrixSpec{
			Teams:    []string{"discovery"},
			Impact:   map[string]map[string]string{"medium": {"medium": "P2"}, "high": {"high": "P1"}},
			Severity: map[string][]string{"warning": {"P2", "P2", "P2", "P2"}},
			Priorities: map[string]incident.PolicySpec{"P2": {Response: "20m", Escalate: "1h30m", Tell: &[]string{"team"}},
				"P4": {Tell: &[]string{"team"}}},
			CloseAfter: "3d",
		}
		b.must(apply("discovery", spec))
		b.must(apply("discovery", spec))
		i := b.declare(incident.Declaration{Title: "After", Service: "search"})
		if before.Matrix != "default/0" || i.Matrix != "discovery/1" || i.Priority != incident.P2 || i.NextAt != i.TriggeredAt.Add(20*time.Minute) {
			t.Errorf("%+v", i)
		}
		if other := b.declare(incident.Declaration{Title: "Other", Service: "checkout"}); other.Matrix != "default/0" {
			t.Errorf("another team's incident runs under %s", other.Matrix)
		}
		f := firing(1, "k", alert.Warning)
		f.Service = "email"
		b.alerts(alert.Changes{Opened: []alert.Firing{f}})
		if got := b.open()[0].Priority; got != incident.P2 {
			t.Errorf("warning on email is %s", got)
		}
		b.must(b.DB.Read(context.Background(), func(q db.Querier) error {
			list, err := incident.ListMatrixSpecs(q)
			if err != nil {
				return err
			}
			want := spec
			want.Impact = map[string]map[string]string{"medium": {"medium": "P2"}} // high/high is the default
			if d := cmp.Diff(want, list[0].Spec); d != "" {
				t.Errorf("export (-want +got):\n%s", d)
			}
			return nil
		}))
		b.must(b.DB.Write(context.Background(), actor.Job("ascode"), "remove", func(tx *db.Tx) error { return b.RemoveMatrix(tx, "discovery") }))
		if late := b.declare(incident.Declaration{Title: "Late", Service: "search"}); late.Matrix != "default/0" {
			t.Errorf("after removal: %s", late.Matrix)
		}
		v, err := b.Page(responder(mara), i.ID)
		b.must(err)
		if v.Policy.Response.Time != 20*time.Minute {
			t.Error("an open incident lost the matrix it was opened under")
		}
		err = apply("broken", incident.PriorityMatrixSpec{Teams: []string{"nobody"}})
		b.refused(errs.Invalid, err)
		err = apply("default", incident.PriorityMatrixSpec{Teams: []string{"payments"}, Impact: map[string]map[string]string{"huge": {"high": "P9"}},
			Severity:   map[string][]string{"bad": {"P1"}, "info": {"P1"}},
			Priorities: map[string]incident.PolicySpec{"P0": {}, "P1": {Response: "soon", Escalate: "1h", Tell: &[]string{"everybody"}, How: "loud", Update: "1 business day", WaitStops: &[]string{"weather"}}},
			CloseAfter: "0s", Review: &incident.ReviewSpec{Repeats: 1}})
		b.refused(errs.Invalid, err)
		var fields []string
		for _, f := range errs.As(err).Fields {
			fields = append(fields, f.Name)
		}
		if d := cmp.Diff("teams impact.huge impact.huge.high severity.bad severity.info priorities.P0 priorities.P1.response priorities.P1.update "+
			"priorities.P1.escalate priorities.P1.tell[0] priorities.P1.how priorities.P1.wait_stops[0] close_after review.repeats", strings.Join(fields, " ")); d != "" {
			t.Errorf("fields (-want +got):\n%s", d)
		}
	})
}
