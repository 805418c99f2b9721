package fault

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/config"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// course is what every process of a race does, on standard input as JSON.
type course struct {
	Config config.Config
	Admin  actor.Actor
	Token  string
	Begin  time.Time // start of the first firing
	Runner int
}

const (
	runners   = 4  // processes
	raceKeys  = 40 // alerts that all of them tell of
	firings   = 3  // of each alert
	raceByMan = 12 // incidents that all of them acknowledge, mitigate and resolve
)

// told is what one process was answered, on standard output as JSON.
type told struct {
	Acknowledged int      // calls that were answered with success
	Busy         int      // calls that were told to try again, and did
	Faults       []string // any other answer
	Took         time.Duration
}

// TestRace lets several processes tell of the same alerts and act on the same
// incidents at once, on PostgreSQL, which has the races that SQLite hides.
func TestRace(t *testing.T) {
	s := found(t, dbtest.PostgresURL(t))
	a := s.open()
	for n := range raceByMan {
		if _, err := a.Incidents.Declare(s.as(), incident.Declaration{Title: fmt.Sprintf("Orders queue %d is slow", n), Service: "checkout"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	c := course{Config: s.cfg, Admin: s.admin, Token: s.tokens[alert.Alertmanager], Begin: time.Now().Add(-time.Minute).UTC().Truncate(time.Second)}
	var all sync.WaitGroup
	var gate sync.WaitGroup
	gate.Add(runners)
	results := make([]told, runners)
	for i := range runners {
		c.Runner = i
		in, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			if err := race(t, in, &gate, &results[i]); err != nil {
				t.Errorf("process %d: %v", i, err)
			}
		})
	}
	all.Wait()
	acknowledged, busy, took := 0, 0, time.Duration(0)
	for i, r := range results {
		took = max(took, r.Took)
		acknowledged, busy = acknowledged+r.Acknowledged, busy+r.Busy
		if len(r.Faults) > 0 {
			t.Errorf("process %d: %d faults, like %s", i, len(r.Faults), r.Faults[0])
		}
	}
	p := s.serve()
	url := p.address()
	eventually(t, 30*time.Second, "all evidence has its place", s.sequenced)
	s.whole()
	tx, end := s.snapshot()
	defer end()
	for _, f := range []struct{ what, query string }{
		{"an alert that is not resolved, or not as of its last firing", fmt.Sprintf("SELECT dedup, status, started_at FROM alert WHERE status <> 'resolved' OR started_at <> %d", c.start(firings-1).UnixMicro())},
		{"an alert with more episodes than it fired", fmt.Sprintf("SELECT alert_id, COUNT(*) FROM alert_episode GROUP BY alert_id HAVING COUNT(*) > %d", firings)},
		{"an incident that is open", "SELECT id, state FROM incident WHERE is_open = TRUE"},
		{"an incident acknowledged twice", "SELECT incident, COUNT(*) FROM incident_entry WHERE kind = 'state' AND text LIKE 'acknowledged%' GROUP BY incident HAVING COUNT(*) > 1"},
		{"an incident mitigated twice", "SELECT incident, COUNT(*) FROM incident_entry WHERE kind = 'state' AND text LIKE 'mitigated%' GROUP BY incident HAVING COUNT(*) > 1"},
		{"a title declared twice", "SELECT title FROM incident WHERE origin <> 'alert' GROUP BY title HAVING COUNT(*) > 1"},
	} {
		if got := rows(t, tx, f.query); len(got) > 0 {
			t.Errorf("%s: %d times, like %v", f.what, len(got), got[0])
		}
	}
	if n := number(t, tx, "SELECT COUNT(*) FROM alert"); n != raceKeys {
		t.Errorf("%d alerts, want %d", n, raceKeys)
	}
	if n := number(t, tx, "SELECT COUNT(*) FROM incident WHERE origin <> 'alert'"); n != raceByMan*(1+runners) {
		t.Errorf("%d incidents were declared, want %d", n, raceByMan*(1+runners))
	}
	s.verify(url)
	p.stop()
	deadlocks := number(t, tx, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
	t.Logf("%d processes, %d calls acknowledged, %d repeated because busy, %d deadlocks, race of %v, whole test %v", runners, acknowledged, busy, deadlocks, took.Round(time.Millisecond), time.Since(begun).Round(time.Second))
}

func (c course) start(firing int) time.Time { return c.Begin.Add(time.Duration(firing) * time.Second) }

// sequenced reports an error while evidence waits for its place.
func (s *site) sequenced() error {
	tx, end := s.snapshot()
	defer end()
	if n := number(s.t, tx, "SELECT COUNT(*) FROM evidence WHERE idx IS NULL"); n > 0 {
		return missing("%d entries wait", n)
	}
	return nil
}

// race runs the test binary as a racer. It says "ready", waits for a line
// until all are, runs, and prints what it was told.
func race(t *testing.T, in []byte, gate *sync.WaitGroup, result *told) error {
	gone := sync.OnceFunc(gate.Done)
	defer gone()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childRole+"=racer")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	to, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	t.Cleanup(func() { cmd.Process.Kill() }) // if it still runs
	fmt.Fprintf(to, "%s\n", in)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() || lines.Text() != "ready" {
		cmd.Process.Kill()
		cmd.Wait()
		return fmt.Errorf("it did not start: %s", stderr.String())
	}
	gone()
	gate.Wait()
	fmt.Fprintln(to, "go")
	if lines.Scan() {
		err = json.Unmarshal(lines.Bytes(), result)
	} else {
		err = errors.New("it ended without a result")
	}
	io.Copy(io.Discard, out)
	if err := errors.Join(err, cmd.Wait()); err != nil {
		return fmt.Errorf("%w\n%s", err, tail(stderr.String(), 30))
	}
	if strings.Contains(stderr.String(), "panic") {
		return fmt.Errorf("panic:\n%s", tail(stderr.String(), 30))
	}
	return nil
}

// racer is one process of a race.
func racer() int {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	var c course
	if !lines.Scan() {
		return 2
	}
	if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	a, err := app.New(context.Background(), c.Config, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer a.Close()
	a.Start()
	fmt.Println("ready")
	lines.Scan()
	begun := time.Now()
	r := c.run(a)
	r.Took = time.Since(begun)
	json.NewEncoder(os.Stdout).Encode(r)
	return 0
}

func (c course) run(a *app.App) (r told) {
	var mu sync.Mutex
	do := func(what string, f func() error) {
		for try := 0; ; try++ {
			err := f()
			mu.Lock()
			if err == nil {
				r.Acknowledged++
			} else if errs.Is(err, errs.Unavailable) && try < 100 {
				r.Busy++
				mu.Unlock()
				continue
			} else {
				r.Faults = append(r.Faults, what+": "+err.Error())
			}
			mu.Unlock()
			return
		}
	}
	var all sync.WaitGroup
	dice := rand.New(rand.NewPCG(uint64(c.Runner), 4))
	for _, e := range c.bodies(dice) { // two at a time: firings of one alert arrive in any order
		all.Go(func() {
			do("ingest", func() error {
				in, err := a.Alerts.Authenticate(context.Background(), alert.Alertmanager, c.Token)
				if err != nil {
					return err
				}
				_, err = a.Alerts.Ingest(actor.With(context.Background(), in.Actor("127.0.0.1")), in, e)
				return err
			})
		})
	}
	ctx := actor.With(context.Background(), c.Admin)
	for n := range raceByMan {
		id := int64(n + 1)
		all.Go(func() {
			do("declare", func() error {
				i, err := a.Incidents.Declare(ctx, incident.Declaration{Title: fmt.Sprintf("Declared by %d, number %d", c.Runner, n), Service: "checkout"})
				if err == nil {
					_, err = a.Incidents.Cancel(ctx, i.ID, "a drill")
				}
				return err
			})
			do("acknowledge", func() error { _, err := a.Incidents.Acknowledge(ctx, id); return settled(err) })
			do("mitigate", func() error {
				_, err := a.Incidents.Mitigate(ctx, id, incident.How("failover"), "")
				return settled(err)
			})
			do("resolve", func() error {
				_, err := a.Incidents.Resolve(ctx, id, incident.How("failover"), "")
				return settled(err)
			})
		})
	}
	all.Wait()
	return r
}

// settled takes a Conflict for an answer: another process was further already.
func settled(err error) error {
	if errs.Is(err, errs.Conflict) {
		return nil
	}
	return err
}

// bodies are all events of all firings, shuffled into bodies of up to ten, so
// that processes meet the same alerts in different orders.
func (c course) bodies(dice *rand.Rand) (out [][]alert.Event) {
	var all []alert.Event
	for k := range raceKeys {
		for f := range firings {
			e := alert.Event{Action: alert.Trigger, Dedup: fmt.Sprintf("race-%d", k), Severity: alert.Critical, Summary: fmt.Sprintf("Race %d", k),
				Labels: map[string]string{"shard": fmt.Sprint(k % 5)}, StartsAt: c.start(f)}
			all = append(all, e)
			e.Action, e.EndsAt = alert.Resolve, c.start(f).Add(time.Second/2)
			all = append(all, e)
		}
	}
	dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for len(all) > 0 {
		n := min(1+dice.IntN(10), len(all))
		out = append(out, all[:n])
		all = all[n:]
	}
	return out
}
