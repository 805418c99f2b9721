package demo

import (
	"context"
	"encoding/hex"
	"fmt"
	"math"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/change"
)

// shipyard is where the changes of the past come from: the forge's integration,
// what each service is at, and what comes next.
type shipyard struct {
	forge alert.Integration
	yards map[string]*yard
	runs  int64 // deployments that the forge has numbered
	pulls int64
	now   time.Time
	owed  map[bool]float64 // failures that are due, on the order path and elsewhere
}

// yard is one service's line of versions.
type yard struct {
	product
	minor, patch int
	ran          []release // that went well, the present one last
	free         time.Time // no deployment runs or is watched any more
}

// release is something that can be deployed.
type release struct{ version, commit string }

// voyage is one change on its way.
type voyage struct {
	*yard
	release
	id        int64
	kind      change.Kind
	as        change.Type
	purpose   change.Purpose
	model     string
	title     string
	author    string
	pull      int64
	lines     int
	reviewer  string // of the pull request; empty: merged without a review
	fate      fate
	tries     int
	back      int64     // the change that it takes back
	from, to  time.Time // planned
	plan      string
	auto      string        // automated rollback
	wait      time.Duration // until it is approved; 0: drawn
	notBefore time.Time     // of the deployment
}

// fate is how a change goes.
type fate int

const (
	well   fate = iota
	breaks      // the deployment fails; nothing reaches users
	hurts       // users notice; it is rolled back
	asks        // it is asked about and goes no further
)

// build makes the changes of all days.
func (h *history) build(ctx context.Context, start, now time.Time) error {
	y := &shipyard{yards: map[string]*yard{}, runs: 4100, pulls: 1200, now: now, owed: map[bool]float64{true: .5, false: .5}}
	h.ships = y
	var err error
	if y.forge, err = h.a.Alerts.ByName(system(ctx), "github"); err != nil {
		return err
	}
	for _, p := range products {
		y.yards[p.service] = &yard{product: p, minor: p.minor}
	}
	last := now.Add(-30 * time.Hour) // what is going on now is told one by one
	for day := start; day.Before(last); day = day.AddDate(0, 0, 1) {
		for range h.changesOf(day) {
			at := day.Add(time.Duration((6.3 + 8.5*h.rand.Float64()) * float64(time.Hour)))
			if at.Before(last) && at.After(start.Add(time.Hour)) {
				h.launch(at, h.draft())
			}
		}
	}
	h.shipToday(now)
	return nil
}

// changesOf draws how many changes a day has.
func (h *history) changesOf(day time.Time) int {
	mean := 6.2
	switch day.Weekday() {
	case time.Saturday, time.Sunday:
		mean = 0.3
	case time.Friday:
		mean = 4
	}
	n := 0
	for p := h.rand.Float64(); p > math.Exp(-mean); p *= h.rand.Float64() {
		n++
	}
	return n
}

// draft draws a change.
func (h *history) draft() *voyage {
	total := 0
	for _, p := range products {
		total += p.weight
	}
	n := h.rand.IntN(total)
	var y *yard
	for _, p := range products {
		if n -= p.weight; n < 0 {
			y = h.ships.yards[p.service]
			break
		}
	}
	s := &voyage{yard: y, kind: change.Deploy, as: change.Normal, purpose: change.Feature}
	s.author = y.authors[h.rand.IntN(len(y.authors))]
	s.lines = int(math.Exp(4.4 + 1.5*h.rand.NormFloat64()))
	switch x := h.rand.Float64(); {
	case x < .10:
		s.as, s.kind, s.model, s.purpose, s.lines = change.Standard, change.Config, "certificate-renewal", change.Reliability, 4
		s.title = "Certificate renewal"
	case x < .22 && (y.team == "shop" || y.team == "discovery"):
		s.as, s.kind, s.model, s.lines = change.Standard, change.Flag, "feature-flag", 2
		s.title = "Switch " + flags[h.rand.IntN(len(flags))]
	case x < .30 && (y.service == "storefront" || y.service == "email"):
		s.as, s.model, s.lines = change.Standard, "shop-copy", 20+h.rand.IntN(200)
		s.title = copies[h.rand.IntN(len(copies))]
	case x > .985:
		s.as, s.purpose, s.title, s.lines = change.Emergency, change.Fix, "Limit set back by hand", 6
	default:
		s.title = y.titles[h.rand.IntN(len(y.titles))]
		if h.rand.Float64() < .3 {
			s.purpose = change.Fix
		}
		if h.rand.Float64() < .06 {
			s.kind, s.title = change.Schema, "Add an index for "+y.service
		}
	}
	for _, who := range []string{"priya", "jonas", "tom", "lena", "mara"} {
		if who != s.author && h.rand.Float64() < .2 {
			s.reviewer = who
			break
		}
	}
	// Large changes fail more often, as they do, and on the order path no less
	// than elsewhere. Failures come as they are due and not by the dice, so that
	// three months are enough to show it.
	odds := 0.004 + 0.02*math.Log10(1+float64(s.lines))
	if s.model != "" {
		odds = 0.025
	}
	path := y.service == "checkout" || y.service == "payments"
	if h.ships.owed[path] += odds; h.ships.owed[path] >= 1 {
		h.ships.owed[path]--
		if s.fate = hurts; s.kind != change.Deploy || h.rand.Float64() < .3 {
			s.fate = breaks
		}
	}
	return s
}

// hash draws a commit.
func (h *history) hash() string {
	var b [20]byte
	for i := range b {
		b[i] = byte(h.rand.UintN(256))
	}
	return hex.EncodeToString(b[:])
}

// next gives a ship its version.
func (h *history) next(s *voyage) {
	if s.version != "" {
		return
	}
	if s.purpose == change.Fix {
		s.patch++
	} else {
		s.minor++
		s.patch = 0
	}
	s.release = release{fmt.Sprintf("%d.%d.%d", s.major, s.minor, s.patch), h.hash()}
}

// pipeline is the forge's integration, as the actor that tells and asks.
func (h *history) pipeline(ctx context.Context) context.Context {
	return actor.With(ctx, h.ships.forge.Actor("demo"))
}

// say tells signals as the forge does.
func (h *history) say(ctx context.Context, signals ...change.Signal) (change.Receipt, error) {
	f := h.ships.forge
	return h.a.Changes.Ingest(h.pipeline(ctx), change.Source{Name: f.Name, Service: f.Service, Team: f.Team}, "", signals)
}
