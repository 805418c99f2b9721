package main

import (
	"io"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/evenkeel/evenkeel/internal/db/dbbench"
)

// baseline measures what the machine can do at all.
func (b *bench) baseline() error {
	var err error
	if b.inserts, err = dbbench.RawInserts(filepath.Join(b.dir, "raw.db"), 64, b.seconds/2); err != nil {
		return err
	}
	b.add("baseline: raw group-commit inserts, 64 writers, flushed", perSecond(b.inserts), "", "100 %")

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		w.Write(body)
	})}
	go srv.Serve(l)
	defer srv.Close()
	body := pagerduty("0123456789abcdef0123456789abcdef", "key", "trigger")
	r, err := load(b.ctx, l.Addr().String(), 64, b.seconds/2, func(buf []byte, n int) []byte { return post(buf, "/", "", body) })
	if err != nil {
		return err
	}
	b.requests = r.rate()
	b.add("baseline: net/http echo, 64 clients", perSecond(b.requests), "", "100 %")
	return nil
}
