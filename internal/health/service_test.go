package health_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/health"
)

func TestOf(t *testing.T) {
	each(t, func(b *bench) {
		b.october()
		r, err := b.Of(b.as("mara"), "payments", "2026-10")
		b.ok(err)
		if !r.Known || r.Partly || r.Pages != 4 || r.Sleep != 2 || r.Nights != 2 || r.Incidents != 4 || r.Unacknowledged != 1 || r.Acknowledge.Median != 5*time.Minute || r.HoursKnown() {
			b.Errorf("%+v", r)
		}
		if len(r.Alerts) != 1 || r.Alerts[0].Acted != 3 || r.Alerts[0].Noise != 1 || r.Acted.Percent() != 75 {
			b.Errorf("alerts %+v", r.Alerts)
		}
		mara := r.People[0]
		if mara.Handle != "mara" || mara.Pages != 2 || mara.Elsewhere != 1 || mara.Acknowledge.Median != 4*time.Minute || mara.OnCall >= 0 || mara.Weeks[0] != -1 {
			b.Errorf("mara %+v", mara)
		}
		// The restricted incident is not counted for somebody who may not see it.
		hers, err := b.Of(b.as("jonas"), "payments", "2026-10")
		b.ok(err)
		if hers.Pages != 3 || hers.Incidents != 3 || len(hers.Behind(health.Which{})) != 4 {
			b.Errorf("jonas sees %d pages and %d incidents", hers.Pages, hers.Incidents)
		}
		for period, want := range map[string]errs.Kind{"2026-12": errs.Invalid, "soon": errs.Invalid} {
			if _, err := b.Of(b.as("mara"), "payments", period); !errs.Is(err, want) {
				b.Errorf("%s: %v", period, err)
			}
		}
		if _, err := b.Of(b.as("mara"), "nobody", ""); !errs.Is(err, errs.NotFound) {
			b.Errorf("no team: %v", err)
		}
		if _, err := b.Of(context.Background(), "payments", ""); !errs.Is(err, errs.Unauthenticated) {
			b.Errorf("nobody asks: %v", err)
		}
		before, err := b.Of(b.as("mara"), "payments", "2026-08")
		b.ok(err)
		if before.Known || before.Pages != 0 || before.PerWeek >= 0 {
			b.Errorf("before the team was there: %+v", before)
		}
		b.Kept = 40 * 24 * time.Hour
		kept, err := b.Of(b.as("mara"), "payments", "2026-10")
		b.ok(err)
		if !kept.Partly || !kept.Since.Equal(at("2026-10-11 14:00")) {
			b.Errorf("messages kept for 40 days: known since %s", kept.Since)
		}
	})
}

func TestBehindByPages(t *testing.T) {
	each(t, func(b *bench) {
		b.october()
		var got []int64
		cursor := ""
		for pages := 0; pages == 0 || cursor != ""; pages++ {
			_, list, next, err := b.Service.Behind(b.as("mara"), "payments", "2026-10", health.Ask{}, cursor, 2)
			b.ok(err)
			for _, p := range list {
				got = append(got, p.Incident)
			}
			cursor = next
		}
		if !slices.Equal(got, []int64{5, 4, 3, 2, 1}) {
			b.Errorf("%v", got)
		}
		for _, bad := range []struct {
			ask    health.Ask
			cursor string
			field  string
		}{{health.Ask{Person: "tom"}, "", "person"}, {health.Ask{Only: "lunch"}, "", "only"}, {health.Ask{Week: "2026-10-06"}, "", "week"}, {health.Ask{}, "x", "cursor"}} {
			_, _, _, err := b.Service.Behind(b.as("mara"), "payments", "2026-10", bad.ask, bad.cursor, 2)
			if f := errs.As(err).Fields; !errs.Is(err, errs.Invalid) || len(f) != 1 || f[0].Name != bad.field {
				b.Errorf("%+v %q: %v", bad.ask, bad.cursor, err)
			}
		}
		_, list, next, err := b.Service.IncidentsBehind(b.as("jonas"), "payments", "2026-10", health.AskIncidents{Alert: "disk is full", Rule: "default"}, "", 2)
		b.ok(err)
		if len(list) != 2 || list[0].ID != 4 || next != "INC-2" {
			b.Errorf("%+v, next %q", list, next)
		}
		b.ok(b.db.Read(b.job(), func(q db.Querier) error {
			n, err := b.Service.Pages(q, []int64{b.ids["mara"], b.ids["jonas"]}, at("2026-10-01 00:00"), at("2026-11-01 00:00"))
			if n[b.ids["mara"]] != 3 || n[b.ids["jonas"]] != 2 {
				b.Errorf("pages %v", n)
			}
			return err
		}))
	})
}
