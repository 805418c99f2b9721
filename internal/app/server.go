package app

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/config"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Serve listens and serves until ctx ends, then stops gracefully: /readyz
// turns red first, requests under way get cfg.Drain to finish, then the work
// behind them stops. ready, if not nil, hears the address when it listens.
func (a *App) Serve(ctx context.Context, ready func(addr net.Addr)) error {
	listener, err := net.Listen("tcp", a.cfg.Listen)
	if err != nil {
		return errs.E(errs.Unavailable, "cannot listen on %s; is another program there? name another address with --listen", a.cfg.Listen).Because(err)
	}
	server := &http.Server{
		Handler:           a.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug), // broken TLS greetings and the like
		BaseContext:       func(net.Listener) context.Context { return a.base },
	}
	if a.cfg.TLSCert != "" {
		pair := &certificate{cert: a.cfg.TLSCert, key: a.cfg.TLSKey}
		if _, err := pair.get(nil); err != nil {
			listener.Close()
			return errs.BadField("tls-cert", a.cfg.TLSCert, "a PEM certificate that fits --tls-key").Because(err)
		}
		server.TLSConfig = &tls.Config{GetCertificate: pair.get, MinVersion: tls.VersionTLS12}
		listener = tls.NewListener(listener, server.TLSConfig)
	}
	if err := a.listenTraces(); err != nil {
		listener.Close()
		return err
	}
	a.Start()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if ready != nil {
		ready(listener.Addr())
	}
	select {
	case err := <-failed:
		return errs.Wrap("app.serve", err)
	case <-ctx.Done():
	}
	a.log.Info("stopping: no new requests, waiting for those under way", "at_most", a.cfg.Drain)
	a.draining.Store(true)
	a.hub.Close() // event streams would hold the stop for ever
	drain, cancel := context.WithTimeout(context.Background(), a.cfg.Drain)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		server.Close()
		a.log.Warn("some requests did not finish in time", "error", err)
	}
	return nil
}

// frame is what every request passes first: where it comes from, its id, its
// log line, and a recovered panic.
func (a *App) frame(next http.Handler) http.Handler {
	trusted := prefixes(a.cfg)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		fromProxy(r, trusted)
		id := rand.Text()[:16]
		w.Header().Set("X-Request-Id", id)
		sw := &statusWriter{ResponseWriter: w}
		pattern := ""
		r = r.WithContext(context.WithValue(r.Context(), routeKey{}, &pattern))
		patiently(w, r)
		defer func() {
			if pattern == "" {
				pattern = r.Pattern
			}
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				a.log.Error("panic in a request", "route", route(pattern), "request", id, "panic", fmt.Sprint(p), "stack", stack())
				if sw.status == 0 {
					http.Error(sw, "Something went wrong on our side; it is in the log under "+id, http.StatusInternalServerError)
				}
			} else if p != nil {
				panic(p)
			}
			a.metrics.request(r.Method, pattern, sw.code(), time.Since(start))
			level := slog.LevelDebug
			if sw.code() >= 500 {
				level = slog.LevelWarn
			}
			a.log.Log(r.Context(), level, "request", "method", r.Method, "route", route(pattern), "status", sw.code(), "ms", float64(time.Since(start).Microseconds())/1000, "request", id)
		}()
		next.ServeHTTP(sw, r)
	})
}

// route is what the log says of a request: the pattern, never the path, because
// paths of receivers and of links in messages hold secrets.
func route(pattern string) string {
	if pattern == "" || pattern == "/" {
		return "other"
	}
	return pattern
}

type routeKey struct{}

// noteRoute tells frame which pattern of a mux within the first one answered;
// the innermost is the most exact, and returns first.
func noteRoute(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p, ok := r.Context().Value(routeKey{}).(*string); ok && *p == "" {
				*p = r.Pattern
			}
		}()
		mux.ServeHTTP(w, r)
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

// Unwrap lets http.ResponseController reach deadlines and flushing.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// fromProxy takes the address and scheme from a trusted proxy's headers. The
// right-most address that is not a trusted proxy is the client: what stands
// left of it may be made up.
func fromProxy(r *http.Request, trusted []netip.Prefix) {
	if len(trusted) == 0 {
		return
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !within(peer.Addr(), trusted) {
		return
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		addr, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		r.RemoteAddr = netip.AddrPortFrom(addr, 0).String()
		if !within(addr, trusted) {
			break
		}
	}
}

func within(a netip.Addr, nets []netip.Prefix) bool {
	for _, n := range nets {
		if n.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

func prefixes(c config.Config) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range c.Proxies {
		if n, err := netip.ParsePrefix(p); err == nil { // Check refused the others
			out = append(out, n)
		}
	}
	return out
}

// certificate serves the pair in the files and reads them again when they
// change, so that a renewed certificate needs no restart.
type certificate struct {
	cert, key string
	mu        sync.Mutex
	pair      *tls.Certificate
	read      time.Time // modification time of the certificate file as read
	looked    time.Time
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pair != nil && time.Since(c.looked) < 10*time.Second {
		return c.pair, nil
	}
	c.looked = time.Now()
	info, err := os.Stat(c.cert)
	if err == nil && c.pair != nil && info.ModTime().Equal(c.read) {
		return c.pair, nil
	}
	pair, loadErr := tls.LoadX509KeyPair(c.cert, c.key)
	if err = errors.Join(err, loadErr); err != nil {
		if c.pair != nil {
			return c.pair, nil // half-written renewal: the old pair serves on
		}
		return nil, err
	}
	c.pair, c.read = &pair, info.ModTime()
	return c.pair, nil
}
