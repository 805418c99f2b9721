// Package email sends messages through an SMTP server.
//
// Each message is plain text with a simple HTML part beside it. Its Message-ID
// is made from the message's own id and this installation's name, so that all
// attempts carry the same one and a receiver can drop a copy; mails about one
// record name one invented parent in In-Reply-To and References (RFC 5322,
// 3.6.4), so that mail programs show them as a thread. Auto-Submitted (RFC
// 3834) keeps out-of-office replies away.
//
// Connections are kept for some seconds and used again: a handshake costs more
// than a mail. A kept connection that turns out dead is replaced once, before
// anything was sent on it. 5xx answers to a recipient or a body are final (RFC
// 5321, 4.2.1); everything else, a wrong password included, may be put right
// by an admin while the message waits.
package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"regexp"
	"sync"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/evenkeel/evenkeel/internal/notify"
)

// Transport sends mail.
type Transport struct {
	cfg    Config
	client *mail.Client // dials; holds no connection itself

	mu   sync.Mutex
	idle []kept
}

type kept struct {
	conn  *smtp.Client
	since time.Time
}

// keep is how long an unused connection stays open; servers close theirs after
// five minutes at the earliest (RFC 5321, 4.5.3.2.7), proxies earlier.
const (
	keep    = 20 * time.Second
	keepMax = 8
)

// New returns the transport; cfg was checked. roots are extra trusted
// certificates, nil for the system's.
func New(cfg Config, roots *tls.Config) (*Transport, error) {
	if !cfg.Enabled() {
		return &Transport{}, nil
	}
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	opts := []mail.Option{mail.WithPort(cfg.Port), mail.WithTimeout(cfg.Timeout)}
	switch cfg.TLS {
	case Implicit:
		opts = append(opts, mail.WithSSL())
	case StartTLS:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	case None:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	}
	if roots != nil {
		t := roots.Clone()
		t.ServerName = cfg.Host
		opts = append(opts, mail.WithTLSConfig(t))
	}
	if cfg.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(cfg.User), mail.WithPassword(cfg.Password))
	}
	client, err := mail.NewClient(cfg.Host, opts...)
	if err != nil {
		return nil, fmt.Errorf("email: %w", err)
	}
	return &Transport{cfg: cfg, client: client}, nil
}

// Send hands one message to the mail server.
func (t *Transport) Send(ctx context.Context, to notify.Target, m notify.Message) error {
	if t.client == nil {
		return &notify.Failure{Text: "no mail server is configured: set smtp.host, or choose another contact method"}
	}
	msg, err := compose(t.cfg.From, to.Addresses, m)
	if err != nil {
		return &notify.Failure{Text: err.Error(), Permanent: true}
	}
	for {
		conn, reused, err := t.take(ctx)
		if err != nil {
			return t.failure(err)
		}
		err = t.client.SendWithSMTPClient(conn, msg)
		if err == nil {
			t.give(conn)
			notify.Answer(ctx, "the mail server took it ("+took(msg.ServerResponse())+")")
			return nil
		}
		// A session in an unknown state is not used again.
		conn.Close()
		if msg.IsDelivered() {
			return nil // only the reset after it failed
		}
		var s *mail.SendError
		if reused && errors.As(err, &s) && s.Reason == mail.ErrConnCheck {
			continue // the server closed it meanwhile; nothing was sent
		}
		return t.failure(err)
	}
}

// take returns a connection, kept or new.
func (t *Transport) take(ctx context.Context) (conn *smtp.Client, reused bool, err error) {
	t.mu.Lock()
	for len(t.idle) > 0 && conn == nil {
		k := t.idle[len(t.idle)-1]
		t.idle = t.idle[:len(t.idle)-1]
		if time.Since(k.since) < keep {
			conn = k.conn
		} else {
			k.conn.Close()
		}
	}
	t.mu.Unlock()
	if conn != nil {
		return conn, true, nil
	}
	conn, err = t.client.DialToSMTPClientWithContext(ctx)
	return conn, false, err
}

func (t *Transport) give(conn *smtp.Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.idle) >= keepMax {
		conn.Close()
		return
	}
	t.idle = append(t.idle, kept{conn, time.Now()})
}

// Close ends kept connections.
func (t *Transport) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range t.idle {
		k.conn.Close()
	}
	t.idle = nil
}

// failure explains what the mail server said, without the recipient's address
// (the message names its recipient already) and without credentials.
func (t *Transport) failure(err error) error {
	f := &notify.Failure{Err: err}
	var s *mail.SendError
	if errors.As(err, &s) {
		code := s.ErrorCode()
		switch {
		case s.Reason == mail.ErrSMTPRcptTo && code >= 500:
			f.Permanent, f.Recipient, f.Text = true, true, fmt.Sprintf("the mail server refuses this recipient (%s)", answer(s))
		case (s.Reason == mail.ErrSMTPData || s.Reason == mail.ErrSMTPDataClose) && code >= 500:
			f.Permanent, f.Text = true, fmt.Sprintf("the mail server refuses this message (%s)", answer(s))
		case code != 0:
			f.Text = fmt.Sprintf("the mail server answered %s while %s", answer(s), s.Reason)
		default:
			f.Text = "the connection to the mail server broke while " + s.Reason.String()
		}
		return f
	}
	var n net.Error
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &dns):
		f.Text = "the mail server's name " + dns.Name + " cannot be resolved"
	case errors.As(err, &n) && n.Timeout():
		f.Text = "the mail server did not answer in time"
	case errors.As(err, &op) && op.Op == "dial":
		f.Text = fmt.Sprintf("the mail server %s:%d cannot be reached: %v", t.cfg.Host, t.cfg.Port, op.Err)
	default:
		f.Text = fmt.Sprintf("no session with the mail server %s:%d: %v", t.cfg.Host, t.cfg.Port, err)
	}
	return f
}

// took is the code of a good answer, "250" or "250 2.0.0": the words after it
// may repeat addresses.
func took(response string) string {
	code := goodAnswer.FindString(response)
	if code == "" {
		return "250"
	}
	return code
}

// goodAnswer is a reply code and an enhanced one (RFC 5321, 4.2; RFC 3463, 2).
var goodAnswer = regexp.MustCompile(`^(2[0-9]{2}[ -])?2\.[0-9]{1,3}\.[0-9]{1,3}|^2[0-9]{2}`)

// answer is the code of what the server said: its words may repeat addresses.
func answer(s *mail.SendError) string {
	if e := s.EnhancedStatusCode(); e != "" {
		return fmt.Sprintf("%d %s", s.ErrorCode(), e)
	}
	return fmt.Sprint(s.ErrorCode())
}
