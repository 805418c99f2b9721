// Command bench measures Evenkeel's speed goals and prints each as a ratio to
// a baseline of the same run, because machines are noisy: raw group-commit
// inserts with the same driver, and a plain net/http echo under the same load
// generator. It is never an assertion in a test.
//
// The server under test is the real binary in a process of its own, on a file
// in a temporary folder (or on the PostgreSQL named with -pg). The load
// generator shares the machine with it, and is bounded in count and time; it
// sends to 127.0.0.1 only.
//
//	go run ./bench                       every part at the usual size
//	go run ./bench -part ingest          one part
//	go run ./bench -part lists -incidents 1000000 -alerts 10000000
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"text/tabwriter"
	"time"
)

// options are the flags.
type options struct {
	parts     string
	pg        string
	seconds   time.Duration
	incidents int
	alerts    int
	items     int
	changes   int
	dir       string
	profile   string
	only      string
}

// row is one line of the result.
type row struct {
	name  string
	value string
	goal  string
	ratio string // to the baseline; empty where none makes sense
}

// bench collects rows while parts run.
type bench struct {
	options
	ctx      context.Context
	binary   string
	rows     []row
	inserts  float64       // baseline: raw rows a second
	requests float64       // baseline: echo requests a second
	big      *target       // the large database of the lists part
	reach    time.Duration // of the hub of the map, in memory
}

func (b *bench) add(name, value, goal, ratio string) {
	b.rows = append(b.rows, row{name, value, goal, ratio})
	fmt.Printf("  %-58s %14s   goal %-18s %s\n", name, value, goal, ratio)
}

func main() {
	var o options
	flag.StringVar(&o.parts, "part", "baseline,ingest,notify,oncall,lists,verify,process,cmdb,change", "parts to run")
	flag.StringVar(&o.pg, "pg", os.Getenv("EVENKEEL_BENCH_PG"), "postgres:// address of a server to measure beside SQLite; databases of its own are made and dropped")
	flag.DurationVar(&o.seconds, "time", 5*time.Second, "how long each load runs")
	flag.IntVar(&o.incidents, "incidents", 100_000, "incidents in the lists part")
	flag.IntVar(&o.alerts, "alerts", 1_000_000, "alerts in the lists part")
	flag.IntVar(&o.items, "items", 1_000_000, "items in the cmdb part; relations are five times as many")
	flag.IntVar(&o.changes, "changes", 1_000_000, "past changes in the change part")
	flag.StringVar(&o.dir, "dir", "", "folder for databases; default: a temporary one")
	flag.StringVar(&o.profile, "profile", "", "run the server in this process and write a CPU profile here")
	flag.StringVar(&o.only, "only", "", "of ingest and lists, only cases whose name contains this")
	flag.Parse()
	debug.SetGCPercent(800) // as the server does
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "evenkeel-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		o.dir = dir
	}
	b := &bench{options: o, ctx: ctx}
	if err := b.build(); err != nil {
		return err
	}
	parts := []struct {
		name string
		run  func() error
	}{{"baseline", b.baseline}, {"ingest", b.ingest}, {"notify", b.notify}, {"oncall", b.oncall}, {"lists", b.lists}, {"verify", b.verify}, {"process", b.process}, {"cmdb", b.cmdbPart}, {"change", b.changePart}}
	for _, p := range parts {
		if !strings.Contains(","+o.parts+",", ","+p.name+",") && p.name != "baseline" {
			continue
		}
		fmt.Println(p.name)
		if err := p.run(); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	b.table()
	return nil
}

// table prints the result as Markdown, for notes and reviews.
func (b *bench) table() {
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 1, ' ', 0)
	fmt.Fprintf(w, "\n| measure\t| value\t| goal\t| to baseline\t|\n|---\t|---\t|---\t|---\t|\n")
	for _, r := range b.rows {
		fmt.Fprintf(w, "| %s\t| %s\t| %s\t| %s\t|\n", r.name, r.value, r.goal, r.ratio)
	}
	w.Flush()
}

// perSecond formats a rate.
func perSecond(n float64) string { return fmt.Sprintf("%.0f/s", n) }

// percent formats a share of a baseline.
func percent(n, of float64) string {
	if of <= 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*n/of)
}
