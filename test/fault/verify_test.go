package fault

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// verify checks the evidence of a running site in every way a user can: the
// live log with all records against it, and an export offline against the
// checkpoints that were published meanwhile.
func (s *site) verify(url string) {
	s.t.Helper()
	eventually(s.t, 15*time.Second, "a checkpoint is published", func() error {
		_, err := os.Stat(s.cfg.PublishFile)
		return err
	})
	export := filepath.Join(s.t.TempDir(), "evidence")
	for _, args := range [][]string{
		{"evidence", "verify"},
		{"evidence", "export", export},
		{"evidence", "verify", export, "--checkpoints=" + s.cfg.PublishFile},
	} {
		out, err := s.cli(url, args...)
		if err != nil {
			s.t.Errorf("evenkeel %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// cli runs a command against a server, as Mara.
func (s *site) cli(url string, args ...string) (string, error) {
	path, err := binary()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), "EVENKEEL_SERVER="+url, "EVENKEEL_TOKEN="+s.api, "NO_COLOR=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
