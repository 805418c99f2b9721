// Package egress posts to addresses that people configured, without becoming
// their way into the network it stands in.
//
// Whoever may configure a channel chooses where this server sends requests. The
// guard therefore looks at the address that is dialled, after name resolution,
// so that neither a clever name nor a rebinding one passes: link-local
// addresses (cloud metadata stands there), known metadata services elsewhere,
// multicast and unspecified ones are refused, and loopback unless allowed.
// Private networks are let through, because receivers in one's own network are
// the normal case for a self-hosted server; an allow list can narrow that, and
// it also is what lets a refused address through. Redirects are not followed
// (Standard Webhooks, "Delivery success and failure") and no proxy from the
// environment is used, since the guard would see only the proxy.
//
// Failures say in words what happened, without the address's path, its query
// or any secret, and whether trying again makes sense.
package egress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/evenkeel/evenkeel/internal/notify"
)

// Guard decides which addresses may be dialled.
type Guard struct {
	Loopback bool           // let requests to this machine through: for the demo and tests
	Allow    []netip.Prefix // always let through
	Only     bool           // refuse everything that Allow does not name
}

// metadata are services that hand out credentials to whoever asks from inside
// a cloud, outside the link-local range.
var metadata = map[netip.Addr]string{
	netip.MustParseAddr("fd00:ec2::254"):   "AWS",
	netip.MustParseAddr("fd20:ce::254"):    "Google Cloud",
	netip.MustParseAddr("100.100.100.200"): "Alibaba Cloud",
	netip.MustParseAddr("168.63.129.16"):   "Azure",
	netip.MustParseAddr("192.0.0.192"):     "Oracle Cloud",
}

var (
	thisNetwork = netip.MustParsePrefix("0.0.0.0/8")
	nat64       = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052: an IPv4 address in the last 32 bits
)

// Check returns a *Refused when the address may not be dialled.
func (g Guard) Check(a netip.Addr) error {
	a = a.Unmap().WithZone("")
	for _, p := range g.Allow {
		if p.Contains(a) {
			return nil
		}
	}
	if g.Only {
		return &Refused{a, "it is not on the list of allowed addresses"}
	}
	if nat64.Contains(a) {
		b := a.As16()
		return g.Check(netip.AddrFrom4([4]byte(b[12:])))
	}
	switch cloud, isMeta := metadata[a]; {
	case isMeta:
		return &Refused{a, "it is the metadata service of " + cloud}
	case a.IsLinkLocalUnicast():
		return &Refused{a, "it is link-local, where cloud metadata services stand"}
	case a.IsMulticast() || a.IsUnspecified() || thisNetwork.Contains(a) || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return &Refused{a, "it is no address of one receiver"}
	case a.IsLoopback() && !g.Loopback:
		return &Refused{a, "it is this machine itself"}
	}
	return nil
}

// Refused is an address that may not be dialled.
type Refused struct {
	Addr netip.Addr
	Why  string
}

func (r *Refused) Error() string {
	return fmt.Sprintf("the address leads to %s, which is refused: %s. An admin can allow it in the configuration", r.Addr, r.Why)
}

// control checks each address right before it is dialled.
func (g Guard) control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	return g.Check(ap.Addr())
}

// Client returns an HTTP client behind the guard. The caller's context bounds
// each request; connecting and the wait for an answer have limits of their own.
func (g Guard) Client() *http.Client {
	d := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second, Control: g.control}
	return &http.Client{
		Timeout:       15 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: d.DialContext, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 14 * time.Second,
			MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 16, IdleConnTimeout: 60 * time.Second, ForceAttemptHTTP2: true,
		},
	}
}

// Post sends a body and returns nil when the receiver took it (any 2xx), else a
// *notify.Failure. Secrets are taken out of what the receiver says.
func Post(ctx context.Context, c *http.Client, address string, header http.Header, body []byte, secrets ...string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return &notify.Failure{Text: "the channel's address is not a URL", Permanent: true}
	}
	req.Header = header
	_, err = Do(c, req, secrets...)
	return err
}

// Do sends a request and returns what the receiver said, at most its first
// 2,048 bytes. The error is nil when it took the request (any 2xx), else an
// *Answer when it answered, else a *notify.Failure.
func Do(c *http.Client, req *http.Request, secrets ...string) ([]byte, error) {
	return Fetch(c, req, 2048, secrets...)
}

// Fetch is Do for an answer of at most limit bytes; what is longer is cut there.
func Fetch(c *http.Client, req *http.Request, limit int64, secrets ...string) ([]byte, error) {
	req.Header.Set("User-Agent", "Evenkeel (+https://github.com/evenkeel/evenkeel)")
	res, err := c.Do(req)
	if err != nil {
		return nil, network(err)
	}
	defer res.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(res.Body, limit)) // what came before an error is enough
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		notify.Answer(req.Context(), fmt.Sprintf("HTTP %d %s", res.StatusCode, http.StatusText(res.StatusCode)))
		return said, nil
	}
	return said, &Answer{answer(res, string(said[:min(len(said), 2048)]), append(secrets, req.URL.RequestURI(), req.URL.Path)), res.StatusCode}
}

// Answer is a refusal with its HTTP status, for transports whose services give
// statuses a meaning of their own. It is a *notify.Failure to errors.As.
type Answer struct {
	*notify.Failure
	Status int
}

// Unwrap is the failure.
func (a *Answer) Unwrap() error { return a.Failure }

// network explains a request that got no answer. The text of a *url.Error
// holds the whole address, so only its cause is used.
func network(err error) error {
	var refused *Refused
	if errors.As(err, &refused) {
		return &notify.Failure{Text: refused.Error(), Permanent: true, Err: err}
	}
	var u *url.Error
	if errors.As(err, &u) {
		if u.Timeout() {
			return &notify.Failure{Text: "no answer in time", Err: u.Err}
		}
		err = u.Err
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return &notify.Failure{Text: "the name " + dns.Name + " cannot be resolved", Err: err}
	}
	return &notify.Failure{Text: "cannot be reached: " + err.Error(), Err: err}
}

// answer explains a refusal. Timeouts, "too early", "too many" and all of the
// server's own faults may pass; anything else will be the same next time.
func answer(res *http.Response, said string, secrets []string) *notify.Failure {
	f := &notify.Failure{After: retryAfter(res.Header.Get("Retry-After"), time.Now())}
	switch code := res.StatusCode; {
	case code >= 500, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code == http.StatusTooEarly:
	default:
		f.Permanent = true
	}
	f.Text = fmt.Sprintf("the receiver answered %d %s", res.StatusCode, http.StatusText(res.StatusCode))
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		f.Text += "; redirects are not followed, set the new address"
		return f
	}
	if said = readable(said, secrets); said != "" {
		f.Text += ": " + said
	}
	return f
}

// readable is the start of what a receiver said, on one line.
func readable(s string, secrets []string) string {
	for _, secret := range secrets {
		if len(secret) > 1 {
			s = strings.ReplaceAll(s, secret, "…")
		}
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:199]) + "…"
	}
	return s
}

// retryAfter reads RFC 9110's Retry-After: seconds or a date; 0 when it says
// neither.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return time.Duration(min(n, 86400)) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil && t.After(now) {
		return min(t.Sub(now), 24*time.Hour)
	}
	return 0
}
