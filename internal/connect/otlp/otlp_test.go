package otlp

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

var start = time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC)

// bench is an aggregator with a clock that stands still and a sink that
// remembers.
type bench struct {
	*Aggregator
	t testing.TB

	mu      sync.Mutex
	now     time.Time
	fail    error
	poison  string // the name of an item that is refused
	items   map[string]*cmdb.Seen
	edges   map[string]cmdb.Flow
	rel     map[string]*cmdb.SeenRelation
	records int
	calls   int
}

func newBench(t testing.TB, opt Options) *bench {
	b := &bench{t: t, now: start, items: map[string]*cmdb.Seen{}, edges: map[string]cmdb.Flow{}, rel: map[string]*cmdb.SeenRelation{}}
	opt.Now = func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now }
	b.Aggregator = New(b, opt)
	return b
}

func (b *bench) Seen(_ context.Context, source, scope string, records []cmdb.Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls++
	if b.fail != nil {
		return b.fail
	}
	for _, r := range records {
		if b.poison != "" && r.Item != nil && r.Item.Name == b.poison {
			return errs.BadField("name", r.Item.Name, "use another")
		}
	}
	if source != Source || scope != "traces" || len(records) == 0 {
		b.t.Errorf("%d records of %s/%s", len(records), source, scope)
	}
	for _, r := range records {
		b.take(r)
	}
	return nil
}

func (b *bench) take(r cmdb.Record) {
	b.records++
	switch {
	case r.Item != nil:
		b.items[r.Item.Key] = r.Item
	case r.Relation != nil:
		from, to := b.items[r.Relation.From.Key], b.items[r.Relation.To.Key]
		if from == nil || to == nil {
			b.t.Errorf("relation %v before its ends", r.Relation)
			return
		}
		if r.Relation.Provenance != cmdb.Observed {
			b.t.Errorf("provenance %v", r.Relation.Provenance)
		}
		key := fmt.Sprintf("%s %s %s:%s", from.Name, r.Relation.Kind, to.Kind, to.Name)
		b.edges[key], b.rel[key] = r.Relation.Flow, r.Relation
	}
}

func (b *bench) later(d time.Duration) { b.mu.Lock(); b.now = b.now.Add(d); b.mu.Unlock() }

func (b *bench) flush() {
	b.t.Helper()
	if err := b.Flush(context.Background()); err != nil {
		b.t.Fatal(err)
	}
}

// settle lets the wait pass and returns the edges.
func (b *bench) settle() []string {
	b.t.Helper()
	b.later(11 * time.Second)
	b.flush()
	return b.list()
}

func (b *bench) list() []string { return slices.Sorted(maps.Keys(b.edges)) }

func (b *bench) want(want ...string) {
	b.t.Helper()
	want = slices.Sorted(slices.Values(want))
	if diff := cmp.Diff(want, b.settle()); diff != "" {
		b.t.Errorf("edges (-want +got):\n%s\n%+v", diff, b.Stats())
	}
}

// tspan is a span as tests write it.
type tspan struct {
	service, trace, id, parent string
	kind                       ptrace.SpanKind
	attrs                      map[string]any
	res                        map[string]string
	links                      []string // "trace/span"
	ms                         int
	bad                        bool
	flags                      uint32
}

func num(s string) [8]byte {
	var b [8]byte
	copy(b[:], s)
	return b
}

func trace(s string) pcommon.TraceID {
	var b [16]byte
	copy(b[:], "trace-"+s)
	return b
}

// message is one request with the spans, a ResourceSpans each.
func message(spans ...tspan) ptrace.Traces {
	td := ptrace.NewTraces()
	for _, s := range spans {
		rs := td.ResourceSpans().AppendEmpty()
		if s.service != "" {
			rs.Resource().Attributes().PutStr("service.name", s.service)
		}
		for k, v := range s.res {
			rs.Resource().Attributes().PutStr(k, v)
		}
		sp := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		sp.SetTraceID(trace(s.trace))
		sp.SetSpanID(num(s.id))
		if s.parent != "" {
			sp.SetParentSpanID(num(s.parent))
		}
		sp.SetName("something")
		sp.SetKind(s.kind)
		sp.SetFlags(s.flags)
		sp.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
		sp.SetEndTimestamp(pcommon.NewTimestampFromTime(start.Add(time.Duration(s.ms) * time.Millisecond)))
		if s.bad {
			sp.Status().SetCode(ptrace.StatusCodeError)
		}
		for k, v := range s.attrs {
			switch v := v.(type) {
			case string:
				sp.Attributes().PutStr(k, v)
			case int:
				sp.Attributes().PutInt(k, int64(v))
			case bool:
				sp.Attributes().PutBool(k, v)
			}
		}
		for _, l := range s.links {
			tr, id, _ := strings.Cut(l, "/")
			link := sp.Links().AppendEmpty()
			link.SetTraceID(trace(tr))
			link.SetSpanID(num(id))
		}
	}
	return td
}

