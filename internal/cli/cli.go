// Package cli is the command line: the server's own commands (serve, demo,
// backup, restore, doctor) and one for everything the HTTP API does.
//
// Client commands use the public package client, like any program of a user.
// Every one prints a table for people, or with -o json|yaml what the API
// answered. Errors go to stderr as "error: what happened; what to do", and the
// exit code tells the kind of the error (see errs.Table).
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Globals are the flags of every command.
type Globals struct {
	Server  string `help:"Address of the server." default:"http://127.0.0.1:8080" env:"EVENKEEL_SERVER" placeholder:"URL"`
	Token   string `help:"API token; better in the environment." env:"EVENKEEL_TOKEN"`
	Output  string `short:"o" help:"table, json or yaml." enum:"table,json,yaml" default:"table"`
	NoColor bool   `help:"No colour. NO_COLOR in the environment does the same." env:"NO_COLOR"`

	Out io.Writer `kong:"-"` // stdout; tests set it
	Err io.Writer `kong:"-"`
	In  io.Reader `kong:"-"`
}

// Client returns a client for --server and --token.
func (g *Globals) Client() *client.Client {
	return &client.Client{Server: g.Server, Token: g.Token, Agent: "evenkeel-cli"}
}

// Main runs the command line and returns the exit code.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return Run(ctx, args, os.Stdin, os.Stdout, os.Stderr)
}

// Run is Main with everything given, for tests.
func Run(ctx context.Context, args []string, in io.Reader, out, errw io.Writer) int {
	var c commands
	c.Globals.Out, c.Globals.Err, c.Globals.In = out, errw, in
	exit := -1
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := kong.New(&c,
		kong.Name("evenkeel"),
		kong.Description("Service management for engineering teams. Start with `evenkeel demo`, or `evenkeel serve` for real."),
		kong.Writers(out, errw),
		kong.Exit(func(code int) { exit = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(duration)),
		kong.Bind(&c.Globals),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		fmt.Fprintln(errw, "error:", err)
		return errs.Table[errs.Internal].Exit
	}
	if path := configFile(args); path != "" {
		r, err := fileResolver(path, k)
		if err != nil {
			report(errw, err)
			return errs.Table[errs.Invalid].Exit
		}
		kong.Resolvers(r).Apply(k)
	}
	kctx, err := k.Parse(args)
	if exit >= 0 {
		return exit // --help
	}
	if err == nil {
		kctx.Bind(k) // completion reads the grammar
		err = kctx.Run()
	} else {
		err = errs.E(errs.Invalid, "%v; see evenkeel --help", err)
	}
	if err == nil {
		return 0
	}
	return report(errw, err)
}

// report prints an error for people and returns its exit code.
func report(w io.Writer, err error) int {
	var code exitCode
	if errors.As(err, &code) {
		return int(code)
	}
	var p *client.Problem
	if errors.As(err, &p) {
		fmt.Fprintln(w, "error:", p.Error())
		for _, row := range errs.Table {
			if row.HTTP == p.Status {
				return row.Exit
			}
		}
		return 1
	}
	var e *errs.Error
	if errors.As(err, &e) {
		fmt.Fprint(w, "error: ")
		if e.Record != "" {
			fmt.Fprint(w, e.Record, ": ")
		}
		fmt.Fprintln(w, e.Text)
		for _, f := range e.Fields {
			fmt.Fprintln(w, "  "+f.String())
		}
		if e.Err != nil {
			fmt.Fprintln(w, "  cause:", e.Err)
		}
		return errs.Table[e.Kind].Exit
	}
	fmt.Fprintln(w, "error:", err)
	if errors.Is(err, client.ErrNoAnswer) {
		return errs.Table[errs.Unavailable].Exit
	}
	return 1
}
