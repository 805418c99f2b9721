package app

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

// Only a trusted proxy's word about the client is believed, and only back to
// the first address that is not a trusted proxy itself.
func TestFromProxy(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct{ peer, forwarded, want string }{
		{"10.1.1.1:99", "203.0.113.7", "203.0.113.7:0"},
		{"10.1.1.1:99", "198.51.100.1, 203.0.113.7", "203.0.113.7:0"},
		{"10.1.1.1:99", "203.0.113.7, 10.2.2.2", "203.0.113.7:0"},
		{"192.0.2.9:99", "203.0.113.7", "192.0.2.9:99"},
		{"10.1.1.1:99", "made up", "10.1.1.1:99"},
		{"10.1.1.1:99", "", "10.1.1.1:99"},
		{"[::ffff:10.1.1.1]:99", "2001:db8::1", "[2001:db8::1]:0"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		r.Header.Set("X-Forwarded-For", c.forwarded)
		if fromProxy(r, trusted); r.RemoteAddr != c.want {
			t.Errorf("from %s, forwarded for %q: %s, want %s", c.peer, c.forwarded, r.RemoteAddr, c.want)
		}
	}
}

func TestRouteNamesNoSecret(t *testing.T) {
	mux := http.NewServeMux()
	var got string
	mux.HandleFunc("POST /heartbeat/{token}", func(w http.ResponseWriter, r *http.Request) { got = route(r.Pattern) })
	mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/heartbeat/secret", nil))
	if got != "POST /heartbeat/{token}" {
		t.Errorf("the log would say %q", got)
	}
}
