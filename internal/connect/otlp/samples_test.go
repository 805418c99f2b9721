package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	grpcgzip "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

const shared = "../../../../shared/data"

// sample reads a file of the shared data; without it there is nothing to test.
func sample(t testing.TB, path string) []byte {
	t.Helper()
	if _, err := os.Stat(shared); err != nil {
		t.Skip("needs ../shared/data")
	}
	b, err := os.ReadFile(filepath.Join(shared, path))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// file runs ReadFile into a bench's memory.
func file(t testing.TB, b []byte, opt Options) (*bench, []cmdb.Remark) {
	t.Helper()
	bb := newBench(t, Options{})
	opt.Now = func() time.Time { return start }
	remarks, err := ReadFile(bytes.NewReader(b), opt, func(r cmdb.Record) error { bb.take(r); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return bb, remarks
}

func TestSamples(t *testing.T) {
	for _, c := range []struct {
		path    string
		want    []string
		spans   uint64
		remarks int
	}{
		// One server span whose parent never comes: no edge, and nothing invented.
		{"otlp/opentelemetry-proto-examples/trace.json", nil, 1, 0},
		// The same server span twice; its peer.service is its client.
		{"otlp/jaeger-ui/otlp2jaeger-in.json", nil, 2, 0},
		// The same without a service name.
		{"otlp/jaeger-ui/otlp2jaeger-in-error.json", nil, 0, 1},
		{"otlp/opentelemetry-proto-examples/metrics.json", nil, 0, 1},
		{"otlp/opentelemetry-proto-examples/logs.json", nil, 0, 1},
	} {
		t.Run(filepath.Base(c.path), func(t *testing.T) {
			raw := sample(t, c.path)
			b, remarks := file(t, raw, Options{})
			if diff := cmp.Diff(c.want, b.list()); diff != "" || len(remarks) != c.remarks {
				t.Errorf("%s\n%v", diff, remarks)
			}
			if c.spans == 0 && c.remarks == 1 && !strings.Contains(c.path, "in-error") {
				return
			}
			d := openDoors(t, Options{})
			res, body := d.post("/v1/traces", mediaJSON, machine, raw)
			if s := d.Stats(); res.StatusCode != 200 || s.Spans != c.spans || (s.Rejected > 0) != bytes.Contains(body, []byte("rejectedSpans")) {
				t.Errorf("%s %s %+v", res.Status, body, s)
			}
		})
	}
}

// TestServiceGraph reads the trace of the collector's servicegraph connector.
// The connector's one edge is foo-server → bar-requester, not failed, with the
// dimensions messaging.system=kafka of the client and db.system=postgresql of
// the server: neither names a queue or a database, so that is our edge too.
// Given names (and the kinds that messaging has), queue and database appear.
func TestServiceGraph(t *testing.T) {
	raw := sample(t, "otlp/servicegraphconnector/extra-dimensions-queue-db-trace.yaml")
	asJSON := func(y []byte) []byte {
		j, err := yaml.YAMLToJSON(y)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	b, _ := file(t, asJSON(raw), Options{})
	const call = "foo-server calls application:bar-requester"
	if diff := cmp.Diff([]string{call}, b.list()); diff != "" {
		t.Error(diff)
	}
	if f := b.edges[call]; f.Errors != 0 || f.PerSecond == 0 {
		t.Errorf("%+v", f)
	}

	add := func(y, after, key, value string) string {
		i := strings.Index(y, after)
		i += strings.IndexByte(y[i:], '\n') + 1
		return y[:i] + fmt.Sprintf("              - key: %s\n                value:\n                  stringValue: %s\n", key, value) + y[i:]
	}
	y := strings.Replace(string(raw), "kind: 3", "kind: 4", 1)
	y = strings.Replace(y, "kind: 2", "kind: 5", 1)
	y = add(y, "stringValue: kafka", "messaging.destination.name", "orders")
	y += "          - traceId: a0000000000000000000000000000000\n            spanId: a000000000000002\n            parentSpanId: a000000000000001\n            kind: 3\n" +
		"            startTimeUnixNano: \"1800000000000000000\"\n            endTimeUnixNano: \"1800000000000001000\"\n            attributes:\n"
	for _, kv := range [][2]string{{"db.system", "postgresql"}, {"db.name", "stock"}, {"server.address", "db-1"}} {
		y += fmt.Sprintf("              - key: %s\n                value:\n                  stringValue: %s\n", kv[0], kv[1])
	}
	b, _ = file(t, asJSON([]byte(y)), Options{})
	want := []string{"bar-requester depends_on queue:orders", "bar-requester stores_in database:stock", "foo-server depends_on queue:orders"}
	if diff := cmp.Diff(want, b.list()); diff != "" {
		t.Error(diff)
	}
}

// nezha is an hour's start of Online Boutique: 22,969 spans. The rows have no
// span kind; the service is the pod's name without its hashes.
func nezha(t testing.TB) []func(ptrace.Traces) {
	z, err := gzip.NewReader(bytes.NewReader(sample(t, "traces/nezha-onlineboutique-2022-08-23-17_00_trace.csv.gz")))
	if err != nil {
		t.Fatal(err)
	}
	rows := csv.NewReader(z)
	if _, err := rows.Read(); err != nil {
		t.Fatal(err)
	}
	var out []func(ptrace.Traces)
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, func(td ptrace.Traces) {
			rs := td.ResourceSpans().AppendEmpty()
			parts := strings.Split(row[3], "-")
			rs.Resource().Attributes().PutStr("service.name", strings.Join(parts[:len(parts)-2], "-"))
			rs.Resource().Attributes().PutStr("k8s.pod.name", row[3])
			s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
			var tr [16]byte
			var id, parent [8]byte
			_, err1 := hex.Decode(tr[:], []byte(row[0]))
			_, err2 := hex.Decode(id[:], []byte(row[1]))
			if row[2] != "root" {
				if _, err := hex.Decode(parent[:], []byte(row[2])); err != nil {
					t.Fatal(err)
				}
				s.SetParentSpanID(parent)
			}
			from, err3 := strconv.ParseUint(row[5], 10, 64)
			to, err4 := strconv.ParseUint(row[6], 10, 64)
			for _, err := range []error{err1, err2, err3, err4} {
				if err != nil {
					t.Fatal(row, err)
				}
			}
			s.SetTraceID(tr)
			s.SetSpanID(id)
			s.SetName(row[4])
			s.SetStartTimestamp(pcommon.Timestamp(from))
			s.SetEndTimestamp(pcommon.Timestamp(to))
		})
	}
}

// TestOnlineBoutique sends the spans in shuffled requests, half by HTTP and
// half by gRPC, and gets exactly the observed edges.
func TestOnlineBoutique(t *testing.T) {
	var truth struct{ Observed [][2]string }
	if err := json.Unmarshal(sample(t, "kubernetes/online-boutique-edges.truth.json"), &truth); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, e := range truth.Observed {
		want = append(want, e[0]+" calls application:"+e[1])
	}
	slices.Sort(want)
	spans := nezha(t)
	if len(spans) != 22_969 || len(want) != 13 {
		t.Fatalf("%d spans, %d edges", len(spans), len(want))
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
	d := openDoors(t, Options{})
	c := ptraceotlp.NewGRPCClient(d.grpc)
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", machine)
	var wg sync.WaitGroup
	turns := make(chan struct{}, 8)
	n := 0
	for part := range slices.Chunk(spans, 250) {
		td := ptrace.NewTraces()
		for _, put := range part {
			put(td)
		}
		q := ptraceotlp.NewExportRequestFromTraces(td)
		n++
		turns <- struct{}{}
		wg.Add(1)
		go func(n int) {
			defer wg.Done()
			defer func() { <-turns }()
			if n%2 == 0 {
				if _, err := c.Export(ctx, q, grpc.UseCompressor(grpcgzip.Name)); err != nil {
					t.Error(err)
				}
				return
			}
			b, err := q.MarshalProto()
			if err != nil {
				t.Error(err)
				return
			}
			if res, body := d.post("/v1/traces", mediaProto, machine, zip(t, b), "Content-Encoding", "gzip"); res.StatusCode != 200 || len(body) != 0 {
				t.Errorf("%s %q", res.Status, body)
			}
		}(n)
	}
	wg.Wait()
	d.want(want...)
	if s := d.Stats(); s.Spans != 22_969 || s.Held != 0 || s.Shed != 0 || s.Virtual != 0 || s.Requests != 92 {
		t.Errorf("%+v", s)
	}
	t.Logf("%+v", d.Stats())

	// The same as a file: one request a line.
	var lines bytes.Buffer
	for part := range slices.Chunk(spans, 1000) {
		td := ptrace.NewTraces()
		for _, put := range part {
			put(td)
		}
		j, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(j, '\n'))
	}
	b, remarks := file(t, lines.Bytes(), Options{})
	if diff := cmp.Diff(want, b.list()); diff != "" || len(remarks) != 0 {
		t.Errorf("%s %v", diff, remarks)
	}
	f := b.edges["frontend calls application:productcatalogservice"]
	if f.P95 == 0 || f.PerSecond == 0 || f.At.Year() != 2022 {
		t.Errorf("%+v", f)
	}
}
