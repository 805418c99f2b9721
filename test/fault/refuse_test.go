package fault

import (
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// openSQLite opens a file with one connection; alone keeps all others away.
func openSQLite(file string, alone bool) (*sql.DB, error) {
	dsn := "file:" + file + "?_pragma=busy_timeout(10000)"
	if alone {
		dsn += "&_pragma=locking_mode(EXCLUSIVE)"
	}
	d, err := sql.Open("sqlite", dsn)
	if err == nil {
		d.SetMaxOpenConns(1)
	}
	return d, err
}

// TestRefusesToStart spoils what a start needs. Each time the program says what
// is wrong and what to do, and starts again when it is mended.
func TestRefusesToStart(t *testing.T) {
	s := found(t, "")
	write := func(path, content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(path string) string {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	other, err := evidence.NewKey("localhost")
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	none := filepath.Join(dir, "none")
	garbage := filepath.Join(dir, "garbage.db")
	write(garbage, strings.Repeat("this is a shopping list\n", 400))
	with := func(flag string) []string {
		name, _, _ := strings.Cut(flag, "=")
		var args []string
		for _, a := range s.args() {
			if !strings.HasPrefix(a, name+"=") {
				args = append(args, a)
			}
		}
		return append(args, flag)
	}
	file := func(content string) string {
		f, err := os.CreateTemp(dir, "key")
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		write(f.Name(), content)
		return f.Name()
	}
	for _, tt := range []struct {
		name  string
		args  []string
		env   []string
		code  int
		words []string
	}{
		{"no log key", with("--log-key=" + none), nil, 8, []string{"signing key is not there", none, "EVENKEEL_LOG_KEY"}},
		{"another log key", with("--log-key=" + file(other.Secret())), nil, 6, []string{"was begun with", "give it the key it was begun with"}},
		{"another log key in the environment", s.args(), []string{"EVENKEEL_LOG_KEY=" + other.Secret()}, 6, []string{"was begun with"}},
		{"an empty log key", with("--log-key=" + file("")), nil, 2, []string{"holds no signing key", "PRIVATE+KEY+"}},
		{"no secrets key", with("--secrets-key=" + none), nil, 8, []string{"secrets", none, "EVENKEEL_SECRETS_KEY"}},
		{"another secrets key", with("--secrets-key=" + file(secret.Generate())), nil, 6, []string{"secrets", "key"}},
		{"another secrets key in the environment", s.args(), []string{"EVENKEEL_SECRETS_KEY=" + secret.Generate()}, 6, []string{"EVENKEEL_SECRETS_KEY", "key"}},
		{"a secrets key that is none", with("--secrets-key=" + file("hello")), nil, 2, []string{"key", "line 1"}},
		{"an empty secrets key", with("--secrets-key=" + file("")), nil, 2, []string{"key"}},
		{"a folder for a database", with("--db=" + dir), nil, 8, []string{"database file", "check its path"}},
		{"a file that is no database", with("--db=" + garbage), nil, 8, []string{"not a database", "name another"}},
		{"a folder that cannot be made", with("--db=" + filepath.Join(garbage, "x", "evenkeel.db")), nil, 8, []string{"folder", "check its permissions"}},
		{"a taken address", with("--listen=" + taken.Addr().String()), nil, 8, []string{"cannot listen", "--listen"}},
		{"no PostgreSQL there", with("--db=postgres://evenkeel:secret@127.0.0.1:1/evenkeel"), nil, 8, []string{"does not answer", "check"}},
		{"no such database", with("--db=" + strings.Replace(dbtest.PostgresURL(t), "/ek_", "/none_", 1)), nil, 8, []string{"does not answer", "check"}},
		{"an address that is none", with("--db=postgres://evenkeel:sec ret@:x/evenkeel"), nil, 2, []string{"postgres://user:password@host"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := begin(t, tt.env, tt.args...)
			code, out := p.failed()
			if code != tt.code || !strings.Contains(out, "error: ") {
				t.Errorf("it ends with %d, want %d:\n%s", code, tt.code, tail(out, 12))
			}
			for _, w := range append(tt.words, "error: ") {
				if !strings.Contains(out, w) {
					t.Errorf("it does not say %q:\n%s", w, tail(out, 12))
				}
			}
			for _, w := range []string{"sec ret", ":secret@", "shopping"} {
				if strings.Contains(out, w) {
					t.Errorf("it tells %q:\n%s", w, out)
				}
			}
		})
	}
	t.Run("a damaged database", func(t *testing.T) {
		whole := read(s.cfg.DB)
		defer write(s.cfg.DB, whole)
		broken := []byte(whole)
		for i := 4096; i < len(broken) && i < 64*4096; i++ { // all but the head
			broken[i] = byte(i * 7)
		}
		write(s.cfg.DB, string(broken))
		refuses(t, nil, s.args(), 8, "damaged", "restore a backup")
	})
	t.Run("a newer database", func(t *testing.T) {
		d, err := openSQLite(s.cfg.DB, false)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		exec := func(query string) {
			t.Helper()
			if _, err := d.Exec(query); err != nil {
				t.Fatal(err)
			}
		}
		exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)")
		exec("INSERT INTO setting (name, value) VALUES ('oldest_schema', '8999')")
		refuses(t, nil, s.args(), 8, "the database has schema 9000", "start a newer Evenkeel")
		exec("DELETE FROM setting WHERE name = 'oldest_schema'")
		p := s.serve() // a release later: it may run beside
		p.address()
		p.stop()
		exec("DELETE FROM goose_db_version WHERE version_id = 9000")
	})
	if _, err := os.Stat(none); err == nil {
		t.Error("a key was made for a database that had one")
	}
	p := s.serve()
	s.verify(p.address())
	p.stop()

	// Keys can be changed, and a lost one need not be the end.
	next := secret.Generate()
	for _, tt := range []struct {
		what string
		args []string
	}{
		{"a new key before the old one", with("--secrets-key=" + file(next+"\n"+read(s.cfg.SecretsKey)))},
		{"the new key alone", with("--secrets-key=" + file(next))},
		{"none, and the old one is lost", append(with("--secrets-key="+none), "--new-secrets-key")},
		{"the one that was made", with("--secrets-key=" + none)},
	} {
		p := begin(t, nil, tt.args...)
		p.address()
		p.stop()
		if t.Failed() {
			t.Fatalf("with %s", tt.what)
		}
	}
}
