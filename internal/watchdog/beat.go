package watchdog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// Beat calls an outside heartbeat while all is well: a check at
// healthchecks.io, Dead Man's Snitch, PagerDuty, another Evenkeel's
// /heartbeat/{token}, … Whoever is there raises the alarm when the calls stop.
type Beat struct {
	URL    string        // called with an empty POST; an answer of 2xx counts
	Every  time.Duration // at least 10 s
	Client *http.Client
	Log    *slog.Logger

	mu   sync.Mutex
	last BeatState
}

// BeatState is how the last beats went.
type BeatState struct {
	Good  time.Time // last call that was answered with 2xx; zero: none yet
	Error string    // why the last one was not made or not answered; "" when it was
}

// Run beats until ctx ends.
func (b *Beat) Run(ctx context.Context, d *db.DB, s *Service) {
	ticker := time.NewTicker(b.Every)
	defer ticker.Stop()
	for {
		b.Once(ctx, d, s)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// State returns how the last beats went.
func (b *Beat) State() BeatState {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last
}

// Once makes one call, if all is well, and notes how it went.
func (b *Beat) Once(ctx context.Context, d *db.DB, s *Service) {
	err := b.beat(ctx, d, s)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.last = BeatState{Good: time.Now()}
		return
	}
	if b.last.Error != err.Error() {
		b.Log.Warn("the outside heartbeat was left out", "error", err)
	}
	b.last.Error = err.Error()
}

// beat makes one call, unless the watchdog's last look was bad or is old: then
// silence is the message.
func (b *Beat) beat(ctx context.Context, d *db.DB, s *Service) error {
	ctx, cancel := context.WithTimeout(ctx, min(b.Every, 15*time.Second))
	defer cancel()
	now, err := d.Now(ctx)
	if err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	var st State
	if err := d.Read(ctx, func(q db.Querier) (err error) { st, err = s.Last(q); return err }); err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	switch {
	case len(st.Findings) > 0:
		return fmt.Errorf("the watchdog has %d findings", len(st.Findings))
	case st.LookedAt.IsZero():
		return errors.New("the watchdog has not looked yet; it does a minute after the first start")
	case !st.Fine(now):
		return fmt.Errorf("the watchdog last looked at %s", st.LookedAt.UTC().Format(time.RFC3339))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.URL, nil)
	if err != nil {
		return fmt.Errorf("the heartbeat's address cannot be used")
	}
	req.Header.Set("User-Agent", "Evenkeel")
	res, err := b.Client.Do(req)
	if err != nil {
		return fmt.Errorf("the heartbeat's address does not answer") // the address may be a secret by itself, and errors repeat it
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 4096))
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("the heartbeat's address answered %s", res.Status)
	}
	return nil
}
