// Package connecttest holds what the tests of all receivers need: an alert
// practice that keeps what it is given or fails as told, requests against a
// receiver's own routes over a real connection, and golden files.
package connecttest

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Now is the time of all tests.
var Now = time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC)

// Token is the token that Alerts knows.
const Token = "0123456789abcdef0123456789abcdef"

// Alerts keeps events instead of storing them, or fails.
type Alerts struct {
	Fail   error // of Ingest and Beat
	FailAt int   // with Fail: only from this call of Ingest on, counted from 0

	mu     sync.Mutex
	Calls  int
	Events []alert.Event
	Beats  int
	Actor  actor.Actor // of the last call
}

// Authenticate knows Token only.
func (a *Alerts) Authenticate(_ context.Context, kind alert.Kind, token string) (alert.Integration, error) {
	if token != Token {
		return alert.Integration{}, errs.E(errs.Unauthenticated, "unknown token")
	}
	return alert.Integration{ID: 3, Name: "harbour", Kind: kind}, nil
}

// Ingest keeps a copy of the events.
func (a *Alerts) Ingest(ctx context.Context, _ alert.Integration, events []alert.Event) (alert.Receipt, error) {
	who, err := actor.Require(ctx, actor.Ingest)
	if err != nil {
		return alert.Receipt{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.Actor = who
	a.Calls++
	if a.Fail != nil && a.Calls > a.FailAt {
		return alert.Receipt{}, a.Fail
	}
	a.Events = append(a.Events, events...)
	return alert.Receipt{Applied: len(events), Alerts: make([]int64, len(events))}, nil
}

// Beat counts.
func (a *Alerts) Beat(ctx context.Context, _ alert.Integration) error {
	if _, err := actor.Require(ctx, actor.Ingest); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.Beats++
	return a.Fail
}

// Door returns a door to a at Now, with a silent log.
func Door(a *Alerts) *connect.Door {
	d := connect.New(a, slog.New(slog.DiscardHandler))
	d.Now = func() time.Time { return Now }
	return d
}

// Server serves a receiver's routes on a real connection.
func Server(t testing.TB, routes func(mux *http.ServeMux)) *httptest.Server {
	mux := http.NewServeMux()
	routes(mux)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// Post sends a body and returns status, headers and answer. header holds
// names and values in turn.
func Post(t testing.TB, url, body string, header ...string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

var update = flag.Bool("update", false, "write golden files")

// Golden compares v, as JSON, with testdata/<name>; -update writes it.
func Golden(t testing.TB, name string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run go test with -update to write it", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

// Read returns testdata/<name>.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Storable fails unless an event can be stored and meets the limits, whatever
// was sent. Every fuzz test ends with it.
func Storable(t *testing.T, e alert.Event) {
	t.Helper()
	ok := func(what, s string, limit int) {
		if connect.Clean(s) != s {
			t.Errorf("%s %q is not clean text", what, s)
		}
		if len(s) > limit {
			t.Errorf("%s has %d bytes, limit %d", what, len(s), limit)
		}
	}
	ok("dedup", e.Dedup, 255)
	ok("summary", e.Summary, connect.MaxSummary)
	ok("source", e.Source, connect.MaxSource)
	ok("service", e.Service, connect.MaxKey)
	ok("details", string(e.Details), connect.MaxDetails)
	for what, m := range map[string]map[string]string{"label": e.Labels, "annotation": e.Annotations} {
		if len(m) > connect.MaxPairs+16 {
			t.Errorf("%d %ss", len(m), what)
		}
		for k, v := range m {
			ok(what+" name", k, connect.MaxKey)
			ok(what, v, connect.MaxValue)
		}
	}
	for _, l := range e.Links {
		ok("link", l.Href, connect.MaxHref)
		ok("link text", l.Text, 120)
	}
	if e.Details != nil && !json.Valid(e.Details) {
		t.Errorf("details are no JSON: %q", e.Details)
	}
	switch e.Action {
	case alert.Trigger, alert.Acknowledge, alert.Resolve, alert.Amend:
	default:
		t.Errorf("action %q", e.Action)
	}
	switch e.Severity {
	case "", alert.Critical, alert.Error, alert.Warning, alert.Info:
	default:
		t.Errorf("severity %q", e.Severity)
	}
	for _, at := range []time.Time{e.StartsAt, e.EndsAt} {
		if !at.IsZero() && (at.Year() < 1990 || at.After(Now.AddDate(11, 0, 0))) {
			t.Errorf("time %v", at)
		}
	}
}
