// Package webhook posts messages to any HTTP receiver, signed so that it can
// tell who sent them.
//
// Headers, signature and payload follow Standard Webhooks 1.0.0
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md):
//
//	webhook-id         the message's id, the same at each attempt: drop what you have seen
//	webhook-timestamp  seconds since 1970 of this attempt
//	webhook-signature  "v1," and base64 of HMAC-SHA256 over id.timestamp.body
//
// The key is the base64 part of the channel's secret "whsec_…". The body is
// {"type","timestamp","data"}; its type is "notice." and the reason, its
// timestamp that of the notice. A receiver answers any 2xx within 15 seconds;
// 429 and 5xx are tried again, with Retry-After honoured, and any other answer
// is final. Addresses are guarded, see package egress.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

// The header names.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

// Tolerance is how far a timestamp may be from a receiver's clock, as in the
// specification's reference libraries.
const Tolerance = 5 * time.Minute

// Transport posts signed messages.
type Transport struct {
	client *http.Client
	now    func() time.Time
}

// New returns a transport behind a guard.
func New(g egress.Guard) *Transport { return &Transport{client: g.Client(), now: time.Now} }

// Payload is the body.
type Payload struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      Data      `json:"data"`
}

// Data is what the message says.
type Data struct {
	ID         string        `json:"id"`     // "MSG-17"
	Record     string        `json:"record"` // "INC-1042"
	URL        string        `json:"url,omitempty"`
	Reason     string        `json:"reason"`
	Urgent     bool          `json:"urgent"`
	Restricted bool          `json:"restricted,omitempty"`
	Title      string        `json:"title"`
	Text       string        `json:"text,omitempty"`
	Facts      []notify.Fact `json:"facts,omitempty"`
}

// Send posts one message.
func (t *Transport) Send(ctx context.Context, to notify.Target, m notify.Message) error {
	body, err := json.Marshal(Payload{Type: "notice." + word(m.Reason), Timestamp: m.At.UTC(), Data: Data{
		ID: m.ID, Record: m.Record, URL: m.URL, Reason: m.Reason, Urgent: m.Urgent, Restricted: m.Restrict, Title: m.Title, Text: m.Text, Facts: m.Facts}})
	if err != nil {
		return err
	}
	h := http.Header{"Content-Type": {"application/json"}}
	if err := Sign(h, to.Secret, m.ID, t.now(), body); err != nil {
		return &notify.Failure{Text: err.Error()}
	}
	return egress.Post(ctx, t.client, to.URL, h, body, to.Secret)
}

// word makes a reason an event type's part: letters, digits and underscores.
func word(reason string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, reason)
}

// Sign sets the three headers.
func Sign(h http.Header, secret, id string, at time.Time, body []byte) error {
	seconds := strconv.FormatInt(at.Unix(), 10)
	sum, err := mac(secret, id, seconds, body)
	if err != nil {
		return err
	}
	h.Set(HeaderID, id)
	h.Set(HeaderTimestamp, seconds)
	h.Set(HeaderSignature, "v1,"+base64.StdEncoding.EncodeToString(sum))
	return nil
}

// Verify checks what Sign made, as a receiver does: the signature over exactly
// the bytes that came, and the timestamp against its clock.
func Verify(h http.Header, secret string, body []byte, now time.Time) error {
	id, seconds := h.Get(HeaderID), h.Get(HeaderTimestamp)
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || id == "" {
		return errors.New("webhook: a header is missing or malformed")
	}
	if d := now.Sub(time.Unix(n, 0)); d > Tolerance || d < -Tolerance {
		return errors.New("webhook: the timestamp is too far from now: a replay, or a wrong clock")
	}
	want, err := mac(secret, id, seconds, body)
	if err != nil {
		return err
	}
	for _, s := range strings.Fields(h.Get(HeaderSignature)) {
		text, ok := strings.CutPrefix(s, "v1,")
		got, err := base64.StdEncoding.DecodeString(text)
		if ok && err == nil && hmac.Equal(got, want) {
			return nil
		}
	}
	return errors.New("webhook: no signature matches")
}

func mac(secret, id, seconds string, body []byte) ([]byte, error) {
	if err := notify.CheckSecret(secret); err != nil {
		return nil, errors.New("the channel's signing secret is not usable: " + err.Error())
	}
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_")) // checked
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id + "." + seconds + "."))
	h.Write(body)
	return h.Sum(nil), nil
}
