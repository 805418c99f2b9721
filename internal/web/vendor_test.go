package web

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestVendored holds every vendored file to its recorded checksum, and every
// vendored directory to its licence and origin.
func TestVendored(t *testing.T) {
	for _, root := range []string{"assets/vendor", "webtest/axe"} {
		sums := checksums(t, filepath.Join(root, "SHA256SUMS"))
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || d.Name() == "SHA256SUMS" {
				return err
			}
			body, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			rel, _ := filepath.Rel(root, path)
			sum := sha256.Sum256(body)
			if got := hex.EncodeToString(sum[:]); sums[rel] != got {
				t.Errorf("%s has checksum %s, recorded is %q: take the file from the package named in VERSION, then run go generate ./internal/web", path, got, sums[rel])
			}
			delete(sums, rel)
			for _, need := range []string{"LICENSE", "VERSION"} {
				if _, err := os.Stat(filepath.Join(filepath.Dir(path), need)); err != nil {
					t.Errorf("%s: %s is missing beside it", path, need)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for name := range sums {
			t.Errorf("%s/%s is recorded but not there", root, name)
		}
	}
}

func checksums(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sums := map[string]string{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if sum, name, ok := strings.Cut(sc.Text(), "  "); ok {
			sums[strings.TrimPrefix(name, "./")] = sum
		}
	}
	return sums
}
