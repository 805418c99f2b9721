package otlp

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// body is a request's body, unpacked, in memory that counts against what all
// bodies may take together.
type body struct {
	bytes []byte
	a     *Aggregator
	held  int64
}

const (
	firstBody = 32 << 10
	keepBody  = 1 << 20 // larger buffers are not kept for reuse
)

var (
	bodies   = sync.Pool{New: func() any { b := make([]byte, 0, firstBody); return &b }}
	unzipped sync.Pool // *gzip.Reader
)

// The causes by which the answer's status is chosen.
var (
	errTooLarge = errors.New("body too large")
	errEncoding = errors.New("content encoding")
	errMedia    = errors.New("content type")
)

func (b *body) close() {
	b.a.inFlight.Add(-b.held)
	if cap(b.bytes) > 0 && cap(b.bytes) <= keepBody {
		keep := b.bytes[:0]
		bodies.Put(&keep)
	}
	b.bytes, b.held = nil, 0
}

// patience is how long a body may take to arrive.
const patience = 20 * time.Second

// read reads and unpacks a request's body within the limit, which holds for
// what comes out: a small body can unpack to anything.
func (a *Aggregator) read(w http.ResponseWriter, r *http.Request) (*body, error) {
	if r.ContentLength > a.opt.MaxBody {
		return nil, a.tooLarge()
	}
	// ErrNotSupported only in tests with a recorder; a real connection has deadlines.
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(patience))
	defer func() { _ = c.SetReadDeadline(time.Time{}) }()
	var src io.Reader = http.MaxBytesReader(w, r.Body, a.opt.MaxBody)
	switch e := r.Header.Get("Content-Encoding"); e {
	case "", "identity":
	case "gzip":
		z, _ := unzipped.Get().(*gzip.Reader)
		var err error
		if z == nil {
			z, err = gzip.NewReader(src)
		} else {
			err = z.Reset(src)
		}
		if err != nil {
			return nil, broken(err, a)
		}
		defer unzipped.Put(z)
		src = z
	default:
		return nil, errs.BadField("Content-Encoding", e, "send gzip or nothing: in the collector's exporter set compression: gzip").Because(errEncoding)
	}
	b := &body{a: a, bytes: (*bodies.Get().(*[]byte))[:0]}
	if err := b.fill(src); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *body) fill(src io.Reader) error {
	if !b.hold(int64(cap(b.bytes))) {
		return busy()
	}
	for {
		if len(b.bytes) == cap(b.bytes) {
			size := min(2*int64(cap(b.bytes)), b.a.opt.MaxBody+512)
			if !b.hold(size - int64(cap(b.bytes))) {
				return busy()
			}
			b.bytes = append(make([]byte, 0, size), b.bytes...)
		}
		n, err := src.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		if int64(len(b.bytes)) > b.a.opt.MaxBody {
			return b.a.tooLarge()
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return broken(err, b.a)
		}
	}
}

// hold takes n bytes of the common budget.
func (b *body) hold(n int64) bool {
	if b.a.inFlight.Add(n) > b.a.opt.InFlight {
		b.a.inFlight.Add(-n)
		return false
	}
	b.held += n
	return true
}

func busy() error {
	return errs.E(errs.Limited, "too many traces are being received at once; send this request again").After(2 * time.Second)
}

func (a *Aggregator) tooLarge() error {
	return errs.E(errs.Invalid, "the request is larger than %d bytes unpacked, the limit of this address: set send_batch_max_size in the collector's batch processor, or raise the limit",
		a.opt.MaxBody).Because(errTooLarge)
}

func broken(err error, a *Aggregator) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return a.tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errs.E(errs.Unavailable, "the body arrived too slowly; send it again").Because(err)
	}
	return errs.E(errs.Invalid, "the body ended early or is not what Content-Encoding says; send it whole").Because(err)
}
