package demo

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

// story is something that happens again and again.
type story struct {
	dedup, service, summary, source string
	severity                        alert.Severity
	weight                          int     // how often, against the others
	median                          float64 // minutes until restored
	ack                             float64 // minutes until somebody takes it
	heals                           float64 // share that goes away by itself
	who                             string
	how                             incident.How
	notes                           []string
	update                          string // public update; empty: none
}

var stories = []story{
	{dedup: "checkout-errors", service: "checkout", summary: "Checkout success below 90 %", source: "checkout-7f9c", severity: alert.Critical, weight: 3, median: 38, ack: 3, who: "mara", how: incident.Rollback,
		notes: []string{"Errors started with the deployment ten minutes earlier.", "Only card payments fail, invoices go through."}, update: "Some customers cannot complete checkout. Baskets are kept. We are working on it."},
	{dedup: "payments-latency", service: "payments", summary: "Card authorisation p95 above 4 s", source: "payments-api", severity: alert.Error, weight: 5, median: 52, ack: 6, heals: .15, who: "jonas", how: incident.Failover,
		notes: []string{"The processor's second region answers normally; failing over.", "Connection pool exhausted on one node."}},
	{dedup: "queue-backlog", service: "orders-queue", summary: "Orders queue depth above 10 000", source: "queue-2", severity: alert.Error, weight: 7, median: 44, ack: 5, heals: .2, who: "tom", how: incident.Restart,
		notes: []string{"The nightly export holds the consumers again.", "One consumer was stuck since the last rebalance; restarted it."}},
	{dedup: "search-stale", service: "search", summary: "Search index older than 30 min", source: "indexer-1", severity: alert.Error, weight: 5, median: 75, ack: 9, heals: .2, who: "lena", how: incident.Restart,
		notes: []string{"Indexer ran out of memory on the supplier feed.", "Shard 2 was read-only after the disk filled."}},
	{dedup: "storefront-slow", service: "storefront", summary: "Pages slower than 3 s from Frankfurt", source: "probe-fra", severity: alert.Warning, weight: 7, median: 50, ack: 11, heals: .45, who: "mara", how: incident.SelfRecovered},
	{dedup: "email-delay", service: "email", summary: "Order confirmations 9 min late", source: "mailer", severity: alert.Warning, weight: 6, median: 120, ack: 20, heals: .3, who: "omar", how: incident.Workaround,
		notes: []string{"The relay throttles us after the newsletter."}},
	{dedup: "catalog-import", service: "catalog-api", summary: "Product import times out for one supplier", source: "import-3", severity: alert.Warning, weight: 6, median: 200, ack: 25, heals: .1, who: "lena", how: incident.Fix,
		notes: []string{"The supplier's file has 40 000 rows more than last week."}},
	{dedup: "picklist-stale", service: "warehouse-sync", summary: "Last pick list older than 15 min", source: "dock-4", severity: alert.Error, weight: 4, median: 35, ack: 7, heals: .25, who: "tom", how: incident.Restart},
	{dedup: "report-late", service: "reporting", summary: "Nightly figures are late", source: "batch", severity: alert.Warning, weight: 4, median: 240, ack: 60, heals: .2, who: "omar", how: incident.Fix},
	{dedup: "cert-expiry", service: "storefront", summary: "Certificate expires in 13 days", source: "edge", severity: alert.Info, weight: 2, median: 600, ack: 60, heals: .9, who: "omar", how: incident.Fix},
}

func (s story) event(at time.Time) alert.Event {
	return alert.Event{Action: alert.Trigger, Dedup: s.dedup, Severity: s.severity, Summary: s.summary, Source: s.source, Service: s.service, StartsAt: at,
		Labels: map[string]string{"alertname": s.dedup, "service": s.service, "severity": string(s.severity), "instance": s.source},
		Links:  []alert.Link{{Href: "https://graphs.harbour.example/" + s.service, Text: "Graph"}}}
}

func (s story) end(began, at time.Time) alert.Event {
	e := s.event(began)
	e.Action, e.EndsAt = alert.Resolve, at
	return e
}

// today is what is going on when the visitor comes in.
func (h *history) today(now time.Time) {
	declare := func(ago time.Duration, who string, d incident.Declaration, then ...func(ctx context.Context, id int64) error) {
		var id int64
		h.add(now.Add(-ago), func(ctx context.Context) error {
			i, err := h.a.Incidents.Declare(h.as(who)(ctx), d)
			id = i.ID
			return err
		})
		for n, f := range then {
			h.add(now.Add(-ago).Add(time.Duration(n+1)*7*time.Minute), func(ctx context.Context) error { return f(h.as(who)(ctx), id) })
		}
	}
	ack := func(ctx context.Context, id int64) error {
		if _, err := h.a.Incidents.Acknowledge(ctx, id); err != nil {
			return err
		}
		who, _ := actor.From(ctx)
		_, err := h.a.Incidents.Assign(ctx, id, incident.Commander, who.Person, "")
		return err
	}
	note := func(text string) func(context.Context, int64) error {
		return func(ctx context.Context, id int64) error {
			_, err := h.a.Incidents.AddNote(ctx, id, incident.Note{Text: text})
			return err
		}
	}
	declare(4*time.Hour, "lena", incident.Declaration{Title: "Search shows sold-out items as in stock", Service: "search", Impact: incident.Medium, Urgency: incident.High},
		ack, note("The stock feed stopped at 09:12; the index is right about everything else."),
		func(ctx context.Context, id int64) error {
			_, err := h.a.Incidents.Mitigate(ctx, id, incident.Workaround, "Sold-out items are hidden by a filter until the feed is back.")
			return err
		})
	declare(3*time.Hour, "omar", incident.Declaration{Title: "Order confirmations arrive 9 min late", Service: "email", Impact: incident.Medium, Urgency: incident.Medium},
		ack, note("The relay throttles us. Asked the provider for a higher limit."))
	declare(150*time.Minute, "tom", incident.Declaration{Title: "Product import times out for one supplier", Service: "catalog-api", Impact: incident.Low, Urgency: incident.Medium},
		ack, func(ctx context.Context, id int64) error {
			_, err := h.a.Incidents.Wait(ctx, id, incident.ForSupplier, "Asked for a smaller file.")
			return err
		})
	declare(95*time.Minute, "tom", incident.Declaration{Title: "Label printer retries on dock 4", Service: "warehouse-sync", Impact: incident.Low, Urgency: incident.Low})
	h.add(now.Add(-20*time.Hour), func(ctx context.Context) error { // and nobody stands in yet: the page Now says so
		copenhagen, err := time.LoadLocation("Europe/Copenhagen")
		if err != nil {
			return err
		}
		day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, copenhagen)
		for day = day.AddDate(0, 0, 1); day.Weekday() != time.Tuesday; {
			day = day.AddDate(0, 0, 1)
		}
		_, err = h.a.OnCall.Absence(h.as("lena")(ctx), oncall.NewAbsence{From: day, To: day.AddDate(0, 0, 2), Reason: "Search conference"})
		return err
	})
}
