// Package meshmetrics reads who calls whom from the metrics of an Istio mesh,
// through the HTTP API of a Prometheus (or Thanos, Mimir, VictoriaMetrics):
// istio_requests_total for rate and errors, istio_request_duration_milliseconds
// for latency. It is what to use where a mesh is and traces are not.
//
// Metrics and labels: https://istio.io/latest/docs/reference/config/metrics/.
// API: https://prometheus.io/docs/prometheus/latest/querying/api/.
//
// Facts that decide the reading:
//   - Both proxies of a call report it, told apart by the label reporter; each
//     edge is read from one of them: the source, which also sees calls that
//     arrived nowhere, else a waypoint, else the destination.
//   - An application is its canonical service (the app label), not a workload:
//     versions of one application are one end of an edge.
//   - A destination without workload is outside the mesh and named by its host;
//     what only says PassthroughCluster or BlackHoleCluster names nobody.
//   - A failed call is one answered with 5xx or cut off (response_code 0), or a
//     gRPC call whose status is one of the server's faults, as the OpenTelemetry
//     conventions list them; clients' faults are theirs.
//
// A reading is never complete: what was not called in the window is not there.
package meshmetrics

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/connect"
)

// Source is the name of this source of observations.
const Source = "istio-metrics"

// Options say where to ask and for what.
type Options struct {
	URL      string        // "https://prometheus.harbour.example"; a path is kept, as Mimir's /prometheus
	Bearer   string        // a token, or
	User     string        // a name
	Password string        // and password
	Tenant   string        // X-Scope-OrgID of Mimir and Thanos
	Match    string        // further label matchers: cluster="harbour-1"
	Env      string        // of the applications
	Window   time.Duration // of the rates; 5 min
	Timeout  time.Duration // of all questions together; 30 s

	Transport http.RoundTripper // makes the connections; nil: to any address
	Now       func() time.Time
}

// labels by which an end of an edge is known, for both queries.
const labels = "reporter,source_workload,source_workload_namespace,source_canonical_service,source_app," +
	"destination_workload,destination_workload_namespace,destination_canonical_service,destination_app,destination_service,destination_service_name"

// maxSeries is the most series of one answer.
const maxSeries = 200_000

// Read asks once and emits applications, outside systems and the calls between
// them, Observed. Errors: Invalid for what is wrong in the options, with the
// remedy; Unauthenticated or Forbidden when the server refuses the credential;
// Unavailable when it does not answer or answers nonsense; what emit returns.
func Read(ctx context.Context, opt Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
	if opt.Window <= 0 {
		opt.Window = 5 * time.Minute
	}
	if opt.Timeout <= 0 {
		opt.Timeout = 30 * time.Second
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	client, err := opt.client()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, opt.Timeout)
	defer cancel()
	m := mesh{opt: opt, ends: map[string]*end{}, edges: map[[2]string]*edge{}, left: map[string]int{}}
	window := model.Duration(opt.Window).String()
	at := opt.Now()
	rates, err := opt.ask(ctx, client, fmt.Sprintf("sum by (%s,response_code,grpc_response_status) (rate(istio_requests_total{%s}[%s])) > 0", labels, opt.Match, window), at)
	if err != nil {
		return nil, err
	}
	for _, s := range rates {
		m.rate(s)
	}
	slow, err := opt.ask(ctx, client, fmt.Sprintf("histogram_quantile(0.95, sum by (%s,le) (rate(istio_request_duration_milliseconds_bucket{%s}[%s])))", labels, opt.Match, window), at)
	if err != nil {
		return nil, err
	}
	for _, s := range slow {
		m.latency(s)
	}
	if err := m.emit(at, emit); err != nil {
		return nil, err
	}
	return m.remarks(len(rates)), nil
}

