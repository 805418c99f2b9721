package moveintest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/movein"
)

var update = flag.Bool("update", false, "write golden files")

// Golden compares the files of a draft with those of a directory; -update
// writes them.
func Golden(t testing.TB, dir string, d *movein.Draft) {
	t.Helper()
	files, err := d.Files()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Write(dir, false); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for _, f := range files {
		want, err := os.ReadFile(filepath.Join(dir, f.Path))
		if err != nil {
			t.Errorf("%v; run go test with -update to write it", err)
		}
		if diff := cmp.Diff(string(want), f.Content); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f.Path, diff)
		}
		n++
	}
	have := 0
	_ = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			have++
		}
		return err
	})
	if have != n {
		t.Errorf("%s holds %d files, the draft %d", dir, have, n)
	}
}

// Sound fails when a schedule that was written would be refused for more than
// what it takes from the source as it is: names of people, dates and hours.
// Every fuzz test ends with it.
func Sound(t *testing.T, d *movein.Draft) {
	t.Helper()
	for name, s := range d.Schedules {
		id := int64(0)
		_, err := s.Compile(func(string) (int64, bool) { id++; return id, true })
		for _, f := range errs.As(err).Fields {
			for _, field := range []string{".every", ".shifts", ".from", ".to", ".days", "zone", "title", "description"} {
				if strings.HasSuffix(f.Name, field) {
					t.Errorf("schedule %s: %s", name, f)
				}
			}
		}
	}
	for name := range d.Policies {
		if len(name) > 63 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Errorf("policy name %q", name)
		}
	}
}
