package email

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// server is a real SMTP server that asks for a password and can refuse.
type server struct {
	mu    sync.Mutex
	mails []string
	conns int
	data  error
	srv   *smtp.Server
	port  int
}

func (s *server) NewSession(*smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns++
	return &session{s: s}, nil
}

type session struct {
	s      *server
	signed bool
}

func (x *session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "evenkeel" || password != "three boats" {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong"}
		}
		x.signed = true
		return nil
	}), nil
}
func (x *session) Reset()        {}
func (x *session) Logout() error { return nil }
func (x *session) Mail(string, *smtp.MailOptions) error {
	if !x.signed {
		return smtp.ErrAuthRequired
	}
	return nil
}
func (x *session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (x *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	if x.s.data != nil {
		return x.s.data
	}
	x.s.mails = append(x.s.mails, string(b))
	return err
}

// start runs a server with a certificate of its own; roots trust it.
func start(t *testing.T, implicit bool) (*server, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	own := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{port: l.Addr().(*net.TCPAddr).Port}
	s.srv = smtp.NewServer(s)
	s.srv.Domain, s.srv.TLSConfig = "localhost", own
	if implicit {
		l = tls.NewListener(l, own)
	}
	go s.srv.Serve(l)
	t.Cleanup(func() { s.srv.Close() })
	return s, &tls.Config{RootCAs: pool}
}

func (s *server) config(mode TLS) Config {
	return Config{Host: "localhost", Port: s.port, TLS: mode, User: "evenkeel", Password: "three boats", From: "Evenkeel <evenkeel@harbour.example>"}
}

var message = notify.Message{ID: "MSG-17", At: time.Date(2026, 3, 6, 14, 0, 0, 0, time.UTC), Record: "INC-1042", URL: "https://ek.harbour.example/incidents/INC-1042",
	Reason: "paged", Urgent: true, Title: "P1 Checkout is down", Text: "Every <b>payment</b> fails.", Facts: []notify.Fact{{Name: "Service", Value: "checkout & co"}},
	Buttons: []notify.Button{{Verb: "acknowledge", Label: "Acknowledge", URL: "https://ek.harbour.example/do/TOKEN"}, {Label: "Open INC-1042", URL: "https://ek.harbour.example/incidents/INC-1042"}}}

var to = notify.Target{Addresses: []string{"mara@harbour.example"}}

func open(t *testing.T, cfg Config, roots *tls.Config) *Transport {
	t.Helper()
	tr, err := New(cfg, roots)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	return tr
}

func TestSendEncrypted(t *testing.T) {
	for mode, implicit := range map[TLS]bool{StartTLS: false, Implicit: true} {
		s, roots := start(t, implicit)
		tr := open(t, s.config(mode), roots)
		for range 3 {
			if err := tr.Send(context.Background(), to, message); err != nil {
				t.Fatalf("%s: %v", mode, err)
			}
		}
		if len(s.mails) != 3 || s.conns > 2 {
			t.Errorf("%s: %d mails over %d sessions; want 3 over one connection", mode, len(s.mails), s.conns)
		}
		for _, want := range []string{"Message-ID: <msg-17.", "In-Reply-To: <inc-1042.", "References: <inc-1042.", "@harbour.example>", "Subject: [INC-1042] P1 Checkout is down",
			"Date: Fri, 06 Mar 2026 14:00:00 +0000", "Importance: high", "Auto-Submitted: auto-generated", "Service: checkout & co", "checkout &amp; co", "&lt;b&gt;payment"} {
			if !strings.Contains(s.mails[0], want) {
				t.Errorf("%s: the mail lacks %q:\n%s", mode, want, s.mails[0])
			}
		}
		if head := func(m string) string { h, _, _ := strings.Cut(m, "Content-Type"); return h }; head(s.mails[0]) != head(s.mails[1]) {
			t.Errorf("%s: two attempts differ in their heads", mode)
		}
	}
}

// A connection that the server closed meanwhile is replaced.
func TestKeptConnectionThatDied(t *testing.T) {
	s, roots := start(t, true)
	tr := open(t, s.config(Implicit), roots)
	if err := tr.Send(context.Background(), to, message); err != nil {
		t.Fatal(err)
	}
	tr.idle[0].conn.Close()
	if err := tr.Send(context.Background(), to, message); err != nil || len(s.mails) != 2 {
		t.Errorf("%v, %d mails", err, len(s.mails))
	}
}

func TestFailures(t *testing.T) {
	s, roots := start(t, true)
	fail := func(tr *Transport) *notify.Failure {
		t.Helper()
		var f *notify.Failure
		if err := tr.Send(context.Background(), to, message); !errors.As(err, &f) {
			t.Fatalf("%v", err)
		}
		return f
	}
	wrong := s.config(Implicit)
	wrong.Password = "hunter2"
	if f := fail(open(t, wrong, roots)); f.Permanent || strings.Contains(f.Text, "hunter2") || !strings.Contains(f.Text, "535") {
		t.Errorf("wrong password: %+v", f)
	}
	if f := fail(open(t, s.config(Implicit), nil)); f.Permanent || !strings.Contains(f.Text, "certificate") {
		t.Errorf("unknown certificate: %+v", f)
	}
	if f := fail(open(t, Config{}, nil)); f.Permanent || !strings.Contains(f.Text, "no mail server is configured") {
		t.Errorf("no server: %+v", f)
	}
	tr := open(t, s.config(Implicit), roots)
	s.data = &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "spam from mara@harbour.example"}
	if f := fail(tr); !f.Permanent || !strings.Contains(f.Text, "554") || strings.Contains(f.Text, "mara") {
		t.Errorf("refused message: %+v", f)
	}
	s.data = &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "full"}
	if f := fail(tr); f.Permanent || !strings.Contains(f.Text, "452") {
		t.Errorf("passing: %+v", f)
	}
	s.srv.Close()
	if f := fail(tr); f.Permanent || !strings.Contains(f.Text, "cannot be reached") {
		t.Errorf("gone: %+v", f)
	}
	// A server that does not offer STARTTLS gets neither mail nor password.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	plain := smtp.NewServer(s)
	go plain.Serve(l)
	defer plain.Close()
	cfg := s.config(StartTLS)
	cfg.Port = l.Addr().(*net.TCPAddr).Port
	if f := fail(open(t, cfg, roots)); f.Permanent || !strings.Contains(f.Text, "STARTTLS") {
		t.Errorf("no STARTTLS: %+v", f)
	}
}

