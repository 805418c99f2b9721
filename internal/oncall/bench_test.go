package oncall_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

const many = 10_000

// follow is a schedule as large teams have them: two sites that follow the sun
// over a weekly rotation, and a second line beside them.
func follow(i int, person func(int) string) oncall.Spec {
	zones := []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC", "Australia/Sydney"}
	turn := func(n int) (out [][]string) {
		for k := range 6 {
			out = append(out, []string{person(i*7 + n + k)})
		}
		return out
	}
	return oncall.Spec{Title: fmt.Sprintf("Schedule %d", i), Zone: zones[i%len(zones)], Layers: []oncall.LayerSpec{
		{Name: "week", Start: "2026-01-05T09:00", Every: "P1W", Shifts: turn(0)},
		{Name: "day", Start: "2026-01-05T08:00", Every: "P1D", Shifts: turn(6), Only: []oncall.WindowSpec{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "08:00", To: "20:00"}}},
		{Name: "second", Start: "2026-01-05T08:00", Every: "PT12H", Shifts: turn(12), Beside: true},
	}}
}

// BenchmarkWhoCompiled is who is on call now in 10,000 compiled schedules, each
// with two covers. Goal: less than 20 ms.
func BenchmarkWhoCompiled(b *testing.B) {
	now := utc("2026-06-03 12:00")
	rotas := make([]*oncall.Rota, many)
	for i := range rotas {
		covers := []oncall.Cover{
			{ID: 1, Kind: oncall.Override, Person: 3, From: now.AddDate(0, 0, -3), To: now.AddDate(0, 0, -2)},
			{ID: 2, Kind: oncall.Override, Person: 4, Instead: 5, From: now.AddDate(0, 0, 1), To: now.AddDate(0, 0, 2)},
		}
		rotas[i] = must(b, follow(i, func(n int) string { return fmt.Sprintf("USR-%d", n%500+1) })).With(covers, nil)
	}
	b.ResetTimer()
	for b.Loop() {
		for _, r := range rotas {
			if who, _ := r.Who(now); len(who) == 0 {
				b.Fatal("nobody")
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/10k")
}

// BenchmarkWhoNow is the service's answer for 10,000 stored schedules: one
// check of the version, then duties with their ends. Goal: less than 20 ms.
func BenchmarkWhoNow(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s, ctx := stored(b, open(b), many)
			began := time.Now()
			if _, _, err := s.WhoNow(ctx, oncall.Filter{}, "", many); err != nil {
				b.Fatal(err)
			}
			cold := time.Since(began)
			for b.Loop() {
				list, _, err := s.WhoNow(ctx, oncall.Filter{}, "", many)
				if err != nil || len(list) != many || list[0].Gap() {
					b.Fatal(len(list), err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/10k")
			b.ReportMetric(float64(cold.Milliseconds()), "ms-first")
		})
	}
}

// stored is a service with so many schedules of 50 people.
func stored(tb testing.TB, d *db.DB, n int) (*oncall.Service, context.Context) {
	people, _, err := auth.New(d, auth.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	ctx := actor.With(context.Background(), actor.Job("bench"))
	for i := range 50 {
		if _, _, err := people.CreatePerson(ctx, auth.PersonEdit{Handle: fmt.Sprintf("p%d", i), Role: actor.Responder, Profile: auth.Profile{Display: "Somebody"}}); err != nil {
			tb.Fatal(err)
		}
	}
	maker := oncall.New(d)
	err = d.Write(ctx, actor.Job("bench"), "bench", func(tx *db.Tx) error {
		for i := range n {
			if err := maker.Apply(tx, fmt.Sprintf("schedule-%05d", i), follow(i, func(k int) string { return fmt.Sprintf("p%d", k%50) }), ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return oncall.New(d), ctx // another replica, so that it begins with nothing
}

// BenchmarkHoles is the Now page's question after holes of the next two weeks
// in 10,000 schedules, when something has changed since it was last asked.
func BenchmarkHoles(b *testing.B) {
	s, ctx := stored(b, dbtest.SQLite(b), many)
	from := time.Now()
	for b.Loop() {
		from = from.Add(time.Minute) // never the same question
		if _, err := s.Holes(ctx, from, from.AddDate(0, 0, 14)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/10k")
}

// BenchmarkOneChange is the first question after a cover was added to one of
// 10,000 schedules.
func BenchmarkOneChange(b *testing.B) {
	s, ctx := stored(b, dbtest.SQLite(b), many)
	if _, _, err := s.WhoNow(ctx, oncall.Filter{}, "", 1); err != nil {
		b.Fatal(err)
	}
	from := time.Now().Add(time.Hour)
	for b.Loop() {
		b.StopTimer()
		from = from.Add(time.Hour)
		if _, err := s.Cover(ctx, "schedule-00007", oncall.NewCover{Person: "p1", From: from, To: from.Add(time.Hour)}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, _, err := s.WhoNow(ctx, oncall.Filter{}, "", 1); err != nil {
			b.Fatal(err)
		}
	}
}
