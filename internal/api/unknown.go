package api

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Unknown answers a problem where the mux has no operation, for an unknown
// address or for one that takes other methods; next serves what it has.
func Unknown(mux *http.ServeMux, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own, pattern := mux.Handler(r)
		if pattern != "" {
			next.ServeHTTP(w, r)
			return
		}
		answer := &plain{header: http.Header{}}
		own.ServeHTTP(answer, r)
		switch answer.status {
		case http.StatusNotFound:
			WriteProblem(w, errs.E(errs.NotFound, "there is nothing at this address; /api/docs lists all operations"))
		case http.StatusMethodNotAllowed:
			allow := answer.header.Get("Allow")
			w.Header().Set("Allow", allow)
			writeProblem(w, notAllowed(r.Method, allow))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// plain takes the mux's own answer, of which only status and headers count.
type plain struct {
	header http.Header
	status int
}

func (p *plain) Header() http.Header         { return p.header }
func (p *plain) Write(b []byte) (int, error) { return len(b), nil }
func (p *plain) WriteHeader(status int)      { p.status = status }
