package meshmetrics

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// series is a counter of Bookinfo's proxies: so many calls a second.
type series struct {
	reporter, from, to string // "namespace/app/workload"; to may be a host
	code, grpc         string
	perSecond          float64
	ms                 float64 // of all calls
}

func (s series) labels() string {
	l := []string{fmt.Sprintf("reporter=%q", s.reporter), fmt.Sprintf("response_code=%q", s.code), fmt.Sprintf("grpc_response_status=%q", s.grpc)}
	side := func(name, text string) {
		p := strings.Split(text, "/")
		if len(p) != 3 {
			l = append(l, fmt.Sprintf(`%s_workload="unknown",%s_workload_namespace="unknown",%s_canonical_service="unknown",%s_app="unknown"`, name, name, name, name))
			if name == "destination" {
				l = append(l, fmt.Sprintf("destination_service=%q,destination_service_name=%q", text, text))
			}
			return
		}
		l = append(l, fmt.Sprintf("%s_workload_namespace=%q,%s_canonical_service=%q,%s_app=%q,%s_workload=%q", name, p[0], name, p[1], name, p[1], name, p[2]))
		if name == "destination" {
			l = append(l, fmt.Sprintf(`destination_service="%s.%s.svc.cluster.local",destination_service_name=%q`, p[1], p[0], p[1]))
		}
	}
	side("source", s.from)
	side("destination", s.to)
	return strings.Join(l, ",")
}

var bookinfo = []series{
	{"source", "default/productpage/productpage-v1", "default/details/details-v1", "200", "", 4, 8},
	{"destination", "default/productpage/productpage-v1", "default/details/details-v1", "200", "", 4, 6},
	{"source", "default/productpage/productpage-v1", "default/reviews/reviews-v1", "200", "", 2, 20},
	{"source", "default/productpage/productpage-v1", "default/reviews/reviews-v2", "503", "", 1, 90},
	{"source", "default/productpage/productpage-v1", "default/reviews/reviews-v3", "0", "", 1, 20},
	{"waypoint", "default/reviews/reviews-v2", "default/ratings/ratings-v1", "200", "14", 0.5, 4},
	{"waypoint", "default/reviews/reviews-v2", "default/ratings/ratings-v1", "404", "", 0.5, 4},
	{"destination", "istio-system/istio-ingressgateway/istio-ingressgateway", "default/productpage/productpage-v1", "200", "", 4, 40},
	{"source", "default/ratings/ratings-v1", "mongo.harbour.example", "200", "", 0.2, 3},
	{"source", "default/ratings/ratings-v1", "default/ratings/ratings-v2", "200", "", 9, 3}, // itself
	{"source", "default/details/details-v1", "PassthroughCluster", "200", "", 1, 3},
	{"destination", "unknown", "default/productpage/productpage-v1", "200", "", 7, 3},
	{"source", "default/details/details-v1", "default/idle/idle-v1", "200", "", 0, 3},
}

// prometheus starts a real one over twenty minutes of Bookinfo, written before
// by its own tool, so that rates are exact.
func prometheus(t *testing.T, end time.Time) string {
	t.Helper()
	dir := t.TempDir()
	var b bytes.Buffer
	write := func(name, typ string, f func(s series, calls float64)) {
		fmt.Fprintf(&b, "# TYPE %s %s\n", name, typ)
		for _, s := range bookinfo {
			for back := 20 * time.Minute; back >= 0; back -= 15 * time.Second {
				f(s, s.perSecond*(20*time.Minute-back).Seconds())
				fmt.Fprintf(&b, " %d\n", end.Add(-back).Unix())
			}
		}
	}
	write("istio_requests", "counter", func(s series, calls float64) { fmt.Fprintf(&b, "istio_requests_total{%s} %g", s.labels(), calls) })
	fmt.Fprintln(&b, "# TYPE istio_request_duration_milliseconds histogram")
	for _, s := range bookinfo {
		for _, le := range []float64{1, 5, 10, 25, 50, 100, 0} {
			text := "+Inf"
			if le > 0 {
				text = fmt.Sprintf("%.1f", le)
			}
			for back := 20 * time.Minute; back >= 0; back -= 15 * time.Second {
				calls := s.perSecond * (20*time.Minute - back).Seconds()
				if le > 0 && le < s.ms {
					calls = 0
				}
				fmt.Fprintf(&b, "istio_request_duration_milliseconds_bucket{%s,le=%q} %g %d\n", s.labels(), text, calls, end.Add(-back).Unix())
			}
		}
	}
	fmt.Fprintln(&b, "# EOF")
	text := filepath.Join(dir, "istio.txt")
	if err := os.WriteFile(text, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) *exec.Cmd {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatalf("%s is needed for this test and not installed: on Debian, apt-get install prometheus", name)
		}
		return exec.Command(path, args...)
	}
	if out, err := run("promtool", "tsdb", "create-blocks-from", "openmetrics", text, filepath.Join(dir, "data")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte("global: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	p := run("prometheus", "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+addr)
	var log bytes.Buffer
	p.Stdout, p.Stderr = &log, &log
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for {
		if res, err := http.Get("http://" + addr + "/-/ready"); err == nil {
			res.Body.Close()
			if res.StatusCode == 200 {
				return "http://" + addr
			}
		}
		select {
		case <-deadline:
			t.Fatalf("Prometheus is not ready\n%s", log.String())
		case <-tick.C:
		}
	}
}

