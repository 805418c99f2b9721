package auth

import (
	"os"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
)

// The table of roles in the documentation is the table in the code.
func TestRolesInDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/practice/people.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != len(actor.Roles)+3 {
			continue
		}
		name, _, isRow := strings.Cut(strings.TrimSpace(cells[1]), ":")
		for i, role := range actor.Roles {
			cell := strings.TrimSpace(cells[i+2])
			switch {
			case isRow && (cell == "yes") != (actor.Actor{Role: role}).May(actor.Permission(name)):
				t.Errorf("docs say %q for %s and %s", cell, role, name)
			case name == "" && cell != string(role):
				t.Errorf("column %d is %q, want %q", i, cell, role)
			}
		}
		if isRow {
			found++
		}
	}
	if found != len(actor.Permissions) {
		t.Errorf("docs list %d permissions, want %d", found, len(actor.Permissions))
	}
}
