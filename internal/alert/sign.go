package alert

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Box seals values for the database; secret.Box is one.
type Box interface {
	Seal(plain []byte, bound string) []byte
	Open(sealed []byte, bound string) ([]byte, error)
	Renew(sealed []byte, bound string) (fresh []byte, changed bool)
}

// Renew seals every signing token anew that an earlier key sealed, so that the
// earlier key can be dropped. It returns how many it did.
func (s *Service) Renew(tx *db.Tx) (n int, err error) {
	if s.Box == nil {
		return 0, nil
	}
	list, err := sealedTokens(tx)
	for _, t := range list {
		fresh, changed := s.Box.Renew(t.sealed, bound(t.name))
		if !changed {
			continue
		}
		if err := setSealed(tx, t.hash, fresh); err != nil {
			return n, err
		}
		n++
	}
	if n > 0 {
		tx.After(s.policy.changed)
	}
	return n, err
}

// seal returns a token for keeping beside its hash; nil when its sender sends
// it, so that nobody need ever know it again.
func (s *Service) seal(in *Integration, token string) []byte {
	if s.Box == nil || !in.Kind.signs() {
		return nil
	}
	return s.Box.Seal([]byte(token), bound(in.Name))
}

func bound(name string) string { return "integration:" + name }

// SigningKeys returns the integration of a name, for a receiver whose sender
// signs, and the tokens by which it may sign now: two while one is replaced.
// Errors: Unauthenticated when no enabled integration of this kind and name
// has a token that can be read.
func (s *Service) SigningKeys(ctx context.Context, kind Kind, name string) (Integration, []string, error) {
	refused := errs.E(errs.Unauthenticated, "no %s integration of this name takes signatures; check the address, or make it a new token", kind)
	if s.Box == nil || !kind.signs() {
		return Integration{}, nil, refused
	}
	p, err := s.policy.fresh(ctx, s.db)
	if err != nil {
		return Integration{}, nil, errs.Wrap("alert.signing-keys", err)
	}
	at, err := s.db.Now(ctx) // the clock that set when tokens end
	if err != nil {
		return Integration{}, nil, errs.Wrap("alert.signing-keys", err)
	}
	now := db.Micros(at)
	for _, in := range p.integrations {
		if in.Name != name || in.Kind != kind || in.Disabled {
			continue
		}
		var keys []string
		for _, t := range p.tokens {
			if t.integration != in.ID || t.sealed == nil || t.expires != 0 && t.expires <= now {
				continue
			}
			key, err := s.Box.Open(t.sealed, bound(name))
			if err != nil {
				return Integration{}, nil, errs.Wrap("alert.signing-keys", err)
			}
			keys = append(keys, string(key))
		}
		if len(keys) > 0 {
			return *in, keys, nil
		}
	}
	return Integration{}, nil, refused
}
