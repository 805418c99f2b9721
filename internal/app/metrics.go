package app

import (
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/evenkeel/evenkeel/internal/job"
	"github.com/evenkeel/evenkeel/internal/notify/notifymetrics"
)

// metrics is what /metrics shows of the program itself; practices add their own.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

func newMetrics(a *App) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "evenkeel_http_request_seconds", Help: "Time to answer a request by route and status.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "status"}),
	}
	m.registry.MustRegister(m.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		jobCollector{a}, mapCollector{a}, notifymetrics.Collector(a.Notify),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "evenkeel_evidence_sequenced", Help: "Evidence entries that have an index in the log."},
			func() float64 { return float64(a.db.Sequenced()) }),
	)
	return m
}

// request counts one answered request. The route is the pattern, so that the
// number of series does not grow with the records.
func (m *metrics) request(method, pattern string, status int, took time.Duration) {
	if pattern == "" {
		pattern = "none"
	}
	if !strings.Contains(pattern, " ") {
		pattern = method + " " + pattern
	}
	m.requests.WithLabelValues(pattern, strconv.Itoa(status)).Observe(took.Seconds())
}

var (
	jobDone   = prometheus.NewDesc("evenkeel_job_done_total", "Due work handled since the start.", []string{"source"}, nil)
	jobFailed = prometheus.NewDesc("evenkeel_job_failed_total", "Runs of due work that failed since the start.", []string{"source"}, nil)
	jobLate   = prometheus.NewDesc("evenkeel_job_late_seconds", "How long the earliest due work has been due; 0 when nothing is.", []string{"source"}, nil)
)

// jobCollector shows how the due work fares.
type jobCollector struct{ a *App }

func (jobCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- jobDone
	ch <- jobFailed
	ch <- jobLate
}

func (c jobCollector) Collect(ch chan<- prometheus.Metric) {
	for _, s := range c.a.jobs.Statuses() {
		ch <- prometheus.MustNewConstMetric(jobDone, prometheus.CounterValue, float64(s.Done), s.Name)
		ch <- prometheus.MustNewConstMetric(jobFailed, prometheus.CounterValue, float64(s.Failed), s.Name)
		ch <- prometheus.MustNewConstMetric(jobLate, prometheus.GaugeValue, late(s, time.Now()).Seconds(), s.Name)
	}
}

// late is how long a source's work has been due.
func late(s job.Status, now time.Time) time.Duration {
	if s.Next.IsZero() || s.Next.After(now) {
		return 0
	}
	return now.Sub(s.Next)
}

func stack() string { return string(debug.Stack()) }
