package webpush

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

var message = notify.Message{ID: "MSG-17", At: time.UnixMilli(1764000000000), Record: "INC-1042", URL: "https://ek.harbour.example/incidents/INC-1042", Urgent: true,
	Title: "P1 Checkout is down", Text: "5xx > 20 %", Buttons: []notify.Button{
		{Verb: "acknowledge", Label: "Acknowledge", URL: "https://ek.harbour.example/do/TOKEN"}, {Label: "Open INC-1042", URL: "https://ek.harbour.example/incidents/INC-1042"}}}

// service is a push service and the browser behind it: it checks requests as
// RFC 8030 and 8292 say, and decrypts them with the browser's private key as
// RFC 8291 and 8188 say. It shares no code with the sender.
type service struct {
	*httptest.Server
	t       *testing.T
	browser *ecdh.PrivateKey
	auth    []byte
	vapid   Key // the key the subscription was made with

	status int
	header http.Header
	body   string
	got    []Payload
	ttl    []string
}

func newService(t *testing.T) *service {
	k, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, browser: k, auth: make([]byte, 16), vapid: NewKey(), status: http.StatusCreated}
	rand.Read(s.auth)
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *service) subscription() json.RawMessage {
	b64 := base64.RawURLEncoding.EncodeToString
	b, _ := json.Marshal(map[string]any{"endpoint": s.URL + "/push/SECRETPATH", "expirationTime": nil,
		"keys": map[string]string{"p256dh": b64(s.browser.PublicKey().Bytes()), "auth": b64(s.auth)}})
	return b
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse := func(code int, why string) {
		s.t.Errorf("the push service refuses: %s", why)
		http.Error(w, why, code)
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Encoding") != "aes128gcm" {
		refuse(http.StatusBadRequest, "not a POST of aes128gcm")
		return
	}
	if n, err := strconv.Atoi(r.Header.Get("TTL")); err != nil || n <= 0 {
		refuse(http.StatusBadRequest, "no TTL")
		return
	}
	if why := s.checkVAPID(r.Header.Get("Authorization")); why != "" {
		refuse(http.StatusForbidden, why)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || len(body) > 4096 {
		refuse(http.StatusRequestEntityTooLarge, "too large")
		return
	}
	plain, err := s.decrypt(body)
	if err != nil {
		refuse(http.StatusBadRequest, err.Error())
		return
	}
	var p Payload
	if err := json.Unmarshal(plain, &p); err != nil {
		refuse(http.StatusBadRequest, err.Error())
		return
	}
	s.got, s.ttl = append(s.got, p), append(s.ttl, r.Header.Get("TTL")+" "+r.Header.Get("Urgency"))
	for k, v := range s.header {
		w.Header()[k] = v
	}
	w.WriteHeader(s.status)
	io.WriteString(w, s.body)
}

// checkVAPID verifies "vapid t=<JWT>, k=<key>" (RFC 8292, 3).
func (s *service) checkVAPID(h string) string {
	rest, ok := strings.CutPrefix(h, "vapid t=")
	token, key, ok2 := strings.Cut(rest, ", k=")
	if !ok || !ok2 || key != s.vapid.Public {
		return "not the key of the subscription"
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "no JWT"
	}
	var head struct{ Alg, Typ string }
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	for i, into := range []any{&head, &claims} {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(b, into) != nil {
			return "JWT unreadable"
		}
	}
	left := time.Until(time.Unix(claims.Exp, 0))
	switch {
	case head.Alg != "ES256":
		return "alg " + head.Alg
	case claims.Aud != s.URL:
		return "aud " + claims.Aud
	case left <= 0 || left > 24*time.Hour:
		return "exp in " + left.String()
	case claims.Sub != "mailto:ops@harbour.example":
		return "sub " + claims.Sub
	}
	pub, _ := base64.RawURLEncoding.DecodeString(key)
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(sig) != 64 || len(pub) != 65 {
		return "signature or key of the wrong size"
	}
	k := &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(pub[1:33]), Y: new(big.Int).SetBytes(pub[33:])}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(k, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		return "signature does not verify"
	}
	return ""
}

// decrypt is RFC 8291, 3.4, and RFC 8188 with one record.
func (s *service) decrypt(b []byte) ([]byte, error) {
	if len(b) < 21+65 || b[20] != 65 {
		return nil, errors.New("no header of RFC 8188")
	}
	salt, size, sender, sealed := b[:16], binary.BigEndian.Uint32(b[16:20]), b[21:86], b[86:]
	if uint32(len(sealed)) > size {
		return nil, errors.New("more than one record")
	}
	pub, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return nil, err
	}
	shared, err := s.browser.ECDH(pub)
	if err != nil {
		return nil, err
	}
	derive := func(secret, salt []byte, info string, n int) []byte {
		out, err := hkdf.Key(sha256.New, secret, salt, info, n)
		if err != nil {
			s.t.Fatal(err)
		}
		return out
	}
	ikm := derive(shared, s.auth, "WebPush: info\x00"+string(s.browser.PublicKey().Bytes())+string(sender), 32)
	block, err := aes.NewCipher(derive(ikm, salt, "Content-Encoding: aes128gcm\x00", 16))
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, derive(ikm, salt, "Content-Encoding: nonce\x00", 12), sealed, nil)
	if err != nil {
		return nil, err
	}
	plain = bytes.TrimRight(plain, "\x00")
	if len(plain) == 0 || plain[len(plain)-1] != 2 {
		return nil, errors.New("no delimiter of the last record")
	}
	return plain[:len(plain)-1], nil
}

func (s *service) transport() *Transport {
	return New(egress.Guard{Loopback: true}, s.vapid, "ops@harbour.example")
}

