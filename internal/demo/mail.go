package demo

import (
	"io"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// mailbox is a real SMTP server on this machine that takes every mail and
// forgets it, so that messages are delivered, and shown as delivered, without
// leaving the demo.
type mailbox struct {
	server *smtp.Server
	port   int
	tell   func(message []byte) // may be nil

	mu   sync.Mutex
	last []byte // the message that came last
}

func startMail(tell func(message []byte)) (*mailbox, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &mailbox{port: l.Addr().(*net.TCPAddr).Port, tell: tell}
	m.server = smtp.NewServer(m)
	m.server.Domain = "harbour.example"
	m.server.ReadTimeout, m.server.WriteTimeout = 10*time.Second, 10*time.Second
	m.server.MaxMessageBytes = 1 << 20
	go m.server.Serve(l)
	return m, nil
}

func (m *mailbox) close() { m.server.Close() }

// NewSession begins a conversation with a sender.
func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return session{m}, nil }

type session struct{ box *mailbox }

func (session) Mail(string, *smtp.MailOptions) error { return nil }
func (session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (session) Reset()                               {}
func (session) Logout() error                        { return nil }

func (s session) Data(r io.Reader) error {
	message, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.box.mu.Lock()
	s.box.last = message
	s.box.mu.Unlock()
	if s.box.tell != nil {
		s.box.tell(message)
	}
	return nil
}
