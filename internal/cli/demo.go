package cli

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/demo"
)

type demoCmd struct {
	Listen string `help:"Address to listen on." default:"127.0.0.1:8080"`
	Keep   string `help:"Keep everything in this folder instead of throwing it away." placeholder:"DIR"`
	Days   int    `help:"Days of history." default:"90"`
	Calm   bool   `help:"No outage unfolds."`
}

// Run shows the example organisation until it is told to stop.
func (c *demoCmd) Run(ctx context.Context, g *Globals) error {
	return demo.Run(ctx, demo.Options{Listen: c.Listen, Keep: c.Keep, History: c.Days, Calm: c.Calm, Out: g.Out, Log: app.NewLog(g.Err, "warn")})
}
