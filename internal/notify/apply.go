package notify

import (
	"errors"
	"slices"

	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// AsCode is the kind Channel of everything-as-code. Secrets are never
// exported; a file may set them, or leave those that are stored.
func AsCode(s *Service) ascode.Kind {
	return ascode.NewKind("Channel", ref.Channel, ascode.OrderChannel, channelObjects,
		func(tx *db.Tx, name string, spec ChannelSpec, _ string) error {
			_, _, err := s.apply(tx, name, spec)
			return err
		}, s.remove)
}

func (s *Service) remove(tx *db.Tx, name string) error {
	c, err := lockChannel(tx, name)
	if err != nil {
		return noChannel(err, name)
	}
	tx.Record(evidence.Entry{Action: "channel.deleted", Record: c.Ref(), Version: c.Version + 1, Before: c.digest()})
	return deleteChannel(tx, c)
}

// apply makes a channel equal to spec and says whether that changed anything.
func (s *Service) apply(tx *db.Tx, name string, spec ChannelSpec) (Channel, bool, error) {
	if err := spec.check(name); err != nil {
		return Channel{}, false, err
	}
	if s.o.KnownTeam != nil {
		if ok, err := s.o.KnownTeam(tx, spec.Team); err != nil {
			return Channel{}, false, err
		} else if !ok {
			return Channel{}, false, errs.BadField("team", spec.Team, "there is no such team; create it first, or name another")
		}
	}
	old, err := lockChannel(tx, name)
	isNew := errors.Is(err, db.ErrNoRows)
	if err != nil && !isNew {
		return Channel{}, false, err
	}
	c := old
	if isNew {
		c = Channel{Name: name, CreatedAt: tx.Now, salt: evidence.NewSalt()}
	}
	if spec.Kind != old.Spec.Kind {
		c.url, c.secret = nil, nil // they belong to another system
	}
	changed := isNew
	if c.url, err = s.reseal(c.url, spec.URL, "url:"+name, &changed); err != nil {
		return Channel{}, false, err
	}
	if c.secret, err = s.reseal(c.secret, spec.Secret, "secret:"+name, &changed); err != nil {
		return Channel{}, false, err
	}
	c.HasSecret = c.secret != nil
	spec.URL, spec.Secret = "", ""
	if !changed && same(spec, old.Spec) {
		return old, false, s.complete(tx, &old)
	}
	c.Spec, c.Version, c.UpdatedAt = spec, old.Version+1, tx.Now
	if err := putChannel(tx, c); err != nil {
		return Channel{}, false, err
	}
	e := evidence.Entry{Action: "channel.changed", Record: c.Ref(), Version: c.Version, After: c.digest()}
	if isNew {
		e.Action = "channel.created"
	} else {
		e.Before = old.digest()
	}
	tx.Record(e)
	tx.After(s.Wake)
	return c, true, s.complete(tx, &c)
}

// reseal returns the sealed form of a new value; the old one when the new one
// is empty or the same.
func (s *Service) reseal(old []byte, value, bound string, changed *bool) ([]byte, error) {
	if value == "" {
		return old, nil
	}
	if old != nil {
		plain, err := s.o.Box.Open(old, bound)
		if err == nil && string(plain) == value && !s.o.Box.Stale(old) {
			return old, nil
		}
	}
	*changed = true
	return s.o.Box.Seal([]byte(value), bound), nil
}

// same compares specs without URL and secret.
func same(a, b ChannelSpec) bool {
	return a.Kind == b.Kind && a.Team == b.Team && a.Urgency == b.Urgency && a.Disabled == b.Disabled && a.PerMinute == b.PerMinute && slices.Equal(a.Addresses, b.Addresses)
}

// digest is over all that is stored of a channel; addresses are personal data,
// hence the salt.
func (c Channel) digest() string {
	return evidence.Digest(c.salt, struct {
		Name        string
		Spec        ChannelSpec
		URL, Secret []byte
	}{c.Name, c.Spec, c.url, c.secret})
}
