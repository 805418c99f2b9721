package notifymetrics_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/notifymetrics"
	"github.com/evenkeel/evenkeel/internal/secret"
)

type nobody struct{}

func (nobody) Members(db.Querier, string) ([]notify.Member, error) { return nil, nil }
func (nobody) People(db.Querier, []int64) ([]notify.Member, error) { return nil, nil }

func TestScrape(t *testing.T) {
	box, err := secret.Parse(secret.Generate())
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.SQLite(t)
	s, err := notify.New(d, notify.Options{Box: box, Directory: nobody{}})
	if err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewPedanticRegistry()
	if err := reg.Register(notifymetrics.Collector(s)); err != nil {
		t.Fatal(err)
	}
	got, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	names := ""
	for _, f := range got {
		names += f.GetName() + " "
	}
	for _, want := range []string{"evenkeel_notify_queued_total", "evenkeel_notify_dead_total", "evenkeel_notify_repeats_total", "evenkeel_notify_messages"} {
		if !strings.Contains(names, want) {
			t.Errorf("no %s in %s", want, names)
		}
	}
	d.Close()
	if _, err := reg.Gather(); err == nil {
		t.Error("without a database the watchdog's figures must be an error, not zeros")
	}
}
