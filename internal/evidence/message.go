package evidence

import "crypto/ed25519"

// SignMessage signs bytes that are no checkpoint with the log's key. Whatever
// is signed so must begin with a tag of its own format (DSSE's does: "DSSEv1"),
// so that no signature can pass for one over a checkpoint, which begins with the
// log's name and ends with a line break.
func (k Key) SignMessage(message []byte) []byte { return ed25519.Sign(k.priv, message) }

// VerifyMessage reports whether the log's key signed the bytes.
func (p Public) VerifyMessage(message, signature []byte) bool {
	return len(p.key) == ed25519.PublicKeySize && ed25519.Verify(p.key, message, signature)
}

// Bytes is the raw key, for libraries that want it.
func (p Public) Bytes() ed25519.PublicKey { return p.key }
