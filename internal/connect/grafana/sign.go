package grafana

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// The headers by which Grafana signs. Both names can be changed at the contact
// point; these are its default and the one its pages use.
const (
	signatureHeader = "X-Grafana-Alerting-Signature"
	timestampHeader = "X-Grafana-Alerting-Timestamp"
)

// window is how far a signed time may be from ours, either way: a request
// that somebody recorded is worth nothing later.
const window = 5 * time.Minute

// check verifies the signature of a body: HMAC-SHA256 by one of the keys, in
// hex, over the body, or over "timestamp:body" when a timestamp (Unix seconds)
// is sent. Without a signature it is Unauthenticated when one is needed.
// Source: sign in https://github.com/grafana/alerting/blob/main/http/hmac.go
func check(h http.Header, body []byte, keys []string, needed bool, now time.Time) error {
	signature := strings.TrimSpace(h.Get(signatureHeader))
	if signature == "" {
		if needed {
			return errs.E(errs.Unauthenticated, "this address takes signed requests only and the header %s is missing; set the HMAC secret of the contact point to the token", signatureHeader)
		}
		return nil
	}
	got, err := hex.DecodeString(signature)
	if err != nil || len(got) != sha256.Size {
		return errs.E(errs.Unauthenticated, "the header %s is no SHA-256 in hex", signatureHeader)
	}
	stamp := strings.TrimSpace(h.Get(timestampHeader))
	for _, key := range keys {
		mac := hmac.New(sha256.New, []byte(key))
		if stamp != "" {
			mac.Write([]byte(stamp))
			mac.Write([]byte(":"))
		}
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), got) { // constant time
			return fresh(stamp, now)
		}
	}
	return errs.E(errs.Unauthenticated, "the signature does not fit; the HMAC secret of the contact point must be the token, and its timestamp header, if any, %s", timestampHeader)
}

// fresh checks a signed time; none is taken, since then nothing was promised.
func fresh(stamp string, now time.Time) error {
	if stamp == "" {
		return nil
	}
	s, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return errs.E(errs.Unauthenticated, "the header %s is no time in Unix seconds", timestampHeader)
	}
	if d := now.Sub(time.Unix(s, 0)); d > window || d < -window {
		return errs.E(errs.Unauthenticated, "the request was signed %s from now, more than %s; check the clocks of both machines", d.Abs().Truncate(time.Second), window)
	}
	return nil
}
