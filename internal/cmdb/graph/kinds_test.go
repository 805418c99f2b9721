package graph_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
)

// The graph may not import the practice, so it knows kinds, states and
// directions by number; they are the same.
func TestNumbersAreThoseOfThePractice(t *testing.T) {
	for kind, want := range map[uint8]cmdb.RelationKind{graph.DependsOn: cmdb.DependsOn, graph.RunsOn: cmdb.RunsOn, graph.PartOf: cmdb.PartOf, graph.Calls: cmdb.Calls,
		graph.StoresIn: cmdb.StoresIn, graph.OwnedBy: cmdb.OwnedBy, graph.Provides: cmdb.Provides, graph.ConnectsTo: cmdb.ConnectsTo} {
		if have := cmdb.RelationKinds[kind]; have != want {
			t.Errorf("kind %d is %s, here %s", kind, have, want)
		}
	}
	for kind, k := range cmdb.RelationKinds {
		if have, want := graph.NeedOf(uint8(kind)), graph.Direction(k.Need()); have != want {
			t.Errorf("%s: direction %d, want %d", k, have, want)
		}
	}
	for state, want := range map[graph.State]cmdb.State{graph.Present: cmdb.Present, graph.Stale: cmdb.Stale, graph.Retired: cmdb.Retired} {
		if cmdb.States[state] != want {
			t.Errorf("state %d is %s, here %s", state, cmdb.States[state], want)
		}
	}
}
