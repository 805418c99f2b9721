package attest

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"github.com/evenkeel/evenkeel/internal/evidence"
)

// Digest is what the entry about a statement holds: hex SHA-256 of its bytes.
func Digest(statement []byte) string {
	sum := sha256.Sum256(statement)
	return hex.EncodeToString(sum[:])
}

// Seal puts a statement into an envelope.
func Seal(statement []byte, s Signer, log Log) (Envelope, error) {
	signer, err := dsse.NewEnvelopeSigner(dsseKey{s.Key(), s})
	if err != nil {
		return Envelope{}, err
	}
	env, err := signer.SignPayload(context.Background(), PayloadType, statement)
	if err != nil {
		return Envelope{}, err
	}
	out := Envelope{PayloadType: env.PayloadType, Payload: env.Payload, Log: log}
	for _, g := range env.Signatures {
		out.Signatures = append(out.Signatures, Signature{g.KeyID, g.Sig})
	}
	return out, nil
}

// dsseKey is the log's key for the DSSE library.
type dsseKey struct {
	public evidence.Public
	signer Signer // nil: it only verifies
}

func (k dsseKey) KeyID() (string, error)   { return k.public.String(), nil }
func (k dsseKey) Public() crypto.PublicKey { return k.public.Bytes() }

func (k dsseKey) Sign(_ context.Context, data []byte) ([]byte, error) {
	return k.signer.SignMessage(data), nil
}

func (k dsseKey) Verify(_ context.Context, data, sig []byte) error {
	if !k.public.VerifyMessage(data, sig) {
		return errors.New("the signature is not the key's")
	}
	return nil
}
