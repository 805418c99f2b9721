// Package demo is Harbour & Co, a retailer whose checkout goes down on a
// Friday: the product alive on an embedded database, with nothing to install.
//
// What one sees is real: the organisation is applied as code (harbour/*.yaml);
// three months of history are lived through with a moved clock by the same
// verbs that people use (history.go); the shop's services run in this process,
// fail and recover over real HTTP (shop.go), are probed, and the probes post to
// the real receivers (probe.go). One incident unfolds while one looks
// (story.go), with colleagues who do their part if nobody else does. Mail goes
// to a real SMTP server in this process (mail.go).
//
// Everything lives in a temporary folder that is removed at the end, unless it
// is to be kept.
package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/config"
)

// Options are what the command line offers.
type Options struct {
	Listen  string // "127.0.0.1:8080"
	Keep    string // folder to keep everything in; empty: a temporary one
	History int    // days of history
	Calm    bool   // no incident unfolds (for screenshots and tests)
	Out     io.Writer
	Log     *slog.Logger

	// For tests; each may be nil.
	Opened func(a *app.App)     // after the history, before it is served
	Ready  func(addr net.Addr)  // after the first page can be opened
	Mail   func(message []byte) // what is sent by mail, as it came
}

// Run shows the product until ctx ends.
func Run(ctx context.Context, o Options) error {
	dir := o.Keep
	if dir == "" {
		tmp, err := os.MkdirTemp("", "evenkeel-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		dir = tmp
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	database := filepath.Join(dir, "evenkeel.db")
	_, statErr := os.Stat(database)
	fresh := os.IsNotExist(statErr)

	mail, err := startMail(o.Mail)
	if err != nil {
		return err
	}
	defer mail.close()
	clk := &clock{}
	now := time.Now().UTC()
	if fresh {
		clk.move(now.AddDate(0, 0, -o.History).Truncate(24 * time.Hour))
	}
	shop, err := openShop()
	if err != nil {
		return err
	}
	defer shop.close()
	s := &stage{options: o, mail: mail, shop: shop, rollback: "webhook:" + shop.back}
	a, err := app.New(ctx, demoConfig(o, dir, database, mail), o.Log,
		app.Clock(clk.now), app.Volatile(), app.Loopback(), app.Tour(s.tour), app.Pages("/demo/enter", s.routes))
	if err != nil {
		return err
	}
	defer a.Close()
	s.app = a
	if fresh {
		fmt.Fprintf(o.Out, "Harbour & Co: living through the last %d days …\n", o.History)
		if s.org, err = found(ctx, a); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		h := &history{a: a, org: s.org, clock: clk, rand: rand.New(rand.NewPCG(20, 11)), rollback: s.rollback}
		if err := h.live(ctx, now); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		clk.release()
		if err := s.ways(ctx); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	} else if s.org, err = find(ctx, a); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if o.Opened != nil {
		o.Opened(a)
	}
	return a.Serve(ctx, func(addr net.Addr) {
		host := "localhost:" + strconv.Itoa(addr.(*net.TCPAddr).Port)
		fmt.Fprintf(o.Out, "\n  Open  http://%s\n\n  You are Mara. Others: jonas, priya, tom, lena, omar; password %s\n", host, Password)
		if o.Keep != "" {
			fmt.Fprintf(o.Out, "  Kept in %s\n", dir)
		} else {
			fmt.Fprintln(o.Out, "  Ctrl-C ends it and removes everything.")
		}
		go s.play(ctx, "http://"+addr.String())
		if o.Ready != nil {
			o.Ready(addr)
		}
	})
}

func demoConfig(o Options, dir, database string, mail *mailbox) config.Config {
	_, port, _ := net.SplitHostPort(o.Listen)
	return config.Config{
		Listen: o.Listen, DB: database, PublicURL: "http://localhost:" + port, Org: "Harbour & Co",
		LogKey: filepath.Join(dir, "evenkeel-log.key"), SecretsKey: filepath.Join(dir, "evenkeel-secrets.key"), LogName: "harbour.example",
		Checkpoints: 15 * time.Second, PublishFile: filepath.Join(dir, "checkpoints.txt"),
		SMTPHost: "127.0.0.1", SMTPPort: mail.port, SMTPTLS: "none", SMTPFrom: "Evenkeel <evenkeel@harbour.example>",
		KeepDays: 400, Drain: 3 * time.Second, Dev: true, LogLevel: "warn",
	}
}
