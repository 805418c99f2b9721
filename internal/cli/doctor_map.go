package cli

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// mapLate is how far the map in memory may be behind before it is a fault: it
// follows within a second.
const mapLate = 10 * time.Second

// mapped asks how the map fares: whether it is loaded and follows, whether
// sources on a schedule fail, and whether a run waits for a decision.
func mapped(ctx context.Context, g *Globals, add func(name string, err error, said, todo string)) {
	values, err := gauges(ctx, g, "evenkeel_map_")
	switch behind := time.Duration(values["evenkeel_map_behind_seconds"] * float64(time.Second)); {
	case err != nil:
		add("map", err, "", "give a token that may read")
		return
	case values["evenkeel_map_ready"] != 1:
		add("map", errs.E(errs.Unavailable, "it is being loaded into memory"), "", "wait a minute and run doctor again; the log says why if it does not load")
	case behind > mapLate:
		add("map", errs.E(errs.Unavailable, "it is %s behind the database", behind.Round(time.Second)), "", "look into the log for `following changes of the map`; restarting loads it anew")
	default:
		add("map", nil, strconv.Itoa(int(values[`evenkeel_map_size{what="items"}`]))+" items, "+strconv.Itoa(int(values[`evenkeel_map_size{what="relations"}`]))+" relations, up to date", "")
	}
	sources, err := g.Client().Discoveries(ctx, "", 200)
	var failing []string
	for _, d := range sources.Items {
		if d.Failures > 0 && !d.Disabled {
			failing = append(failing, d.Name)
		}
	}
	if err == nil && len(failing) > 0 {
		err = errs.E(errs.Unavailable, "%s failed when last run", strings.Join(failing, ", "))
	}
	add("sources of the map", err, strconv.Itoa(len(sources.Items))+" on a schedule, none fails", "see evenkeel cmdb source show NAME; until it works, what it tells grows old")
	runs, err := g.Client().MapRuns(ctx, "", "", 200)
	for _, r := range runs.Items {
		if r.State == "asking" && err == nil {
			err = errs.E(errs.Unavailable, "%s of %s waits for a decision: it would turn much of its scope stale", r.Key, r.Source)
		}
	}
	add("runs of the map", err, "none waits for a decision", "look at it with evenkeel cmdb run, then evenkeel cmdb confirm or refuse")
}

// gauges reads metrics of a prefix: their line up to the value, and the value.
func gauges(ctx context.Context, g *Globals, prefix string) (map[string]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(g.Server, "/")+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+g.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, errs.E(errs.Unavailable, "nothing answers at %s", g.Server)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, errs.E(errs.Unavailable, "/metrics answers %s", res.Status)
	}
	out := map[string]float64{}
	lines := bufio.NewScanner(io.LimitReader(res.Body, 16<<20))
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if n, err := strconv.ParseFloat(value, 64); ok && err == nil && strings.HasPrefix(name, prefix) {
			out[name] = n
		}
	}
	return out, lines.Err()
}
