package cli

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/alecthomas/kong"

	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/config"
)

// commands is the whole command line.
type commands struct {
	Globals
	Config string `help:"Configuration file (YAML, names of the flags)." env:"EVENKEEL_CONFIG" placeholder:"FILE"`

	Serve      serveCmd      `cmd:"" help:"Run the server."`
	Demo       demoCmd       `cmd:"" help:"Show the product alive: an example organisation on an embedded database."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
	Completion completionCmd `cmd:"" help:"Print a completion script for bash, zsh or fish."`
}

type serveCmd struct{ config.Config }

// Run serves until it is told to stop.
func (c *serveCmd) Run(ctx context.Context, g *Globals) error {
	log := app.NewLog(os.Stderr, c.LogLevel)
	a, err := app.New(ctx, c.Config, log)
	if err != nil {
		return err
	}
	defer a.Close()
	link, fresh, err := a.Door.SetupLink(ctx)
	if err != nil {
		return err
	}
	return a.Serve(ctx, func(addr net.Addr) {
		log.Info("serving", "address", addr.String(), "public_url", c.PublicURL, "version", app.Version)
		if fresh {
			fmt.Fprintf(g.Err, "\nNobody has an account yet. Open this link to make the first one (good until %s):\n\n  %s\n\n", when(link.Expires), link.URL)
		}
	})
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(g *Globals) error {
	_, err := fmt.Fprintln(g.Out, "evenkeel", app.Version)
	return err
}

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints a script made from the grammar, so that it never lags behind.
func (c *completionCmd) Run(g *Globals, k *kong.Kong) error {
	_, err := fmt.Fprint(g.Out, completion(c.Shell, k.Model))
	return err
}
