package incident_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/incident"
)

// TestListsAreWhatTheySay compares filters, orders and pages with the same
// done by hand over all incidents.
func TestListsAreWhatTheySay(t *testing.T) {
	each(t, func(b *bench) {
		r := rand.New(rand.NewPCG(1, 2))
		levels := incident.Levels
		for n := range 60 {
			d := incident.Declaration{Title: fmt.Sprintf("%s is slow %d", []string{"Checkout", "Search"}[r.IntN(2)], n), Service: []string{"", "checkout", "search", "email"}[r.IntN(4)],
				Impact: levels[r.IntN(3)], Urgency: levels[r.IntN(3)]}
			i := b.declare(d)
			switch r.IntN(5) {
			case 0:
				_, err := b.Cancel(responder(tom), i.ID, "test")
				b.must(err)
			case 1:
				_, err := b.Resolve(responder(tom), i.ID, incident.Fix, "")
				b.must(err)
			case 2:
				_, err := b.Assign(responder(tom), i.ID, incident.Commander, jonas+int64(r.IntN(2)), "")
				b.must(err)
			}
			if r.IntN(3) > 0 { // several at the same moment
				b.clock.pass(time.Minute)
			}
		}
		rows, _, err := b.List(responder(mara), incident.Filter{}, "", 200)
		b.must(err)
		var all []incident.Incident
		for _, row := range rows {
			all = append(all, row.Incident)
		}
		if len(all) != 60 || !slices.IsSortedFunc(all, newer) {
			t.Fatalf("%d incidents, newest first: %v", len(all), slices.IsSortedFunc(all, newer))
		}
		yes, no := true, false
		for name, x := range map[string]struct {
			f    incident.Filter
			keep func(i incident.Incident) bool
		}{
			"open":         {incident.Filter{Open: &yes}, func(i incident.Incident) bool { return i.State.Open() }},
			"over":         {incident.Filter{Open: &no}, func(i incident.Incident) bool { return !i.State.Open() }},
			"two states":   {incident.Filter{States: []incident.State{incident.Canceled, incident.Resolved}}, func(i incident.Incident) bool { return i.State == incident.Canceled || i.State == incident.Resolved }},
			"priorities":   {incident.Filter{Priorities: []incident.Priority{3, 1}}, func(i incident.Incident) bool { return i.Priority == 1 || i.Priority == 3 }},
			"service":      {incident.Filter{Service: "search", States: []incident.State{incident.Triggered}}, func(i incident.Incident) bool { return i.Service == "search" && i.State == incident.Triggered }},
			"team":         {incident.Filter{Team: "discovery", Open: &yes}, func(i incident.Incident) bool { return i.Team == "discovery" && i.State.Open() }},
			"commander":    {incident.Filter{Commander: jonas, Team: "payments"}, func(i incident.Incident) bool { return i.Commander == jonas && i.Team == "payments" }},
			"person":       {incident.Filter{Person: priya}, func(i incident.Incident) bool { return i.Commander == priya }},
			"person of P3": {incident.Filter{Person: mara, Priorities: []incident.Priority{3}}, func(i incident.Incident) bool { return i.Priority == 3 }},
			"text":         {incident.Filter{Text: "slow check"}, func(i incident.Incident) bool { return strings.HasPrefix(i.Title, "Check") }},
			"nothing":      {incident.Filter{Text: "breakdown"}, func(i incident.Incident) bool { return false }},
			"period": {incident.Filter{From: all[40].TriggeredAt, Before: all[10].TriggeredAt}, func(i incident.Incident) bool {
				return !i.TriggeredAt.Before(all[40].TriggeredAt) && i.TriggeredAt.Before(all[10].TriggeredAt)
			}},
		} {
			for _, sort := range []incident.Sort{incident.Newest, incident.ByPriority} {
				var want, got []int64
				list := slices.DeleteFunc(slices.Clone(all), func(i incident.Incident) bool { return !x.keep(i) })
				if sort == incident.ByPriority {
					slices.SortStableFunc(list, func(a, b incident.Incident) int { return int(a.Priority) - int(b.Priority) })
				}
				for _, i := range list {
					want = append(want, i.ID)
				}
				x.f.Sort = sort
				for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
					var page []incident.Row
					page, cursor, err = b.List(responder(mara), x.f, cursor, 7)
					b.must(err)
					for _, i := range page {
						got = append(got, i.ID)
					}
				}
				if !slices.Equal(want, got) {
					t.Errorf("%s by %s: got %v, want %v", name, sort, got, want)
				}
			}
		}
	})
}

// newer is the order of a list: newest first, of the same moment the later number first.
func newer(a, b incident.Incident) int {
	if c := b.TriggeredAt.Compare(a.TriggeredAt); c != 0 {
		return c
	}
	return int(b.ID - a.ID)
}
