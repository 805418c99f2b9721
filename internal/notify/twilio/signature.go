package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// Header carries the signature of a callback.
const Header = "X-Twilio-Signature"

// Sign is the signature of a callback: base64 of HMAC-SHA1, keyed with the
// auth token, over the whole address and then each form field's name and
// value, sorted by name
// (https://www.twilio.com/docs/usage/security#validating-requests).
func Sign(token, address string, form url.Values) string {
	h := hmac.New(sha1.New, []byte(token))
	h.Write([]byte(address))
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, v := range slices.Compact(values) { // as Twilio's own libraries do
			h.Write([]byte(name + v))
		}
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// signed reports whether a signature fits. The service may or may not name
// the scheme's own port, so both spellings count, as in its own libraries.
func signed(token, address string, form url.Values, signature string) bool {
	for _, a := range spellings(address) {
		if hmac.Equal([]byte(Sign(token, a, form)), []byte(signature)) {
			return true
		}
	}
	return false
}

func spellings(address string) []string {
	out := []string{address}
	u, err := url.Parse(address)
	if err != nil {
		return out
	}
	port := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	_, rest, _ := strings.Cut(address, "://"+u.Host)
	switch u.Port() {
	case "":
		out = append(out, u.Scheme+"://"+u.Host+":"+port+rest)
	case port:
		out = append(out, u.Scheme+"://"+u.Hostname()+rest)
	}
	return out
}
