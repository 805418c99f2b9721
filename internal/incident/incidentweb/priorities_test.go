package incidentweb_test

import (
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// TestPriorities: the page shows what is in use, an older version says that it
// is not, and one that never was is not found.
func TestPriorities(t *testing.T) {
	b := setup(t)
	has := func(path string, status int, texts ...string) {
		t.Helper()
		got, body := b.get(path)
		if got != status {
			t.Errorf("%s: %d, want %d", path, got, status)
		}
		for _, s := range texts {
			if !strings.Contains(body, s) {
				t.Errorf("%s does not say %q", path, s)
			}
		}
	}
	has("/settings/priorities", 200, "built in", "every team", "4 business hours", "paged, day and night", "kind: PriorityMatrix")
	has("/settings/priorities/payments", 404)
	has("/settings/priorities/default?version=3", 404)
	has("/settings/priorities?version=x", 422)
	apply := func(spec incident.PriorityMatrixSpec) {
		t.Helper()
		b.must(nil, b.DB.Write(by(mara), actor.Actor{Kind: actor.User, Role: actor.Admin}, "test", func(tx *db.Tx) error { return b.ApplyMatrix(tx, "default", spec, "") }))
	}
	apply(incident.PriorityMatrixSpec{CloseAfter: "3d"})
	apply(incident.PriorityMatrixSpec{CloseAfter: "5d"})
	has("/settings/priorities", 200, "5 d", "close_after: 5d")
	has("/settings/priorities/default?version=1", 200, "Version 1 is no longer in use", "3 d")
	has("/settings/priorities/default?version=0", 200, "Version 0 is no longer in use", "7 d")
}
