package app

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/evenkeel/evenkeel/internal/config"
)

// Browsers subscribe to one key: it outlives restarts, and is made anew only
// when the key that it was sealed with is given up.
func TestPushKeyStays(t *testing.T) {
	dir := t.TempDir()
	start := func(fresh bool) (string, error) {
		cfg := config.Config{Listen: "127.0.0.1:0", DB: filepath.Join(dir, "ek.db"), PublicURL: "http://localhost:8080", KeepDays: 1, Checkpoints: 1e9, SMTPTLS: "none", NewSecretsKey: fresh}
		a, err := New(context.Background(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err != nil {
			return "", err
		}
		defer a.Close()
		return a.vapid.Public, nil
	}
	first, err := start(false)
	if err != nil || len(first) != 87 {
		t.Fatalf("%q %v", first, err)
	}
	if again, err := start(false); err != nil || again != first {
		t.Errorf("after a restart %q, was %q: %v", again, first, err)
	}
	if err := os.Remove(filepath.Join(dir, "evenkeel-secrets.key")); err != nil {
		t.Fatal(err)
	}
	if key, err := start(false); err == nil {
		t.Errorf("started without the key for secrets, with %q", key)
	}
	if other, err := start(true); err != nil || other == first || other == "" {
		t.Errorf("after --new-secrets-key %q: %v", other, err)
	}
}

// Push services want to know whom to ask, in every set-up.
func TestPushContact(t *testing.T) {
	for want, c := range map[string]config.Config{
		"ops@harbour.example":        {PushContact: "ops@harbour.example", SMTPFrom: "x@y.example", PublicURL: "https://ek.harbour.example"},
		"evenkeel@harbour.example":   {SMTPFrom: "Evenkeel <evenkeel@harbour.example>", PublicURL: "https://ek.harbour.example"},
		"https://ek.harbour.example": {PublicURL: "https://ek.harbour.example"},
		"evenkeel@localhost":         {PublicURL: "http://localhost:8080"},
	} {
		if got := (&App{cfg: c}).pushContact(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
