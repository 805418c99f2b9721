package main

import (
	"fmt"
	"strings"
	"time"
)

// ingest measures alerts from the sender's request to durable.
func (b *bench) ingest() error {
	urls, names, done, err := b.targets("ingest")
	if err != nil {
		return err
	}
	defer done()
	lite := map[string]float64{}
	for _, name := range names {
		t, err := b.prepare("ingest-"+name, urls[name])
		if err != nil {
			return err
		}
		if err := b.start(t); err != nil {
			return err
		}
		err = b.ingestOn(t, name, lite)
		t.stop()
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) ingestOn(t *target, name string, lite map[string]float64) error {
	if name != "SQLite" {
		if _, err := load(b.ctx, t.addr, 64, 2*time.Second, func(buf []byte, n int) []byte {
			return post(buf, "/v2/enqueue", "", pagerduty(t.pagerduty, fmt.Sprintf("warm-%d", n), "trigger"))
		}); err != nil {
			return err
		}
		if err := analyze(b.ctx, t.cfg.DB); err != nil {
			return err
		}
	}
	cases := []struct {
		what, goal string
		each       int // alerts in a request
		request    func(buf []byte, n int) []byte
	}{
		{"PagerDuty v2, new alerts, 64 clients", "≥ 12,000/s, ≥ 30 %", 1, func(buf []byte, n int) []byte {
			return post(buf, "/v2/enqueue", "", pagerduty(t.pagerduty, fmt.Sprintf("new-%d", n), "trigger"))
		}},
		{"PagerDuty v2, repeats of 1,000 known", "≥ 15,000/s", 1, func(buf []byte, n int) []byte {
			return post(buf, "/v2/enqueue", "", pagerduty(t.pagerduty, fmt.Sprintf("new-%d", n%1000), "trigger"))
		}},
		{"PagerDuty v2, one key", "≥ 10,000/s", 1, func(buf []byte, n int) []byte {
			return post(buf, "/v2/enqueue", "", pagerduty(t.pagerduty, "new-7", "trigger"))
		}},
		{"Alertmanager, batches of 64, new alerts", "≥ 25,000/s", 64, func(buf []byte, n int) []byte {
			return post(buf, "/integrations/alertmanager/"+t.am, "", alertmanager(n, 64))
		}},
		{"incidents declared by API, 64 clients", "≥ 2,000/s", 1, func(buf []byte, n int) []byte {
			return post(buf, "/api/v1/incidents", t.token, fmt.Appendf(nil, `{"title":"Bench incident %d","service":"service-%d"}`, n, n%10))
		}},
	}
	for _, c := range cases {
		if !strings.Contains(c.what, b.only) {
			continue
		}
		r, err := load(b.ctx, t.addr, 64, b.seconds, c.request)
		if err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
		rate := r.rate() * float64(c.each)
		ratio := percent(rate, b.inserts) + " of raw, " + percent(r.rate(), b.requests) + " of echo"
		if name == "SQLite" {
			lite[c.what] = rate
		} else {
			ratio = percent(rate, lite[c.what]) + " of SQLite"
			c.goal = "≥ 50 % of SQLite"
		}
		b.add(name+": "+c.what, perSecond(rate), c.goal, fmt.Sprintf("%s, p99 %d ms", ratio, r.quantile(.99).Milliseconds()))
		if r.failed > 0 {
			b.add(name+": … refused, by status", fmt.Sprint(r.statuses), "none", "")
		}
	}
	return nil
}

func pagerduty(key, dedup, action string) []byte {
	return fmt.Appendf(nil, `{"routing_key":%q,"event_action":%q,"dedup_key":%q,"payload":{"summary":"Disk of %s above 90 %%","source":"host-17","severity":"warning","component":"disk","group":"storage","class":"capacity","custom_details":{"free":"7 GB","mount":"/var"}}}`, key, action, dedup, dedup)
}

func alertmanager(n, size int) []byte {
	var b strings.Builder
	b.WriteString(`{"version":"4","groupKey":"{}:{alertname=\"Bench\"}","truncatedAlerts":0,"status":"firing","receiver":"evenkeel","groupLabels":{"alertname":"Bench"},"commonLabels":{"alertname":"Bench"},"commonAnnotations":{},"externalURL":"http://am.harbour.example","alerts":[`)
	for i := range size {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"status":"firing","labels":{"alertname":"Bench","instance":"host-%d","severity":"warning","service":"service-%d"},"annotations":{"summary":"Instance host-%d is slow"},"startsAt":"2026-11-20T18:04:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prom.harbour.example/graph","fingerprint":"%016x"}`, n*size+i, i%10, n*size+i, n*size+i)
	}
	b.WriteString("]}")
	return []byte(b.String())
}
