package connect

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

const (
	maxInFlight = 64 << 20    // bytes of all bodies in memory at once
	firstRead   = 16 << 10    // buffer to start with when the length is not said
	keepBuffer  = 1 << 20     // larger buffers are not kept for reuse
	readPerMiB  = time.Second // added to Door.Patience for each MiB of a body's limit
)

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, firstRead); return &b }}

// Body is a request's body in memory. Bytes is valid until Close.
type Body struct {
	Bytes []byte
	door  *Door
	buf   *[]byte
	held  int64
}

// Close gives the memory back. Nothing may refer to Bytes afterwards.
func (b *Body) Close() {
	if b.buf == nil {
		return
	}
	b.door.inFlight.Add(-b.held)
	if cap(*b.buf) <= keepBuffer {
		*b.buf = (*b.buf)[:0]
		buffers.Put(b.buf)
	}
	b.buf, b.Bytes = nil, nil
}

// Read reads a body of at most limit bytes within a deadline, so that a slow
// or endless sender holds a connection, not the process. Errors: Invalid with
// the limit when the body is too large or compressed (wrapped in TooLarge for
// the status), Unavailable when it came too slowly or too many bodies are in
// flight, so that a sender which retries does.
func (d *Door) Read(w http.ResponseWriter, r *http.Request, limit int64) (*Body, error) {
	b, err := d.read(http.NewResponseController(w), r, limit)
	if err != nil {
		w.Header().Set("Connection", "close") // do not wait for the rest of the body
		return nil, err
	}
	return b, nil
}

func (d *Door) read(c *http.ResponseController, r *http.Request, limit int64) (*Body, error) {
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, errs.BadField("Content-Encoding", e, "send the body uncompressed")
	}
	if r.ContentLength > limit {
		return nil, tooLarge(r.ContentLength, limit)
	}
	// ErrNotSupported only in tests with a recorder; a real connection has deadlines.
	_ = c.SetReadDeadline(time.Now().Add(d.Patience + time.Duration(limit>>20)*readPerMiB))
	b := &Body{door: d, buf: buffers.Get().(*[]byte)}
	if err := b.fill(r.Body, r.ContentLength, limit); err != nil {
		b.Close()
		return nil, err
	}
	// The server reads ahead on the connection while the handler works; an old
	// deadline would cancel the request's context then.
	_ = c.SetReadDeadline(time.Time{})
	return b, nil
}

// fill reads to the end, growing step by step: memory follows what arrived,
// not what a Content-Length promises.
func (b *Body) fill(r io.Reader, length, limit int64) error {
	buf := (*b.buf)[:0]
	if !b.hold(int64(cap(buf))) {
		return busy()
	}
	for {
		if len(buf) == cap(buf) {
			size := 2 * cap(buf)
			if length > 0 && int64(size) > length {
				size = max(int(length)+1, cap(buf)+512)
			}
			if !b.hold(int64(size - cap(buf))) {
				return busy()
			}
			grown := make([]byte, len(buf), size)
			copy(grown, buf)
			buf = grown
			*b.buf = buf
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if int64(len(buf)) > limit {
			return tooLarge(-1, limit)
		}
		switch {
		case err == io.EOF:
			*b.buf, b.Bytes = buf, buf
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return errs.E(errs.Unavailable, "the body arrived too slowly; send it again").Because(err)
		case err != nil:
			return errs.E(errs.Invalid, "the body ended before its stated length; send it whole").Because(err)
		}
	}
}

// InFlight is how many bytes of bodies are in memory now, for metrics.
func (d *Door) InFlight() int64 { return d.inFlight.Load() }

// hold takes n bytes of the common budget.
func (b *Body) hold(n int64) bool {
	if b.door.inFlight.Add(n) > maxInFlight {
		b.door.inFlight.Add(-n)
		return false
	}
	b.held += n
	return true
}

func busy() error {
	return errs.E(errs.Unavailable, "too many large bodies are being received; send this one again").After(2 * time.Second)
}

// errTooLarge marks the cause of an error that is answered with 413.
var errTooLarge = errors.New("body too large")

func tooLarge(size, limit int64) error {
	e := errs.E(errs.Invalid, "the body is larger than %d bytes, the limit of this address; send fewer alerts at once", limit)
	if size > 0 {
		e = errs.E(errs.Invalid, "the body has %d bytes; the limit of this address is %d bytes; send fewer alerts at once", size, limit)
	}
	return e.Because(errTooLarge)
}

func tooMany() error {
	return errs.E(errs.Invalid, "a list in the body has more than %d entries, the limit of one request; nothing was applied; send fewer alerts at once", MaxAlerts).
		Because(errTooLarge)
}
