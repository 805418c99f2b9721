package otlp

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// load is spans as SDKs write them: traces over four of forty services with
// server, client, internal and database spans and the usual attributes, in
// requests of 512 spans by one service each, as batch processors send them.
func load(traces int) (requests [][]byte, spans int) {
	const services, batch = 40, 512
	td := make([]ptrace.Traces, services)
	into := make([]ptrace.SpanSlice, services)
	fresh := func(i int) {
		td[i] = ptrace.NewTraces()
		rs := td[i].ResourceSpans().AppendEmpty()
		a := rs.Resource().Attributes()
		a.PutStr("service.name", fmt.Sprintf("service-%02d", i))
		a.PutStr("deployment.environment.name", "production")
		a.PutStr("k8s.namespace.name", "shop")
		a.PutStr("k8s.deployment.name", fmt.Sprintf("service-%02d", i))
		a.PutStr("k8s.pod.name", fmt.Sprintf("service-%02d-6b7f9c-x2x4z", i))
		a.PutStr("telemetry.sdk.language", "go")
		into[i] = rs.ScopeSpans().AppendEmpty().Spans()
	}
	flush := func(i int) {
		if into[i].Len() > 0 {
			b, _ := ptraceotlp.NewExportRequestFromTraces(td[i]).MarshalProto()
			requests = append(requests, b)
			spans += into[i].Len()
		}
		fresh(i)
	}
	for i := range services {
		fresh(i)
	}
	at := start
	for n := range traces {
		var parent uint64
		id := uint64(0)
		span := func(service int, kind ptrace.SpanKind, parent uint64) (ptrace.Span, uint64) {
			s := into[service].AppendEmpty()
			tr, sp := ids(uint64(n), id+uint64(n)*64)
			s.SetTraceID(tr)
			s.SetSpanID(sp)
			if parent != 0 {
				_, p := ids(0, parent-1+uint64(n)*64)
				s.SetParentSpanID(p)
			}
			id++
			s.SetKind(kind)
			s.SetFlags(0x101)
			if kind == ptrace.SpanKindServer {
				s.SetFlags(0x301)
			}
			s.SetStartTimestamp(pcommon.NewTimestampFromTime(at))
			s.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(time.Duration(n%50) * time.Millisecond)))
			return s, id
		}
		for depth := range 4 {
			service := (n*7 + depth*11) % services
			s, me := span(service, ptrace.SpanKindServer, parent)
			s.SetName("GET /api/orders/{id}")
			s.Attributes().PutStr("http.request.method", "GET")
			s.Attributes().PutStr("url.path", "/api/orders/8271")
			s.Attributes().PutStr("http.route", "/api/orders/{id}")
			s.Attributes().PutInt("http.response.status_code", 200)
			s.Attributes().PutStr("user_agent.original", "Go-http-client/1.1")
			in, inner := span(service, ptrace.SpanKindInternal, me)
			in.SetName("loadOrder")
			in.Attributes().PutStr("code.function", "load")
			q, _ := span(service, ptrace.SpanKindClient, inner)
			q.SetName("SELECT orders")
			q.Attributes().PutStr("db.system.name", "postgresql")
			q.Attributes().PutStr("db.namespace", "orders")
			q.Attributes().PutStr("server.address", fmt.Sprintf("db-%d.harbour.example", service%8))
			q.Attributes().PutStr("db.query.text", "SELECT id, total FROM orders WHERE id = $1")
			c, call := span(service, ptrace.SpanKindClient, inner)
			c.SetName("GET")
			c.Attributes().PutStr("http.request.method", "GET")
			c.Attributes().PutStr("url.full", fmt.Sprintf("http://service-%02d:8080/api/orders/%d", (service+11)%services, n))
			c.Attributes().PutStr("server.address", fmt.Sprintf("service-%02d", (service+11)%services))
			c.Attributes().PutInt("server.port", 8080)
			c.Attributes().PutInt("http.response.status_code", 200)
			parent = call
			if into[service].Len() >= batch {
				flush(service)
			}
		}
	}
	for i := range services {
		flush(i)
	}
	return requests, spans
}

// BenchmarkTake is from protobuf bytes to aggregated edges, the wait and the
// flush included, on one core.
func BenchmarkTake(b *testing.B) {
	requests, spans := load(20_000)
	size := 0
	for _, r := range requests {
		size += len(r)
	}
	b.ReportAllocs()
	total := 0
	for b.Loop() {
		bb := newBench(b, Options{})
		for i, r := range requests {
			rc, err := bb.Take(r)
			if err != nil {
				b.Fatal(err)
			}
			total += rc.Spans
			if i%8 == 7 { // some 300,000 spans a second
				bb.later(13 * time.Millisecond)
			}
		}
		bb.later(time.Minute)
		if err := bb.Flush(context.Background()); err != nil {
			b.Fatal(err)
		}
		if s := bb.Stats(); s.Paired != 60_000 || s.Shed != 0 {
			b.Fatalf("%+v", s)
		}
	}
	b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "spans/s")
	b.ReportMetric(float64(size)/float64(spans), "bytes/span")
}

// BenchmarkGenerated is what the generated unmarshaller alone takes for the
// same bytes: the reason for the walker.
func BenchmarkGenerated(b *testing.B) {
	requests, _ := load(2_000)
	b.ReportAllocs()
	total := 0
	for b.Loop() {
		for _, r := range requests {
			q := ptraceotlp.NewExportRequest()
			if err := q.UnmarshalProto(r); err != nil {
				b.Fatal(err)
			}
			total += q.Traces().SpanCount()
		}
	}
	b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "spans/s")
}

// BenchmarkJSON is the slow way in.
func BenchmarkJSON(b *testing.B) {
	requests, _ := load(500)
	var bodies [][]byte
	for _, r := range requests {
		q := ptraceotlp.NewExportRequest()
		if err := q.UnmarshalProto(r); err != nil {
			b.Fatal(err)
		}
		j, err := q.MarshalJSON()
		if err != nil {
			b.Fatal(err)
		}
		bodies = append(bodies, j)
	}
	total := 0
	for b.Loop() {
		bb := newBench(b, Options{})
		for _, j := range bodies {
			p, err := fromJSON(j)
			if err != nil {
				b.Fatal(err)
			}
			rc, err := bb.Take(p)
			if err != nil {
				b.Fatal(err)
			}
			total += rc.Spans
		}
	}
	b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "spans/s")
}
