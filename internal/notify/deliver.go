package notify

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// send hands one message over, unless its lease is too old to be sure that
// nobody else does.
func (c *Courier) send(ctx context.Context, j errand) {
	defer c.end(j.row.Via)
	// Wall clock, not monotonic: it goes on while a machine is suspended.
	if time.Until(j.until.Round(0)) < c.timeout {
		c.s.o.Log.WarnContext(ctx, "lease too old to send; left to be claimed again", "message", j.row.Ref().String())
		return
	}
	start := time.Now()
	fail := j.fail
	ctx, said := listening(ctx)
	if fail == nil {
		ctx, cancel := context.WithTimeout(ctx, c.timeout)
		fail = c.s.deliver(ctx, j)
		cancel()
	}
	c.done <- result{job: j, at: start.UTC(), latency: time.Since(start), fail: fail, answer: *said}
}

// deliver hands an errand's message over.
func (s *Service) deliver(ctx context.Context, j errand) *Failure {
	if j.target != nil {
		return s.hand(ctx, j.channel.Spec.Kind, *j.target, j.message)
	}
	to, fail := s.target(j.channel)
	if fail != nil {
		return fail
	}
	return s.hand(ctx, j.channel.Spec.Kind, to, j.message)
}

// target unseals where a channel leads.
func (s *Service) target(ch Channel) (Target, *Failure) {
	if lack := ch.Missing(); lack != "" {
		return Target{}, &Failure{Text: "the channel lacks " + lack + "; set it on the channel's page"}
	}
	to := Target{Addresses: ch.Spec.Addresses}
	for _, v := range []struct {
		sealed []byte
		bound  string
		into   *string
	}{{ch.url, "url:" + ch.Name, &to.URL}, {ch.secret, "secret:" + ch.Name, &to.Secret}} {
		if v.sealed == nil {
			continue
		}
		plain, err := s.o.Box.Open(v.sealed, v.bound)
		if err != nil {
			return to, &Failure{Text: "the channel's secrets cannot be read with the key of this server", Err: err}
		}
		*v.into = string(plain)
	}
	return to, nil
}

// hand gives one message to the transport of its kind.
func (s *Service) hand(ctx context.Context, kind ChannelKind, to Target, m Message) (fail *Failure) {
	defer func() {
		if p := recover(); p != nil { // a transport's fault must not take the process along
			fail = &Failure{Text: "the transport failed on this message; it is in the log", Err: fmt.Errorf("panic: %v", p)}
			s.o.Log.ErrorContext(ctx, "transport panicked", "message", m.ID, "panic", p)
		}
	}()
	t, ok := s.o.Transports[kind]
	if !ok {
		return &Failure{Text: "this server is not set up to send by " + string(kind), Permanent: to.Person != 0 && kind != Email}
	}
	err := t.Send(ctx, to, m)
	if err == nil {
		return nil
	}
	if !errors.As(err, &fail) {
		fail = &Failure{Text: "sending failed for a reason the other side did not give", Err: err}
	}
	fail.Text = Clip(clean(fail.Text), 500)
	return fail
}
