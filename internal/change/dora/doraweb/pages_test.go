package doraweb_test

import (
	"context"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/web"
)

var link = regexp.MustCompile(`href="(/changes/(?:measures|ledger)[^"#]*)`)

// TestEveryFigureLeadsToItsRecords follows every link of the measures and the
// ledger.
func TestEveryFigureLeadsToItsRecords(t *testing.T) {
	b := setup(t)
	b.seed()
	seen := map[string]bool{}
	for _, path := range []string{"/changes/measures?period=90d", "/changes/ledger", "/changes/measures?width=day&team=shop", "/changes/measures?by=team&period=2026-10"} {
		status, body := b.get(path)
		if status != 200 || strings.Contains(body, "style=") || strings.Contains(body, "<script>") {
			t.Errorf("%s: %d, or inline style or script", path, status)
		}
		for _, m := range link.FindAllStringSubmatch(body, -1) {
			to := html.UnescapeString(m[1])
			if seen[to] {
				continue
			}
			seen[to] = true
			status, body := b.get(to)
			if status != 200 {
				t.Errorf("%s: %d", to, status)
			}
			if strings.Contains(to, "/records?") && strings.Contains(to, "from=") && !strings.Contains(body, "CHG-") {
				t.Errorf("%s: a bar without records", to)
			}
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d links", len(seen))
	}
}

// TestWhatTheMeasuresSay: figures with what they stand on, and no answer where
// nothing is known.
func TestWhatTheMeasuresSay(t *testing.T) {
	b := setup(t)
	if status, body := b.get("/changes/measures"); status != 200 || !strings.Contains(body, "Nothing is measured yet") || !strings.Contains(body, "dora.dev") {
		t.Errorf("nothing measured: %d", status)
	}
	if panel, err := b.pages.Strip(actor.With(context.Background(), mara), web.NewView(web.Profile{}, mara, b.now)); err != nil || panel != "" {
		t.Errorf("a strip of nothing: %q, %v", panel, err)
	}
	b.seed()
	_, body := b.get("/changes/measures")
	for _, want := range []string{"14 of 237", "vs 30 d before", "89.9 %", "213 of 237", "7 of 9", "managed", "Deployments by week", "nothing is known", "too little data"} {
		if !strings.Contains(body, want) {
			t.Errorf("the measures lack %q", want)
		}
	}
	_, body = b.get("/changes/ledger")
	for _, want := range []string{"Board review", "454 h", "95 %: ", "pt", "Mantel and Haenszel", "Whatever their risk"} {
		if !strings.Contains(body, want) {
			t.Errorf("the ledger lacks %q", want)
		}
	}
	_, body = b.get("/changes/ledger/approvals?rule=budget-guard&who=peer")
	if !strings.Contains(body, "lena-k") || !strings.Contains(body, "rejected") {
		t.Error("the approvals lack who gave them, or what was rejected")
	}
	for path, want := range map[string]int{"/changes/measures?period=soon": 422, "/changes/measures?by=colour": 422, "/changes/measures?from=x&to=y": 422, "/changes/measures/records?figure=luck": 422, "/changes/measures/records?cursor=x": 422,
		"/changes/ledger?period=0d": 422, "/changes/ledger/approvals": 422, "/changes/measures?service=nope": 200, "/changes/measures?width=year": 422} {
		if status, _ := b.get(path); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	panel, err := b.pages.Strip(actor.With(context.Background(), mara), web.NewView(web.Profile{Zone: "Europe/Berlin"}, mara, b.now))
	if err != nil || !strings.Contains(string(panel), "figure=failures") || !strings.Contains(string(panel), "454 h") {
		t.Errorf("strip: %v", err)
	}
	b.now = b.now.Add(200 * 24 * time.Hour)
	if _, body := b.get("/changes/measures"); !strings.Contains(body, "no data") || strings.Contains(body, "NaN") {
		t.Error("a time without changes says something else than no data")
	}
}
