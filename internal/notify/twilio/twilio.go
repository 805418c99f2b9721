// Package twilio sends text messages and calls people, through Twilio or any
// service with the same HTTP API.
//
// A text message is POST …/Messages.json, a call POST …/Calls.json, both with
// basic authentication and form fields (https://www.twilio.com/docs/messaging/api/message-resource,
// https://www.twilio.com/docs/voice/api/call-resource). A call carries no text:
// the service asks us for TwiML when somebody answers, and reports the digit
// that was pressed and how the call ended.
//
// Invariants:
//   - A callback is believed only when both hold: X-Twilio-Signature was made
//     with our auth token over exactly this address and these fields, and the
//     address carries a ticket that this server sealed for one message.
//   - A ticket says what is read out and which links a digit redeems, so that a
//     call needs no state here and any replica can answer it. Links act once,
//     as the person they were made for, and end by themselves (notify.Links).
//   - A call that is busy, refused or not answered is reported as a failed
//     attempt, so that the person's next contact method is used at once. That
//     somebody's voice mail took it cannot be told; only a pressed key stops
//     the ladder.
//   - What is read out is short, and nothing in it can become markup.
//
// How: Texts and Calls are the transports; Callbacks (callbacks.go) answers the
// service, menu.go makes its TwiML, ticket.go and signature.go are the two
// locks on the door, errors.go says what error codes mean.
package twilio

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// Config is the account at the service. With an empty Account there is none.
type Config struct {
	URL     string // of the API; "" = https://api.twilio.com
	Account string // "AC…"
	Token   string // the account's auth token; also signs callbacks; never logged
	From    string // number that sends texts, E.164, or a messaging service "MG…"
	Caller  string // number that calls; "" = From
	Public  string // address of this server that the service can reach, for callbacks
}

// Enabled reports whether there is an account.
func (c Config) Enabled() bool { return c.Account != "" }

var (
	number   = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`) // ITU-T E.164
	accounts = regexp.MustCompile(`^[A-Za-z0-9_-]{2,64}$`)
)

// Check fills in defaults and says what is wrong, by the names of the flags.
func (c *Config) Check() error {
	if !c.Enabled() {
		return nil
	}
	var f errs.Fields
	if c.URL == "" {
		c.URL = "https://api.twilio.com"
	}
	c.URL = strings.TrimSuffix(c.URL, "/")
	if u, err := url.Parse(c.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		f.Add("twilio-url", c.URL, "write it like https://api.twilio.com")
	}
	if !accounts.MatchString(c.Account) {
		f.Add("twilio-account", c.Account, "the account SID from the service's console, which starts with AC")
	}
	if c.Token == "" {
		f.Add("twilio-token", "", "give the account's auth token, best as EVENKEEL_TWILIO_TOKEN")
	}
	service := strings.HasPrefix(c.From, "MG")
	if !number.MatchString(c.From) && !service {
		f.Add("twilio-from", c.From, "a number of the account like +46700000000, or a messaging service that starts with MG")
	}
	if c.Caller == "" && !service {
		c.Caller = c.From
	}
	if c.Caller != "" && !number.MatchString(c.Caller) {
		f.Add("twilio-caller", c.Caller, "a number of the account like +46700000000")
	}
	return f.Err()
}

// account speaks to the service.
type account struct {
	cfg    Config
	client *http.Client
	box    *secret.Box
}

// post creates a resource, "Messages" or "Calls".
func (a *account) post(ctx context.Context, resource string, to notify.Target, form url.Values) error {
	if !number.MatchString(to.Phone) {
		return &notify.Failure{Text: "the number is not one that can be dialled from anywhere; write it like +46701234567", Permanent: true, Recipient: true}
	}
	form.Set("To", to.Phone)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.cfg.URL+"/2010-04-01/Accounts/"+a.cfg.Account+"/"+resource+".json", strings.NewReader(form.Encode()))
	if err != nil {
		return &notify.Failure{Text: "twilio-url is not a URL", Err: err}
	}
	req.SetBasicAuth(a.cfg.Account, a.cfg.Token)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	said, err := egress.Do(a.client, req, a.cfg.Token, to.Phone)
	var taken struct{ SID, Status string }
	if err == nil && json.Unmarshal(said, &taken) == nil && known(taken.SID) && known(taken.Status) {
		notify.Answer(ctx, "HTTP 201, "+taken.SID+", "+taken.Status) // to be found in the service's own log
	}
	return explain(said, err, a.cfg.Token, to.Phone)
}

// known keeps whatever else a service may send out of the records.
func known(s string) bool { return accounts.MatchString(s) }

// none is the answer of a transport without an account.
func none(what string) error {
	return &notify.Failure{Text: "no account for " + what + " is configured: set twilio-account, or choose another contact method", Permanent: true}
}

// Texts sends text messages.
type Texts struct{ account }

// NewTexts returns the transport for text messages; cfg was checked.
func NewTexts(cfg Config, g egress.Guard, box *secret.Box) *Texts {
	return &Texts{account{cfg, g.Client(), box}}
}

// Send hands one text message over.
func (t *Texts) Send(ctx context.Context, to notify.Target, m notify.Message) error {
	if !t.cfg.Enabled() {
		return none("text messages")
	}
	form := url.Values{"Body": {text(m)}, "StatusCallback": {t.cfg.Public + "/texts/" + seal(t.box, ticket{Message: m.ID, Until: until(m)}) + "/status"}}
	if strings.HasPrefix(t.cfg.From, "MG") {
		form.Set("MessagingServiceSid", t.cfg.From)
	} else {
		form.Set("From", t.cfg.From)
	}
	if m.Urgent {
		form.Set("ValidityPeriod", "14400") // seconds; a page that comes later is noise
	}
	return t.post(ctx, "Messages", to, form)
}

// text is what a text message says: title, the start of the text, and one
// link. Texts are paid and shown by pieces of 67 to 153 characters, so it is
// short.
func text(m notify.Message) string {
	s := clip(m.Title, 140)
	if m.Text != "" && m.Text != m.Title {
		s += "\n" + clip(m.Text, 160)
	}
	for _, b := range m.Buttons { // those that act come first
		if b.URL != "" {
			return s + "\n" + b.Label + ": " + b.URL
		}
	}
	return s
}

// Calls calls people.
type Calls struct{ account }

// NewCalls returns the transport for calls; cfg was checked.
func NewCalls(cfg Config, g egress.Guard, box *secret.Box) *Calls {
	return &Calls{account{cfg, g.Client(), box}}
}

// ring is for how long a phone rings before the call counts as not answered;
// voice mail commonly answers after 25 to 30 s.
const ring = "25"

// Send begins one call. What becomes of it comes to Callbacks.
func (t *Calls) Send(ctx context.Context, to notify.Target, m notify.Message) error {
	if !t.cfg.Enabled() {
		return none("calls")
	}
	if t.cfg.Caller == "" {
		return &notify.Failure{Text: "a messaging service cannot call: set twilio-caller to a number of the account", Permanent: true}
	}
	base := t.cfg.Public + "/calls/" + seal(t.box, ticketOf(m))
	return t.post(ctx, "Calls", to, url.Values{"From": {t.cfg.Caller}, "Url": {base + "/menu"}, "Method": {"POST"}, "Timeout": {ring},
		"StatusCallback": {base + "/status"}, "StatusCallbackMethod": {"POST"}, "StatusCallbackEvent": {"completed"}})
}

// clip makes a text one line of at most n characters.
func clip(s string, n int) string { return notify.Clip(strings.Join(strings.Fields(s), " "), n) }
