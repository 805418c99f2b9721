package sourcefile_test

import (
	"context"
	"io"
	"os"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/connect/backstage"
	"github.com/evenkeel/evenkeel/internal/connect/cloudformation"
	"github.com/evenkeel/evenkeel/internal/connect/compose"
	"github.com/evenkeel/evenkeel/internal/connect/csvfile"
	"github.com/evenkeel/evenkeel/internal/connect/datadog"
	"github.com/evenkeel/evenkeel/internal/connect/score"
	"github.com/evenkeel/evenkeel/internal/connect/terraform"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// What the readers of files emit is what the practice takes, and the same file
// again changes nothing.
func TestThePracticeTakesIt(t *testing.T) {
	sources := []struct {
		name, file       string
		read             func(io.Reader, sourcefile.Options, cmdb.Emit) ([]cmdb.Remark, error)
		items, relations int
	}{
		{"terraform", "terraform/testdata/state.json", terraform.Read, 19, 27},
		{"cloudformation", "cloudformation/testdata/template.yaml", cloudformation.Read, 15, 21},
		{"backstage", "backstage/testdata/catalog.yaml", backstage.Read, 10, 17},
		{"datadog", "datadog/testdata/entities.yaml", datadog.Read, 9, 12},
		{"score", "score/testdata/score.yaml", score.Read, 7, 7},
		{"compose", "compose/testdata/compose.yaml", compose.Read, 19, 24},
		{"csv", "csvfile/testdata/items.csv", csvfile.Read, 4, 4},
	}
	at := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	dbtest.EachWith(t, func() time.Time { return at }, func(t *testing.T, d *db.DB) {
		ctx := actor.With(context.WithoutCancel(t.Context()), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin})
		s := cmdb.New(d, cmdb.Options{NoGraph: true})
		defer s.Close()
		for _, src := range sources {
			for again := range 2 {
				at = at.Add(time.Hour)
				f, err := os.Open("../../connect/" + src.file)
				if err != nil {
					t.Fatal(err)
				}
				run, _, err := s.Import(ctx, cmdb.RunHeader{Source: src.name, Scope: "test", Complete: true}, func(emit cmdb.Emit) ([]cmdb.Remark, error) {
					return src.read(f, sourcefile.Options{Scope: "test", Env: "production"}, emit)
				})
				f.Close()
				if err != nil || run.State != cmdb.RunApplied {
					t.Fatalf("%s: %+v %v", src.name, run, err)
				}
				c := run.Counts
				if int(c.Items) != src.items || int(c.Relations) != src.relations || c.Repeated != 0 {
					t.Errorf("%s: %d items, %d relations, %d said twice", src.name, c.Items, c.Relations, c.Repeated)
				}
				if again == 1 && int(c.Same) != src.items+src.relations {
					t.Errorf("%s: the same file again changes the map: %+v", src.name, c)
				}
			}
		}
	})
}
