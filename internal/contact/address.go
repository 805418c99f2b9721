package contact

import (
	"encoding/base64"
	"encoding/json"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// address is what is sealed of a method.
type address struct {
	To     string `json:"to"`               // e-mail address, number in E.164, topic's URL, or subscription as JSON
	Secret string `json:"secret,omitempty"` // ntfy: access token
}

// number is E.164: a plus, the country code, 7 to 15 digits in all (ITU-T
// E.164, 6.1).
var number = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// read checks what a person typed for a kind and brings it into one form.
// Values are never echoed: they are personal data, or secrets.
func read(kind notify.ChannelKind, to, secret string) (address, error) {
	a := address{To: strings.TrimSpace(to), Secret: strings.TrimSpace(secret)}
	bad := func(remedy string) (address, error) { return a, errs.BadField("address", "", remedy) }
	if len(a.To) > 4000 || len(a.Secret) > 500 {
		return bad("it is too long")
	}
	if a.Secret != "" && kind != notify.Ntfy {
		return a, errs.BadField("secret", "", "only ntfy has an access token")
	}
	switch kind {
	case notify.Email:
		p, err := mail.ParseAddress(a.To)
		if err != nil || len(a.To) > 254 {
			return bad("write an e-mail address like mara@harbour.example")
		}
		a.To = p.Address
	case notify.SMS, notify.Voice:
		a.To = strings.Map(func(r rune) rune {
			if strings.ContainsRune(" -/().", r) {
				return -1
			}
			return r
		}, a.To)
		if rest, ok := strings.CutPrefix(a.To, "00"); ok {
			a.To = "+" + rest
		}
		if !number.MatchString(a.To) {
			return bad("write the number with its country code, like +49 40 1234567")
		}
	case notify.WebPush:
		if err := checkPush(a.To); err != "" {
			return bad(err)
		}
	case notify.Ntfy:
		u, err := url.Parse(a.To)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || strings.Count(strings.Trim(u.Path, "/"), "/") > 3 || strings.Trim(u.Path, "/") == "" {
			return bad("write the whole address of a topic, like https://ntfy.sh/a-name-nobody-guesses")
		}
	default:
		return a, errs.BadField("kind", string(kind), "use email, sms, voice, webpush or ntfy")
	}
	return a, nil
}

// Subscription is a browser's PushSubscription as it prints itself
// (https://www.w3.org/TR/push-api/#dom-pushsubscription-tojson).
type Subscription struct {
	Endpoint string `json:"endpoint"`
	Keys     struct {
		P256dh string `json:"p256dh"` // a P-256 point, uncompressed: 65 bytes
		Auth   string `json:"auth"`   // 16 bytes
	} `json:"keys"`
}

func checkPush(text string) (remedy string) {
	var s Subscription
	if json.Unmarshal([]byte(text), &s) != nil {
		return "it is no push subscription; subscribe from the phone page of the browser that is to be told"
	}
	u, err := url.Parse(s.Endpoint)
	key, err1 := base64.RawURLEncoding.DecodeString(strings.TrimRight(s.Keys.P256dh, "="))
	auth, err2 := base64.RawURLEncoding.DecodeString(strings.TrimRight(s.Keys.Auth, "="))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || err1 != nil || err2 != nil || len(key) != 65 || len(auth) != 16 {
		return "the push subscription is incomplete; remove it in the browser and subscribe again"
	}
	return ""
}

// target is the address for a transport.
func (a address) target(kind notify.ChannelKind) notify.Target {
	switch kind {
	case notify.SMS, notify.Voice:
		return notify.Target{Phone: a.To}
	case notify.WebPush:
		return notify.Target{Push: json.RawMessage(a.To)}
	case notify.Ntfy:
		return notify.Target{URL: a.To, Secret: a.Secret}
	}
	return notify.Target{Addresses: []string{a.To}}
}

// mask is what may be shown of an address: enough to know one's own.
func (a address) mask(kind notify.ChannelKind) string {
	switch kind {
	case notify.Email:
		name, host, _ := strings.Cut(a.To, "@")
		first, _ := utf8.DecodeRuneInString(name)
		return string(first) + "•••@" + host
	case notify.SMS, notify.Voice:
		if len(a.To) < 6 {
			return "•••"
		}
		return a.To[:3] + " ••• " + a.To[len(a.To)-2:]
	case notify.WebPush:
		var s Subscription
		_ = json.Unmarshal([]byte(a.To), &s) // checked when it was stored
		return hostOf(s.Endpoint)
	}
	return hostOf(a.To) + "/•••"
}

func hostOf(raw string) string {
	if u, err := url.Parse(raw); err == nil {
		return u.Host
	}
	return ""
}

// checkLabel says what is wrong with a label; "" = nothing.
func checkLabel(s string) (remedy string) {
	if n := utf8.RuneCountInString(s); n == 0 || n > 40 || strings.TrimSpace(s) != s || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '/' }) {
		return "use 1 to 40 characters without a slash, like Work phone"
	}
	return ""
}
