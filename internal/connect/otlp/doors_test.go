package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	grpcgzip "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	pb "google.golang.org/protobuf/proto"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// gate knows one machine, one person who may not send, and one who configures.
type gate struct{}

func (gate) Enter(ctx context.Context, authorization, _ string) (context.Context, error) {
	switch authorization {
	case "Bearer machine":
		return actor.With(ctx, actor.Actor{Kind: actor.Token, ID: 1, Role: actor.Machine}), nil
	case "Bearer omar":
		return actor.With(ctx, actor.Actor{Kind: actor.Token, ID: 2, Role: actor.Responder}), nil
	case "Bearer lena":
		return actor.With(ctx, actor.Actor{Kind: actor.Token, ID: 3, Role: actor.Manager}), nil
	}
	return nil, errs.E(errs.Unauthenticated, "this token is not known")
}

type doors struct {
	*bench
	url  string
	grpc *grpc.ClientConn
}

func openDoors(t testing.TB, opt Options) *doors {
	b := newBench(t, opt)
	rc := NewReceiver(b.Aggregator, gate{})
	mux := http.NewServeMux()
	rc.Routes(mux)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := rc.GRPC()
	done := make(chan error, 1)
	go func() { done <- g.Serve(l) }()
	t.Cleanup(func() {
		g.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	c, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &doors{b, s.URL, c}
}

func (d *doors) post(path, media, token string, body []byte, header ...string) (*http.Response, []byte) {
	d.t.Helper()
	req, err := http.NewRequest("POST", d.url+path, bytes.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", media)
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return res, b
}

func zip(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const machine = "Bearer machine"

func TestHTTP(t *testing.T) {
	good := proto(t, message(tspan{service: "shop", trace: "1", id: "a", kind: client}))
	mixed := proto(t, message(tspan{service: "shop", trace: "2", id: "a", kind: client}, tspan{trace: "2", id: "b"}))
	q := ptraceotlp.NewExportRequestFromTraces(message(tspan{service: "shop", trace: "3", id: "a", kind: client}, tspan{trace: "3", id: "b"}))
	text, err := q.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path, media, token string
		body                     []byte
		header                   []string
		status                   int
		want                     string // in the answer's text
	}{
		{"protobuf", "/v1/traces", mediaProto, machine, good, nil, 200, ""},
		{"by the other address", "/integrations/otlp/v1/traces", "application/protobuf", machine, good, nil, 200, ""},
		{"gzip", "/v1/traces", mediaProto, machine, zip(t, good), []string{"Content-Encoding", "gzip"}, 200, ""},
		{"nothing", "/v1/traces", mediaProto, machine, nil, nil, 200, ""},
		{"partial", "/v1/traces", mediaProto, machine, mixed, nil, 200, "OTEL_SERVICE_NAME"},
		{"JSON partial", "/v1/traces", "application/json; charset=utf-8", "Bearer lena", text, nil, 200, `"rejectedSpans":"1"`},
		{"JSON gzip", "/v1/traces", mediaJSON, machine, zip(t, []byte(`{}`)), []string{"Content-Encoding", "gzip"}, 200, `{}`},
		{"no token", "/v1/traces", mediaProto, "", good, nil, 401, "no token was sent"},
		{"wrong token", "/v1/traces", mediaJSON, "Bearer x", text, nil, 401, "not known"},
		{"may not", "/v1/traces", mediaProto, "Bearer omar", good, nil, 403, "ingest"},
		{"media", "/v1/traces", "text/plain", machine, good, nil, 415, "application/x-protobuf"},
		{"encoding", "/v1/traces", mediaProto, machine, good, []string{"Content-Encoding", "zstd"}, 415, "gzip"},
		{"no gzip", "/v1/traces", mediaProto, machine, good, []string{"Content-Encoding", "gzip"}, 400, "Content-Encoding"},
		{"cut gzip", "/v1/traces", mediaProto, machine, zip(t, good)[:30], []string{"Content-Encoding", "gzip"}, 400, "ended early"},
		{"cut", "/v1/traces", mediaProto, machine, good[:len(good)-3], nil, 400, "no ExportTraceServiceRequest"},
		{"no JSON", "/v1/traces", mediaJSON, machine, []byte(`{"resourceSpans":[{]}`), nil, 400, "no ExportTraceServiceRequest"},
		{"deep JSON", "/v1/traces", mediaJSON, machine, []byte(strings.Repeat("[", 60_000)), nil, 400, "nested"},
		{"large", "/v1/traces", mediaProto, machine, make([]byte, 70<<10), nil, 413, "65536 bytes"},
		{"large inside", "/v1/traces", mediaProto, machine, zip(t, make([]byte, 10<<20)), []string{"Content-Encoding", "gzip"}, 413, "65536 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := openDoors(t, Options{MaxBody: 64 << 10})
			d.t = t
			res, body := d.post(c.path, c.media, c.token, c.body, c.header...)
			media := mediaProto
			if strings.HasPrefix(c.media, mediaJSON) || c.name == "media" {
				media = mediaJSON
			}
			if res.StatusCode != c.status || res.Header.Get("Content-Type") != media || !strings.Contains(string(body), c.want) {
				t.Fatalf("%s %s: %q", res.Status, res.Header.Get("Content-Type"), body)
			}
			s := d.Stats()
			if (c.status == 200) != (s.Refused == 0) || s.InFlight != 0 {
				t.Errorf("%+v", s)
			}
			if media == mediaJSON {
				return
			}
			if c.status == 200 {
				answer := ptraceotlp.NewExportResponse()
				if err := answer.UnmarshalProto(body); err != nil {
					t.Fatal(err)
				}
				if p := answer.PartialSuccess(); (c.name == "partial") != (p.RejectedSpans() == 1) || (p.ErrorMessage() == "") == (c.name == "partial") {
					t.Errorf("partial success %d %q", p.RejectedSpans(), p.ErrorMessage())
				}
				return
			}
			var st spb.Status
			if err := pb.Unmarshal(body, &st); err != nil || st.Message == "" || st.Code == 0 {
				t.Errorf("status %v: %v", &st, err)
			}
		})
	}
}

func TestFull(t *testing.T) {
	d := openDoors(t, Options{MaxBody: 1 << 20, InFlight: 40 << 10})
	body := make([]byte, 200<<10)
	res, answer := d.post("/v1/traces", mediaProto, machine, body)
	if res.StatusCode != 429 || res.Header.Get("Retry-After") != "2" || !strings.Contains(string(answer), "send this request again") {
		t.Errorf("%s %q %q", res.Status, res.Header.Get("Retry-After"), answer)
	}
	if s := d.Stats(); s.InFlight != 0 || s.Refused != 1 {
		t.Errorf("%+v", s)
	}
}

func TestGRPC(t *testing.T) {
	d := openDoors(t, Options{MaxBody: 64 << 10, InFlight: 8 * 64 << 10})
	c := ptraceotlp.NewGRPCClient(d.grpc)
	ask := func(token string, spans ...tspan) (ptraceotlp.ExportResponse, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if token != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", token)
		}
		return c.Export(ctx, ptraceotlp.NewExportRequestFromTraces(message(spans...)), grpc.UseCompressor(grpcgzip.Name))
	}
	good := tspan{service: "shop", trace: "1", id: "a", kind: client, attrs: map[string]any{"server.address": "api.tidepay.example"}}
	if r, err := ask(machine, good); err != nil || r.PartialSuccess().RejectedSpans() != 0 {
		t.Error(r, err)
	}
	if r, err := ask(machine, tspan{trace: "1", id: "b"}); err != nil || r.PartialSuccess().RejectedSpans() != 1 || r.PartialSuccess().ErrorMessage() == "" {
		t.Error(r, err)
	}
	d.want("shop calls external:api.tidepay.example")
	large := tspan{service: strings.Repeat("x", 200<<10), trace: "1", id: "c"}
	for want, err := range map[codes.Code]error{
		codes.Unauthenticated:   second(ask("", good)),
		codes.PermissionDenied:  second(ask("Bearer omar", good)),
		codes.ResourceExhausted: second(ask(machine, large)),
	} {
		if status.Code(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if status.Code(second(ask("Bearer x", good))) != codes.Unauthenticated {
		t.Error("an unknown token")
	}
	bad := func() error {
		ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", machine)
		return d.grpc.Invoke(ctx, "/"+service+"/Export", &spb.Status{Message: "no request"}, &spb.Status{})
	}
	if err := bad(); err != nil { // field 2 is unknown, so this is an empty request
		t.Error(err)
	}
	if s := d.Stats(); s.Refused != 4 || s.Requests != 3 {
		t.Errorf("%+v", s)
	}
}

func second[T any](_ T, err error) error { return err }

// TestGRPCFull holds as many streams open as there is room for.
func TestGRPCFull(t *testing.T) {
	d := openDoors(t, Options{MaxBody: 1 << 20, InFlight: 1})
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(context.Background(), "authorization", machine), 20*time.Second)
	defer cancel()
	other, err := grpc.NewClient(d.grpc.Target(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	ask := func() error {
		return second(ptraceotlp.NewGRPCClient(other).Export(ctx, ptraceotlp.NewExportRequest()))
	}
	open, stop := context.WithCancel(ctx)
	for range 8 {
		if _, err := d.grpc.NewStream(open, &grpc.StreamDesc{ClientStreams: true}, "/"+service+"/Export"); err != nil {
			t.Fatal(err)
		}
	}
	for err = ask(); err == nil; err = ask() { // until all eight have arrived
	}
	var wait *errdetails.RetryInfo
	for _, x := range status.Convert(err).Details() {
		wait, _ = x.(*errdetails.RetryInfo)
	}
	if status.Code(err) != codes.Unavailable || wait == nil || wait.RetryDelay.AsDuration() != 2*time.Second {
		t.Errorf("%v, retry %v", err, wait)
	}
	stop()
	for err = ask(); status.Code(err) == codes.Unavailable; err = ask() { // until all eight have gone
	}
	if err != nil {
		t.Error(err)
	}
}
