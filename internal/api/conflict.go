package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Change is who made a record what it is now, and when.
type Change struct {
	By string    // a name that every reader of the record may see
	At time.Time // UTC
}

// LastChange finds the change that brought a record, named by its key like
// "SVC checkout", to a version. It is asked only for records that the actor
// has just been shown. False: it is not known.
type LastChange func(ctx context.Context, record string, version int64) (Change, bool)

type lastChangeKey struct{}

// Blame lets operations say in an edit conflict who was faster.
func Blame(find LastChange, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), lastChangeKey{}, find)))
	})
}

// conflicts adds to the 409 of a stale edit what is stored now, so that both
// versions are in sight: it asks the record's own GET, as the same actor. So
// every operation with If-Match has it, and it can show nothing that the actor
// may not read.
type conflicts struct{ mux *http.ServeMux }

// maxCurrent is the longest record that is repeated in a problem, in bytes;
// a longer one is read by its own GET.
const maxCurrent = 512 << 10

// show is a transformer of answers.
func (c conflicts) show(ctx huma.Context, _ string, v any) (any, error) {
	f, ok := v.(*failure)
	seen := ctx.Header("If-Match")
	if !ok || f.Status != http.StatusConflict || seen == "" {
		return v, nil
	}
	now := c.get(ctx)
	etag := now.header.Get("ETag")
	if now.status != http.StatusOK || etag == "" || now.body.Len() > maxCurrent || bare(etag) == bare(seen) {
		return v, nil // refused for another reason, such as a name that is taken
	}
	f.Current, f.CurrentETag = json.RawMessage(bytes.TrimSpace(now.body.Bytes())), etag
	if find, ok := ctx.Context().Value(lastChangeKey{}).(LastChange); ok && f.Record != "" {
		if version, err := Version(etag); err == nil {
			if change, ok := find(ctx.Context(), f.Record, version); ok {
				f.ChangedBy, f.ChangedAt = change.By, &change.At
			}
		}
	}
	return v, nil
}

// get asks the record at the address of an edit, or of what the edit is a part
// of: PUT /incidents/INC-7/visibility edits INC-7.
func (c conflicts) get(ctx huma.Context) *kept {
	out := &kept{plain: plain{header: http.Header{}}}
	u := ctx.URL()
	for _, p := range []string{u.Path, path.Dir(u.Path)} {
		r := (&http.Request{Method: http.MethodGet, URL: &url.URL{Path: p}, Host: ctx.Host(), Header: http.Header{}, Body: http.NoBody}).WithContext(ctx.Context())
		if _, pattern := c.mux.Handler(r); strings.HasPrefix(pattern, "GET /api/v1/") {
			c.mux.ServeHTTP(out, r)
			return out
		}
	}
	return out
}

// kept is an answer that goes nowhere yet.
type kept struct {
	plain
	body bytes.Buffer
}

func (k *kept) Write(b []byte) (int, error) {
	if k.status == 0 {
		k.status = http.StatusOK
	}
	return k.body.Write(b)
}

func bare(etag string) string {
	return strings.Trim(strings.TrimPrefix(strings.TrimSpace(etag), "W/"), `"`)
}

// notAllowed is the answer to a method that an address does not take.
func notAllowed(method, allow string) *Problem {
	p := NewProblem(errs.E(errs.NotFound, "this address does not take %s; it takes %s", errs.Short(method), allow))
	p.Type, p.Title, p.Status = problemType+"method-not-allowed", "Method not allowed", http.StatusMethodNotAllowed
	return p
}
