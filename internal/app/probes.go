package app

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// live answers 200 while the program runs at all: an orchestrator restarts it
// otherwise. It asks nobody, so that a slow database does not kill the program.
func (a *App) live(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte("alive\n"))
}

// lateWork is how long due work may wait before the program calls itself not
// ready.
const lateWork = time.Minute

// ready answers 200 when requests can be served: the database answers, due
// work is done in time, and the program is not stopping. Otherwise 503 with
// the reasons.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	faults := []string{}
	if a.draining.Load() {
		faults = append(faults, "stopping")
	}
	if err := a.db.Ping(ctx); err != nil {
		faults = append(faults, "the database does not answer")
	}
	now := time.Now()
	for _, s := range a.jobs.Statuses() {
		if late(s, now) > lateWork && now.Sub(s.LastRun) > lateWork {
			faults = append(faults, "due work of "+s.Name+" is late")
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if len(faults) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	json.NewEncoder(w).Encode(map[string]any{"ready": len(faults) == 0, "faults": faults, "version": Version})
}
