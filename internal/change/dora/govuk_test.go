package dora

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// data is where real data lies that is not part of the project.
func data(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("EVENKEEL_DATA")
	if dir == "" {
		dir = "../../../../shared/data"
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Skip("no ", path)
	}
	return path
}

// govuk reads the deployments of GOV.UK, 2022 to 2026.
func govuk(t *testing.T) (out []History) {
	t.Helper()
	file, err := os.Open(data(t, "govuk-deployments/deployments.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for n, l := range lines[1:] { // sha,committed_at,app,environment,version,author
		at, err := time.Parse(time.RFC3339, l[1])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, History{Line: n + 2, Service: l[2], Environment: l[3], Artefact: l[4], DeployedAt: at, Author: l[5]})
	}
	return out
}

// The figures are those of the data's README, computed there by other means.
func TestGovUK(t *testing.T) {
	rows := govuk(t)
	list, u, err := understand(rows, Reading{CommittedFrom: "integration"})
	if err != nil {
		t.Fatal(err)
	}
	var c columns
	for i, p := range list {
		r := p.row()
		r.ID = int64(i + 1)
		f, ok := factOf(r)
		if !ok {
			t.Fatalf("no fact of %+v", p)
		}
		c.add(f)
	}
	if got := fmt.Sprint(len(rows), u.Changes, u.Elsewhere, u.Returns); got != "117913 32107 85806 349" {
		t.Error(got)
	}
	whole, _, _ := Between(time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), time.Now())
	s := &sight{now: spanOf(whole, true, time.UTC)}
	s.take(&c)
	f := s.now.counter.figures(whole)
	if got := fmt.Sprintf("%d deployments, failed %d = %.2f %%, lead %d %.4f %.4f %.4f", f.Deployments, f.Failed.N, 100*f.Failed.Share,
		f.Lead.N, f.Lead.Median.Hours(), f.Lead.P90.Hours(), f.Lead.Mean.Hours()); got != "32107 deployments, failed 349 = 1.09 %, lead 31553 0.1469 0.2361 1.2732" {
		t.Error(got)
	}
	if f.OutcomeKnown.N != 349 || f.Recovery.N != 349 || u.Negative != 29 {
		t.Errorf("%d outcomes known, %d recovered, %d negative", f.OutcomeKnown.N, f.Recovery.N, u.Negative)
	}
	year, before, err := ParsePeriod("2025", time.UTC, time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	_, points, err := pointsOf(Month, year.From, year.To, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	s = &sight{now: spanOf(year, true, time.UTC), before: spanOf(before, false, time.UTC)}
	for _, p := range points {
		s.points = append(s.points, spanOf(p, false, time.UTC))
	}
	s.take(&c)
	f = s.now.counter.figures(year)
	if got := fmt.Sprintf("%d %.2f %d", f.Deployments, f.PerDay, f.Busiest); got != "9443 25.87 108" {
		t.Error(got)
	}
	sum := 0
	for _, p := range s.points {
		sum += p.counter.deployments
	}
	if len(points) != 12 || sum != f.Deployments {
		t.Errorf("%d points of %d deployments", len(points), sum)
	}
}
