// Package webpushtest is the other side of web push, for tests: a push service
// and the browser behind it. It shares no code with the sender, so that both
// must follow the specifications to understand each other: requests as RFC 8030
// and 8292 say, encryption as RFC 8291 and 8188 say.
package webpushtest

import (
	"bytes"
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
)

// Service is a push service with one browser.
type Service struct {
	*httptest.Server
	t       *testing.T
	browser *ecdh.PrivateKey
	auth    []byte
	vapid   string // public key the subscription was made with
	subject string // whom the sender must name

	Status int // of its answers; created at first
	Header http.Header
	Body   string
	Got    chan Message // what the browser read
}

// Message is what came, decrypted.
type Message struct {
	Data         []byte
	TTL, Urgency string
}

// New starts a push service whose browser subscribed to a VAPID key.
func New(t *testing.T, vapid, subject string) *Service {
	k, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &Service{t: t, browser: k, auth: make([]byte, 16), vapid: vapid, subject: subject, Status: http.StatusCreated, Got: make(chan Message, 64)}
	rand.Read(s.auth)
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// Subscription is what the browser's script hands over; its address holds
// "SECRETPATH".
func (s *Service) Subscription() json.RawMessage {
	b64 := base64.RawURLEncoding.EncodeToString
	b, _ := json.Marshal(map[string]any{"endpoint": s.URL + "/push/SECRETPATH", "expirationTime": nil,
		"keys": map[string]string{"p256dh": b64(s.browser.PublicKey().Bytes()), "auth": b64(s.auth)}})
	return b
}

// ServeHTTP takes a message.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
	s.Got <- Message{plain, r.Header.Get("TTL"), r.Header.Get("Urgency")}
	for k, v := range s.Header {
		w.Header()[k] = v
	}
	w.WriteHeader(s.Status)
	io.WriteString(w, s.Body)
}

// checkVAPID verifies "vapid t=<JWT>, k=<key>" (RFC 8292, 3).
func (s *Service) checkVAPID(h string) string {
	rest, ok := strings.CutPrefix(h, "vapid t=")
	token, key, ok2 := strings.Cut(rest, ", k=")
	if !ok || !ok2 || key != s.vapid {
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
	case claims.Sub != s.subject:
		return "sub " + claims.Sub
	}
	pub, _ := base64.RawURLEncoding.DecodeString(key)
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(sig) != 64 {
		return "signature of the wrong size"
	}
	k, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), pub)
	if err != nil {
		return "key: " + err.Error()
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(k, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		return "signature does not verify"
	}
	return ""
}

// decrypt is RFC 8291, 3.4, and RFC 8188 with one record.
func (s *Service) decrypt(b []byte) ([]byte, error) {
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
