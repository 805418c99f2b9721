package webpush

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"errors"
)

// Key is this server's VAPID key pair on the curve P-256, both halves in
// base64 for URLs without padding. Subscriptions belong to the public half:
// with another key they must be made again, so it is kept for ever.
type Key struct {
	Private string // 32 bytes
	Public  string // 65 bytes, uncompressed point; browsers get it as applicationServerKey
}

// NewKey makes a key.
func NewKey() Key {
	k, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		panic("webpush: " + err.Error()) // the random source does not fail, see crypto/rand
	}
	return keyOf(k)
}

// ParseKey returns the pair to a private key.
func ParseKey(private string) (Key, error) {
	raw, err := decode(private)
	if err != nil {
		return Key{}, errors.New("webpush: the VAPID key is not base64")
	}
	k, err := ecdh.P256().NewPrivateKey(raw)
	if err != nil {
		return Key{}, errors.New("webpush: the VAPID key is no private key of the curve P-256")
	}
	return keyOf(k), nil
}

func keyOf(k *ecdh.PrivateKey) Key {
	return Key{Private: base64.RawURLEncoding.EncodeToString(k.Bytes()), Public: base64.RawURLEncoding.EncodeToString(k.PublicKey().Bytes())}
}