func read(t testing.TB, opt Options) (map[string]cmdb.Flow, map[string]*cmdb.Seen, []cmdb.Remark) {
	t.Helper()
	flows, items := map[string]cmdb.Flow{}, map[string]*cmdb.Seen{}
	remarks, err := Read(context.Background(), opt, func(r cmdb.Record) error {
		if r.Item != nil {
			items[r.Item.Key] = r.Item
			return nil
		}
		from, to := items[r.Relation.From.Key], items[r.Relation.To.Key]
		if from == nil || to == nil || r.Relation.Kind != cmdb.Calls || r.Relation.Provenance != cmdb.Observed {
			t.Errorf("%+v", r.Relation)
			return nil
		}
		flows[from.Name+" → "+to.Name] = r.Relation.Flow
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return flows, items, remarks
}

func TestPrometheus(t *testing.T) {
	end := time.Now().Truncate(time.Minute).Add(-3 * time.Hour)
	url := prometheus(t, end)
	now := func() time.Time { return end }
	flows, items, remarks := read(t, Options{URL: url + "/", Env: "production", Now: now})
	want := map[string]cmdb.Flow{
		"productpage → details":              {PerSecond: 4, P95: 0.00975, At: end},             // between 5 and 10 ms
		"productpage → reviews":              {PerSecond: 4, Errors: 0.5, P95: 0.0975, At: end}, // three versions, the slowest
		"reviews → ratings":                  {PerSecond: 1, Errors: 0.5, P95: 0.0048, At: end},
		"istio-ingressgateway → productpage": {PerSecond: 4, P95: 0.0488, At: end},
		"ratings → mongo.harbour.example":    {PerSecond: 0.2, P95: 0.0048, At: end},
	}
	if diff := cmp.Diff(want, flows, cmpopts.EquateApprox(0.01, 0)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if len(items) != 6 || len(remarks) != 2 {
		t.Errorf("%d items, remarks %v", len(items), remarks)
	}
	r := items["application/default/reviews"]
	if r == nil || r.Env != "production" || r.Identifiers[0].String() != "service.name=reviews" || string(r.Attributes["workloads"]) != `["reviews-v1","reviews-v2","reviews-v3"]` {
		t.Errorf("%+v", r)
	}
	if m := items["external/mongo.harbour.example"]; m == nil || m.Identifiers[0].String() != "dns=mongo.harbour.example" || m.Kind != cmdb.KindExternal {
		t.Errorf("%+v", m)
	}

	flows, _, _ = read(t, Options{URL: url, Match: `source_workload_namespace="istio-system"`, Now: now, Window: time.Minute})
	if len(flows) != 1 {
		t.Errorf("%v", flows)
	}
	_, _, remarks = read(t, Options{URL: url, Match: `source_workload_namespace="nowhere"`, Now: now})
	if len(remarks) != 1 || !strings.Contains(remarks[0].Text, "no calls within 5m") {
		t.Errorf("%v", remarks)
	}
	fails(t, Options{URL: url, Match: `x=`, Now: now}, errs.Invalid, "give label matchers")
	stop := errors.New("stop")
	if _, err := Read(context.Background(), Options{URL: url, Now: now}, func(cmdb.Record) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

func fails(t *testing.T, opt Options, kind errs.Kind, want string) {
	t.Helper()
	_, err := Read(context.Background(), opt, func(cmdb.Record) error { return nil })
	if err == nil || errs.KindOf(err) != kind || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s: %s", err, kind, want)
	}
	if err != nil && strings.Contains(err.Error(), "hush") {
		t.Errorf("a secret in %v", err)
	}
}

// TestServers is what other servers answer.
func TestServers(t *testing.T) {
	var auth, tenant string
	serve := func(status int, body string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			user, password, _ := r.BasicAuth()
			auth, tenant = r.Header.Get("Authorization")+"|"+user+"|"+password, r.Header.Get("X-Scope-OrgID")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	empty := serve(200, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
	read(t, Options{URL: empty, Bearer: "hush", Tenant: "harbour"})
	if auth != "Bearer hush||" || tenant != "harbour" {
		t.Error(auth, tenant)
	}
	read(t, Options{URL: empty, User: "mara", Password: "hush"})
	if !strings.HasSuffix(auth, "|mara|hush") {
		t.Error(auth)
	}
	hop := httptest.NewServer(http.RedirectHandler(empty+"/api/v1/query", http.StatusTemporaryRedirect))
	t.Cleanup(hop.Close)
	read(t, Options{URL: hop.URL, Bearer: "hush"})
	if auth != "||" {
		t.Errorf("a redirect to elsewhere took the credential along: %s", auth)
	}
	for _, c := range []struct {
		opt  Options
		kind errs.Kind
		want string
	}{
		{Options{}, errs.Invalid, "give the address"},
		{Options{URL: "prometheus:9090"}, errs.Invalid, "give the address"},
		{Options{URL: "https://mara:hush@prometheus.harbour.example"}, errs.Invalid, "apart from the address"},
		{Options{URL: empty, Bearer: "hush", User: "mara"}, errs.Invalid, "not both"},
		{Options{URL: serve(401, "no"), Bearer: "hush"}, errs.Unauthenticated, "401"},
		{Options{URL: serve(403, "no"), Bearer: "hush"}, errs.Forbidden, "403"},
		{Options{URL: serve(404, "page not found")}, errs.Invalid, "before /api/v1"},
		{Options{URL: serve(503, `{"status":"error","errorType":"unavailable","error":"TSDB not ready"}`)}, errs.Unavailable, "failed"},
		{Options{URL: serve(422, `{"status":"error","errorType":"execution","error":"query timed out"}`)}, errs.Unavailable, "query timed out"},
		{Options{URL: serve(200, "<html>")}, errs.Unavailable, "does not answer as Prometheus"},
		{Options{URL: serve(200, `{"status":"success","data":{"resultType":"matrix","result":[]}}`)}, errs.Unavailable, "does not answer as Prometheus"},
		{Options{URL: "http://127.0.0.1:1"}, errs.Unavailable, "connection refused"},
	} {
		fails(t, c.opt, c.kind, c.want)
	}
	stuck := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stuck }))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(stuck) })
	fails(t, Options{URL: s.URL, Timeout: 50 * time.Millisecond}, errs.Unavailable, "did not answer within")
}

func TestFailed(t *testing.T) {
	for in, want := range map[[2]string]bool{{"200", ""}: false, {"200", "0"}: false, {"200", "5"}: false, {"200", "14"}: true, {"500", ""}: true, {"599", ""}: true,
		{"0", ""}: true, {"499", ""}: false, {"", ""}: false, {"5", ""}: false} {
		if failed(in[0], in[1]) != want {
			t.Error(in)
		}
	}
}

func TestScheduled(t *testing.T) {
	var auth string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		auth = r.Header.Get("Authorization")
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
	}))
	t.Cleanup(s.Close)
	asked := 0
	source := Scheduled(tripper(func(r *http.Request) (*http.Response, error) { asked++; return http.DefaultTransport.RoundTrip(r) }))
	values := map[string]string{"url": s.URL, "window": "10m"}
	if err := source.Check(values); err != nil {
		t.Error(err)
	}
	read, err := source.Read(context.Background(), cmdb.Config{Values: values, Secrets: map[string]string{"token": "hush"}})
	if err != nil {
		t.Fatal(err)
	}
	if remarks, err := read(nil); err != nil || len(remarks) != 1 || asked != 2 || auth != "Bearer hush" {
		t.Error(remarks, err, asked, auth)
	}
	for name, v := range map[string]string{"window": "5 minutes", "timeout": "1h", "url": "prometheus"} {
		if err := source.Check(map[string]string{"url": s.URL, name: v}); errs.KindOf(err) != errs.Invalid {
			t.Errorf("%s %q: %v", name, v, err)
		}
	}
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
