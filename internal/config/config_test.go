package config

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

func good() Config {
	return Config{Listen: "127.0.0.1:8080", DB: "data/evenkeel.db", Checkpoints: time.Minute, KeepDays: 400}
}

func TestCheckCompletes(t *testing.T) {
	c := good()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{c.PublicURL: "http://127.0.0.1:8080", c.LogKey: "data/evenkeel-log.key", c.SecretsKey: "data/evenkeel-secrets.key", c.LogName: "127.0.0.1"} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	c = good()
	c.Listen, c.TLSCert, c.TLSKey, c.DB = ":8443", "a", "b", "postgres://x/y"
	if err := c.Check(); err != nil || c.PublicURL != "https://localhost:8443" || !c.HTTPS() || c.LogKey != "evenkeel-log.key" {
		t.Errorf("%v %+v", err, c)
	}
}

// All wrong values are named at once, each with its remedy.
func TestCheckNamesEveryFault(t *testing.T) {
	c := Config{Listen: "1", DB: "x", PublicURL: "ftp://x", TLSCert: "only", Proxies: []string{"10.0.0.1"}, SMTPHost: "mail", PushContact: "nobody"}
	var e *errs.Error
	if err := c.Check(); !errors.As(err, &e) || e.Kind != errs.Invalid {
		t.Fatal(err)
	}
	var names []string
	for _, f := range e.Fields {
		names = append(names, f.Name)
		if f.Remedy == "" {
			t.Errorf("%s has no remedy", f.Name)
		}
	}
	if got, want := strings.Join(names, " "), "public-url listen tls-cert trusted-proxy checkpoint-every keep-days smtp-from push-contact"; got != want {
		t.Errorf("faults %s, want %s", got, want)
	}
}