func proto(t testing.TB, td ptrace.Traces) []byte {
	t.Helper()
	b, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) send(spans ...tspan) Receipt {
	b.t.Helper()
	rc, err := b.Take(proto(b.t, message(spans...)))
	if err != nil {
		b.t.Fatal(err)
	}
	return rc
}

const (
	client   = ptrace.SpanKindClient
	server   = ptrace.SpanKindServer
	producer = ptrace.SpanKindProducer
	consumer = ptrace.SpanKindConsumer
	internal = ptrace.SpanKindInternal
)

func TestPairs(t *testing.T) {
	call := []tspan{
		{service: "frontend", trace: "1", id: "a", kind: server, ms: 20},
		{service: "frontend", trace: "1", id: "b", parent: "a", kind: client, ms: 12, attrs: map[string]any{"server.address": "cart"}},
		{service: "cart", trace: "1", id: "c", parent: "b", kind: server, ms: 8, bad: true},
		{service: "cart", trace: "1", id: "d", parent: "c", kind: internal, ms: 3},
		{service: "cart", trace: "1", id: "e", parent: "d", kind: client, ms: 2, attrs: map[string]any{"db.system": "redis", "server.address": "redis-cart"}},
	}
	want := []string{"frontend calls application:cart", "cart calls cache:redis-cart"}
	// Every order of five spans, each in a request of its own.
	permute(len(call), func(order []int) {
		b := newBench(t, Options{})
		for _, i := range order {
			b.send(call[i])
			b.send(call[i]) // and twice
		}
		b.want(want...)
		if s := b.Stats(); s.Repeats != 5 || s.Paired != 1 || s.Virtual != 1 || s.Held != 0 || s.Shed != 0 {
			t.Fatalf("%v: %+v", order, s)
		}
		f := b.edges[want[0]]
		if f.Errors != 1 || f.P95 < 0.010 || f.P95 > 0.016 || f.PerSecond == 0 {
			t.Fatalf("flow %+v", f)
		}
	})
	t.Run("too late", func(t *testing.T) {
		b := newBench(t, Options{})
		b.send(call[2])
		b.later(11 * time.Second)
		b.send(call[1])
		if got := b.settle(); len(got) != 1 || got[0] != "frontend calls application:cart" {
			t.Errorf("the peer's name is that of a known application: %v", got)
		}
		if s := b.Stats(); s.Expired != 1 || s.Virtual != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func permute(n int, f func([]int)) {
	order := make([]int, 0, n)
	var step func(used int)
	step = func(used int) {
		if len(order) == n {
			f(order)
			return
		}
		for i := range n {
			if used&(1<<i) == 0 {
				order = append(order, i)
				step(used | 1<<i)
				order = order[:len(order)-1]
			}
		}
	}
	step(0)
}

func TestWhatIsNoEdge(t *testing.T) {
	b := newBench(t, Options{})
	b.send(
		tspan{service: "cart", trace: "1", id: "a", kind: client, attrs: map[string]any{"server.address": "cart"}},
		tspan{service: "cart", trace: "1", id: "b", parent: "a", kind: server},                                                        // itself
		tspan{service: "cart", trace: "2", id: "a", kind: client, attrs: map[string]any{"server.address": "10.2.3.4"}},                // a pod
		tspan{service: "cart", trace: "3", id: "a", kind: client, attrs: map[string]any{"server.address": "localhost"}},               // a sidecar
		tspan{service: "cart", trace: "4", id: "a", kind: client, attrs: map[string]any{"http.url": "/relative"}},                     // nowhere
		tspan{service: "cart", trace: "5", id: "a", kind: server, attrs: map[string]any{"peer.service": "shop"}},                      // a server's peer is its client
		tspan{service: "cart", trace: "6", id: "a", kind: internal, attrs: map[string]any{"db.system": "sqlite", "db.name": "local"}}, // inside
		tspan{service: "cart", trace: "7", id: "a", kind: consumer, links: []string{"9/z"}},                                           // a link to nobody
		tspan{service: "shop", trace: "8", id: "a", kind: client},
		tspan{service: "cart", trace: "8", id: "b", parent: "a", kind: internal, flags: 0x100}, // says itself that it is not remote
		tspan{service: "shop", trace: "10", id: "a", kind: internal},
		tspan{service: "cart", trace: "11", id: "b", kind: server, links: []string{"10/a"}}, // a link that is no message
	)
	rc := b.send(tspan{trace: "1", id: "a", kind: client}, tspan{service: "unknown_service:java", trace: "1", id: "b"}, tspan{service: "x", trace: "1"})
	if rc.Unnamed != 2 || rc.Nameless != 1 || !strings.Contains(rc.Reason(), "OTEL_SERVICE_NAME") {
		t.Errorf("%+v", rc)
	}
	b.want()
	if b.records != 0 {
		t.Errorf("%d records", b.records)
	}
	if s := b.Stats(); s.Rejected != 3 || s.Unnamed != 4 || s.Spans != 12 {
		t.Errorf("%+v", s)
	}
}

func TestPeers(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, new map[string]any
		want, id string
	}{
		{"database", map[string]any{"db.system": "postgresql", "db.name": "orders", "net.peer.name": "Db-1.harbour.example", "net.peer.port": 5432},
			map[string]any{"db.system.name": "postgresql", "db.namespace": "orders", "server.address": "db-1.harbour.example"},
			"shop stores_in database:orders", "database=postgresql/db-1.harbour.example:5432/orders"},
		{"sql server", map[string]any{"db.system": "mssql", "db.name": "Books", "net.peer.name": "sql", "net.peer.port": "1444"},
			map[string]any{"db.system.name": "microsoft.sql_server", "db.namespace": "Books", "server.address": "sql", "server.port": 1444},
			"shop stores_in database:Books", "database=mssql/sql:1444/books"},
		{"redis", map[string]any{"db.system": "redis", "net.peer.name": "redis-cart"}, map[string]any{"db.system.name": "redis", "server.address": "redis-cart", "server.port": 6379},
			"shop calls cache:redis-cart", "database=redis/redis-cart:6379"},
		{"redis index", map[string]any{"db.system": "redis", "net.peer.name": "r", "db.redis.database_index": 3}, map[string]any{"db.system.name": "redis", "server.address": "r", "db.namespace": "3"},
			"shop calls cache:r", "database=redis/r:6379/3"},
		{"no host", map[string]any{"db.system": "mysql", "db.name": "stock"}, map[string]any{"db.system.name": "mysql", "db.namespace": "stock"},
			"shop stores_in database:stock", "name=stock"},
		{"queue", map[string]any{"messaging.system": "kafka", "messaging.destination": "orders"}, map[string]any{"messaging.system": "kafka", "messaging.destination.name": "orders"},
			"shop depends_on queue:orders", "queue=kafka/orders"},
		{"sqs", map[string]any{"messaging.system": "AmazonSQS", "messaging.destination": "adoption"}, map[string]any{"messaging.system": "aws_sqs", "messaging.destination.name": "adoption"},
			"shop depends_on queue:adoption", "queue=aws_sqs/adoption"},
		{"template", map[string]any{"messaging.system": "nats", "messaging.destination": "reply.*"},
			map[string]any{"messaging.system": "nats", "messaging.destination.name": "reply.8271", "messaging.destination.template": "reply.*"},
			"shop depends_on queue:reply.*", "queue=nats/reply.*"},
		{"peer", map[string]any{"peer.service": "Ledger", "net.peer.name": "ledger.svc.cluster.local"}, map[string]any{"service.peer.name": "Ledger", "server.address": "ledger"},
			"shop calls application:Ledger", "service.name=Ledger"},
		{"outside by name", map[string]any{"peer.service": "Tidepay", "http.url": "https://u:p@api.tidepay.example/v1/charges?card=1"},
			map[string]any{"service.peer.name": "Tidepay", "url.full": "https://api.tidepay.example/v1/refunds/8?x=://"},
			"shop calls external:Tidepay", "dns=api.tidepay.example"},
		{"outside", map[string]any{"http.host": "api.tidepay.example:443"}, map[string]any{"server.address": "api.tidepay.example.", "server.port": 443},
			"shop calls external:api.tidepay.example", "dns=api.tidepay.example"},
		{"address", map[string]any{"net.peer.ip": "2001:db8::7"}, map[string]any{"network.peer.address": "2001:db8::7"}, "shop calls external:2001:db8::7", "address=2001:db8::7"},
		{"inside", map[string]any{"net.peer.name": "legacy", "net.peer.port": 8080}, map[string]any{"server.address": "legacy", "server.port": 8080},
			"shop calls external:legacy", "address=legacy:8080"},
		{"known", map[string]any{"net.peer.name": "cart", "net.peer.port": 7070}, map[string]any{"server.address": "cart.shop.svc.cluster.local"},
			"shop calls application:cart", "service.name=cart"},
		{"rpc", map[string]any{"rpc.system": "grpc", "rpc.service": "harbour.Ledger"}, map[string]any{"rpc.system.name": "grpc", "rpc.service": "harbour.Ledger"},
			"shop calls external:harbour.Ledger", "otlp.rpc=harbour.Ledger"},
		{"aws", map[string]any{"rpc.system": "aws-api", "rpc.service": "S3", "http.url": "https://b-1.s3.amazonaws.com/key"},
			map[string]any{"rpc.system.name": "aws-api", "rpc.service": "S3", "server.address": "b-2.s3.amazonaws.com"}, "shop calls external:AWS S3", "otlp.rpc=aws-api/S3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			both := maps.Clone(c.new)
			maps.Copy(both, c.old)
			var keys []string
			for form, attrs := range map[string]map[string]any{"old": c.old, "new": c.new, "both": both} {
				if form == "both" && c.name == "aws" {
					continue // two buckets
				}
				b := newBench(t, Options{})
				kind := client
				if attrs["messaging.system"] != nil {
					kind = producer
				}
				b.send(tspan{service: "cart", trace: "0", id: "z", kind: server})
				b.send(tspan{service: "shop", trace: "1", id: "a", kind: kind, attrs: attrs})
				b.want(c.want)
				for key, item := range b.items {
					if item.Name != "shop" {
						keys = append(keys, key)
						if got := item.Identifiers[0].String(); got != c.id {
							t.Errorf("%s: identifier %s, want %s", form, got, c.id)
						}
					}
				}
			}
			if keys = slices.Compact(slices.Sorted(slices.Values(keys))); len(keys) != 1 {
				t.Errorf("one thing has keys %v", keys)
			}
		})
	}
}

func TestMessages(t *testing.T) {
	q := map[string]any{"messaging.system": "kafka", "messaging.destination.name": "orders"}
	for name, c := range map[string]struct {
		spans []tspan
		want  []string
	}{
		"link, queue named by both": {[]tspan{
			{service: "shop", trace: "1", id: "a", kind: producer, attrs: q},
			{service: "mail", trace: "2", id: "b", kind: consumer, attrs: q, links: []string{"1/a"}},
		}, []string{"shop depends_on queue:orders", "mail depends_on queue:orders"}},
		"link, queue named by the producer": {[]tspan{
			{service: "shop", trace: "1", id: "a", kind: producer, attrs: q},
			{service: "mail", trace: "2", id: "b", kind: consumer, links: []string{"1/a"}},
		}, []string{"shop depends_on queue:orders", "mail depends_on queue:orders"}},
		"link, queue named by the consumer": {[]tspan{
			{service: "shop", trace: "1", id: "a", kind: producer},
			{service: "mail", trace: "2", id: "b", kind: consumer, attrs: q, links: []string{"1/a", "1/a"}},
		}, []string{"shop depends_on queue:orders", "mail depends_on queue:orders"}},
		"link, no queue": {[]tspan{
			{service: "shop", trace: "1", id: "a", kind: producer},
			{service: "mail", trace: "2", id: "b", kind: consumer, links: []string{"1/a"}},
		}, []string{"shop calls application:mail"}},
		"parent, no queue": {[]tspan{
			{service: "shop", trace: "1", id: "a", kind: producer},
			{service: "mail", trace: "1", id: "b", kind: consumer, parent: "a"},
		}, []string{"shop calls application:mail"}},
		"one service at both ends": {[]tspan{
			{service: "shop", trace: "1", id: "a", kind: producer},
			{service: "shop", trace: "1", id: "b", kind: consumer, parent: "a", attrs: q},
		}, []string{"shop depends_on queue:orders"}},
		"receiving is a client span": {[]tspan{
			{service: "shop", trace: "1", id: "a", kind: producer, attrs: q},
			{service: "mail", trace: "2", id: "b", kind: client, attrs: q, links: []string{"1/a"}},
		}, []string{"shop depends_on queue:orders", "mail depends_on queue:orders"}},
		"a queue for one answer": {[]tspan{
			{service: "shop", trace: "1", id: "a", kind: producer, attrs: map[string]any{"messaging.system": "rabbitmq", "messaging.destination.name": "amq.gen-1", "messaging.destination.temporary": true}},
			{service: "mail", trace: "1", id: "b", kind: consumer, parent: "a"},
		}, []string{"shop calls application:mail"}},
		"zipkin: one id for both halves": {[]tspan{
			{service: "shop", trace: "1", id: "a", kind: client, attrs: map[string]any{"server.address": "outside.example"}},
			{service: "cart", trace: "1", id: "a", kind: server},
		}, []string{"shop calls application:cart"}},
		"two layers of one database call": {[]tspan{
			{service: "shop", trace: "1", id: "a", kind: client, attrs: map[string]any{"db.system": "dynamodb", "server.address": "dynamodb.example"}},
			{service: "shop", trace: "1", id: "b", parent: "a", kind: client, attrs: map[string]any{"http.url": "https://dynamodb.example/"}},
		}, []string{"shop stores_in database:dynamodb.example"}},
		"two layers of one call": {[]tspan{
			{service: "shop", trace: "1", id: "a", kind: client, attrs: map[string]any{"rpc.service": "Cart"}},
			{service: "shop", trace: "1", id: "b", parent: "a", kind: client, attrs: map[string]any{"server.address": "gateway"}},
			{service: "cart", trace: "1", id: "c", parent: "b", kind: server},
		}, []string{"shop calls application:cart"}},
		"a parent without kind, a remote internal child": {[]tspan{
			{service: "shop", trace: "1", id: "a"},
			{service: "cart", trace: "1", id: "b", parent: "a", kind: internal, flags: 0x300},
		}, []string{"shop calls application:cart"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, Options{})
			b.send(c.spans...)
			b.want(c.want...)
			back := newBench(t, Options{})
			slices.Reverse(c.spans)
			if strings.HasPrefix(name, "two layers") {
				slices.Reverse(c.spans) // a parent ends, and so comes, after its child
				slices.SortStableFunc(c.spans, func(x, y tspan) int { return strings.Compare(y.id, x.id) })
			}
			for _, s := range c.spans {
				back.send(s)
			}
			back.want(c.want...)
			for key, r := range b.rel {
				if strings.Contains(key, "queue:") && (r.Strength != cmdb.Soft || r.Kind != cmdb.DependsOn) {
					t.Errorf("%s: %+v", key, r)
				}
			}
		})
	}
}

