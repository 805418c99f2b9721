package webhook

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// The vector is the one that the specification's reference libraries test
// themselves with (libraries/go/webhook_test.go).
func TestSignVector(t *testing.T) {
	h := http.Header{}
	if err := Sign(h, key, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`)); err != nil {
		t.Fatal(err)
	}
	if got, want := h.Get(HeaderSignature), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

func TestVerify(t *testing.T) {
	now := time.Unix(1614265330, 0)
	body := []byte(`{"type":"notice.paged"}`)
	sign := func() http.Header {
		h := http.Header{}
		if err := Sign(h, key, "MSG-17", now, body); err != nil {
			t.Fatal(err)
		}
		return h
	}
	if err := Verify(sign(), key, body, now); err != nil {
		t.Error(err)
	}
	both := sign()
	both.Set(HeaderSignature, "v1a,abc v1,AAAA "+both.Get(HeaderSignature))
	if err := Verify(both, key, body, now); err != nil {
		t.Errorf("one of several signatures: %v", err)
	}
	for name, change := range map[string]func(h http.Header) ([]byte, time.Time, string){
		"another body": func(http.Header) ([]byte, time.Time, string) { return []byte("{}"), now, key },
		"another id":   func(h http.Header) ([]byte, time.Time, string) { h.Set(HeaderID, "MSG-18"); return body, now, key },
		"another timestamp": func(h http.Header) ([]byte, time.Time, string) {
			h.Set(HeaderTimestamp, "1614265331")
			return body, now, key
		},
		"no timestamp":    func(h http.Header) ([]byte, time.Time, string) { h.Del(HeaderTimestamp); return body, now, key },
		"no id":           func(h http.Header) ([]byte, time.Time, string) { h.Del(HeaderID); return body, now, key },
		"no signature":    func(h http.Header) ([]byte, time.Time, string) { h.Del(HeaderSignature); return body, now, key },
		"a replay":        func(http.Header) ([]byte, time.Time, string) { return body, now.Add(6 * time.Minute), key },
		"from the future": func(http.Header) ([]byte, time.Time, string) { return body, now.Add(-6 * time.Minute), key },
		"another secret": func(http.Header) ([]byte, time.Time, string) {
			return body, now, "whsec_" + strings.Repeat("A", 32)
		},
	} {
		h := sign()
		b, at, k := change(h)
		if err := Verify(h, k, b, at); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func TestWord(t *testing.T) {
	for in, want := range map[string]string{"paged": "paged", "priority raised": "priority_raised", "a.b-ü": "a_b__"} {
		if got := word(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
