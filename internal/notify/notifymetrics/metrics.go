// Package notifymetrics shows delivery to Prometheus: what was queued, tried,
// sent and given up, how long it took, and what the watchdog sees. The watchdog
// looks at each scrape, so its figures are never stale; a scrape during which
// the database does not answer within two seconds reports an error for them
// and still gives the counters.
package notifymetrics

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/notify"
)

var (
	queued   = prometheus.NewDesc("evenkeel_notify_queued_total", "Messages put into the outbox.", nil, nil)
	dead     = prometheus.NewDesc("evenkeel_notify_dead_total", "Messages given up.", nil, nil)
	repeats  = prometheus.NewDesc("evenkeel_notify_repeats_total", "Messages sent again because a sender stopped before recording; the receiver may have got a copy.", nil, nil)
	attempts = prometheus.NewDesc("evenkeel_notify_attempts_total", "Attempts to deliver, by kind of channel and outcome.", []string{"kind", "outcome"}, nil)
	took     = prometheus.NewDesc("evenkeel_notify_seconds", "Seconds from queued to taken by the other side.", []string{"urgent"}, nil)
	open     = prometheus.NewDesc("evenkeel_notify_messages", "What the watchdog sees, each counted up to 100: overdue, missing, dead, queued.", []string{"what"}, nil)
)

type collector struct{ s *notify.Service }

// Collector gives the metrics of a service.
func Collector(s *notify.Service) prometheus.Collector { return collector{s} }

// Describe is part of prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{queued, dead, repeats, attempts, took, open} {
		ch <- d
	}
}

// Collect is part of prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	v := notify.Snapshot(c.s)
	count := func(d *prometheus.Desc, n int, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	count(queued, v.Queued)
	count(dead, v.Dead)
	count(repeats, v.Repeats)
	for k, n := range v.Attempts {
		count(attempts, n, string(k.Kind), string(k.Outcome))
	}
	for urgent, h := range v.Took {
		buckets := map[float64]uint64{}
		for i, bound := range notify.Buckets {
			buckets[bound] = h.Bucket[i]
		}
		ch <- prometheus.MustNewConstHistogram(took, h.Count, h.Sum, buckets, strconv.FormatBool(urgent))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	w, err := c.s.Watch(actor.With(ctx, actor.Job("metrics")))
	if err != nil {
		ch <- prometheus.NewInvalidMetric(open, err)
		return
	}
	for what, n := range map[string]int{"overdue": len(w.Overdue), "missing": len(w.Missing), "dead": w.Dead, "queued": w.Queued} {
		ch <- prometheus.MustNewConstMetric(open, prometheus.GaugeValue, float64(n), what)
	}
}
