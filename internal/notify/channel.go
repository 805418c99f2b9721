package notify

import (
	"encoding/base64"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// ChannelKind is the sort of outside system a channel posts to.
type ChannelKind string

// The kinds of channels.
const (
	Email   ChannelKind = "email"   // a list of addresses, by the configured SMTP server
	Slack   ChannelKind = "slack"   // an incoming webhook
	Webhook ChannelKind = "webhook" // a signed POST, https://www.standardwebhooks.com
	Ntfy    ChannelKind = "ntfy"    // a topic of an ntfy server, https://docs.ntfy.sh/publish; also for one person
	Teams   ChannelKind = "teams"   // a Microsoft Teams workflow webhook
)

// The kinds that reach one person and are never a team's channel.
const (
	WebPush ChannelKind = "webpush" // a browser's push subscription, RFC 8030
	SMS     ChannelKind = "sms"
	Voice   ChannelKind = "voice" // a call that reads the message and asks for a key
)

// Urgency is which notices a channel takes.
type Urgency string

// The urgencies. Quiet channels wake nobody; notices that ask for quiet use
// every channel that is not "urgent".
const (
	TakesAll    Urgency = "all"
	TakesUrgent Urgency = "urgent" // only notices that wake people
	TakesQuiet  Urgency = "quiet"  // never those
)

// ChannelSpec is a channel as people write it, in a form or in git. URL and
// Secret are write-only: they are stored sealed and never shown again; left
// empty, the stored ones stay.
type ChannelSpec struct {
	Kind      ChannelKind `json:"kind"`
	Team      string      `json:"team"`                 // whose notices it gets
	Urgency   Urgency     `json:"urgency,omitempty"`    // default all
	Disabled  bool        `json:"disabled,omitempty"`   // keeps its settings, gets no new messages
	Addresses []string    `json:"addresses,omitempty"`  // kind email: 1 to 50
	URL       string      `json:"url,omitempty"`        // kinds slack, teams, ntfy, webhook
	Secret    string      `json:"secret,omitempty"`     // kind webhook: "whsec_" and base64 of 24 to 64 bytes; kind ntfy: an access token, where the topic needs one
	PerMinute int         `json:"per_minute,omitempty"` // most messages a minute; 0 = the kind's default
}

// Channel is a stored channel. Its URL and secret are not here.
type Channel struct {
	Name      string
	Spec      ChannelSpec // without URL and Secret
	Host      string      // host of the URL, so that people recognise it; "" = no URL is stored
	HasSecret bool
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
	Health    Health
	Managed   string // "commit 1a2b…" when managed in git; "" = edited here

	url, secret []byte // sealed
	salt        []byte
}

// Health is what delivery last saw of a channel, or of the mail server.
type Health struct {
	Good     time.Time // last success; zero = none yet
	Bad      time.Time // last failure
	Error    string    // text of the last failure, without secrets
	Failures int       // in a row
}

// State says the health in one word: "new", "good", "failing".
func (h Health) State() string {
	switch {
	case h.Failures > 0:
		return "failing"
	case h.Good.IsZero():
		return "new"
	default:
		return "good"
	}
}

// Ref names the channel.
func (c Channel) Ref() ref.Ref { return ref.S(ref.Channel, c.Name) }

// via is the channel in messages.
func (c Channel) via() string { return "channel:" + c.Name }

// dest is one address of an e-mail channel as a recipient. Recipients stand in
// evidence, so it is a salted digest.
func (c Channel) dest(address string) string {
	return c.via() + "/" + evidence.Digest(c.salt, address)[:12]
}

// Missing says what a channel lacks before it can deliver; "" = nothing.
func (c Channel) Missing() string {
	switch {
	case c.Spec.Kind != Email && c.url == nil:
		return "its URL"
	case c.Spec.Kind == Webhook && c.secret == nil:
		return "its signing secret"
	}
	return ""
}

// takes reports whether a channel wants notices like this.
func (c Channel) takes(n Notice) bool {
	if c.Spec.Disabled {
		return false
	}
	if n.Urgent {
		return c.Spec.Urgency != TakesQuiet
	}
	return c.Spec.Urgency != TakesUrgent
}

// perMinute is how many messages a channel takes when it does not say. Slack
// allows one a second and channel, with short bursts
// (https://docs.slack.dev/apis/web-api/rate-limits#incoming-webhooks), Teams
// four a second
// (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit).
var perMinute = map[ChannelKind]int{Email: maxPerMinute, Slack: 60, Teams: 120, Ntfy: 600, Webhook: maxPerMinute}

const maxPerMinute = 60000

func (s ChannelSpec) rate() int {
	if s.PerMinute > 0 {
		return s.PerMinute
	}
	return perMinute[s.Kind]
}

// check validates a channel and fills in its defaults. Names of fields are
// paths below the spec.
func (s *ChannelSpec) check(name string) error {
	var f errs.Fields
	if !ref.IsName(name) {
		f.Add("name", name, "use 1 to 63 small letters, digits and inner hyphens, like ops-slack")
	}
	if s.Urgency == "" {
		s.Urgency = TakesAll
	}
	switch s.Urgency {
	case TakesAll, TakesUrgent, TakesQuiet:
	default:
		f.Add("urgency", string(s.Urgency), "use all, urgent or quiet")
	}
	if s.Team == "" {
		f.Add("team", "", "name the team whose notices this channel gets")
	}
	if s.PerMinute < 0 || s.PerMinute > maxPerMinute {
		f.Add("per_minute", fmt.Sprint(s.PerMinute), fmt.Sprintf("use 1 to %d, or 0 for the default of the kind", maxPerMinute))
	}
	switch s.Kind {
	case Email:
		s.checkAddresses(&f)
	case Slack, Teams, Ntfy, Webhook:
		checkURL(&f, s.URL)
		if u, err := url.Parse(s.URL); s.Kind == Ntfy && s.URL != "" && err == nil && strings.Trim(u.Path, "/") == "" {
			f.Add("url", "", "end the address with the topic, like https://ntfy.sh/harbour-payments-7f3a")
		}
		if len(s.Addresses) > 0 {
			f.Add("addresses", s.Addresses[0], "only channels of the kind email have addresses")
		}
	default:
		f.Add("kind", string(s.Kind), "use email, slack, teams, ntfy or webhook")
	}
	if s.Kind == Email && s.URL != "" {
		f.Add("url", "", "a channel of the kind email has addresses and no URL")
	}
	if s.Secret != "" {
		switch {
		case s.Kind == Ntfy:
			if len(s.Secret) > 200 || strings.ContainsAny(s.Secret, " \r\n\t") {
				f.Add("secret", "", "an access token of ntfy, which starts with tk_")
			}
		case s.Kind != Webhook:
			f.Add("secret", "", "only channels of the kinds webhook and ntfy have a secret")
		default:
			if err := CheckSecret(s.Secret); err != nil {
				f.Add("secret", "", err.Error()) // the value is never echoed
			}
		}
	}
	return f.Err()
}

func (s *ChannelSpec) checkAddresses(f *errs.Fields) {
	if n := len(s.Addresses); n == 0 || n > 50 {
		f.Add("addresses", fmt.Sprint(n), "give 1 to 50 e-mail addresses")
	}
	for i, a := range s.Addresses {
		p, err := mail.ParseAddress(a)
		if err != nil || len(a) > 254 {
			f.Add(fmt.Sprintf("addresses[%d]", i), a, "write an e-mail address like ops@harbour.example")
			continue
		}
		s.Addresses[i] = p.Address
	}
}

// checkURL never echoes the URL: a Slack address is a secret by itself.
func checkURL(f *errs.Fields, raw string) {
	if raw == "" {
		return
	}
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || len(raw) > 2000 {
		f.Add("url", "", "give a whole address of at most 2,000 characters that starts with https://")
		return
	}
	if u.User != nil {
		f.Add("url", "", "leave out user and password; receivers check the signature")
	}
}

// host is what may be shown of a URL.
func host(raw string) string {
	if u, err := url.Parse(raw); err == nil {
		return u.Host
	}
	return ""
}

// CheckSecret says what is wrong with a signing secret: the form and size are
// those of the Standard Webhooks specification, section "Signature scheme".
func CheckSecret(secret string) error {
	text, ok := strings.CutPrefix(secret, "whsec_")
	raw, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(raw) < 24 || len(raw) > 64 {
		return fmt.Errorf(`write "whsec_" and then 24 to 64 random bytes in base64, or leave it empty to have one made`)
	}
	return nil
}
