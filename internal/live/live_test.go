package live

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
)

// open starts a server on the hub and a stream as the role; lines yields the
// stream line by line.
func open(t *testing.T, h *Hub, role actor.Role) (lines *bufio.Scanner, res *http.Response) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if role != "" {
			r = r.WithContext(actor.With(r.Context(), actor.Actor{Kind: actor.User, ID: 1, Role: role}))
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	req, _ := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return bufio.NewScanner(res.Body), res
}

// event reads the next event's name and data.
func event(t *testing.T, s *bufio.Scanner) string {
	t.Helper()
	var name string
	for s.Scan() {
		if n, ok := strings.CutPrefix(s.Text(), "event: "); ok {
			name = n
		}
		if d, ok := strings.CutPrefix(s.Text(), "data: "); ok {
			return name + " " + d
		}
	}
	return "end"
}

func TestStream(t *testing.T) {
	h := New(nil)
	lines, res := open(t, h, actor.Responder)
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type %q", got)
	}
	lines.Scan() // retry: the listener is in place
	h.Publish([]Change{{"INC-2", 5}, {"INC-1", 3}, {"INC-1", 4}})
	got := []string{event(t, lines), event(t, lines)}
	want := []string{`change {"record":"INC-1","version":4}`, `change {"record":"INC-2","version":5}`}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
	h.Close()
	if got := event(t, lines); got != "end" {
		t.Errorf("after Close the stream says %q", got)
	}
}

func TestHiddenRecords(t *testing.T) {
	h := New(func(_ context.Context, keys []string) (map[string]bool, error) {
		out := map[string]bool{}
		for _, k := range keys {
			out[k] = k != "INC-7"
		}
		return out, nil
	})
	lines, _ := open(t, h, actor.Requester)
	lines.Scan()
	h.Publish([]Change{{"INC-7", 1}, {"INC-8", 1}})
	if got := event(t, lines); got != `change {"record":"INC-8","version":1}` {
		t.Errorf("got %q", got)
	}
}

func TestOverflowAndDoubtResync(t *testing.T) {
	var many []Change
	for i := range pendingMost + 1 {
		many = append(many, Change{fmt.Sprintf("ALR-%d", i), 1})
	}
	fails := func(context.Context, []string) (map[string]bool, error) { return nil, errors.New("database away") }
	for name, h := range map[string]*Hub{"overflow": New(nil), "doubt": New(fails)} {
		lines, _ := open(t, h, actor.Admin)
		lines.Scan()
		changes := many
		if name == "doubt" {
			changes = many[:1]
		}
		h.Publish(changes)
		if got := event(t, lines); got != "resync {}" {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestRefused(t *testing.T) {
	h := New(nil)
	if _, res := open(t, h, ""); res.StatusCode != 401 {
		t.Errorf("nobody: %d", res.StatusCode)
	}
	if _, res := open(t, h, actor.Machine); res.StatusCode != 403 {
		t.Errorf("integration: %d", res.StatusCode)
	}
	h.Close()
	if _, res := open(t, h, actor.Admin); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("closed: %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
	}
	if n := h.Listeners(); n != 0 {
		t.Errorf("%d listeners are left", n)
	}
}
