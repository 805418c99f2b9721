package webpush

import (
	"crypto/ecdh"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Subscription is what a browser gives: PushSubscription.toJSON() of the Push
// API (https://www.w3.org/TR/push-api/#pushsubscription-interface).
type Subscription struct {
	Endpoint string `json:"endpoint"`
	Keys     struct {
		P256dh string `json:"p256dh"` // the browser's public key, 65 bytes
		Auth   string `json:"auth"`   // 16 bytes
	} `json:"keys"`
}

// maxEndpoint is far beyond what push services use (under 600).
const maxEndpoint = 2000

// Parse reads a subscription and checks what would make every message to it
// fail. Errors are errs.Invalid and name the field; the address is a secret
// and is not echoed.
func Parse(raw json.RawMessage) (Subscription, error) {
	var s Subscription
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, errs.BadField("subscription", "", "the JSON of the browser's PushSubscription, with endpoint and keys")
	}
	var f errs.Fields
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.Host == "" || u.User != nil || len(s.Endpoint) > maxEndpoint || u.Scheme != "https" && !local(u) {
		f.Add("endpoint", "", "the push service's address, which starts with https://")
	}
	if key, err := decode(s.Keys.P256dh); err != nil || !onCurve(key) {
		f.Add("keys.p256dh", "", "the browser's public key: 65 bytes in base64, a point of the curve P-256")
	}
	if auth, err := decode(s.Keys.Auth); err != nil || len(auth) != 16 {
		f.Add("keys.auth", "", fmt.Sprintf("16 bytes in base64, not %d", len(auth)))
	}
	return s, f.Err()
}

// Host names the push service, so that people recognise a subscription.
func (s Subscription) Host() string {
	u, err := url.Parse(s.Endpoint)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// local lets push services on this machine be spoken to in the clear; whether
// they may be dialled at all is the guard's decision.
func local(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && ip.IsLoopback())
}

func onCurve(key []byte) bool {
	_, err := ecdh.P256().NewPublicKey(key)
	return err == nil
}

// decode reads base64 in any of the forms that browsers and libraries write.
func decode(s string) ([]byte, error) {
	s = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(s, "="))
	return base64.RawURLEncoding.DecodeString(s)
}
