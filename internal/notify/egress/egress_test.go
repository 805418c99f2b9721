package egress

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/notify"
)

func TestGuard(t *testing.T) {
	for addr, ok := range map[string]bool{
		"203.0.113.7": true, "10.1.2.3": true, "192.168.1.1": true, "2001:db8::1": true, "fd12:3456::1": true, "172.16.0.1": true,
		"169.254.169.254": false, "169.254.0.1": false, "fe80::1": false, "fe80::1%eth0": false, // link-local
		"::ffff:169.254.169.254": false, "64:ff9b::a9fe:a9fe": false, // the same in disguise
		"fd00:ec2::254": false, "fd20:ce::254": false, "100.100.100.200": false, "168.63.129.16": false, "192.0.0.192": false,
		"127.0.0.1": false, "127.9.9.9": false, "::1": false, "::ffff:127.0.0.1": false, "64:ff9b::7f00:1": false,
		"0.0.0.0": false, "0.1.2.3": false, "::": false, "224.0.0.1": false, "ff02::1": false, "255.255.255.255": false,
	} {
		if err := (Guard{}).Check(netip.MustParseAddr(addr)); (err == nil) != ok {
			t.Errorf("%s: %v, want let through: %v", addr, err, ok)
		}
	}
	if err := (Guard{Loopback: true}).Check(netip.MustParseAddr("127.0.0.1")); err != nil {
		t.Error(err)
	}
	meta := netip.MustParsePrefix("169.254.169.254/32")
	if err := (Guard{Allow: []netip.Prefix{meta}}).Check(meta.Addr()); err != nil {
		t.Errorf("an allowed address: %v", err)
	}
	if err := (Guard{Allow: []netip.Prefix{meta}, Only: true}).Check(netip.MustParseAddr("203.0.113.7")); err == nil {
		t.Error("Only lets others through")
	}
}

func post(t *testing.T, g Guard, url string, secrets ...string) *notify.Failure {
	t.Helper()
	err := Post(context.Background(), g.Client(), url, http.Header{}, []byte("{}"), secrets...)
	if err == nil {
		return nil
	}
	var f *notify.Failure
	if !errors.As(err, &f) {
		t.Fatalf("%T: %v", err, err)
	}
	return f
}

// A name that resolves to a refused address is refused like the address.
func TestNamesAreGuardedAfterResolution(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	defer srv.Close()
	f := post(t, Guard{}, strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)+"/SECRETPATH")
	if f == nil || !f.Permanent || !strings.Contains(f.Text, "this machine itself") || strings.Contains(f.Text, "SECRETPATH") {
		t.Errorf("%+v", f)
	}
}

func TestAnswers(t *testing.T) {
	var status int
	var header http.Header
	var body string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for k, v := range header {
			w.Header()[k] = v
		}
		w.WriteHeader(status)
		w.Write([]byte(body))
	}))
	defer srv.Close()
	for code, permanent := range map[int]bool{301: true, 400: true, 401: true, 403: true, 404: true, 410: true, 413: true, 408: false, 425: false, 429: false, 500: false, 502: false, 503: false, 504: false} {
		status, header, body = code, nil, "no"
		if f := post(t, Guard{Loopback: true}, srv.URL); f == nil || f.Permanent != permanent {
			t.Errorf("%d: %+v, want permanent: %v", code, f, permanent)
		}
	}
	for _, code := range []int{200, 201, 202, 204} {
		status, body = code, ""
		if f := post(t, Guard{Loopback: true}, srv.URL); f != nil {
			t.Errorf("%d: %+v", code, f)
		}
	}
	status, header = 503, http.Header{"Retry-After": {"7"}}
	body = "token whsec_abc in /in/SECRET?x=1 is bad\x00\x1b[31m\n\n" + strings.Repeat("long ", 100_000)
	f := post(t, Guard{Loopback: true}, srv.URL+"/in/SECRET?x=1", "whsec_abc")
	if f.After != 7*time.Second || len(f.Text) > 600 || strings.ContainsAny(f.Text, "\x00\x1b\n") || strings.Contains(f.Text, "whsec_abc") || strings.Contains(f.Text, "SECRET") {
		t.Errorf("after %v: %q", f.After, f.Text)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 6, 14, 0, 0, 0, time.UTC)
	for s, want := range map[string]time.Duration{"": 0, "0": 0, "-5": 0, "x": 0, "120": 2 * time.Minute, "99999999": 24 * time.Hour,
		"Fri, 06 Mar 2026 14:00:30 GMT": 30 * time.Second, "Fri, 06 Mar 2026 13:00:00 GMT": 0, "Fri, 06 Mar 2099 13:00:00 GMT": 24 * time.Hour} {
		if got := retryAfter(s, now); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	stop := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-stop }))
	defer srv.Close()
	defer close(stop)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := Post(ctx, Guard{Loopback: true}.Client(), srv.URL, http.Header{}, nil)
	var f *notify.Failure
	if !errors.As(err, &f) || f.Permanent || f.Text != "no answer in time" {
		t.Errorf("%v", err)
	}
	f = post(t, Guard{}, "http://no-such-host.invalid/SECRETPATH")
	if f.Permanent || strings.Contains(f.Text, "SECRETPATH") || !strings.Contains(f.Text, "no-such-host.invalid") {
		t.Errorf("%+v", f)
	}
}
