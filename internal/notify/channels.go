package notify

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Channels lists channels by name, at most limit of them, after a name.
func (s *Service) Channels(ctx context.Context, after string, limit int) ([]Channel, error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, err
	}
	var out []Channel
	err := s.db.Read(ctx, func(q db.Querier) (err error) {
		if out, err = listChannels(q, after, limit); err != nil {
			return err
		}
		for i := range out {
			if err = s.complete(q, &out[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return out, errs.Wrap("notify.channels", err)
}

// Channel returns one channel.
func (s *Service) Channel(ctx context.Context, name string) (Channel, error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Channel{}, err
	}
	var c Channel
	err := s.db.Read(ctx, func(q db.Querier) (err error) {
		if c, err = channelByName(q, name); err != nil {
			return noChannel(err, name)
		}
		return s.complete(q, &c)
	})
	return c, errs.Wrap("notify.channel", err)
}

// complete adds what is shown and not stored in plain: the host of the URL and
// where the channel is managed.
func (s *Service) complete(q db.Querier, c *Channel) error {
	if c.url != nil {
		raw, err := s.o.Box.Open(c.url, "url:"+c.Name)
		c.Host = host(string(raw))
		if err != nil {
			c.Host = "cannot be read with this key"
		}
	}
	m, ok, err := ascode.ManagedBy(q, c.Ref())
	if ok {
		c.Managed = m.String()
	}
	return err
}

func noChannel(err error, name string) error {
	if errors.Is(err, db.ErrNoRows) {
		return errs.E(errs.NotFound, "there is no such channel").On(ref.S(ref.Channel, name).String())
	}
	return err
}

// CreateChannel stores a new channel. For a webhook without a secret one is
// made; secret is it, to be shown this once.
func (s *Service) CreateChannel(ctx context.Context, name string, spec ChannelSpec) (c Channel, secret string, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Channel{}, "", err
	}
	if spec.Kind == Webhook && spec.Secret == "" {
		secret = NewSecret()
		spec.Secret = secret
	}
	if err := requireURL(spec); err != nil {
		return Channel{}, "", err
	}
	err = s.db.Write(ctx, who, "channel created", func(tx *db.Tx) error {
		if _, err := channelByName(tx, name); err == nil {
			return errs.E(errs.Conflict, "there is a channel of this name already").On(ref.S(ref.Channel, name).String())
		} else if !errors.Is(err, db.ErrNoRows) {
			return err
		}
		c, _, err = s.apply(tx, name, spec)
		return err
	})
	return c, secret, errs.Wrap("notify.channel.create", err)
}

func requireURL(spec ChannelSpec) error {
	if spec.Kind != Email && spec.URL == "" {
		return errs.BadField("url", "", "give the address to post to")
	}
	return nil
}

// EditChannel changes a channel. version is the one that was edited (0 = any);
// a stale one is a conflict, as is a channel that is managed in git. An empty
// URL or secret leaves the stored one.
func (s *Service) EditChannel(ctx context.Context, name string, version int64, spec ChannelSpec) (c Channel, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Channel{}, err
	}
	err = s.db.Write(ctx, who, "channel edited", func(tx *db.Tx) error {
		old, err := lockChannel(tx, name)
		if err != nil {
			return noChannel(err, name)
		}
		if version != 0 && version != old.Version {
			return errs.E(errs.Conflict, "the channel was changed meanwhile: you edited version %d, it is at %d", version, old.Version).On(old.Ref().String())
		}
		// URL and secret are not in git, so they may be set here even then.
		plain := spec
		plain.URL, plain.Secret = "", ""
		if err := plain.check(name); err != nil {
			return err
		}
		if !same(plain, old.Spec) {
			if err := ascode.Guard(tx, old.Ref()); err != nil {
				return err
			}
		}
		var changed bool
		if c, changed, err = s.apply(tx, name, spec); err == nil && !changed {
			tx.Unrecorded("nothing changed")
		}
		return err
	})
	return c, errs.Wrap("notify.channel.edit", err)
}

// DeleteChannel removes a channel. Messages still waiting for it become dead
// letters at their next attempt.
func (s *Service) DeleteChannel(ctx context.Context, name string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return err
	}
	return errs.Wrap("notify.channel.delete", s.db.Write(ctx, who, "channel deleted", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, ref.S(ref.Channel, name)); err != nil {
			return err
		}
		return s.remove(tx, name)
	}))
}

// NewSecret makes a signing secret in Standard Webhooks' form, of 32 bytes.
func NewSecret() string {
	raw := make([]byte, 32)
	rand.Read(raw) // never fails, see crypto/rand
	return "whsec_" + base64.StdEncoding.EncodeToString(raw)
}

// TestResult is what came of a test message.
type TestResult struct {
	Sent    bool
	Error   string // without secrets
	Answer  string // of the other side, when it took the message
	Latency time.Duration
}

// TestChannel sends a test message now, past the queue, and says what came of
// it. It counts for the channel's health.
func (s *Service) TestChannel(ctx context.Context, name string) (TestResult, error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return TestResult{}, err
	}
	const op = "notify.channel.test"
	var c Channel
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		c, err = channelByName(q, name)
		return noChannel(err, name)
	})
	if err != nil {
		return TestResult{}, errs.Wrap(op, err)
	}
	id := make([]byte, 8)
	rand.Read(id)
	start := time.Now()
	fail := s.deliver(ctx, errand{channel: c, message: Message{
		ID: "TEST-" + hex.EncodeToString(id), At: start.UTC(), Record: "TEST", Reason: "test",
		Title: "Test message from Evenkeel", Text: "The channel " + name + " works. Nothing is wrong and nobody needs to do anything.",
		Facts: []Fact{{"Channel", name}, {"Team", c.Spec.Team}}, Buttons: []Button{{Label: "Open Evenkeel", URL: s.o.BaseURL + c.Ref().Path()}},
	}})
	res := TestResult{Sent: fail == nil, Latency: time.Since(start)}
	good, bad := 1, 0
	if fail != nil {
		res.Error, good, bad = fail.Text, 0, 1
	}
	err = s.db.Write(ctx, who, "channel tested", func(tx *db.Tx) error {
		tx.Record(evidence.Entry{Action: "channel.tested", Record: c.Ref(), Version: c.Version, After: c.digest(), Data: map[string]bool{"sent": res.Sent}})
		return storeHealth(tx, c.via(), tx.Now, good, bad, res.Sent, res.Error)
	})
	return res, errs.Wrap(op, err)
}
