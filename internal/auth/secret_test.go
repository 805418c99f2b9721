package auth

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

func TestSecret(t *testing.T) {
	text, hash := newSecret(tokenPrefix)
	if len(text) != len(tokenPrefix)+secretText || !strings.HasPrefix(text, "ek_") {
		t.Fatalf("token %q", text)
	}
	got, ok := parseSecret(tokenPrefix, text)
	if !ok || !bytes.Equal(got, hash) {
		t.Errorf("a new token does not parse")
	}
	for _, bad := range []string{"", "ek_", text[3:], text[:45], text + "A", " " + text, "EK_" + text[3:], "ek_" + strings.Repeat("=", 43),
		"ek_" + strings.Repeat("A", 42) + "B", "ek_" + strings.Repeat("A", 20) + "\n" + strings.Repeat("A", 22)} {
		if _, ok := parseSecret(tokenPrefix, bad); ok {
			t.Errorf("%q is taken for a token", bad)
		}
	}
}

func FuzzParseSecret(f *testing.F) {
	text, _ := newSecret(tokenPrefix)
	f.Add(text)
	f.Add("ek_AAAA")
	f.Fuzz(func(t *testing.T, s string) {
		hash, ok := parseSecret(tokenPrefix, s)
		if ok && (len(s) != 46 || !bytes.Equal(hash, hashSecret(s))) {
			t.Errorf("%q is taken for a token", s)
		}
	})
}

// Whatever a browser or proxy sends as credentials, reading it must not panic
// and must not find a credential where none is.
func FuzzCredentials(f *testing.F) {
	text, _ := newSecret(tokenPrefix)
	secret, _ := newSecret("")
	f.Add("Bearer "+text, "evenkeel="+secret)
	f.Add("bearer\t"+text, "evenkeel=\"\"; evenkeel=x")
	f.Add("Basic bWFyYTp4", "__Host-evenkeel="+secret)
	d := &Door{&Service{}}
	f.Fuzz(func(t *testing.T, authorization, cookie string) {
		r := &http.Request{Header: http.Header{"Authorization": {authorization}, "Cookie": {cookie}}, RemoteAddr: authorization}
		token, bearer := bearerToken(r)
		if bearer && !strings.EqualFold(strings.TrimSpace(authorization)[:6], "bearer") {
			t.Errorf("%q is taken for a bearer token %q", authorization, token)
		}
		if _, ok := parseSecret("", d.Cookie(r)); ok && !strings.Contains(cookie, plainCookie) {
			t.Errorf("%q is taken for a session", cookie)
		}
		if a := ClientOf(r).Address; len(addressKey(a)) != len("address:0000") {
			t.Errorf("%q is counted as %q", a, addressKey(a))
		}
	})
}
