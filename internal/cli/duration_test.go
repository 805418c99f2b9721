package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Times in flags, and what is said when the server's address is wrong or
// nobody answers there.
func TestFlagsAndAddresses(t *testing.T) {
	mistyped, right := filepath.Join(t.TempDir(), "a.yaml"), filepath.Join(t.TempDir(), "b.yaml")
	if err := errors.Join(os.WriteFile(mistyped, []byte("smtp_hots: mail\n"), 0o600), os.WriteFile(right, []byte("smtp_host: mail\ntrusted-proxy: [10.0.0.0/8]\nlisten: \":1\"\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		exit int
		says string
	}{
		{"silence create --for 1d12h a=b --server http://127.0.0.1:1", 8, "does not answer"},
		{"silence create --for 3x a=b", 2, `"3x" is no duration; write it like 90m, 2h30m or 7d`},
		{"me show --server=", 1, `server "" is no address: give one like https://evenkeel.example.org`},
		{"me show --server localhost:8080", 1, `server "localhost:8080" is no address`},
		{"calendar create x --hours 09:00-17:00", 2, "like monday=09:00-17:00"},
		{"", 0, "Usage: evenkeel"},
		{"version --config " + mistyped, 2, `smtp_hots "mail": there is no such setting`},
		{"version --config " + right, 0, ""},
	} {
		var out bytes.Buffer
		exit := Run(context.Background(), strings.Fields(c.args), strings.NewReader(""), &out, &out)
		if exit != c.exit || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: exit %d, want %d:\n%s", c.args, exit, c.exit, out.String())
		}
	}
}
