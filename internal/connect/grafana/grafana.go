// Package grafana receives Grafana's webhook contact point.
//
//	POST or PUT /integrations/grafana                 with Authorization: Bearer, or basic authentication
//	POST or PUT /integrations/grafana/{token}         where no header can be set
//	POST or PUT /integrations/grafana/signed/{name}   signed with the token, which is not sent
//
// Format: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/ .
// Inside, Grafana is an Alertmanager: each alert has its own status,
// fingerprint and startsAt, and these count. What Grafana adds is kept: the
// values of its queries, and links to dashboard, panel, silence and image. The
// group's title, message and state are read over, since grouping is decided by
// our own rules. A body of Grafana's alerting before version 9, which has no
// list of alerts, is refused with a word on what to change.
//
// Signature (sign.go): Grafana 12 and later can sign with a secret, which here
// is the integration's token. A signature that is sent must be right on every
// address; the address with the name needs one.
//
// Answers are those of all webhooks here: 200 when the alerts are on disk, 4xx
// for what will not become better by sending it again, 503 for overload.
package grafana

import (
	"context"
	"net/http"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
)

// MaxBody is the largest body in bytes.
const MaxBody = 16 << 20

// Keys is what the receiver asks the alert practice: the integration of a name
// and the tokens by which its sender may sign. Errors: Unauthenticated.
type Keys interface {
	SigningKeys(ctx context.Context, kind alert.Kind, name string) (alert.Integration, []string, error)
}

// Receiver serves the webhook.
type Receiver struct {
	door *connect.Door
	keys Keys
}

// New returns the receiver behind a door.
func New(d *connect.Door, keys Keys) *Receiver { return &Receiver{d, keys} }

// Routes lists the receiver's addresses.
func (rc *Receiver) Routes(mux *http.ServeMux) {
	for _, method := range []string{"POST ", "PUT "} {
		mux.HandleFunc(method+"/integrations/grafana", rc.byToken)
		mux.HandleFunc(method+"/integrations/grafana/{token}", rc.byToken)
		mux.HandleFunc(method+"/integrations/grafana/signed/{name}", rc.bySignature)
	}
}

// byToken takes a webhook whose token is sent.
func (rc *Receiver) byToken(w http.ResponseWriter, r *http.Request) {
	token := connect.Token(r)
	ctx, in, err := rc.door.Enter(r, alert.Grafana, token)
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	rc.take(w, r, ctx, in, []string{token}, false)
}

// bySignature takes a webhook whose signature says who sends.
func (rc *Receiver) bySignature(w http.ResponseWriter, r *http.Request) {
	in, keys, err := rc.keys.SigningKeys(r.Context(), alert.Grafana, r.PathValue("name"))
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	rc.take(w, r, rc.door.Admit(r, in), in, keys, true)
}

// take reads, checks and hands over one webhook.
func (rc *Receiver) take(w http.ResponseWriter, r *http.Request, ctx context.Context, in alert.Integration, keys []string, signed bool) {
	body, err := rc.door.Read(w, r, MaxBody)
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	var m connect.Webhook
	if err = check(r.Header, body.Bytes, keys, signed, rc.door.Now()); err == nil {
		m, err = Parse(body.Bytes, rc.door.Now())
	}
	body.Close()
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	rc.door.Finish(w, r, ctx, in, m, "grafana webhook was not complete; raise or remove the contact point's maximum of alerts")
}
