package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/config"
	"github.com/evenkeel/evenkeel/internal/db/dbbench"
)

// build compiles the binary that is measured, as it would be released.
func (b *bench) build() error {
	b.binary = filepath.Join(b.dir, "evenkeel")
	cmd := exec.CommandContext(b.ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", b.binary, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// target is a server under test with what is needed to talk to it.
type target struct {
	addr      string
	token     string // API token of an admin
	pagerduty string // routing key
	am        string // Alertmanager token
	cmd       *exec.Cmd
	cfg       config.Config
	startTook time.Duration
	organiser actor.Actor
	here      func() // ends the server when it runs in this process
}

// prepare makes an organisation in a database: one team, ten services, two
// integrations, one rule.
func (b *bench) prepare(name, url string) (*target, error) {
	t := &target{cfg: config.Config{Listen: "127.0.0.1:0", DB: url, LogKey: filepath.Join(b.dir, name+"-log.key"), SecretsKey: filepath.Join(b.dir, name+"-secrets.key"),
		Checkpoints: time.Minute, KeepDays: 400, Drain: time.Second, SMTPTLS: "none", LogLevel: "error", PublicURL: "http://localhost:8080"}}
	a, err := app.New(b.ctx, t.cfg, quiet())
	if err != nil {
		return nil, err
	}
	defer a.Close()
	link, _, err := a.Door.SetupLink(b.ctx)
	if err != nil {
		return nil, err
	}
	in, err := a.Door.SetUp(b.ctx, link.Secret, auth.PersonEdit{Handle: "mara", Email: "mara@harbour.example", Role: actor.Admin, Profile: auth.Profile{Display: "Mara"}}, "a password for the bench", auth.Client{})
	if err != nil {
		return nil, err
	}
	t.organiser = actor.Actor{Kind: actor.User, ID: in.Person.ID, Person: in.Person.ID, Role: actor.Admin, Name: "Mara"}
	ctx := actor.With(b.ctx, t.organiser)
	if _, err := a.People.CreateTeam(ctx, "shop", auth.TeamEdit{Title: "Shop", Members: []auth.MemberEdit{{Person: "mara"}}}); err != nil {
		return nil, err
	}
	for i := range 10 {
		if _, err := a.Catalog.Create(ctx, fmt.Sprintf("service-%d", i), catalog.Edit{Title: fmt.Sprintf("Service %d", i), Team: "shop", Tier: 2, Lifecycle: catalog.Live}); err != nil {
			return nil, err
		}
	}
	if _, t.token, err = a.People.CreateToken(ctx, auth.NewToken{Name: "bench", Role: actor.Admin}); err != nil {
		return nil, err
	}
	if _, t.pagerduty, err = a.Alerts.CreateIntegration(ctx, alert.Integration{Name: "pd", Kind: alert.PagerDuty, Service: "service-1"}); err != nil {
		return nil, err
	}
	_, t.am, err = a.Alerts.CreateIntegration(ctx, alert.Integration{Name: "am", Kind: alert.Alertmanager})
	return t, err
}

// start runs the binary and waits until it is ready.
func (b *bench) start(t *target) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	t.addr = l.Addr().String()
	l.Close()
	if b.profile != "" {
		return b.serveHere(t)
	}
	args := []string{"serve", "--listen", t.addr, "--db", t.cfg.DB, "--log-key", t.cfg.LogKey, "--secrets-key", t.cfg.SecretsKey, "--log-level", "error", "--public-url", t.cfg.PublicURL}
	if t.cfg.SMTPHost != "" {
		args = append(args, "--smtp-host", t.cfg.SMTPHost, "--smtp-port", strconv.Itoa(t.cfg.SMTPPort), "--smtp-tls", "none", "--smtp-from", t.cfg.SMTPFrom)
	}
	t.cmd = exec.CommandContext(b.ctx, b.binary, args...)
	t.cmd.Stderr = os.Stderr
	began := time.Now()
	if err := t.cmd.Start(); err != nil {
		return err
	}
	for time.Since(began) < time.Minute {
		res, err := http.Get("http://" + t.addr + "/readyz")
		if err == nil {
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if res.StatusCode == 200 {
				t.startTook = time.Since(began)
				return nil
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.stop()
	return fmt.Errorf("the server does not become ready")
}

// serveHere runs the server in this process, so that a CPU profile shows both
// sides.
func (b *bench) serveHere(t *target) error {
	cfg := t.cfg
	cfg.Listen = t.addr
	f, err := os.Create(b.profile)
	if err != nil {
		return err
	}
	a, err := app.New(b.ctx, cfg, quiet())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(b.ctx)
	ready, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		a.Serve(ctx, func(net.Addr) { close(ready) })
		a.Close()
	}()
	<-ready
	t.here = func() { pprof.StopCPUProfile(); f.Close(); cancel(); <-done }
	return pprof.StartCPUProfile(f)
}

func (t *target) stop() {
	if t.here != nil {
		t.here()
		t.here = nil
	}
	if t.cmd != nil && t.cmd.Process != nil {
		t.cmd.Process.Signal(os.Interrupt)
		t.cmd.Wait()
		t.cmd = nil
	}
}

// rss is the resident memory of the server in MB.
func (t *target) rss() int {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.cmd.Process.Pid))
	for line := range strings.Lines(string(data)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(v)[0])
			return kb >> 10
		}
	}
	return 0
}

// targets are the empty databases to measure: SQLite always, PostgreSQL when
// named; done removes the latter.
func (b *bench) targets(part string) (urls map[string]string, names []string, done func(), err error) {
	done = func() {}
	urls = map[string]string{"SQLite": filepath.Join(b.dir, part+".db")}
	names = []string{"SQLite"}
	if b.pg != "" {
		if urls["PostgreSQL"], done, err = dbbench.Fresh(b.ctx, b.pg, "evenkeel_bench_"+part); err != nil {
			return nil, nil, nil, err
		}
		names = append(names, "PostgreSQL")
	}
	return urls, names, done, nil
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
