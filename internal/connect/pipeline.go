package connect

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Pipelines is what receivers of pipelines need of the practice of changes.
type Pipelines interface {
	// Ingest makes signals durable; it returns after they are on disk. A
	// delivery that was taken before changes nothing.
	Ingest(ctx context.Context, in change.Source, delivery string, signals []change.Signal) (change.Receipt, error)
}

// Keys is what receivers of signed webhooks ask: the integration of a name and
// the tokens by which its sender may sign. Errors: Unauthenticated.
type Keys interface {
	SigningKeys(ctx context.Context, kind alert.Kind, name string) (alert.Integration, []string, error)
}

// heard is what the practice of alerts, which owns integrations, does besides.
type heard interface {
	// Heard notes when an integration was last heard of.
	Heard(ctx context.Context, in alert.Integration) error
}

// Delivered is the answer to a delivery of a pipeline.
type Delivered struct {
	Status  string   `json:"status"` // "ok"
	Signals int      `json:"signals"`
	Repeat  bool     `json:"repeat,omitempty"` // it was taken before; nothing was done
	Changes []string `json:"changes,omitempty"`
	Notes   []string `json:"notes,omitempty"` // what was left out or changed on arrival
}

// Deliver hands signals over and answers 200 once they are on disk. notes are
// the receiver's own words on what it left out.
func (d *Door) Deliver(w http.ResponseWriter, r *http.Request, ctx context.Context, in alert.Integration, to Pipelines, delivery string, signals []change.Signal, notes ...string) {
	out := Delivered{Status: "ok", Signals: len(signals), Notes: notes}
	if h, ok := d.Alerts.(heard); ok {
		if err := h.Heard(ctx, in); err != nil {
			d.Fail(w, r, err)
			return
		}
	}
	if len(signals) > 0 {
		rc, err := to.Ingest(ctx, change.Source{Name: in.Name, Service: in.Service, Team: in.Team}, delivery, signals)
		if err != nil {
			d.Fail(w, r, err)
			return
		}
		out.Repeat, out.Notes = rc.Repeat, append(out.Notes, rc.Notes...)
		for _, id := range rc.Changes {
			out.Changes = append(out.Changes, ref.N(ref.Change, id).String())
		}
	}
	JSON(w, "application/json", http.StatusOK, out)
}

// Told is what a receiver read out of a delivery.
type Told struct {
	ID      string // what the sender calls the delivery; empty: its body says which one it is
	Signals []change.Signal
	Notes   []string // what was left out, and why
}

// Pipeline is the handler of a receiver whose senders show a token: who is
// sending, the body within its limit, parse, and the signals on disk.
func (d *Door) Pipeline(kind alert.Kind, limit int64, to Pipelines, parse func(h http.Header, body []byte) (Told, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, in, err := d.Enter(r, kind, Token(r))
		if err != nil {
			d.Fail(w, r, err)
			return
		}
		body, err := d.Read(w, r, limit)
		if err != nil {
			d.Fail(w, r, err)
			return
		}
		defer body.Close()
		t, err := parse(r.Header, body.Bytes)
		if err != nil {
			d.Fail(w, r, err)
			return
		}
		d.Deliver(w, r, ctx, in, to, DeliveryID(t.ID, body.Bytes), t.Signals, t.Notes...)
	}
}

// DeliveryID is the number of a delivery: what the sender calls it, or a digest
// of the body when it has no name. Both never meet.
func DeliveryID(said string, body []byte) string {
	if said = strings.TrimSpace(said); said != "" && len(said) <= 128 && Clean(said) == said {
		return said
	}
	h := sha256.Sum256(body)
	return "sha256:" + hex.EncodeToString(h[:])
}

// Moment reads a time that a pipeline told, in one of the layouts; zero for
// none, or for one that is no time. Ingest judges whether it can be right.
func Moment(s string, layouts ...string) time.Time {
	if s == "" {
		return time.Time{}
	}
	for _, layout := range append(layouts, timeLayouts...) {
		if t, err := time.Parse(layout, s); err == nil && !t.Before(earliest) {
			return t.UTC().Truncate(time.Microsecond)
		}
	}
	return time.Time{}
}

// FirstLine is the first line of a message, at most 300 bytes.
func FirstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return Line("title", s, 300, &Notes{})
}

// NoObject is the error of a body without a part that its event must have.
func NoObject(field, event string) error {
	return errs.BadField(field, "", "send it as the system does: an event of kind "+event+" has it")
}

// NotJSON is the error of a body that a library for JSON refused: where, and
// what would be right, never what stands there.
func NotJSON(err error) error {
	var at *json.SemanticError
	if errors.As(err, &at) {
		name := strings.ReplaceAll(strings.TrimPrefix(string(at.JSONPointer), "/"), "/", ".")
		return errs.BadField(cmp.Or(name, "body"), "", "send it as the system does: the value has another type").Because(err)
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return errs.E(errs.Invalid, "the body is not JSON: at byte %d", syntax.ByteOffset).Because(err)
	}
	return errs.E(errs.Invalid, "the body is not JSON, or ends in its middle; send it whole").Because(err)
}
