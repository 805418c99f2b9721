package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// cost is argon2id's price of one guess.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

// costNow is OWASP's recommended minimum for argon2id: 19 MiB, two passes, one
// lane (Password Storage Cheat Sheet,
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html).
var costNow = cost{memory: 19 * 1024, passes: 2, threads: 1}

// costMost bounds what a stored hash may ask for, so that an edited row cannot
// exhaust the machine.
var costMost = cost{memory: 256 * 1024, passes: 16, threads: 16}

const (
	passwordMin = 12  // characters; OWASP ASVS 4.0.3, 2.1.1
	passwordMax = 256 // characters; ASVS asks for at least 64 to be allowed
	saltBytes   = 16
	keyBytes    = 32
	waitersMost = 64 // sign-ins that may wait for a turn; more are told to come back
	waitMost    = 10 * time.Second
)

// hasher computes argon2id for at most one sign-in per processor at a time, so
// that a flood of sign-ins costs neither all memory nor all processors.
type hasher struct {
	turn    chan struct{}
	waiting atomic.Int32
	dummy   string // a hash no password has; checked for unknown accounts
}

func newHasher() *hasher {
	h := &hasher{turn: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
	h.dummy = encodeHash(costNow, randomBytes(saltBytes), randomBytes(keyBytes))
	return h
}

// take waits for a turn and returns how to give it back; Unavailable when too
// many wait or the wait is too long.
func (h *hasher) take(ctx context.Context) (func(), error) {
	busy := errs.E(errs.Unavailable, "too many people are signing in at once; try again in a few seconds").After(waitMost)
	if h.waiting.Add(1) > waitersMost {
		h.waiting.Add(-1)
		return nil, busy
	}
	defer h.waiting.Add(-1)
	ctx, cancel := context.WithTimeout(ctx, waitMost)
	defer cancel()
	select {
	case h.turn <- struct{}{}:
		return func() { <-h.turn }, nil
	case <-ctx.Done():
		return nil, busy.Because(ctx.Err())
	}
}

// hash returns the PHC string of a password under a fresh salt.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	done, err := h.take(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	salt := randomBytes(saltBytes)
	return encodeHash(costNow, salt, derive(password, salt, costNow, keyBytes)), nil
}

// check reports whether the password has the stored hash, and whether the hash
// was made at another cost and should be renewed. An empty or unreadable hash
// does the same work against a hash nobody has, and answers no.
func (h *hasher) check(ctx context.Context, stored, password string) (ok, renew bool, err error) {
	done, err := h.take(ctx)
	if err != nil {
		return false, false, err
	}
	defer done()
	c, salt, want, perr := parseHash(stored)
	if perr != nil {
		c, salt, want, _ = parseHash(h.dummy)
	}
	got := derive(password, salt, c, uint32(len(want)))
	same := subtle.ConstantTimeCompare(got, want) == 1
	return same && perr == nil, c != costNow, nil
}

// derive normalises to NFC first (RFC 8265, OpaqueString), because keyboards
// differ in how they send an accented letter.
func derive(password string, salt []byte, c cost, size uint32) []byte {
	return argon2.IDKey(norm.NFC.Bytes([]byte(password)), salt, c.passes, c.memory, c.threads, size)
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails, see crypto/rand
	return b
}

// encodeHash writes the PHC string format,
// https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md.
func encodeHash(c cost, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.threads,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

var errHash = errors.New("not an argon2id hash this program made")

// parseHash reads what encodeHash wrote, and nothing else.
func parseHash(s string) (c cost, salt, key []byte, err error) {
	part := strings.Split(s, "$")
	if len(s) > 512 || len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != "v="+strconv.Itoa(argon2.Version) {
		return cost{}, nil, nil, errHash
	}
	names := strings.Split(part[3], ",")
	if len(names) != 3 {
		return cost{}, nil, nil, errHash
	}
	var n [3]uint64
	for i, name := range []string{"m=", "t=", "p="} {
		digits, found := strings.CutPrefix(names[i], name)
		if n[i], err = strconv.ParseUint(digits, 10, 32); !found || err != nil || n[i] == 0 {
			return cost{}, nil, nil, errHash
		}
	}
	if n[0] > uint64(costMost.memory) || n[1] > uint64(costMost.passes) || n[2] > uint64(costMost.threads) {
		return cost{}, nil, nil, errHash
	}
	c = cost{uint32(n[0]), uint32(n[1]), uint8(n[2])}
	b64 := base64.RawStdEncoding.Strict()
	if salt, err = b64.DecodeString(part[4]); err != nil || len(salt) < 8 || len(salt) > 64 {
		return cost{}, nil, nil, errHash
	}
	if key, err = b64.DecodeString(part[5]); err != nil || len(key) < 16 || len(key) > 64 {
		return cost{}, nil, nil, errHash
	}
	if encodeHash(c, salt, key) != s { // one spelling only: no leading zeros, no line breaks
		return cost{}, nil, nil, errHash
	}
	return c, salt, key, nil
}

// checkNewPassword says what is wrong with a password somebody chose: length,
// and what a guesser tries first (NIST SP 800-63B section 3.1.1.2). It asks
// for no particular kinds of characters, because that makes passwords worse.
func checkNewPassword(password string, p Person) error {
	bad := func(remedy string) error { return errs.BadField("password", "", remedy) }
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return bad("must be text in UTF-8")
	case n < passwordMin:
		return bad(fmt.Sprintf("use at least %d characters; a few unrelated words are good", passwordMin))
	case n > passwordMax:
		return bad(fmt.Sprintf("use at most %d characters", passwordMax))
	}
	low := strings.ToLower(password)
	seen := map[rune]bool{}
	for _, r := range low {
		seen[r] = true
	}
	if len(seen) < 5 {
		return bad("use more different characters")
	}
	bare := low // without what it must not consist of
	local, _, _ := strings.Cut(p.Email, "@")
	words := append([]string{p.Email, local, p.Handle}, strings.Fields(p.Display)...)
	for _, known := range append(words, "evenkeel", "password", "1234567890", "qwertyuiop", "letmein", "changeme") {
		if len(known) > 2 {
			bare = strings.ReplaceAll(bare, strings.ToLower(known), "")
		}
	}
	if utf8.RuneCountInString(bare) < passwordMin/2 {
		return bad("do not build it from your name, your address or a well-known password")
	}
	return nil
}
