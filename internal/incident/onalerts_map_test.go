package incident_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// drawn is a map as plain data that counts how often it is asked.
type drawn struct{ raised, asked int }

func (m *drawn) Raise(_ db.Querier, service string) (int, string, error) {
	m.raised++
	if service == "search" {
		return 1, "takes checkout down", nil
	}
	return 0, "", nil
}

func (m *drawn) Belong(_ db.Querier, list []alert.Firing) ([]incident.Belonging, error) {
	m.asked++
	out := make([]incident.Belonging, len(list))
	for i, f := range list {
		if f.Labels["deployment"] == "indexer" {
			out[i] = incident.Belonging{Service: "search", Why: "CI-7 indexer is part of search"}
		}
	}
	return out, nil
}

// What a failing service takes down raises the priority by one, once per batch
// asked, and not for warnings; P1 stays P1.
func TestBlastRaises(t *testing.T) {
	each(t, func(b *bench) {
		m := &drawn{}
		b.Blast = m
		on := func(n int64, service string, s alert.Severity) alert.Firing {
			f := firing(n, "", s)
			f.Service = service
			return f
		}
		b.alerts(alert.Changes{Opened: []alert.Firing{on(1, "search", alert.Critical), on(2, "search", alert.Critical), on(3, "search", alert.Warning), on(4, "checkout", alert.Critical)}})
		got := map[string]string{}
		for _, r := range b.open() {
			i, err := b.Get(responder(mara), r.ID)
			b.must(err)
			got[i.Title] = i.Priority.String() + " " + i.PriorityWhy
		}
		for title, want := range map[string]string{"alert 1": "P1 critical alert, tier 1 service; takes checkout down", "alert 3": "P3 warning alert, tier 1 service", "alert 4": "P1 critical alert, tier 0 service"} {
			if got[title] != want {
				t.Errorf("%s: %q, want %q", title, got[title], want)
			}
		}
		if m.raised != 2 {
			t.Errorf("asked %d times about two services", m.raised)
		}
	})
}

// A firing that names no service gets the one that the map knows, and the
// timeline says why; one that names any keeps it, also an unknown one.
func TestServiceByTheMap(t *testing.T) {
	each(t, func(b *bench) {
		m := &drawn{}
		b.Map, b.Blast = m, m
		on := func(n int64, service, deployment string) alert.Firing {
			f := firing(n, "", alert.Critical)
			f.Service, f.Labels = service, map[string]string{"deployment": deployment}
			return f
		}
		b.alerts(alert.Changes{Opened: []alert.Firing{on(1, "", "indexer"), on(2, "email", "indexer"), on(3, "nobody-knows", "indexer"), on(4, "", "other")}})
		b.alerts(alert.Changes{Opened: []alert.Firing{on(5, "email", "indexer")}})
		if m.asked != 1 {
			t.Errorf("asked %d times", m.asked)
		}
		want := map[string]string{"alert 1": "search", "alert 2": "email", "alert 3": "", "alert 4": "", "alert 5": "email"}
		for _, r := range b.open() {
			v, err := b.Page(responder(mara), r.ID)
			b.must(err)
			if v.Service != want[v.Title] {
				t.Errorf("%s is of %q", v.Title, v.Service)
			}
			if v.Title != "alert 1" {
				continue
			}
			var said bool
			for _, e := range v.Timeline {
				said = said || e.Text == "Service search by the map" && e.Detail == "CI-7 indexer is part of search"
			}
			if !said || v.Team != "discovery" || v.Priority != incident.P1 {
				t.Errorf("team %s, %s, said %v: %+v", v.Team, v.Priority, said, v.Timeline)
			}
			b.sound(v.ID)
		}
	})
}
