// Package secret keeps secrets in the database unreadable without a key that
// lives outside it.
//
// A Box seals small values (a webhook's signing secret, a Slack address, the
// token of an unsent link) with XChaCha20-Poly1305, an AEAD whose 24-byte
// nonce may be random for every value
// (https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha-03). Whoever
// copies the database learns nothing and can forge nothing.
//
// Invariants:
//   - The key comes from a file or the environment, shared by all replicas,
//     and is never stored in the database or written to a log.
//   - Each sealed value is bound to the place it belongs to ("channel:ops"):
//     moved to another row it does not open.
//   - A sealed value names its key by id, so keys can be rotated: the first key
//     seals, all keys open; values are sealed anew when they are next saved.
//
// How: sealed = version byte 1 | key id, 4 bytes | nonce, 24 bytes | ciphertext
// and tag. The key id is the start of a SHA-256 over the key with a fixed
// prefix; it identifies the key and tells nothing about it.
package secret

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize is the size of a key in bytes.
const KeySize = chacha20poly1305.KeySize

const (
	version = 1
	idSize  = 4
	head    = 1 + idSize + chacha20poly1305.NonceSizeX
)

// ErrKey means that a value was sealed with a key this process does not have.
var ErrKey = errors.New("secret: sealed with a key that is not configured here; give this process the key of the other replicas, or the earlier key as a second line")

// ErrSealed means that a sealed value was altered, cut, or moved elsewhere.
var ErrSealed = errors.New("secret: the sealed value was altered or belongs to another record")

// Box seals and opens. It is safe for concurrent use.
type Box struct {
	id   [idSize]byte // of the key that seals
	keys map[[idSize]byte]cipher.AEAD
}

// New makes a box from keys of KeySize bytes: the first seals, all open.
func New(keys ...[]byte) (*Box, error) {
	if len(keys) == 0 {
		return nil, errors.New("secret: no key")
	}
	b := &Box{keys: make(map[[idSize]byte]cipher.AEAD, len(keys))}
	for i, key := range keys {
		aead, err := chacha20poly1305.NewX(key)
		if err != nil {
			return nil, fmt.Errorf("secret: key %d has %d bytes, want %d", i+1, len(key), KeySize)
		}
		id := keyID(key)
		b.keys[id] = aead
		if i == 0 {
			b.id = id
		}
	}
	return b, nil
}

// Parse makes a box from text: one key a line, base64 or hex; empty lines and
// lines that start with # do not count. It is the form of the key file and of
// the environment variable.
func Parse(text string) (*Box, error) {
	var keys [][]byte
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, err := decode(line)
		if err != nil {
			return nil, fmt.Errorf("secret: line %d: %w", n+1, err) // never the line itself
		}
		keys = append(keys, key)
	}
	return New(keys...)
}

// Load makes a box from a key file. When the file does not exist and create is
// true, it writes a new key readable by its owner only.
func Load(path string, create bool) (*Box, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) && create {
		if err = Keep(path, Generate()+"\n"); err == nil || errors.Is(err, os.ErrExist) { // another process may have been first
			data, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("secret: key file: %w", err)
	}
	return Parse(string(data))
}

// Generate returns a new random key in base64.
func Generate() string {
	key := make([]byte, KeySize)
	rand.Read(key) // never fails, see crypto/rand
	return base64.StdEncoding.EncodeToString(key)
}

// KeyID names the key that seals, in hex; it is safe to show.
func (b *Box) KeyID() string { return hex.EncodeToString(b.id[:]) }

// Has reports whether the box has the key that KeyID named.
func (b *Box) Has(id string) bool {
	raw, err := hex.DecodeString(id)
	return err == nil && len(raw) == idSize && b.keys[[idSize]byte(raw)] != nil
}

// Seal encrypts plain for the place bound.
func (b *Box) Seal(plain []byte, bound string) []byte {
	aead := b.keys[b.id]
	out := make([]byte, head, head+len(plain)+aead.Overhead())
	out[0] = version
	copy(out[1:], b.id[:])
	rand.Read(out[1+idSize:])
	return aead.Seal(out, out[1+idSize:head], plain, []byte(bound))
}

// Open decrypts what Seal made for the same place. It fails with ErrKey or
// ErrSealed.
func (b *Box) Open(sealed []byte, bound string) ([]byte, error) {
	if len(sealed) < head || sealed[0] != version {
		return nil, ErrSealed
	}
	aead, ok := b.keys[[idSize]byte(sealed[1:1+idSize])]
	if !ok {
		return nil, ErrKey
	}
	plain, err := aead.Open(nil, sealed[1+idSize:head], sealed[head:], []byte(bound))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// Stale reports whether a sealed value should be sealed anew because another
// key than the present first one made it.
func (b *Box) Stale(sealed []byte) bool {
	return len(sealed) < head || [idSize]byte(sealed[1:1+idSize]) != b.id
}

func keyID(key []byte) (id [idSize]byte) {
	sum := sha256.Sum256(append([]byte("evenkeel secret key id v1\x00"), key...))
	copy(id[:], sum[:])
	return id
}

func decode(line string) ([]byte, error) {
	if len(line) == hex.EncodedLen(KeySize) {
		if key, err := hex.DecodeString(line); err == nil {
			return key, nil
		}
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if key, err := enc.DecodeString(line); err == nil && len(key) == KeySize {
			return key, nil
		}
	}
	return nil, fmt.Errorf("not a key: write %d random bytes in base64, for example from \"openssl rand -base64 %d\"", KeySize, KeySize)
}

// Renew seals a value anew when another key than the present first one made
// it; changed is false, and the value the same, when it need not be or cannot
// be read.
func (b *Box) Renew(sealed []byte, bound string) (fresh []byte, changed bool) {
	if len(sealed) == 0 || !b.Stale(sealed) {
		return sealed, false
	}
	plain, err := b.Open(sealed, bound)
	if err != nil {
		return sealed, false
	}
	return b.Seal(plain, bound), true
}

// Former reports whether the box holds earlier keys besides the one that seals.
func (b *Box) Former() bool { return len(b.keys) > 1 }
