// Package webpush wakes browsers and phones through the push service of their
// maker.
//
// A person allows notifications on the phone page; the browser then makes a
// Subscription: an address at its push service (Google, Mozilla, Apple,
// Microsoft) and two keys. A message goes to that address (RFC 8030),
// encrypted so that only the browser can read it (RFC 8291, aes128gcm of RFC
// 8188), and signed with this server's VAPID key (RFC 8292), without which
// push services refuse it. The service worker of package web shows it.
//
// Invariants:
//   - The push service learns address, size class, urgency and time, and never
//     the text: every message is padded to the same 4 KiB, the most that push
//     services must take (RFC 8030, 7.2).
//   - A subscription comes from a browser and is therefore untrusted: Parse
//     checks it before it is kept, and its address is dialled behind the guard
//     of package egress.
//   - 404 and 410 mean that the subscription is over (RFC 8030, 7.3): the
//     recipient is at fault, for good. 401 and 403 blame our key and therefore
//     the subscription made with an earlier one.
//
// How: payload.go makes the JSON that the service worker reads, cut so that it
// fits; the encryption is webpush-go's (docs/adr/0009-web-push.md).
package webpush

import (
	"context"
	"errors"
	"net/http"
	"time"

	lib "github.com/SherClockHolmes/webpush-go"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

// Push services keep a message for a phone that is off this long. A page that
// comes later than that is noise: somebody else was told meanwhile.
const (
	keepUrgent = 4 * time.Hour
	keepOther  = 24 * time.Hour
)

// Transport sends push messages.
type Transport struct {
	client  *http.Client
	key     Key
	subject string
}

// New returns a transport behind a guard. subject is whom a push service can
// ask about this server: an e-mail address, or an https address (RFC 8292,
// 2.1).
func New(g egress.Guard, key Key, subject string) *Transport {
	return &Transport{client: g.Client(), key: key, subject: subject}
}

// Send hands one message to the push service of the subscription in to.Push.
func (t *Transport) Send(ctx context.Context, to notify.Target, m notify.Message) error {
	sub, err := Parse(to.Push)
	if err != nil {
		return &notify.Failure{Text: "what this browser gave as its push address cannot be used; subscribe it again", Permanent: true, Recipient: true, Err: err}
	}
	o := &lib.Options{HTTPClient: post{t.client}, Subscriber: t.subject, VAPIDPublicKey: t.key.Public, VAPIDPrivateKey: t.key.Private,
		TTL: int(keepOther.Seconds()), Urgency: lib.UrgencyNormal}
	if m.Urgent {
		o.TTL, o.Urgency = int(keepUrgent.Seconds()), lib.UrgencyHigh
	}
	_, err = lib.SendNotificationWithContext(ctx, payload(m), &lib.Subscription{Endpoint: sub.Endpoint, Keys: lib.Keys{Auth: sub.Keys.Auth, P256dh: sub.Keys.P256dh}}, o)
	return explain(err)
}

// post is the library's way out: through the guard, with failures in words.
type post struct{ client *http.Client }

// Do returns an error for every answer but success, as egress.Do does.
func (p post) Do(req *http.Request) (*http.Response, error) {
	_, err := egress.Do(p.client, req)
	return nil, err
}

// explain says what a push service's refusal means for the subscription.
func explain(err error) error {
	var a *egress.Answer
	if !errors.As(err, &a) {
		return err
	}
	f := a.Failure
	switch a.Status {
	case http.StatusNotFound, http.StatusGone:
		f.Text, f.Recipient = "the browser has ended this subscription; open the phone page there to subscribe again", true
	case http.StatusUnauthorized, http.StatusForbidden:
		f.Text, f.Recipient = "the push service does not take this server's key for this browser; open the phone page there to subscribe again ("+f.Text+")", true
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		f.Text = "the push service refuses this message (" + f.Text + ")"
	}
	return f
}
