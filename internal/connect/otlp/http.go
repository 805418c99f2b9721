package otlp

import (
	"context"
	"mime"
	"net/http"
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Gate says who sends: a context that acts as the owner of the credential.
// Errors: Unauthenticated.
type Gate interface {
	// Enter takes the value of an Authorization header, and the sender's address.
	Enter(ctx context.Context, authorization, from string) (context.Context, error)
}

// Receiver serves the protocol in front of an aggregator.
type Receiver struct {
	agg  *Aggregator
	gate Gate
}

// NewReceiver returns a receiver; every sender must pass the gate and have the
// permission Ingest or Configure.
func NewReceiver(a *Aggregator, g Gate) *Receiver { return &Receiver{a, g} }

// Routes lists the receiver's addresses. The short one is what SDKs and
// collectors make of the bare address of this server.
func (rc *Receiver) Routes(mux *http.ServeMux) {
	mux.Handle("POST /v1/traces", rc)
	mux.Handle("POST /integrations/otlp/v1/traces", rc)
}

// The two forms of a body.
const (
	mediaProto = "application/x-protobuf"
	mediaJSON  = "application/json"
)

// ServeHTTP takes one ExportTraceServiceRequest: 200 when its spans are among
// those that wait for their other side. They are in memory only: a map that
// lost ten seconds of calls is still the map.
func (rc *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media == "application/protobuf" {
		media = mediaProto
	}
	if err != nil || media != mediaProto && media != mediaJSON {
		rc.fail(w, r, mediaJSON, errs.BadField("Content-Type", r.Header.Get("Content-Type"), "send application/x-protobuf or application/json").Because(errMedia))
		return
	}
	if err := rc.enter(r.Context(), r.Header.Get("Authorization"), r.RemoteAddr); err != nil {
		rc.fail(w, r, media, err)
		return
	}
	b, err := rc.agg.read(w, r)
	if err != nil {
		rc.fail(w, r, media, err)
		return
	}
	defer b.close()
	message := b.bytes
	if media == mediaJSON {
		if message, err = fromJSON(b.bytes); err != nil {
			rc.fail(w, r, media, err)
			return
		}
	}
	receipt, err := rc.agg.Take(message)
	if err != nil {
		rc.fail(w, r, media, err)
		return
	}
	answer := receipt.response()
	if media == mediaJSON {
		answer = receipt.responseJSON()
	}
	write(w, media, http.StatusOK, answer)
}

// enter checks who sends.
func (rc *Receiver) enter(ctx context.Context, authorization, from string) error {
	if authorization == "" {
		return errs.E(errs.Unauthenticated, "no token was sent; set OTEL_EXPORTER_OTLP_HEADERS=\"Authorization=Bearer ek_…\" or headers: in the collector's exporter")
	}
	ctx, err := rc.gate.Enter(ctx, authorization, from)
	if err != nil {
		return err
	}
	if _, err = actor.Require(ctx, actor.Ingest); err == nil {
		return nil
	}
	if _, other := actor.Require(ctx, actor.Configure); other == nil {
		return nil
	}
	return err
}

func (rc *Receiver) fail(w http.ResponseWriter, r *http.Request, media string, err error) {
	rc.agg.refused.Add(1)
	status, e := httpStatus(err), errs.As(err)
	h := w.Header()
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		connect.RetryAfter(h, e.Retry)
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="Evenkeel"`)
	case http.StatusInternalServerError:
		rc.agg.opt.Log.ErrorContext(r.Context(), "trace request failed", "err", err)
	}
	h.Set("Connection", "close") // the rest of the body is not waited for
	answer := failure(code(err), said(err))
	if media == mediaJSON {
		answer = failureJSON(code(err), said(err))
	}
	write(w, media, status, answer)
}

func code(err error) codes.Code { return grpcCode(err) }

// said is what a sender may know of an error.
func said(err error) string {
	e := errs.As(err)
	text := e.Text
	for _, f := range e.Fields {
		if text != "" {
			text += "; "
		}
		text += f.String()
	}
	if text == "" {
		text = e.Kind.String()
	}
	return text
}

func write(w http.ResponseWriter, media string, status int, b []byte) {
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b) // a sender that went away needs no answer
}