// ask runs one instant query.
func (o Options) ask(ctx context.Context, c api.Client, query string, at time.Time) (model.Vector, error) {
	v, _, _, err := v1.NewAPI(c).Query(ctx, query, at, v1.WithTimeout(o.Timeout))
	if err != nil {
		return nil, o.explain(ctx, err)
	}
	series, ok := v.(model.Vector)
	if !ok {
		return nil, o.nonsense(fmt.Errorf("a %s instead of a vector", v.Type()))
	}
	if len(series) > maxSeries {
		return nil, o.tooMany(len(series))
	}
	return series, nil
}

// end is one end of edges.
type end struct {
	key, kind, name string
	ids             []cmdb.Identifier
	namespace       string
	workloads       map[string]bool
}

// edge is what each reporter says of one call relation.
type edge struct{ by [reporters]seen }

type seen struct{ rate, bad, p95 float64 }

// The reporters, the one that is believed first.
const (
	bySource = iota
	byWaypoint
	byDestination
	reporters
)

// mesh is one reading.
type mesh struct {
	opt   Options
	ends  map[string]*end
	edges map[[2]string]*edge
	left  map[string]int // series left out, by reason
}

func (m *mesh) rate(s *model.Sample) {
	value := float64(s.Value)
	if value <= 0 || math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	e, who := m.edge(s.Metric, true)
	if e == nil {
		return
	}
	e.by[who].rate += value
	if failed(label(s.Metric, "response_code"), label(s.Metric, "grpc_response_status")) {
		e.by[who].bad += value
	}
}

// latency keeps the slowest of an edge's workloads.
func (m *mesh) latency(s *model.Sample) {
	value := float64(s.Value) / 1000
	if value <= 0 || math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	if e, who := m.edge(s.Metric, false); e != nil {
		e.by[who].p95 = max(e.by[who].p95, value)
	}
}

// failed tells whether a call's answer counts as an error:
// https://opentelemetry.io/docs/specs/semconv/rpc/grpc/#grpc-status.
func failed(code, grpc string) bool {
	switch grpc {
	case "2", "4", "12", "13", "14", "15":
		return true
	}
	return code == "0" || len(code) == 3 && code[0] == '5'
}

// edge finds the edge of a series and who reports it; nil when the series
// names no edge. Only the first query notes why.
func (m *mesh) edge(l model.Metric, note bool) (*edge, int) {
	who := byDestination
	switch l["reporter"] {
	case "source":
		who = bySource
	case "waypoint":
		who = byWaypoint
	}
	from, why := m.application(l, "source")
	var to *end
	if why == "" {
		if to, why = m.application(l, "destination"); to == nil {
			to, why = m.outside(l)
		}
	}
	switch {
	case why != "":
		if note {
			m.left[why]++
		}
		return nil, 0
	case from.key == to.key:
		return nil, 0
	}
	from, to = m.keep(from), m.keep(to)
	id := [2]string{from.key, to.key}
	e := m.edges[id]
	if e == nil {
		if !note {
			return nil, 0 // no calls within the window
		}
		e = &edge{}
		m.edges[id] = e
	}
	return e, who
}

func (m *mesh) keep(n *end) *end {
	known := m.ends[n.key]
	if known == nil {
		m.ends[n.key] = n
		return n
	}
	maps.Copy(known.workloads, n.workloads)
	return known
}

const (
	noSource      = "the caller is outside the mesh (no sidecar): nothing names it"
	noDestination = "the destination is no known service of the mesh (PassthroughCluster, BlackHoleCluster or an address): add a ServiceEntry to see it"
)

// application is the canonical service of one side.
func (m *mesh) application(l model.Metric, side string) (*end, string) {
	name := cmp.Or(label(l, side+"_canonical_service"), label(l, side+"_app"), label(l, side+"_workload"))
	namespace, workload := label(l, side+"_workload_namespace"), label(l, side+"_workload")
	if name == "" || side == "destination" && workload == "" && namespace == "" {
		if side == "source" {
			return nil, noSource
		}
		return nil, noDestination
	}
	e := &end{key: "application/" + namespace + "/" + name, kind: cmdb.KindApplication, name: name, namespace: namespace, workloads: map[string]bool{},
		ids: []cmdb.Identifier{{Scheme: cmdb.SchemeServiceName, Value: name}}}
	if workload != "" {
		e.workloads[workload] = true
	}
	return e, ""
}

