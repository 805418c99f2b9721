package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/evenkeel/evenkeel/internal/db"
)

var (
	mapSize   = prometheus.NewDesc("evenkeel_map_size", "Configuration items and relations in memory.", []string{"what"}, nil)
	mapBytes  = prometheus.NewDesc("evenkeel_map_bytes", "Memory that the map takes.", nil, nil)
	mapReady  = prometheus.NewDesc("evenkeel_map_ready", "1 when the map is in memory, 0 while it is being loaded.", nil, nil)
	mapBehind = prometheus.NewDesc("evenkeel_map_behind_seconds", "Age of the oldest change that the map in memory does not show yet.", nil, nil)
	traceSeen = prometheus.NewDesc("evenkeel_traces_total", "Spans received, and what became of them.", []string{"what"}, nil)
	traceHeld = prometheus.NewDesc("evenkeel_traces_held", "Spans that wait for their other side.", nil, nil)
)

// mapCollector shows how the map and the traces that feed it fare.
type mapCollector struct{ a *App }

func (mapCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{mapSize, mapBytes, mapReady, mapBehind, traceSeen, traceHeld} {
		ch <- d
	}
}

func (c mapCollector) Collect(ch chan<- prometheus.Metric) {
	g := c.a.CMDB.Graph().Stats()
	ch <- prometheus.MustNewConstMetric(mapSize, prometheus.GaugeValue, float64(g.Items), "items")
	ch <- prometheus.MustNewConstMetric(mapSize, prometheus.GaugeValue, float64(g.Relations), "relations")
	ch <- prometheus.MustNewConstMetric(mapBytes, prometheus.GaugeValue, float64(g.Bytes))
	ready := 0.0
	if c.a.CMDB.Ready() {
		ready = 1
	}
	ch <- prometheus.MustNewConstMetric(mapReady, prometheus.GaugeValue, ready)
	if behind, err := c.behind(); err == nil { // what is not known is not told
		ch <- prometheus.MustNewConstMetric(mapBehind, prometheus.GaugeValue, behind.Seconds())
	}
	t := c.a.traces.Stats()
	for what, n := range map[string]uint64{"spans": t.Spans, "rejected": t.Rejected, "paired": t.Paired + t.Linked, "virtual": t.Virtual, "internal": t.Internal,
		"expired": t.Expired, "unnamed": t.Unnamed, "shed": t.Shed, "dropped": t.Dropped, "refused requests": t.Refused, "failed flushes": t.Failures} {
		ch <- prometheus.MustNewConstMetric(traceSeen, prometheus.CounterValue, float64(n), what)
	}
	ch <- prometheus.MustNewConstMetric(traceHeld, prometheus.GaugeValue, float64(t.Held))
}

func (c mapCollector) behind() (d time.Duration, err error) {
	ctx, stop := context.WithTimeout(context.Background(), 3*time.Second)
	defer stop()
	now, err := c.a.db.Now(ctx)
	if err != nil {
		return 0, err
	}
	err = c.a.db.Read(ctx, func(q db.Querier) (err error) { d, err = c.a.CMDB.Behind(q, now); return err })
	return d, err
}
