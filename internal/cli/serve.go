package cli

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"time"

	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/config"
)

type serveCmd struct{ config.Config }

// Run serves until it is told to stop.
func (c *serveCmd) Run(ctx context.Context, g *Globals) error {
	log := app.NewLog(os.Stderr, c.LogLevel)
	paceCollector(ctx)
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
		time.AfterFunc(5*time.Second, debug.FreeOSMemory) // what starting needed is not needed any more
		log.Info("serving", "address", addr.String(), "public_url", a.PublicURL(), "version", app.Version)
		if fresh {
			fmt.Fprintf(g.Err, "\nNobody has an account yet. Open this link to make the first one (good until %s):\n\n  %s\n\n", when(link.Expires), link.URL)
		}
	})
}
