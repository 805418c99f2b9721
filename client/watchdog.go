package client

import (
	"context"
	"time"
)

// Watchdog is what the server's look at itself saw.
type Watchdog struct {
	Fine      bool       `json:"fine"`
	LookedAt  *time.Time `json:"looked_at,omitempty"` // nil before the first look
	Findings  []Finding  `json:"findings"`
	Incident  string     `json:"incident,omitempty"` // the open one about them
	Heartbeat *Heartbeat `json:"heartbeat,omitempty"`
}

// Finding is something that should have happened and did not.
type Finding struct {
	Record string    `json:"record,omitempty"`
	Since  time.Time `json:"since"`
	Text   string    `json:"text"`
}

// Heartbeat is how the calls to the outside dead man's switch fare.
type Heartbeat struct {
	Good  *time.Time `json:"good,omitempty"`
	Error string     `json:"error,omitempty"`
}

// Watchdog returns whether everybody was told who should have been.
func (c *Client) Watchdog(ctx context.Context) (w Watchdog, err error) {
	err = c.Get(ctx, "/api/v1/watchdog", &w)
	return w, err
}
