package cli

import (
	"cmp"
	"context"
	"fmt"
)

// WatchdogCmd says what the server's look at itself saw.
type WatchdogCmd struct{}

// Run asks the server; a finding is an error.
func (WatchdogCmd) Run(ctx context.Context, g *Globals) error {
	w, err := g.Client().Watchdog(ctx)
	if err != nil {
		return err
	}
	if err := g.PrintOne(w, func() [][2]string {
		looked := "not yet"
		if w.LookedAt != nil {
			looked = when(*w.LookedAt)
		}
		pairs := [][2]string{{"LOOKED", looked}, {"INCIDENT", cmp.Or(w.Incident, "none")}}
		switch h := w.Heartbeat; {
		case h == nil:
			pairs = append(pairs, [2]string{"HEARTBEAT", "none is configured"})
		case h.Error != "":
			pairs = append(pairs, [2]string{"HEARTBEAT", "left out: " + h.Error})
		case h.Good != nil:
			pairs = append(pairs, [2]string{"HEARTBEAT", "called " + when(*h.Good)})
		}
		for _, f := range w.Findings {
			pairs = append(pairs, [2]string{cmp.Or(f.Record, "EVENKEEL"), f.Text + ", since " + when(f.Since)})
		}
		return pairs
	}); err != nil {
		return err
	}
	if !w.Fine {
		return fmt.Errorf("somebody who should have been told was not, or nobody looks")
	}
	return nil
}
