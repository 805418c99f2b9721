package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// maxKey is the longest Idempotency-Key in bytes; maxAnswer the longest answer
// that is kept for a repeat.
const (
	maxKey    = 255
	maxAnswer = 1 << 20
)

// Once makes POSTs with an Idempotency-Key take effect once for each actor and
// key: a repeat gets the first answer, the same key with another body is
// refused with 422 (draft-ietf-httpapi-idempotency-key-header, section 2.7).
// The key is noted in the transaction of the effect. If the program died
// before the answer was kept, a repeat gets 409: done, but look at the record.
func Once(d *db.DB, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		key := r.Header.Get("Idempotency-Key")
		who, known := actor.From(r.Context())
		if r.Method != http.MethodPost || key == "" || !known {
			next.ServeHTTP(w, r)
			return
		}
		if len(key) > maxKey {
			WriteProblem(w, errs.BadField("Idempotency-Key", key, "at most 255 bytes; a UUID is good"))
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			writeProblem(w, bodyProblem(err))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		sum := sha256.New()
		io.WriteString(sum, r.Method+" "+r.URL.RequestURI()+"\n")
		sum.Write(body)
		request := sum.Sum(nil)

		old, err := findAnswer(r.Context(), d, who, key)
		if err != nil {
			WriteProblem(w, err)
			return
		}
		if old != nil {
			replay(w, old, request)
			return
		}
		busy := false // another request with the key was faster: its answer counts, not ours
		ctx := db.WithGuard(r.Context(), func(tx *db.Tx) error {
			err := noteKey(tx, who, key, request)
			busy = errs.Is(err, errs.Conflict)
			return err
		})
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(rec, r.WithContext(ctx))
		// An answer that must not be stored, such as a token's secret, is not
		// kept either: a repeat gets 409.
		secret := strings.Contains(rec.Header().Get("Cache-Control"), "no-store")
		if rec.status < 500 && rec.body.Len() <= maxAnswer && !secret && !busy {
			header, _ := json.Marshal(map[string]string{"Content-Type": rec.Header().Get("Content-Type"), "ETag": rec.Header().Get("ETag"), "Location": rec.Header().Get("Location")})
			// Lost only if the database fails right now; then a repeat gets 409.
			keepAnswer(context.WithoutCancel(r.Context()), d, who, key, request, &answer{rec.status, string(header), rec.body.Bytes(), nil})
		}
	})
}

func replay(w http.ResponseWriter, old *answer, request []byte) {
	switch {
	case !bytes.Equal(old.request, request):
		WriteProblem(w, errs.BadField("Idempotency-Key", "", "this key was used for another request; use a new key"))
	case old.status == 0:
		WriteProblem(w, errs.E(errs.Conflict, "a request with this Idempotency-Key took effect, but its answer was not kept; read the record instead of repeating"))
	default:
		var header map[string]string
		json.Unmarshal([]byte(old.header), &header)
		for k, v := range header {
			if v != "" {
				w.Header().Set(k, v)
			}
		}
		w.Header().Set("Idempotency-Replayed", "true")
		w.WriteHeader(old.status)
		w.Write(old.body)
	}
}

// WriteProblem answers with a problem outside of an operation.
func WriteProblem(w http.ResponseWriter, err error) { writeProblem(w, NewProblem(err)) }

func writeProblem(w http.ResponseWriter, p *Problem) {
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

// bodyProblem is 413 for a body that is too large, as without a key.
func bodyProblem(err error) *Problem {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		p := NewProblem(errs.BadField("body", "", "at most 8 MiB"))
		p.Status = http.StatusRequestEntityTooLarge
		return p
	}
	return NewProblem(errs.E(errs.Invalid, "the request's body ended early, or came too slowly; send it whole"))
}

// recorder keeps a copy of the answer.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int) { r.status = status; r.ResponseWriter.WriteHeader(status) }

func (r *recorder) Write(b []byte) (int, error) {
	if r.body.Len() <= maxAnswer {
		r.body.Write(b)
	}
	return r.ResponseWriter.Write(b)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
