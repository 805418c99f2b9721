package auth

import (
	"context"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/errs"
)

func TestPasswordHash(t *testing.T) {
	h, ctx := newHasher(), context.Background()
	stored, err := h.hash(ctx, "Käse und Brot am Kai")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("not OWASP's parameters: %s", stored)
	}
	cheap := encodeHash(cost{8, 1, 1}, []byte("12345678"), derive("Käse und Brot am Kai", []byte("12345678"), cost{8, 1, 1}, 32))
	for _, c := range []struct {
		name, stored, password string
		ok, renew              bool
	}{
		{"right", stored, "Käse und Brot am Kai", true, false},
		{"decomposed, as some keyboards send it", stored, "Ka\u0308se und Brot am Kai", true, false},
		{"wrong", stored, "kaese und brot am kai", false, false},
		{"no password set", "", "", false, false},
		{"damaged hash", stored[:40], "Käse und Brot am Kai", false, false},
		{"hash of an older cost", cheap, "Käse und Brot am Kai", true, true},
		{"the dummy of unknown accounts", h.dummy, "", false, false},
	} {
		ok, renew, err := h.check(ctx, c.stored, c.password)
		if err != nil || ok != c.ok || renew != c.renew {
			t.Errorf("%s: ok %v, renew %v, %v; want %v, %v", c.name, ok, renew, err, c.ok, c.renew)
		}
	}
}

func TestHasherIsBounded(t *testing.T) {
	h := newHasher()
	for range cap(h.turn) {
		h.turn <- struct{}{}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.hash(ctx, "a long enough password"); !errs.Is(err, errs.Unavailable) {
		t.Errorf("gave up waiting: %v, want unavailable", err)
	}
	h.waiting.Store(waitersMost)
	if _, err := h.hash(context.Background(), "a long enough password"); !errs.Is(err, errs.Unavailable) {
		t.Errorf("too many wait: %v, want unavailable", err)
	}
}

func TestNewPassword(t *testing.T) {
	p := Person{Handle: "mara", Display: "Mara Lindt", Email: "mara.lindt@harbour.example"}
	for _, bad := range []string{"", "short", "elevenchars", strings.Repeat("a", 30), strings.Repeat("ab1", 300), "Password1234567890", "mara.lindt@harbour.example",
		"MaraLindt123", "evenkeel-mara", "\xff\xfe\xfd valid enough otherwise"} {
		if err := checkNewPassword(bad, p); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q is accepted", bad)
		}
	}
	for _, good := range []string{"three boats at anchor", "Tau-Pier-19-Möwe", "mara likes unrelated words"} {
		if err := checkNewPassword(good, p); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(encodeHash(costNow, []byte("0123456789abcdef"), []byte("0123456789abcdef0123456789abcdef")))
	f.Add("$argon2id$v=19$m=4294967295,t=1,p=1$MDEyMzQ1Njc$MDEyMzQ1Njc4OWFiY2RlZg")
	f.Add("$argon2id$v=19$m=19456,t=02,p=1$$")
	f.Add("$argon2i$v=19$m=1,t=1,p=1$a$b")
	f.Fuzz(func(t *testing.T, s string) {
		c, salt, key, err := parseHash(s)
		if err != nil {
			return
		}
		if c.memory > costMost.memory || c.passes > costMost.passes || c.passes == 0 || c.threads > costMost.threads || c.threads == 0 {
			t.Errorf("%q asks for %+v", s, c)
		}
		if encodeHash(c, salt, key) != s {
			t.Errorf("%q reads as %q", s, encodeHash(c, salt, key))
		}
	})
}
