package escalation

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/timetext"
)

// TestDrawing holds the table in the documentation to the one in the code.
func TestDrawing(t *testing.T) {
	text, err := os.ReadFile("../../docs/practice/escalation.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| from | to | why |\n| --- | --- | --- |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var want []string
	for _, x := range Transitions {
		want = append(want, "| "+string(x.From)+" | "+string(x.To)+" | "+x.Why+" |")
	}
	if table != strings.Join(want, "\n") {
		t.Errorf("the documentation says\n%s\nand the code\n%s", table, strings.Join(want, "\n"))
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{"PT0S": 0, "PT5M": 5 * time.Minute, "pt1h30m": 90 * time.Minute, "P1D": 24 * time.Hour, "P1DT1S": 24*time.Hour + time.Second, "5m": 5 * time.Minute, " 1h ": time.Hour} {
		if d, ok := parseDuration(text); !ok || d != want {
			t.Errorf("%q is %s %t, want %s", text, d, ok, want)
		}
		if d, ok := parseDuration(timetext.ISO(want)); !ok || d != want {
			t.Errorf("%s is written %s and read %s", want, timetext.ISO(want), d)
		}
	}
	for _, text := range []string{"", "P", "PT", "P1W", "PT1", "5", "-5m", "PT5S5M", "PT9999999999M", "PTM", "P1M"} {
		if d, ok := parseDuration(text); ok {
			t.Errorf("%q is read as %s", text, d)
		}
	}
}

// TestWords: what a form shows is read back as the same target.
func TestWords(t *testing.T) {
	for _, x := range []TargetSpec{{Schedule: "a"}, {NextOf: "a"}, {Team: "a"}, {Team: "a", Role: "manager"}, {Role: "lead"}, {Person: "mara"}, {Channel: "ops"}, {Policy: "b"}} {
		if y, ok := ReadTarget(x.Words()); !ok || y != x {
			t.Errorf("%+v is written %q and read %+v", x, x.Words(), y)
		}
	}
	for _, s := range []string{"", "mara", "the manager", "@", "boss of a", "team", "team a b"} {
		if x, ok := ReadTarget(s); ok {
			t.Errorf("%q is read as %+v", s, x)
		}
	}
}

// TestPlans reads the plans of the queries that run all the time.
func TestPlans(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for sql, args := range map[string][]any{
			listSQL: {"a", 10}, dueSQL: {1, 10}, nextSQL: nil, dueRequestSQL: {1, 10}, nextRequestSQL: nil, firedSinceSQL: {1, 2, 10}, outerSQL: {"a"},
			"SELECT kind, policy FROM escalation_serves WHERE kind = 'service' AND name = $1 OR kind = 'team' AND name = $2": {"a", "b"},
			"SELECT kind, name FROM escalation_serves WHERE policy = $1":                                                     {"a"},
			askedSQL: {1},
		} {
			dbtest.UsesIndex(t, d, sql, args...)
		}
	})
}
