package fault

import (
	"context"
	"database/sql"
	"io"
	"log"
	"log/slog"
	"net"
	"net/mail"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/config"
)

// site is one installation with what its senders need: Harbour & Co's payments
// team (Mara), its checkout, an integration of each kind, and a rule that
// makes one incident of each shard.
type site struct {
	t      testing.TB
	cfg    config.Config
	admin  actor.Actor
	mail   *sink
	tokens map[alert.Kind]string
	api    string // token of Mara
	routes []string
}

// found makes a site on a database: a PostgreSQL address, or a file.
func found(t testing.TB, database string) *site {
	t.Helper()
	return foundIn(t, t.TempDir(), database)
}

func foundIn(t testing.TB, dir, database string) *site {
	t.Helper()
	if database == "" {
		database = filepath.Join(dir, "evenkeel.db")
	}
	s := &site{t: t, mail: newSink(t), tokens: map[alert.Kind]string{}}
	host, port, _ := net.SplitHostPort(s.mail.addr)
	n, _ := strconv.Atoi(port)
	s.cfg = config.Config{Listen: "127.0.0.1:0", DB: database, PublicURL: "http://localhost:8080", LogKey: filepath.Join(dir, "log.key"),
		SecretsKey: filepath.Join(dir, "secrets.key"), PublishFile: filepath.Join(dir, "checkpoints"), Checkpoints: time.Second,
		SMTPHost: host, SMTPPort: n, SMTPTLS: "none", SMTPFrom: "Evenkeel <evenkeel@harbour.example>", KeepDays: 400, Drain: 10 * time.Second}
	a := s.open()
	defer a.Close()
	s.settle(a)
	a.Handler()
	s.routes = a.Routes() // patterns of all pages
	return s
}

func (s *site) settle(a *app.App) {
	s.t.Helper()
	ctx := context.Background()
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	link, _, err := a.Door.SetupLink(ctx)
	must(err)
	in, err := a.Door.SetUp(ctx, link.Secret, auth.PersonEdit{Handle: "mara", Email: "mara@harbour.example", Role: actor.Admin, Profile: auth.Profile{Display: "Mara Holm"}},
		"barge-tide-lantern-42", auth.Client{Address: "127.0.0.1"})
	must(err)
	s.admin = actor.Actor{Kind: actor.User, ID: in.Person.ID, Person: in.Person.ID, Role: actor.Admin, Name: "Mara Holm"}
	ctx = actor.With(ctx, s.admin)
	_, s.api, err = a.People.CreateToken(ctx, auth.NewToken{Name: "fault"})
	must(err)
	_, err = a.People.CreateTeam(ctx, "payments", auth.TeamEdit{Title: "Payments", Members: []auth.MemberEdit{{Person: "mara"}}})
	must(err)
	_, err = a.Catalog.Create(ctx, "checkout", catalog.Edit{Title: "Checkout", Team: "payments", Tier: 0})
	must(err)
	for _, kind := range alert.Kinds {
		in := alert.Integration{Name: string(kind), Kind: kind, Service: "checkout", Team: "payments"}
		if kind == alert.Heartbeat {
			in.Interval, in.Grace = 24*time.Hour, time.Hour
		}
		_, s.tokens[kind], err = a.Alerts.CreateIntegration(ctx, in)
		must(err)
	}
	_, err = a.Alerts.CreateRule(ctx, alert.Rule{Name: "by-shard", Position: 1, GroupBy: []string{"shard"}, Service: "checkout", Page: true, AutoClose: true, Reopen: time.Hour})
	must(err)
}

// open runs the site in this process, to look at it from inside.
func (s *site) open(opts ...app.Option) *app.App { return s.openLog(io.Discard, opts...) }

func (s *site) openLog(w io.Writer, opts ...app.Option) *app.App {
	s.t.Helper()
	a, err := app.New(context.Background(), s.cfg, slog.New(slog.NewTextHandler(w, nil)), opts...)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// as is a context of Mara.
func (s *site) as() context.Context { return actor.With(context.Background(), s.admin) }

// args are the flags that serve the site.
func (s *site) args() []string {
	c := s.cfg
	return []string{"serve", "--listen=127.0.0.1:0", "--db=" + c.DB, "--public-url=" + c.PublicURL, "--log-key=" + c.LogKey, "--secrets-key=" + c.SecretsKey,
		"--publish-file=" + c.PublishFile, "--checkpoint-every=1s", "--drain=5s",
		"--smtp-host=" + c.SMTPHost, "--smtp-port=" + strconv.Itoa(c.SMTPPort), "--smtp-tls=none", "--smtp-from=" + c.SMTPFrom}
}

// serve starts the program on the site.
func (s *site) serve(args ...string) *program {
	s.t.Helper()
	return begin(s.t, nil, append(s.args(), args...)...)
}

// look opens the site's database for plain SQL; close it.
func (s *site) look() *sql.DB {
	s.t.Helper()
	driver, dsn := "pgx", s.cfg.DB
	if !s.cfg.Postgres() {
		driver, dsn = "sqlite", "file:"+s.cfg.DB+"?_pragma=query_only(1)&_pragma=busy_timeout(5000)"
	}
	d, err := sql.Open(driver, dsn)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// sink is a real SMTP server that remembers which messages it was given, and
// how often.
type sink struct {
	addr string
	mu   sync.Mutex
	got  map[string]int // by the number in the Message-ID
}

func newSink(t testing.TB) *sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{addr: l.Addr().String(), got: map[string]int{}}
	server := smtp.NewServer(s)
	server.Domain = "sink.harbour.example"
	server.ErrorLog = log.New(io.Discard, "", 0) // of killed clients
	go server.Serve(l)                           // ends with Close
	t.Cleanup(func() { server.Close() })
	return s
}

// times returns how often each message came.
func (s *sink) times() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int, len(s.got))
	for id, n := range s.got {
		out[id] = n
	}
	return out
}

// NewSession begins one connection.
func (s *sink) NewSession(*smtp.Conn) (smtp.Session, error) { return session{s}, nil }

type session struct{ sink *sink }

func (session) Reset()                               {}
func (session) Logout() error                        { return nil }
func (session) Mail(string, *smtp.MailOptions) error { return nil }
func (session) Rcpt(string, *smtp.RcptOptions) error { return nil }

// Data reads one message; its Message-ID begins with "msg-17.".
func (s session) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	id, _, _ := strings.Cut(strings.Trim(m.Header.Get("Message-ID"), "<>"), ".")
	if _, err := io.Copy(io.Discard, m.Body); err != nil {
		return err
	}
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	s.sink.got[strings.ToUpper(id)]++
	return nil
}
