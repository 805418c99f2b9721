package promquery_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/verify"
	"github.com/evenkeel/evenkeel/internal/connect/promquery"
	"github.com/evenkeel/evenkeel/internal/errs"
)

var noon = time.Date(2026, 10, 14, 12, 0, 0, 0, time.UTC)

// prometheus starts the real thing on two hours of readings: errors double at
// noon, and one in two minutes has no requests before 11:00.
func prometheus(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("# TYPE error_ratio gauge\n")
	for _, svc := range []string{"checkout", "payments"} {
		for m := -120; m <= 60; m++ {
			v := "0.02"
			switch {
			case m >= 0 && svc == "checkout":
				v = "0.04"
			case m < -60 && m%2 == 0:
				v = "NaN"
			}
			fmt.Fprintf(&b, "error_ratio{service=%q} %s %d\n", svc, v, noon.Add(time.Duration(m)*time.Minute).Unix())
		}
	}
	b.WriteString("# EOF\n")
	text, data, config := filepath.Join(dir, "text"), filepath.Join(dir, "data"), filepath.Join(dir, "prometheus.yml")
	for name, content := range map[string]string{text: b.String(), config: "scrape_configs: []\n"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("promtool", "tsdb", "create-blocks-from", "openmetrics", text, data).CombinedOutput(); err != nil {
		t.Fatalf("promtool (of the package prometheus): %v: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	cmd := exec.Command("prometheus", "--config.file="+config, "--storage.tsdb.path="+data, "--web.listen-address="+address, "--storage.tsdb.retention.time=100y", "--log.level=error")
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if res, err := http.Get("http://" + address + "/-/ready"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return "http://" + address
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("Prometheus does not start: %s", said.String())
		}
	}
}

func client(t *testing.T, cfg promquery.Config) *promquery.Client {
	t.Helper()
	c, err := promquery.New(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var _ verify.Metrics = (*promquery.Client)(nil)

func TestAgainstPrometheus(t *testing.T) {
	c := client(t, promquery.Config{Address: prometheus(t)})
	if err := c.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	ask := func(query string, from, to int) ([]verify.Point, error) {
		return c.Range(t.Context(), query, noon.Add(time.Duration(from)*time.Minute), noon.Add(time.Duration(to)*time.Minute), time.Minute)
	}
	got, err := ask(`error_ratio{service="checkout"}`, -10, 10)
	if err != nil || len(got) != 21 || got[0].Value != 0.02 || got[20].Value != 0.04 || !got[10].At.Equal(noon) {
		t.Errorf("%v: %+v", err, got)
	}
	if got, err := ask(`error_ratio{service="checkout"}`, -110, -91); err != nil || len(got) != 10 {
		t.Errorf("of 20 minutes, 10 without requests: %d readings, %v", len(got), err)
	}
	if got, err := ask(`error_ratio{service="email"}`, -10, 10); err != nil || len(got) != 0 {
		t.Errorf("what nobody measures: %v, %v", got, err)
	}
	if got, err := ask(`1`, -2, 2); err != nil || len(got) != 5 {
		t.Errorf("a number: %v, %v", got, err)
	}
	if _, err := ask(`error_ratio`, -10, 10); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "2 series") {
		t.Errorf("two series: %v", err)
	}
	if _, err := ask(`error_ratio{`, -10, 10); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "parse error") {
		t.Errorf("a query that is none: %v", err)
	}
	if got, err := c.Range(t.Context(), "1", noon.AddDate(0, -3, 0), noon, time.Minute); err != nil || len(got) != 11000 {
		t.Errorf("three months by the minute: %d readings, %v", len(got), err)
	}

	// The whole way: errors that doubled at the deployment are found.
	p := verify.NewPlan(noon.Add(-2*time.Minute), noon, noon.Add(30*time.Minute))
	for svc, want := range map[string]verify.Verdict{"checkout": verify.Unhealthy, "payments": verify.Healthy} {
		points, err := c.Range(t.Context(), `error_ratio{service="`+svc+`"}`, p.From, p.Until, verify.Step)
		if err != nil {
			t.Fatal(err)
		}
		r := verify.Judge(p, []verify.Series{{Metric: verify.Metric{Name: "Error ratio", Effect: 0.1, P: 0.01}, Points: points}}, nil, nil, p.Until, true)
		if r.Verdict != want {
			t.Errorf("%s: %s: %s", svc, r.Verdict, r.Reason)
		}
	}
}

func TestFaults(t *testing.T) {
	var seen http.Header
	answer := func(w http.ResponseWriter, r *http.Request) {}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen = r.Header; answer(w, r) }))
	defer s.Close()
	c := client(t, promquery.Config{Address: s.URL + "/mimir", Token: "s3cret", Tenant: "harbour"})
	for name, x := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request)
		says   string
	}{
		"overload":  {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "busy", http.StatusServiceUnavailable) }, "metrics server"},
		"no JSON":   {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>sign in</html>") }, "no answer that can be read"},
		"no rights": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "who are you", http.StatusUnauthorized) }, "metrics server"},
		"endless":   {func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, promquery.MaxBody+100)) }, "larger than 8 MB"},
		"other type": {func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"status":"success","data":{"resultType":"string","result":[1,"x"]}}`)
		}, ""},
	} {
		answer = x.answer
		_, err := c.Range(t.Context(), "up", noon, noon.Add(time.Minute), time.Minute)
		if err == nil || !strings.Contains(err.Error(), x.says) || strings.Contains(errs.As(err).Text, s.URL) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if seen.Get("Authorization") != "Bearer s3cret" || seen.Get("X-Scope-OrgID") != "harbour" {
		t.Errorf("asked with %v", seen)
	}
	s.Close()
	if _, err := c.Range(t.Context(), "up", noon, noon.Add(time.Minute), time.Minute); !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("nobody there: %v", err)
	}
	for _, bad := range []string{"", "prometheus:9090", "ftp://x", "http://"} {
		if _, err := promquery.New(promquery.Config{Address: bad}, nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
