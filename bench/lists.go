package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// lists measures the pages at two sizes: a page must not get slower because
// there is more history.
func (b *bench) lists() error {
	small, err := b.fill("small", 10_000, 20_000)
	if err != nil {
		return err
	}
	before, err := b.pages(small, "10⁴ incidents", nil)
	if err != nil {
		return err
	}
	large, err := b.fill("large", b.incidents, b.alerts)
	if err != nil {
		return err
	}
	_, err = b.pages(large, fmt.Sprintf("%d incidents, %d alerts", b.incidents, b.alerts), before)
	b.big = large
	return err
}

// fill makes a database of a size: finished incidents and alerts multiplied,
// then some that are open now.
func (b *bench) fill(name string, incidents, alerts int) (*target, error) {
	t, err := b.prepare("lists-"+name, filepath.Join(b.dir, "lists-"+name+".db"))
	if err != nil {
		return nil, err
	}
	a, err := app.New(b.ctx, t.cfg, quiet(), app.Volatile())
	if err != nil {
		return nil, err
	}
	err = b.base(a, t)
	a.Close()
	if err != nil {
		return nil, err
	}
	d, err := db.Open(b.ctx, db.Config{URL: t.cfg.DB, Volatile: true, NoFeed: true, Log: quiet()})
	if err != nil {
		return nil, err
	}
	err = multiply(b.ctx, d, incidents, alerts)
	if err == nil {
		err = raiseNumbers(b.ctx, d)
	}
	d.Close()
	if err != nil {
		return nil, err
	}
	if a, err = app.New(b.ctx, t.cfg, quiet(), app.Volatile()); err != nil {
		return nil, err
	}
	defer a.Close()
	return t, b.present(a, t)
}

var words = []string{"checkout", "payment", "queue", "search", "index", "mail", "export", "printer", "login", "refund"}

// base makes a thousand finished incidents and two thousand resolved alerts.
func (b *bench) base(a *app.App, t *target) error {
	ctx := actor.With(b.ctx, t.organiser)
	for n := range 1000 {
		i, err := a.Incidents.Declare(ctx, incident.Declaration{Title: fmt.Sprintf("The %s is %s, case %d", words[n%10], words[n/10%10], n), Service: fmt.Sprintf("service-%d", n%10),
			Impact: incident.Level(1 + n%3), Urgency: incident.Level(1 + n/3%3)})
		if err != nil {
			return err
		}
		if _, err := a.Incidents.Acknowledge(ctx, i.ID); err != nil {
			return err
		}
		if _, err := a.Incidents.Resolve(ctx, i.ID, incident.Fix, ""); err != nil {
			return err
		}
		if n%3 > 0 {
			if _, err := a.Incidents.Close(ctx, i.ID); err != nil {
				return err
			}
		}
	}
	return b.alertsOf(ctx, a, 0, 2000, true)
}

// present adds what is going on: 60 open incidents and 1,000 firing alerts.
func (b *bench) present(a *app.App, t *target) error {
	ctx := actor.With(b.ctx, t.organiser)
	for n := range 60 {
		if _, err := a.Incidents.Declare(ctx, incident.Declaration{Title: fmt.Sprintf("Open: the %s is slow", words[n%10]), Service: fmt.Sprintf("service-%d", n%10)}); err != nil {
			return err
		}
	}
	return b.alertsOf(ctx, a, 1_000_000_000, 1000, false)
}

func (b *bench) alertsOf(ctx context.Context, a *app.App, from, n int, over bool) error {
	in, err := a.Alerts.ByName(ctx, "am")
	if err != nil {
		return err
	}
	ctx = actor.With(ctx, in.Actor("bench"))
	for k := 0; k < n; k += 200 {
		var events []alert.Event
		for j := k; j < k+200; j++ {
			e := alert.Event{Action: alert.Trigger, Dedup: fmt.Sprintf("list-%d", from+j), Severity: []alert.Severity{alert.Warning, alert.Info}[j%2], Service: fmt.Sprintf("service-%d", j%10),
				Summary: fmt.Sprintf("Disk of host-%d above 90 %%", j), Source: fmt.Sprintf("host-%d", j), Labels: map[string]string{"alertname": "Disk", "host": fmt.Sprintf("host-%d", j)}}
			events = append(events, e)
		}
		if _, err := a.Alerts.Ingest(ctx, in, events); err != nil {
			return err
		}
		if over {
			for i := range events {
				events[i].Action, events[i].EndsAt = alert.Resolve, time.Now()
			}
			if _, err := a.Alerts.Ingest(ctx, in, events); err != nil {
				return err
			}
		}
	}
	return nil
}

// pages asks each page many times and reports the 99th percentile.
func (b *bench) pages(t *target, size string, before map[string]time.Duration) (map[string]time.Duration, error) {
	if err := b.start(t); err != nil {
		return nil, err
	}
	defer t.stop()
	out := map[string]time.Duration{}
	for _, p := range []struct{ name, path string }{
		{"Now page", "/"},
		{"incident list, open", "/incidents"},
		{"incident list, all", "/incidents?view=all"},
		{"incident list of a service", "/incidents?q=service:service-3"},
		{"incident page", "/incidents/INC-777"},
		{"alert list, firing", "/alerts"},
		{"alert list, resolved", "/alerts?q=is:resolved"},
		{"API incidents", "/api/v1/incidents?limit=50"},
		{"API alerts", "/api/v1/alerts?limit=50"},
		{"search", "/search?q=checkout"},
	} {
		if !strings.Contains(p.name, b.only) {
			continue
		}
		request := func(buf []byte, _ int) []byte { return get(buf, p.path, t.token) }
		if _, err := load(b.ctx, t.addr, 2, time.Second/2, request); err != nil { // warm
			return nil, err
		}
		r, err := load(b.ctx, t.addr, 2, b.seconds/2, request)
		if err != nil {
			return nil, err
		}
		p99 := r.quantile(.99)
		out[p.name] = p99
		ratio := ""
		if was := before[p.name]; was > 0 {
			ratio = fmt.Sprintf("%.2f× of 10⁴ (goal ≤ 1.5×)", float64(p99)/float64(was))
		}
		b.add(fmt.Sprintf("%s, p99, %s", p.name, size), fmt.Sprintf("%.1f ms", float64(p99.Microseconds())/1000), "< 50 ms", ratio)
		if r.failed > 0 {
			b.add("… refused, by status", fmt.Sprint(r.statuses), "none", "")
		}
	}
	return out, nil
}
