// Package notifyweb is the pages of telling people: channels with their health,
// messages with their attempts, and the page behind a link in a message.
//
// Pages call notify.Service and decide nothing. A channel's URL and secret are
// never put back into a form; a signing secret that was made is the answer to
// the POST itself and not a redirect, because a redirect would have to keep it
// somewhere. The page behind a link is reached without signing in: its token
// stands in the address, so the page sends no referrer, is not stored, and
// acts only on a POST, since mail scanners follow links.
package notifyweb

import (
	"embed"
	"net"
	"net/http"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves the pages.
type Pages struct {
	Shell  *web.Shell
	Notify *notify.Service
	Links  *notify.Links
	// From is the visitor's address as evidence shows it; nil = the connection's.
	From func(r *http.Request) string
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /settings/channels", p.Channels)
	add("GET /settings/channels/new", p.NewChannel)
	add("POST /settings/channels/new", p.CreateChannel)
	add("GET /settings/channels/{name}", p.Channel)
	add("GET /settings/channels/{name}/edit", p.EditChannel)
	add("POST /settings/channels/{name}/edit", p.SaveChannel)
	add("POST /settings/channels/{name}/test", p.TestChannel)
	add("POST /settings/channels/{name}/delete", p.DeleteChannel)

	add("GET /settings/deliveries", p.Deliveries)
	add("GET /settings/deliveries/{key}", p.Delivery)
	add("POST /settings/deliveries/{key}/retry", p.Retry)

	add("GET /do/{token}", p.Link) // HEAD as well
	add("POST /do/{token}", p.Act)
}

func (p *Pages) from(r *http.Request) string {
	if p.From != nil {
		return p.From(r)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

var (
	kindTitles    = map[notify.ChannelKind]string{notify.Email: "E-mail", notify.Slack: "Slack", notify.Teams: "Microsoft Teams", notify.Ntfy: "ntfy", notify.Webhook: "Webhook"}
	kindIcons     = map[notify.ChannelKind]string{notify.Email: "mail", notify.Slack: "brand-slack", notify.Teams: "users-group", notify.Ntfy: "bell", notify.Webhook: "webhook"}
	urgencyTitles = map[notify.Urgency]string{notify.TakesAll: "Everything", notify.TakesUrgent: "Only what is urgent", notify.TakesQuiet: "Only what can wait"}
)

// health is a channel's health as a tag.
func health(c notify.Channel) *web.Tag {
	switch {
	case c.Spec.Disabled:
		return &web.Tag{Text: "Off", Icon: "bell-off"}
	case c.Missing() != "":
		return &web.Tag{Text: "Incomplete", Tone: "amber", Icon: "alert-triangle"}
	case c.Health.Failures > 0:
		return &web.Tag{Text: "Failing, " + strconv.Itoa(c.Health.Failures) + "×", Tone: "red", Icon: "alert-triangle"}
	case c.Health.Good.IsZero():
		return &web.Tag{Text: "Not used yet"}
	}
	return &web.Tag{Text: "Works", Tone: "green", Icon: "check"}
}

// state is a message's state as a tag.
func state(d notify.Delivery, overdue bool) *web.Tag {
	switch {
	case d.State == notify.Dead:
		return &web.Tag{Text: "Dead letter", Tone: "red", Icon: "alert-triangle"}
	case d.State == notify.Canceled:
		return &web.Tag{Text: "Not needed", Icon: "hand-stop"}
	case overdue:
		return &web.Tag{Text: "Overdue", Tone: "amber", Icon: "clock"}
	case d.State == notify.Sent:
		return &web.Tag{Text: "Sent", Tone: "green", Icon: "check"}
	case d.State == notify.Sending:
		return &web.Tag{Text: "Being sent", Icon: "send"}
	}
	return &web.Tag{Text: "Waiting", Icon: "clock"}
}
