package notify

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The drawing in docs/practice/notifications.md shows exactly these moves.
func TestDrawing(t *testing.T) {
	text, err := os.ReadFile("../../docs/practice/notifications.md")
	if err != nil {
		t.Fatal(err)
	}
	var drawn, table []string
	for _, m := range regexp.MustCompile(`(?m)^    (\S+) --> (\w+): (.+)$`).FindAllStringSubmatch(string(text), -1) {
		drawn = append(drawn, fmt.Sprintf("%s → %s: %s", m[1], m[2], m[3]))
	}
	for _, m := range Transitions {
		from := string(m.From)
		if from == "" {
			from = "[*]"
		}
		table = append(table, fmt.Sprintf("%s → %s: %s", from, m.To, m.Why))
	}
	slices.Sort(drawn)
	slices.Sort(table)
	if d := cmp.Diff(table, drawn); d != "" {
		t.Errorf("docs/practice/notifications.md and Transitions differ (-table +drawing):\n%s", d)
	}
}
