package smoke

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// target is Harbour & Co's checkout: it answers scrapes until it is broken.
type target struct {
	addr string
	down atomic.Bool
}

func newTarget(t testing.TB) *target {
	c := &target{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.down.Load() {
			http.Error(w, "cannot reach the database", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "checkout_orders_total 42")
	}))
	t.Cleanup(s.Close)
	c.addr = strings.TrimPrefix(s.URL, "http://")
	return c
}

// senders are the tokens of the three ways in.
type senders struct{ webhook, pagerduty, prometheus string }

// monitor starts Prometheus and Alertmanager, which watch the target and send
// to Evenkeel at addr, and waits until both are ready.
func monitor(t testing.TB, c *target, evenkeel string, s senders) {
	t.Helper()
	prometheus := find(t, "prometheus", "on Debian: apt-get install prometheus")
	alertmanager := find(t, "prometheus-alertmanager", "on Debian: apt-get install prometheus-alertmanager")
	dir := t.TempDir()
	promAddr, amAddr := freePort(t), freePort(t)
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("rules.yml", `
groups:
- name: checkout
  rules:
  - alert: CheckoutDown
    expr: up{job="checkout"} == 0
    labels: {severity: critical, service: checkout}
    annotations:
      summary: Checkout does not answer
      runbook_url: https://runbooks.harbour.example/checkout-down
`)
	promConfig := write("prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
- job_name: checkout
  static_configs: [{targets: [%q]}]
alerting:
  alertmanagers:
  - static_configs: [{targets: [%q]}]
  - path_prefix: /integrations/prometheus
    authorization: {credentials: %q}
    static_configs: [{targets: [%q]}]
`, c.addr, amAddr, s.prometheus, evenkeel))
	amConfig := write("alertmanager.yml", fmt.Sprintf(`
route:
  receiver: webhook
  group_by: ['...']
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1m
  routes:
  - {receiver: webhook, continue: true}
  - {receiver: pagerduty}
receivers:
- name: webhook
  webhook_configs:
  - url: http://%s/integrations/alertmanager
    http_config: {authorization: {credentials: %q}}
- name: pagerduty
  pagerduty_configs:
  - url: http://%s/v2/enqueue
    routing_key: %q
    severity: '{{ .CommonLabels.severity }}'
    details: {service: '{{ .CommonLabels.service }}'}
`, evenkeel, s.webhook, evenkeel, s.pagerduty))
	am := start(t, "alertmanager", nil, alertmanager, "--config.file="+amConfig, "--storage.path="+filepath.Join(dir, "am"),
		"--cluster.listen-address=", "--web.listen-address="+amAddr)
	prom := start(t, "prometheus", nil, prometheus, "--config.file="+promConfig, "--storage.tsdb.path="+filepath.Join(dir, "tsdb"),
		"--web.listen-address="+promAddr, "--rules.alert.resend-delay=1s")
	ready(t, am, "http://"+amAddr+"/-/ready")
	ready(t, prom, "http://"+promAddr+"/-/ready")
}

// ready waits until an address answers 200.
func ready(t testing.TB, p *process, url string) {
	t.Helper()
	eventually(t, 30*time.Second, p.name+" is ready", func() error {
		if err := p.alive(); err != nil {
			t.Fatal(err)
		}
		res, err := http.Get(url)
		if err != nil {
			return err
		}
		res.Body.Close()
		if res.StatusCode != 200 {
			return missing("%s answers %s", url, res.Status)
		}
		return nil
	})
}