// Nothing that came in from outside may become a header of its own.
func TestNoHeaderInjection(t *testing.T) {
	s, roots := start(t, true)
	tr := open(t, s.config(Implicit), roots)
	m := message
	m.Title = "Down\r\nBcc: evil@example.org"
	if err := tr.Send(context.Background(), to, m); err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(s.mails[0], "\r\n\r\n")
	for _, line := range strings.Split(head, "\r\n") {
		if strings.HasPrefix(line, "Bcc") {
			t.Errorf("injected: %q", head)
		}
	}
}

func TestCheck(t *testing.T) {
	good := Config{Host: "mail.harbour.example", From: "evenkeel@harbour.example"}
	if err := good.Check(); err != nil || good.TLS != StartTLS || good.Port != 587 {
		t.Errorf("%+v, %v", good, err)
	}
	for field, c := range map[string]Config{
		"smtp.tls":  {Host: "mail.harbour.example", From: "a@harbour.example", TLS: None},
		"smtp.port": {Host: "mail.harbour.example", From: "a@harbour.example", Port: 99999},
		"smtp.from": {Host: "mail.harbour.example"},
		"smtp.user": {Host: "mail.harbour.example", From: "a@harbour.example", User: "x"},
	} {
		if f := errs.As(c.Check()).Fields; len(f) != 1 || f[0].Name != field {
			t.Errorf("%s: %+v", field, f)
		}
	}
	if err := (&Config{}).Check(); err != nil {
		t.Errorf("no server at all is fine: %v", err)
	}
}
