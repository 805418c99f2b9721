package cli

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/config"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/movein/moveintest"
)

// mover is the whole product with an admin's token, for commands against it.
type mover struct {
	*testing.T
	url, token string
}

func newMover(t *testing.T, database string) *mover {
	t.Helper()
	cfg := config.Config{Listen: "127.0.0.1:0", DB: database, PublicURL: "http://localhost:8080", KeepDays: 1, Checkpoints: 1e9, SMTPTLS: "none",
		LogKey: filepath.Join(t.TempDir(), "log.key"), SecretsKey: filepath.Join(t.TempDir(), "secrets.key")}
	a, err := app.New(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	link, _, err := a.Door.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in, err := a.Door.SetUp(t.Context(), link.Secret, auth.PersonEdit{Handle: "mara", Email: "mara@harbour.example", Role: actor.Admin, Profile: auth.Profile{Display: "Mara Holm"}},
		"barge-tide-lantern-42", auth.Client{Address: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: in.Person.ID, Person: in.Person.ID, Role: actor.Admin, Name: "Mara Holm"})
	_, token, err := a.People.CreateToken(ctx, auth.NewToken{Name: "move", Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(a.Handler())
	t.Cleanup(s.Close)
	return &mover{t, s.URL, token}
}

// run runs a command and expects its exit code and a word of its output.
func (m *mover) run(want int, says string, args ...string) string {
	m.Helper()
	var out bytes.Buffer
	got := Run(m.Context(), append([]string{"--server=" + m.url, "--token=" + m.token}, args...), strings.NewReader(""), &out, &out)
	if got != want || !strings.Contains(out.String(), says) {
		m.Errorf("evenkeel %s: exit %d, want %d and %q in\n%s", strings.Join(args, " "), got, want, says, &out)
	}
	return out.String()
}

// Each system is read over its API and moved in, on both databases: applying
// refuses while people are missing, then applies, and a second time changes
// nothing; overrides come once.
func TestMoveIn(t *testing.T) {
	for _, source := range []struct{ command, dir, authorization, schedule string }{
		{"pagerduty", "pagerduty", "Token token=secret", "payments-primary"},
		{"opsgenie", "opsgenie", "GenieKey secret", "payments-schedule"},
		{"grafana-oncall", "grafanaoncall", "secret", "payments-web"},
	} {
		for name, database := range map[string]func(t *testing.T) string{
			"SQLite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "ek.db") },
			"Postgres": func(t *testing.T) string { return dbtest.PostgresURL(t) },
		} {
			t.Run(source.command+"/"+name, func(t *testing.T) {
				m := newMover(t, database(t))
				api := moveintest.Serve(t, filepath.Join("..", "movein", source.dir, "testdata", "api"), source.authorization)
				dir, saved := t.TempDir(), filepath.Join(t.TempDir(), "export.json")
				bring := func(want int, says string, more ...string) {
					t.Helper()
					m.run(want, says, append([]string{"import", source.command}, more...)...)
				}
				first := filepath.Join(dir, "first")
				bring(0, "people have no account", "--url="+api.URL, "--key=secret", "--out="+first, "--save="+saved)
				m.run(2, "jonas", "apply", first, "--source=moved-in", "--yes")
				bring(4, "refuses the key", "--url="+api.URL, "--key=wrong", "--out="+filepath.Join(dir, "no"))
				bring(6, "files already", "--file="+saved, "--out="+first)

				out := filepath.Join(dir, "out")
				bring(0, "0 people have no account", "--file="+saved, "--out="+out, "--invite")
				m.run(0, "created", "apply", out, "--source=moved-in", "--yes")
				m.run(0, "Nothing to do", "apply", out, "--source=moved-in", "--yes")
				again := filepath.Join(dir, "again")
				bring(0, "0 people have no account", "--url="+api.URL, "--key=secret", "--out="+again)
				m.run(0, "Nothing to do", "apply", again, "--source=moved-in", "--yes")
				m.run(0, " 0 were there already", "import", "covers", out)
				m.run(0, "0 overrides entered", "import", "covers", out)
				m.run(0, source.schedule, "oncall", "now")
				if text, err := os.ReadFile(filepath.Join(out, "REPORT.md")); err != nil || !strings.Contains(string(text), "## What could not be moved as it was") {
					t.Errorf("the report: %v\n%s", err, text)
				}
			})
		}
	}
}