func TestItems(t *testing.T) {
	b := newBench(t, Options{})
	res := map[string]string{"service.namespace": "shop", "deployment.environment": "old", "deployment.environment.name": "production", "telemetry.sdk.language": "go",
		"k8s.cluster.name": "harbour-1", "k8s.namespace.name": "shop", "k8s.deployment.name": "cart-blue"}
	green := maps.Clone(res)
	green["k8s.deployment.name"] = "cart-green"
	b.send(tspan{service: "cart", res: res, trace: "1", id: "a", kind: client, attrs: map[string]any{"server.address": "ledger"}},
		tspan{service: "cart", res: green, trace: "2", id: "a", kind: client, attrs: map[string]any{"server.address": "ledger"}},
		tspan{service: "ledger", res: map[string]string{"deployment.environment": "staging"}, trace: "3", id: "a", kind: server})
	b.want("cart calls external:ledger", "cart-blue part_of application:cart", "cart-green part_of application:cart") // the known ledger is that of staging
	if l := b.items["external/in/production/ledger.shop.svc.cluster.local"]; l == nil || l.Identifiers[0].String() != "dns=ledger.shop.svc.cluster.local" {
		t.Errorf("%+v", l)
	}
	app := b.items["application/production/shop/cart"]
	if app == nil || app.Env != "production" || app.Identifiers[0].String() != "service.name=cart" || string(app.Attributes["telemetry.sdk.language"]) != `"go"` {
		t.Errorf("%+v", app)
	}
	for host, want := range map[string]string{"a": "a.shop.svc.cluster.local", "a.x.svc": "a.x.svc.cluster.local", "a.x.svc.cluster.local": "a.x.svc.cluster.local", "a.x": "", "x.y.z.svc": "", "a.local": ""} {
		if got := cluster(host, "shop"); got != want {
			t.Errorf("%s: %s", host, got)
		}
	}
	d := b.items["deployment/harbour-1/shop/Deployment/cart-blue"]
	if d == nil || d.Identifiers[0].String() != "k8s=harbour-1/shop/Deployment/cart-blue" || d.Kind != cmdb.KindDeployment {
		t.Errorf("%+v", d)
	}
	if r := b.rel["cart-blue part_of application:cart"]; r == nil || r.Group == "" || r.Need != 1 {
		t.Errorf("%+v", r)
	}
}

func ids(trace uint64, span uint64) (t [16]byte, s [8]byte) {
	binary.BigEndian.PutUint64(t[:], trace*0x9e3779b97f4a7c15+1)
	binary.BigEndian.PutUint64(t[8:], trace+1)
	binary.BigEndian.PutUint64(s[:], span+1)
	return t, s
}
