package api

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Uploads are operations whose body is a stream of any size: it is read as it
// comes and never held whole. So MaxBody does not bind them, their body has no
// deadline as long as it goes on arriving, and an Idempotency-Key, for which a
// body would have to be kept, means nothing to them.

// Patience with an upload: how long it may pause, and how long the rest of one
// that was refused is taken, so that its sender reads why.
const (
	uploadPause = time.Minute
	uploadRest  = 30 * time.Second
)

const uploadMark = "upload"

// AsUpload marks an operation as an upload of a media type.
func AsUpload(o huma.Operation, media, what string) huma.Operation {
	o.Metadata = map[string]any{uploadMark: true}
	o.RequestBody = &huma.RequestBody{Required: true, Description: what,
		Content: map[string]*huma.MediaType{media: {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}
	o.Description += " The body is a stream of any size and is read as it comes; Idempotency-Key means nothing here."
	return o
}

// Upload is embedded in the input of an operation that takes a stream.
type Upload struct{ body io.Reader }

// Resolve implements huma.Resolver.
func (u *Upload) Resolve(c huma.Context) []error { u.body = c.BodyReader(); return nil }

// Reader is the body. An upload that was cut off ends with an error, never with
// io.EOF.
func (u *Upload) Reader() io.Reader { return cutOff{u.body} }

type cutOff struct{ r io.Reader }

func (c cutOff) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	text := "the upload was cut off; nothing was changed, send it again"
	if errors.Is(err, os.ErrDeadlineExceeded) {
		text = "nothing arrived for a minute; nothing was changed, send it again"
	}
	return n, errs.E(errs.Invalid, "%s", text).Because(err)
}

// Uploads serves the uploads of an API with open and all else with next, which
// bounds bodies.
func Uploads(h huma.API, open, next http.Handler) http.Handler {
	paths := map[string]bool{}
	for path, item := range h.OpenAPI().Paths {
		if item.Post != nil && item.Post.Metadata[uploadMark] == true {
			paths[path] = true
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !paths[r.URL.Path] {
			next.ServeHTTP(w, r)
			return
		}
		c := http.NewResponseController(w)
		body := &patient{ReadCloser: r.Body, c: c}
		r.Body = body
		open.ServeHTTP(w, r)
		if body.err != nil {
			return
		}
		// A sender that is still sending when the connection closes may never
		// see the answer.
		body.until = time.Now().Add(uploadRest)
		_, _ = io.Copy(io.Discard, body) // it was refused already
	})
}

// patient moves the deadline of a body with each part that arrives.
type patient struct {
	io.ReadCloser
	c     *http.ResponseController
	until time.Time // the last deadline there is; zero: none
	err   error     // how it ended; nil: there may be more
}

func (p *patient) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	deadline := time.Now().Add(uploadPause)
	if !p.until.IsZero() && deadline.After(p.until) {
		deadline = p.until
	}
	_ = p.c.SetReadDeadline(deadline) // a recorder of a test has none
	n, err := p.ReadCloser.Read(b)
	p.err = err
	return n, err
}
