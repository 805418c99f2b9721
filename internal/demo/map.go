package demo

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

// The map of the shop comes from files in harbour/map, as it would from
// pipelines, through the same readers and verbs. It has what maps have: what
// was deployed this morning, so that last Friday looks different; a table kept
// by hand that is wrong about a version, names a host that may be one that the
// cluster knows, and no longer names a printer; a call that nobody declared;
// and a baseline from which things have moved.

// file is a source's file, and the days before today on which it was read.
type file struct {
	source, scope, name string
	complete            bool
	days                []int
}

var files = []file{
	{source: "backstage", scope: "catalog", name: "backstage.yaml", complete: true, days: []int{85, 20}},
	{source: "terraform", scope: "production", name: "terraform.json", complete: true, days: []int{84, 41, 7}},
	{source: "kubernetes", scope: "north", name: "kubernetes.yaml", complete: true, days: []int{83, 30, 8}},
	{source: "csv", scope: "docks", name: "docks.csv", complete: true, days: []int{60}},
	{source: "otlp", scope: "traces", name: "traces.json", days: []int{82, 70, 58, 46, 34, 22, 10, 1}}, // calls are forgotten after a fortnight
}

// today is what came with this morning's release, and what went with it.
var (
	came = regexp.MustCompile(`(?m)^.*  # today\n`)
	went = regexp.MustCompile(`(?m)^.*  # until today\n`)
)

// asOf is a file's text before this morning, or after.
func asOf(text string, after bool) string {
	if after {
		return strings.ReplaceAll(went.ReplaceAllString(text, ""), "  # today\n", "\n")
	}
	return strings.ReplaceAll(came.ReplaceAllString(text, ""), "  # until today\n", "\n")
}

// released is how long ago this morning's release was.
const released = 6 * time.Hour

// draw reads the files on their days, and this morning those that changed.
func (h *history) draw(start, now time.Time) {
	for _, f := range files {
		days := f.days
		for n, day := range days {
			at := now.AddDate(0, 0, -day)
			if at.Before(start) { // a short history begins with the last one before it
				if n+1 < len(days) && !now.AddDate(0, 0, -days[n+1]).After(start) {
					continue
				}
				at = start.Add(time.Minute)
			}
			h.add(at, func(ctx context.Context) error { return h.read(ctx, f, false) })
		}
		if f.name == "kubernetes.yaml" || f.name == "docks.csv" {
			h.add(now.Add(-released), func(ctx context.Context) error { return h.read(ctx, f, true) })
		}
	}
	baseline := now.AddDate(0, 0, -6)
	if baseline.After(start) {
		h.add(baseline, func(ctx context.Context) error {
			_, err := h.a.CMDB.PutBaseline(actor.With(ctx, h.org.people["mara"]), "peak-season", 0,
				cmdb.BaselineSpec{Title: "Frozen for the peak season", Service: "storefront", Every: cmdb.Duration(cmdb.Day)})
			return err
		})
	}
}

// read imports a file as its pipeline does.
func (h *history) read(ctx context.Context, f file, after bool) error {
	text, err := harbour.ReadFile("harbour/map/" + f.name)
	if err != nil {
		return err
	}
	opt := sourcefile.Options{Scope: f.scope, Env: "production", Region: "eu-north-1"}
	if f.source == "kubernetes" {
		opt.Cluster = "north"
	}
	run, _, err := h.a.CMDB.Import(actor.With(ctx, h.org.people["mara"]), cmdb.RunHeader{Source: f.source, Scope: f.scope, Complete: f.complete},
		func(emit cmdb.Emit) ([]cmdb.Remark, error) {
			return app.FileSources[f.source](strings.NewReader(asOf(string(text), after)), opt, emit)
		})
	if err == nil && run.State != cmdb.RunApplied {
		err = fmt.Errorf("the run is %s", run.State)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	return nil
}