// outside is a host that the mesh knows by a ServiceEntry.
func (m *mesh) outside(l model.Metric) (*end, string) {
	host := strings.TrimSuffix(strings.ToLower(cmp.Or(label(l, "destination_service"), label(l, "destination_service_name"))), ".")
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if !strings.Contains(host, ".") || strings.Contains(host, "*") || net.ParseIP(host) != nil {
		return nil, noDestination
	}
	return &end{key: "external/" + host, kind: cmdb.KindExternal, name: host, ids: []cmdb.Identifier{{Scheme: cmdb.SchemeDNS, Value: host}}}, ""
}

// label is a label's value; Istio writes "unknown" for none.
func label(l model.Metric, name string) string {
	v := connect.Clean(string(l[model.LabelName(name)]))
	if v == "unknown" || v == "PassthroughCluster" || v == "BlackHoleCluster" || v == "InboundPassthroughClusterIpv4" {
		return ""
	}
	v, _ = connect.Cut(v, 253)
	return v
}

func (m *mesh) emit(at time.Time, emit cmdb.Emit) error {
	used := map[string]bool{}
	for id := range m.edges {
		used[id[0]], used[id[1]] = true, true
	}
	for _, key := range slices.Sorted(maps.Keys(used)) {
		n := m.ends[key]
		item := &cmdb.Seen{Key: n.key, Kind: n.kind, Name: n.name, Identifiers: n.ids, Attributes: map[string]json.RawMessage{}}
		if n.kind == cmdb.KindApplication {
			item.Env = m.opt.Env
		}
		if n.namespace != "" {
			item.Attributes["namespace"], _ = json.Marshal(n.namespace) // text always can be
		}
		if len(n.workloads) > 0 && len(n.workloads) <= 50 {
			item.Attributes["workloads"], _ = json.Marshal(slices.Sorted(maps.Keys(n.workloads)))
		}
		if err := emit(cmdb.Record{Item: item}); err != nil {
			return err
		}
	}
	byEnds := func(x, y [2]string) int { return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1])) }
	for _, id := range slices.SortedFunc(maps.Keys(m.edges), byEnds) {
		r := cmdb.SeenRelation{From: cmdb.ByKey(id[0]), To: cmdb.ByKey(id[1]), Kind: cmdb.Calls, Provenance: cmdb.Observed, Flow: m.edges[id].flow(at)}
		if err := emit(cmdb.Record{Relation: &r}); err != nil {
			return err
		}
	}
	return nil
}

// flow is what the most trusted reporter says.
func (e *edge) flow(at time.Time) cmdb.Flow {
	for _, s := range e.by {
		if s.rate > 0 {
			return cmdb.Flow{PerSecond: round(s.rate), Errors: round(s.bad / s.rate), P95: round(s.p95), At: at}
		}
	}
	return cmdb.Flow{At: at}
}

// round keeps three digits: rates are estimates.
func round(x float64) float64 {
	if x <= 0 {
		return 0
	}
	scale := math.Pow(10, 2-math.Floor(math.Log10(x)))
	return math.Round(x*scale) / scale
}

func (m *mesh) remarks(series int) []cmdb.Remark {
	var out []cmdb.Remark
	if series == 0 {
		return append(out, cmdb.Remark{Place: "istio_requests_total", Text: fmt.Sprintf("no calls within %s: check that this Prometheus scrapes the mesh's proxies, and the matchers %q", m.opt.Window, m.opt.Match)})
	}
	for _, why := range slices.Sorted(maps.Keys(m.left)) {
		out = append(out, cmdb.Remark{Place: "istio_requests_total", Text: fmt.Sprintf("%d series left out: %s", m.left[why], why)})
	}
	return out
}
