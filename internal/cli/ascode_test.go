package cli

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/ascode/ascodeapi"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/calendar/calendarapi"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// A directory under git goes to the server and comes back.
func TestPlanApplyExport(t *testing.T) {
	d := dbtest.SQLite(t)
	calendars := calendar.New(d)
	mux := http.NewServeMux()
	a := api.New(mux, "test", "")
	ascodeapi.Register(a, ascode.New(d, calendar.AsCode(calendars)))
	calendarapi.Register(a, calendars)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), actor.Actor{Kind: actor.Token, ID: 4, Role: actor.Admin})))
	}))
	defer srv.Close()
	run := func(want int, says string, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		got := Run(t.Context(), append([]string{"--server=" + srv.URL}, args...), strings.NewReader(""), &out, &out)
		if got != want || !strings.Contains(out.String(), says) {
			t.Errorf("%v: exit %d, want %d and %q in\n%s", args, got, want, says, &out)
		}
		return out.String()
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=mara", "-c", "user.email=mara@harbour.example"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	const oslo = "apiVersion: evenkeel/v1\nkind: BusinessCalendar\nmetadata: {name: oslo}\nspec: {zone: Europe/Oslo}\n"
	write("calendars/oslo.yaml", oslo)
	write(".hidden/bad.yaml", "[")
	write("notes.txt", "not YAML: [")
	git("init", "-q")
	git("add", "-A")
	git("commit", "-qm", "calendars")
	head := git("rev-parse", "HEAD")

	run(10, "+ BusinessCalendar oslo  calendars/oslo.yaml:3:18\n    zone: \"Europe/Oslo\"\n\n1 would be created", "plan", "--exit-code", dir)
	run(2, "use --yes", "apply", dir)
	run(0, "1 created", "apply", "--yes", dir)
	run(0, "Nothing to do", "plan", "--exit-code", dir)
	run(0, "commit "+head[:12], "calendar", "show", "oslo")
	write("calendars/oslo.yaml", strings.Replace(oslo, "Oslo", "Berlin", 1))
	run(0, `zone: "Europe/Oslo" → "Europe/Berlin"`, "apply", "-y", dir)
	run(0, head[:12]+"+dirty", "calendar", "show", "oslo")
	run(0, `"digest":`, "-o", "json", "plan", dir)
	write("calendars/b.yml", "kind: Calendar\n")
	run(2, "calendars/b.yml:1:7: kind", "plan", dir)

	out := filepath.Join(t.TempDir(), "out")
	run(0, "1 file in", "export", out)
	run(6, "holds files already", "export", out)
	run(0, "Nothing to do", "plan", out)
	if text := run(0, "", "export", "--force", out); strings.Contains(text, "error") {
		t.Error(text)
	}
}
