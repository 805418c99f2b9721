package main

import (
	"io"
	"net"
	"regexp"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// sink is a mail server that notes when it saw which case, and every mail.
type sink struct {
	*smtp.Server
	port int

	mu    sync.Mutex
	seen  map[string]time.Time
	mails []time.Time
}

func openSink() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{seen: map[string]time.Time{}, port: l.Addr().(*net.TCPAddr).Port}
	s.Server = smtp.NewServer(s)
	s.Domain = "localhost"
	go s.Server.Serve(l)
	return s, nil
}

// serve makes a server that is to be measured send its mail here.
func (s *sink) serve(t *target) {
	t.cfg.SMTPHost, t.cfg.SMTPPort, t.cfg.SMTPFrom = "127.0.0.1", s.port, "Evenkeel <evenkeel@harbour.example>"
}

// wait returns when so many mails came, or the time is up.
func (s *sink) wait(mails int, most time.Duration) []time.Time {
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		n := len(s.mails)
		s.mu.Unlock()
		if n >= mails {
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Time{}, s.mails...)
}

var caseName = regexp.MustCompile(`case \d+ ends`)

func (s *sink) count() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.seen) }

// NewSession begins a conversation.
func (s *sink) NewSession(*smtp.Conn) (smtp.Session, error) { return session{s}, nil }

type session struct{ s *sink }

func (session) Mail(string, *smtp.MailOptions) error { return nil }
func (session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (session) Reset()                               {}
func (session) Logout() error                        { return nil }

// Data notes a mail, and its case the first time.
func (e session) Data(r io.Reader) error {
	at := time.Now()
	data, err := io.ReadAll(r)
	name := caseName.Find(data)
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	e.s.mails = append(e.s.mails, at)
	if _, ok := e.s.seen[string(name)]; !ok && name != nil {
		e.s.seen[string(name)] = at
	}
	return err
}
