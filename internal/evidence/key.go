package evidence

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Key signs checkpoints of one log. It carries the log's name, so a key can
// never sign for another log by mistake. It is written in the encoding of
// golang.org/x/mod/sumdb/note: PRIVATE+KEY+name+hash+base64.
type Key struct {
	name string
	priv ed25519.PrivateKey
}

// logName is what a log may be called: a host name or path without scheme,
// as C2SP tlog-checkpoint advises for origins.
var logName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.:_-]*(/[A-Za-z0-9.:_-]+)*$`)

// NewKey makes a key for a log of this name.
func NewKey(name string) (Key, error) {
	if len(name) > 200 || !logName.MatchString(name) {
		return Key{}, fmt.Errorf("evidence: log name %q: write it like ops.example.com/evenkeel (letters, digits, . : _ - and /, no scheme)", name)
	}
	_, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("evidence: making a key: %w", err)
	}
	return Key{name, priv}, nil
}

// ParseKey reads a signer key. The error never repeats the text, which is a
// secret.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	if _, err := note.NewSigner(text); err != nil {
		return Key{}, fmt.Errorf("evidence: this is no signing key; it starts with PRIVATE+KEY+ and is one line")
	}
	parts := strings.SplitN(text, "+", 5) // NewSigner has checked the form
	raw, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize || !logName.MatchString(parts[2]) {
		return Key{}, fmt.Errorf("evidence: the signing key is no Ed25519 key of a log")
	}
	return Key{parts[2], ed25519.NewKeyFromSeed(raw[1:])}, nil
}

// Name is the log's name.
func (k Key) Name() string { return k.name }

// IsZero reports whether there is no key.
func (k Key) IsZero() bool { return k.priv == nil }

// Secret is the encoded key, to be kept apart from the database.
func (k Key) Secret() string {
	v, _, _ := strings.Cut(strings.TrimPrefix(k.Public().String(), k.name+"+"), "+")
	return "PRIVATE+KEY+" + k.name + "+" + v + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, k.priv.Seed()...))
}

// Public is the half that checks.
func (k Key) Public() Public {
	return Public{k.name, k.priv.Public().(ed25519.PublicKey)}
}

// signer is the note signer for one epoch; its name is the origin.
func (k Key) signer(epoch int64) (note.Signer, error) {
	named := Key{Origin(k.name, epoch), k.priv}
	return note.NewSigner(named.Secret())
}

// Public checks the checkpoints of one log, of all its epochs.
type Public struct {
	name string
	key  ed25519.PublicKey
}

// ParsePublic reads a verifier key: name+hash+base64. The name is the log's,
// or the origin of any of its epochs.
func ParsePublic(text string) (Public, error) {
	text = strings.TrimSpace(text)
	if _, err := note.NewVerifier(text); err != nil {
		return Public{}, fmt.Errorf("evidence: %q is no verifier key; it is one line like name+1a2b3c4d+AQ…", short(text))
	}
	parts := strings.SplitN(text, "+", 3)
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize {
		return Public{}, fmt.Errorf("evidence: %q is no Ed25519 verifier key", short(text))
	}
	return Public{parts[0], raw[1:]}, nil
}

// Name is the name the key was given with.
func (p Public) Name() string { return p.name }

// IsZero reports whether there is no key.
func (p Public) IsZero() bool { return p.key == nil }

// Equal reports whether both are the same key for the same name.
func (p Public) Equal(q Public) bool { return p.name == q.name && p.key.Equal(q.key) }

// SameKey reports whether both hold the same key, whatever epoch they name.
func (p Public) SameKey(q Public) bool { return p.key.Equal(q.key) }

// String is the encoded verifier key, to be given to auditors.
func (p Public) String() string { return p.as(p.name) }

func (p Public) as(name string) string {
	text, err := note.NewEd25519VerifierKey(name, p.key)
	if err != nil {
		return "" // only for the zero Public
	}
	return text
}

// verifier is the note verifier for one origin, if it is of this log.
func (p Public) verifier(origin string) (note.Verifier, error) {
	if origin != p.name && base(origin) != p.name && base(origin) != base(p.name) {
		return nil, fmt.Errorf("evidence: checkpoint of %q, but the key is for %q", short(origin), p.name)
	}
	return note.NewVerifier(p.as(origin))
}

// Origin is the origin line of an epoch's checkpoints: name/epoch. A restore
// from a backup starts a new epoch, because entries after the backup are lost
// and a log must not sign two histories under one origin.
func Origin(name string, epoch int64) string { return name + "/" + strconv.FormatInt(epoch, 10) }

// EpochOf returns the epoch of an origin line; ok is false when it names none.
func EpochOf(origin string) (epoch int64, ok bool) {
	i := strings.LastIndexByte(origin, '/')
	if i < 0 {
		return 0, false
	}
	n, err := strconv.ParseInt(origin[i+1:], 10, 64)
	return n, err == nil && n > 0 && Origin(origin[:i], n) == origin
}

// base is the origin without its epoch.
func base(origin string) string {
	if _, ok := EpochOf(origin); ok {
		return origin[:strings.LastIndexByte(origin, '/')]
	}
	return origin
}

// short cuts foreign text for a message.
func short(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) > 80 {
		s = strings.ToValidUTF8(s[:77], "") + "…"
	}
	return s
}
