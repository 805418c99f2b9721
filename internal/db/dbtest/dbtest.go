// Package dbtest gives tests real databases.
//
// Each runs a test on SQLite and on PostgreSQL, every time on an empty,
// migrated database of its own. PostgreSQL is the server named by
// EVENKEEL_TEST_PG, or a throwaway one that the package starts from the
// installed binaries and that ends with the test process. There is no skip: a
// machine without PostgreSQL fails, because neither engine is second class.
package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// Each runs f on both engines.
func Each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// EachWith is Each with a clock.
func EachWith(t *testing.T, now func() time.Time, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		f(t, open(t, db.Config{URL: filepath.Join(t.TempDir(), "test.db"), Now: now}))
	})
	t.Run("postgres", func(t *testing.T) { f(t, open(t, db.Config{URL: PostgresURL(t), Now: now})) })
}

// SQLite opens an empty database in a file of the test's folder.
func SQLite(t testing.TB) *db.DB {
	t.Helper()
	return open(t, db.Config{URL: filepath.Join(t.TempDir(), "test.db")})
}

// Postgres opens an empty database on the test server.
func Postgres(t testing.TB) *db.DB {
	t.Helper()
	return open(t, db.Config{URL: PostgresURL(t)})
}

func open(t testing.TB, cfg db.Config) *db.DB {
	t.Helper()
	cfg.Readers = 1 // whoever reads inside a read waits for himself, here and not under load
	cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

var databases atomic.Int64

// PostgresURL makes an empty database on the test server and returns its
// address; it is dropped when the test ends.
func PostgresURL(t testing.TB) string {
	t.Helper()
	server, err := server()
	if err != nil {
		t.Fatalf("no PostgreSQL for tests: %v\ninstall it (apt-get install postgresql) or set EVENKEEL_TEST_PG=postgres://user@host/db", err)
	}
	name := fmt.Sprintf("ek_%d_%d_%d", os.Getpid(), time.Now().UnixNano(), databases.Add(1))
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		admin.Exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
		admin.Close()
	})
	u, _ := url.Parse(server)
	u.Path = "/" + name
	return u.String()
}

var server = sync.OnceValues(func() (string, error) {
	if s := os.Getenv("EVENKEEL_TEST_PG"); s != "" {
		return s, nil
	}
	return start()
})

// start runs a throwaway server. It is told to die with this process, and its
// folder lies in the temporary directory.
func start() (string, error) {
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "evenkeel-pg-")
	if err != nil {
		return "", err
	}
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT} // SIGINT: fast shutdown
	if os.Geteuid() == 0 {                                  // PostgreSQL refuses to run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			return "", err
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			return "", err
		}
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "evenkeel", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: attr.Credential}
	initdb.Dir = dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %v: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	// The test data may be lost: no flush to disk, so that tests are quick.
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, "data"), "-p", strconv.Itoa(port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=300", "-c", "shared_buffers=64MB")
	cmd.SysProcAttr = attr
	cmd.Dir = dir
	var log strings.Builder
	cmd.Stderr = &log
	started := make(chan error, 1)
	go func() { // Pdeathsig follows the thread that started the child
		lockThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		cmd.Wait()
		os.RemoveAll(dir)
	}()
	if err := <-started; err != nil {
		return "", err
	}
	address := fmt.Sprintf("postgres://evenkeel@127.0.0.1:%d/postgres?sslmode=disable", port)
	pool, err := sql.Open("pgx", address)
	if err != nil {
		return "", err
	}
	defer pool.Close()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if err = pool.Ping(); err == nil {
			return address, nil
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("the server does not start: %v\n%s", err, log.String())
		}
	}
}

func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	return filepath.Dir(path), err
}
