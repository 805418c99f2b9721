package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// tokenPrefix marks API tokens, so that people and secret scanners recognise
// them where they do not belong.
const tokenPrefix = "ek_"

// secretBytes is the size of every random secret: 256 bits, beyond guessing,
// which is why a plain SHA-256 of it may be stored.
const secretBytes = 32

// secretText is the length of a secret as text: base64url without padding.
const secretText = 43

// newSecret returns prefix and 256 random bits as text, and what is stored of it.
func newSecret(prefix string) (text string, hash []byte) {
	raw := make([]byte, secretBytes)
	rand.Read(raw) // never fails, see crypto/rand
	text = prefix + base64.RawURLEncoding.EncodeToString(raw)
	return text, hashSecret(text)
}

// hashSecret is what is stored of a secret.
func hashSecret(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// parseSecret returns what is stored of a secret that somebody sent. ok is
// false for what cannot be one of ours: that never reaches the database. Only
// the one spelling that newSecret makes is taken.
func parseSecret(prefix, text string) (hash []byte, ok bool) {
	body, found := strings.CutPrefix(text, prefix)
	if !found || len(body) != secretText {
		return nil, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil || len(raw) != secretBytes || strings.ContainsAny(body, "\r\n") {
		return nil, false
	}
	return hashSecret(text), true
}

// newID returns 80 random bits as lower-case text, for things that need a
// public name and are no records, such as sessions.
func newID() string { return strings.ToLower(rand.Text()[:16]) }
