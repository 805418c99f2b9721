// Package petshop holds the map of a real application against faults that were
// really made in it: PetShop on AWS, 42 nodes and 44 dependencies as AWS X-Ray
// saw them, eight issues with the symptom people saw and the known root cause
// (https://github.com/amazon-science/petshop-root-cause-analysis).
//
// It is a test only: the adjacency matrix is no format of a source.
package petshop

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
)

const shared = "../../../../shared/data/petshop"

// readMatrix reads an adjacency matrix: the node of a row calls the nodes in
// whose columns it has a 1. (PetSite, the front, has a row of ones and an
// empty column; tables, queues and parameters have an empty row.)
func readMatrix(r io.Reader, emit cmdb.Emit) error {
	in := csv.NewReader(r)
	head, err := in.Read()
	if err != nil {
		return err
	}
	names := slices.Clone(head[1:])
	for _, n := range names {
		if err := emit(cmdb.Record{Item: &cmdb.Seen{Key: n, Kind: kind(n), Name: n}}); err != nil {
			return err
		}
	}
	rows := 0
	for ; ; rows++ {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if rows >= len(names) || row[0] != names[rows] {
			return fmt.Errorf("line %d: row of %q where %d is expected", rows+2, row[0], rows)
		}
		for i, text := range row[1:] {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return fmt.Errorf("line %d, %q: %w", rows+2, names[i], err)
			}
			if v == 0 {
				continue
			}
			rel := cmdb.SeenRelation{From: cmdb.ByKey(row[0]), To: cmdb.ByKey(names[i]), Kind: cmdb.Calls, Provenance: cmdb.Observed}
			if err := emit(cmdb.Record{Relation: &rel}); err != nil {
				return err
			}
		}
	}
	if rows != len(names) {
		return fmt.Errorf("%d rows for %d columns", rows, len(names))
	}
	return nil
}

func kind(name string) string {
	switch {
	case strings.Contains(name, "DynamoDB") || strings.Contains(name, "SQL"):
		return cmdb.KindDatabase
	case strings.Contains(name, "SQS"):
		return cmdb.KindQueue
	case strings.HasSuffix(name, "_remote"):
		return cmdb.KindExternal
	}
	return cmdb.KindApplication
}

type issue struct {
	name   string
	Target struct{ Node, Metric string }
	Root   struct{ Node string } `json:"root_cause"`
}

func load(t *testing.T) (*graph.View, map[string]uint32, []string, []issue) {
	t.Helper()
	if _, err := os.Stat(shared); err != nil {
		t.Skip("needs ../shared/data")
	}
	f, err := os.Open(filepath.Join(shared, "graph.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ids, names := map[string]uint32{}, []string{""}
	var d graph.Delta
	err = readMatrix(f, func(r cmdb.Record) error {
		if r.Item != nil {
			ids[r.Item.Key] = uint32(len(names))
			names = append(names, r.Item.Name)
			d.Nodes = append(d.Nodes, graph.NodeChange{ID: ids[r.Item.Key], Kind: r.Item.Kind, Revision: 1})
			return nil
		}
		x := r.Relation
		d.Edges = append(d.Edges, graph.Edge{ID: int64(len(d.Edges) + 1), From: ids[x.From.Key], To: ids[x.To.Key], Kind: uint8(slices.Index(cmdb.RelationKinds, x.Kind)),
			Hard: x.Kind.DefaultStrength() == cmdb.Hard, Provenance: uint8(x.Provenance), Since: 1_681_800_000, Revision: 1})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Nodes) != 42 || len(d.Edges) != 44 {
		t.Errorf("%d nodes, %d relations; the file has 42 and 44", len(d.Nodes), len(d.Edges))
	}
	g := graph.New()
	if err := g.Apply(d); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(shared, "train/*/target.json"))
	if err != nil {
		t.Fatal(err)
	}
	var issues []issue
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		i := issue{name: filepath.Base(filepath.Dir(path))}
		if err := json.Unmarshal(b, &i); err != nil {
			t.Fatal(err)
		}
		issues = append(issues, i)
	}
	if len(issues) != 8 {
		t.Errorf("%d issues", len(issues))
	}
	return g.View(), ids, names, issues
}

// TestRootsAreDownstream: every root cause is needed by the symptom, and not
// the other way round; it is hit if the cause is down, and the cause is among
// the candidates, with the path between.
func TestRootsAreDownstream(t *testing.T) {
	v, ids, names, issues := load(t)
	for _, i := range issues {
		t.Run(i.name, func(t *testing.T) {
			symptom, root := ids[i.Target.Node], ids[i.Root.Node]
			if symptom == 0 || root == 0 || symptom == root {
				t.Fatalf("%q, %q", i.Target.Node, i.Root.Node)
			}
			path, ok := v.Path(symptom, root)
			if !ok || len(path) == 0 || path[0].From != symptom || path[len(path)-1].To != root {
				t.Errorf("path %v", path)
			}
			if _, ok := v.Path(root, symptom); ok {
				t.Error("the cause needs the symptom, too: the matrix is read the wrong way round")
			}
			hit := false
			for _, h := range v.Impact([]graph.Cause{{Item: root, Level: graph.Down}}, graph.Options{Exposed: true}).Hits {
				hit = hit || h.Item == symptom
			}
			if !hit {
				t.Error("the symptom is not hit when the cause is down")
			}
			found := v.Roots(graph.Symptoms{Alerting: []uint32{symptom}, Limit: 42})
			at := slices.IndexFunc(found.List, func(r graph.Root) bool { return r.Item == root })
			if at < 0 {
				t.Fatalf("not among %d candidates", len(found.List))
			}
			if r := found.List[at]; len(r.Paths) != 1 || r.Paths[0].From != symptom || len(r.Paths[0].Steps) != len(path) {
				t.Errorf("%+v", r)
			}
			t.Logf("%s of %s: %s is candidate %d of %d, %d step away", i.Target.Metric, i.Target.Node, i.Root.Node, at+1, len(found.List), len(path))

			// One alert leaves all that PetSite needs possible. What also alerts, or
			// is seen to be unwell, decides: with its other callers alerting too, the
			// cause is the first that they all need; known to be unwell, it is first.
			callers := []uint32{symptom, ids["petlistadoptions_AWS::ECS::Fargate"], ids["PetSearch_client"]}
			found = v.Roots(graph.Symptoms{Alerting: callers})
			all := slices.IndexFunc(found.List, func(r graph.Root) bool { return r.Covers == 3 })
			if all < 0 || found.List[all].Item != root || len(found.List[all].Paths) != 3 {
				t.Errorf("of all three callers: %+v", found.List)
			}
			found = v.Roots(graph.Symptoms{Alerting: []uint32{symptom}, Unhealthy: []uint32{root}})
			if found.List[0].Item != root {
				t.Errorf("known to be unwell, and yet first is %q", names[found.List[0].Item])
			}
			found = v.Roots(graph.Symptoms{Alerting: append(callers, root)})
			if r := found.List[0]; r.Item != root || r.Covers != 4 {
				t.Errorf("alerting itself, and yet first is %q", names[r.Item])
			}
		})
	}
}
