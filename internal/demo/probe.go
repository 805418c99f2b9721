package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// prober watches the shop as a monitoring system would: it asks every two
// seconds, calls something an alert after three bad answers, says it again
// while it lasts, and posts to the same receivers as everybody.
type prober struct {
	shop   *shop
	server string // Evenkeel's address
	org    *org

	checks []*check
}

// check is one thing that is watched.
type check struct {
	name, service, summary, severity string
	bad                              func(h health) (value string, bad bool)
	pagerduty                        bool // posts as Events v2, else as Prometheus does

	fails int
	since time.Time // firing since; zero: not firing
	sent  time.Time
}

const (
	every  = 2 * time.Second
	repeat = 10 * time.Second
	tries  = 3
)

func newProber(s *shop, server string, o *org) *prober {
	down := func(h health) (string, bool) { return h.Why, !h.Healthy }
	deeper := func(n int) func(h health) (string, bool) {
		return func(h health) (string, bool) { return fmt.Sprintf("now %d", h.Depth), h.Depth > n }
	}
	return &prober{shop: s, server: server, org: o, checks: []*check{
		{name: "QueueDepth", service: "orders-queue", summary: "Queue depth above 5 000", severity: "critical", bad: deeper(5000)},
		{name: "CheckoutSuccess", service: "checkout", summary: "Checkout success below 50 %", severity: "critical", bad: down, pagerduty: true},
		{name: "OldestMessage", service: "orders-queue", summary: "Oldest message above 1 min", severity: "critical", bad: deeper(39_000)},
		{name: "StorefrontHealth", service: "storefront", summary: "Basket to checkout redirects fail", severity: "warning", bad: down},
		{name: "PaymentsHealth", service: "payments", summary: "Payments do not answer", severity: "critical", bad: down},
		{name: "SearchHealth", service: "search", summary: "Search does not answer", severity: "error", bad: down},
	}}
}

// run probes until ctx ends.
func (p *prober) run(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		for _, c := range p.checks {
			p.look(ctx, c)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (p *prober) look(ctx context.Context, c *check) {
	h, err := get(ctx, p.shop.nodes[c.service].url)
	if ctx.Err() != nil {
		return
	}
	value, bad := c.bad(h)
	if err != nil {
		value, bad = "no answer", true
	}
	now := time.Now().UTC()
	switch {
	case bad && c.since.IsZero():
		if c.fails++; c.fails >= tries {
			c.since = now
			c.send(ctx, p, value, now, false)
		}
	case bad && now.Sub(c.sent) >= repeat:
		c.send(ctx, p, value, now, false)
	case !bad && !c.since.IsZero():
		c.send(ctx, p, value, now, true)
		c.since, c.fails = time.Time{}, 0
	case !bad:
		c.fails = 0
	}
}

// send posts the alert in the sender's own format. A failed post is tried
// again with the next repeat, as a real monitoring system does.
func (c *check) send(ctx context.Context, p *prober, value string, now time.Time, over bool) {
	labels := map[string]string{"alertname": c.name, "service": c.service, "severity": c.severity, "group": "order-path", "instance": c.service + "-1"}
	address, body := p.server+"/api/v2/alerts", any(nil)
	if c.pagerduty {
		action := "trigger"
		if over {
			action = "resolve"
		}
		address = p.server + "/v2/enqueue"
		body = map[string]any{"routing_key": p.org.synthetics, "event_action": action, "dedup_key": c.name, "client": "Synthetics",
			"payload": map[string]any{"summary": c.summary, "source": c.service, "severity": c.severity, "timestamp": c.since.Format(time.RFC3339),
				"component": c.service, "group": "order-path", "custom_details": map[string]string{"service": c.service, "value": value}}}
	} else {
		ends := now.Add(3 * repeat)
		if over {
			ends = now
		}
		body = []any{map[string]any{"labels": labels, "annotations": map[string]string{"summary": c.summary, "value": value},
			"startsAt": c.since.Format(time.RFC3339Nano), "endsAt": ends.Format(time.RFC3339Nano), "generatorURL": "https://graphs.harbour.example/" + c.service}}
	}
	data, err := json.Marshal(body)
	if err != nil {
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(data))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	if !c.pagerduty {
		req.Header.Set("Authorization", "Bearer "+p.org.prometheus)
	}
	res, err := probes.Do(req)
	if err != nil {
		return
	}
	defer res.Body.Close()
	if res.StatusCode < 300 {
		c.sent = now
	}
}