func TestSend(t *testing.T) {
	s := newService(t)
	to := notify.Target{Push: s.subscription()}
	quiet := message
	quiet.Urgent, quiet.Buttons = false, nil
	for _, m := range []notify.Message{message, quiet} {
		if err := s.transport().Send(context.Background(), to, m); err != nil {
			t.Fatal(err)
		}
	}
	want := Payload{ID: "MSG-17", Record: "INC-1042", Title: "P1 Checkout is down", Text: "5xx > 20 %", URL: message.URL, Urgent: true, At: 1764000000000,
		Do: []Action{{"acknowledge", "Acknowledge", "https://ek.harbour.example/do/TOKEN"}}}
	other := want
	other.Urgent, other.Do = false, nil
	if d := cmp.Diff([]Payload{want, other}, s.got); d != "" {
		t.Errorf("what the browser reads (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"14400 high", "86400 normal"}, s.ttl); d != "" {
		t.Errorf("TTL and urgency: %s", d)
	}
}

// What is too long is cut until it fits, whatever it is made of.
func TestPayloadFits(t *testing.T) {
	s := newService(t)
	for _, of := range []string{"ä", "<", "\x01", "😀", strings.Repeat("x", 50)} {
		m := message
		m.Title, m.Text = strings.Repeat(of, 3000), strings.Repeat(of, 9000)
		m.Buttons = append(m.Buttons, notify.Button{Verb: "escalate", Label: strings.Repeat(of, 100), URL: "https://ek.harbour.example/do/" + strings.Repeat("t", 2500)})
		if err := s.transport().Send(context.Background(), notify.Target{Push: s.subscription()}, m); err != nil {
			t.Errorf("%.5q: %v", of, err)
		}
	}
	for _, p := range s.got {
		if p.Title == "" || p.URL == "" {
			t.Errorf("title or address were lost: %+v", p)
		}
	}
}

func TestRefusals(t *testing.T) {
	s := newService(t)
	s.header = http.Header{"Retry-After": {"120"}}
	for _, c := range []struct {
		status               int
		permanent, recipient bool
		after                time.Duration
		says                 string
	}{
		{404, true, true, 0, "subscribe again"}, {410, true, true, 0, "subscribe again"}, {403, true, true, 0, "key"}, {401, true, true, 0, "key"},
		{400, true, false, 0, "refuses this message"}, {413, true, false, 0, "refuses this message"},
		{429, false, false, 2 * time.Minute, "429"}, {500, false, false, 2 * time.Minute, "500"}, {503, false, false, 2 * time.Minute, "503"},
	} {
		s.status, s.body = c.status, `{"reason":"/push/SECRETPATH"}`
		err := s.transport().Send(context.Background(), notify.Target{Push: s.subscription()}, message)
		var f *notify.Failure
		if !errors.As(err, &f) || f.Permanent != c.permanent || f.Recipient != c.recipient || !c.permanent && f.After != c.after || !strings.Contains(f.Text, c.says) || strings.Contains(f.Text, "SECRETPATH") {
			t.Errorf("%d: %+v", c.status, f)
		}
	}
	s.Close()
	var f *notify.Failure
	if err := s.transport().Send(context.Background(), notify.Target{Push: s.subscription()}, message); !errors.As(err, &f) || f.Permanent {
		t.Errorf("a push service that is away: %v", err)
	}
}

// A subscription names an address that this server then dials: not its own.
func TestSubscriptionIsGuarded(t *testing.T) {
	s := newService(t)
	tr := New(egress.Guard{}, s.vapid, "ops@harbour.example")
	var f *notify.Failure
	if err := tr.Send(context.Background(), notify.Target{Push: s.subscription()}, message); !errors.As(err, &f) || !f.Permanent || len(s.got) > 0 {
		t.Errorf("%v", err)
	}
}

func TestParse(t *testing.T) {
	s := newService(t)
	good := string(s.subscription())
	if sub, err := Parse(json.RawMessage(good)); err != nil || sub.Host() != "127.0.0.1" {
		t.Errorf("%v %s", err, sub.Host())
	}
	b64 := base64.RawURLEncoding.EncodeToString
	for name, raw := range map[string]string{
		"nothing": ``, "no JSON": `hello`, "a list": `[]`, "empty": `{}`,
		"in the clear": strings.Replace(good, s.URL, "http://push.example.org", 1),
		"file":         strings.Replace(good, s.URL, "file://x", 1),
		"password":     strings.Replace(good, s.URL, "https://a:b@push.example.org", 1),
		"off curve":    strings.Replace(good, b64(s.browser.PublicKey().Bytes()), b64(append([]byte{4}, make([]byte, 64)...)), 1),
		"short auth":   strings.Replace(good, b64(s.auth), "AAAA", 1),
	} {
		if _, err := Parse(json.RawMessage(raw)); err == nil {
			t.Errorf("%s is taken", name)
		}
		var f *notify.Failure
		if err := s.transport().Send(context.Background(), notify.Target{Push: json.RawMessage(raw)}, message); !errors.As(err, &f) || !f.Permanent || !f.Recipient {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"endpoint":"https://push.example.org/x","keys":{"p256dh":"BA","auth":"AA=="}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, err := Parse(raw); err == nil && s.Host() == "" {
			t.Errorf("taken without a host: %q", raw)
		}
	})
}

func TestKey(t *testing.T) {
	k := NewKey()
	again, err := ParseKey(k.Private)
	if err != nil || again != k {
		t.Errorf("%v: %v, want %v", err, again, k)
	}
	for _, bad := range []string{"", "x", "AAAA", base64.RawURLEncoding.EncodeToString(make([]byte, 32))} {
		if _, err := ParseKey(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
