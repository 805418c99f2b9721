package window_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/window"
)

// fleet is 520 windows as a large organisation has them; wide of them are for
// everybody.
func fleet(tb testing.TB, wide int) *window.Set {
	tb.Helper()
	var list []window.Named
	for i := range 520 {
		s := window.Spec{Kind: window.Kinds[i%4], Zone: "Europe/Berlin", Start: fmt.Sprintf("2026-01-%02dT%02d:00", 1+i%28, i%24), Duration: "PT2H",
			Repeat: []string{"FREQ=WEEKLY;BYDAY=TU,TH", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=YEARLY", "FREQ=DAILY;INTERVAL=3"}[i/4%4]}
		switch {
		case i < wide:
			s.Kind = window.Freeze
		case i%3 == 0:
			s.Scope.Services = []string{fmt.Sprintf("service-%d", i)}
		case i%3 == 1:
			s.Scope.Teams = []string{fmt.Sprintf("team-%d", i%40)}
		default:
			s.Scope.Services = []string{"checkout", fmt.Sprintf("service-%d", i)}
		}
		list = append(list, window.Named{Name: fmt.Sprintf("w%03d", i), Version: 1, Spec: s})
	}
	set, err := window.Compile(list)
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

// What a gate decision pays for 520 windows, while the clock runs on: for a
// service that 190 of them are for, for one that only the wide ones are for,
// and when all are freezes for everybody, of which some are always on.
func BenchmarkFacts(b *testing.B) {
	for _, x := range []struct {
		name, service string
		wide          int
	}{{"busy service", "checkout", 12}, {"other service", "search", 12}, {"all for everybody", "checkout", 520}} {
		b.Run(x.name, func(b *testing.B) {
			set, at := fleet(b, x.wide), utc("2026-11-20T20:15")
			who := []window.Subject{{Service: x.service, Team: "team-7", Tier: 0}}
			b.ReportAllocs()
			for b.Loop() {
				at = at.Add(2 * time.Millisecond)
				set.Facts(who, "production", "normal", "feature", "deploy", at)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		fleet(b, 12)
	}
}
