package smoke

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/client"
)

// binary builds the program once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "evenkeel-smoke-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "evenkeel")
	out, err := exec.Command("go", "build", "-o", path, "github.com/evenkeel/evenkeel").CombinedOutput()
	if err != nil {
		return "", missing("go build: %v\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// server is a running Evenkeel, its first admin, and that admin's token.
type server struct {
	t       testing.TB
	addr    string
	url     string
	path    string // of the binary
	dir     string // where it keeps its files
	process *process
	args    []string     // by which it was started
	browser *http.Client // signed in as Mara, the admin
	api     *client.Client
}

// serve starts the binary on a database and sets it up as a person would: by
// the link it prints.
func serve(t testing.TB, database string, mail *sink) *server {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, path: path, addr: freePort(t), dir: t.TempDir()}
	s.url = "http://" + s.addr
	if database == "" {
		database = filepath.Join(s.dir, "evenkeel.db")
	}
	host, port, _ := strings.Cut(mail.addr, ":")
	s.args = []string{"serve", "--listen=" + s.addr, "--db=" + database, "--checkpoint-every=1s",
		"--log-key=" + filepath.Join(s.dir, "log.key"), "--secrets-key=" + filepath.Join(s.dir, "secrets.key"),
		"--smtp-host=" + host, "--smtp-port=" + port, "--smtp-tls=none", "--smtp-from=Evenkeel <evenkeel@harbour.example>"}
	s.begin()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.browser = &http.Client{Jar: jar, Timeout: 30 * time.Second}
	s.setUp()
	return s
}

// begin starts the binary, again with what it had when it was killed.
func (s *server) begin() {
	s.t.Helper()
	s.process = start(s.t, "evenkeel", nil, s.path, s.args...)
	ready(s.t, s.process, s.url+"/readyz")
}

// kill ends it as the kernel does when memory is short: at once.
func (s *server) kill() {
	s.t.Helper()
	if err := s.process.cmd.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	<-s.process.done
}

var setupLink = regexp.MustCompile(`http://\S+/setup\?token=\S+`)

// setUp follows the one-time link and makes a token for the command line.
func (s *server) setUp() {
	s.t.Helper()
	var link string
	eventually(s.t, 10*time.Second, "the set-up link is printed", func() error {
		if link = setupLink.FindString(s.process.out.String()); link == "" {
			return missing("no link in the output")
		}
		return nil
	})
	u, err := url.Parse(link)
	if err != nil {
		s.t.Fatal(err)
	}
	s.get(link, 200)
	s.form("/setup", 200, url.Values{"token": {u.Query().Get("token")}, "display": {"Mara Holm"}, "handle": {"mara"},
		"email": {"mara@harbour.example"}, "password": {"barge-tide-lantern-42"}, "zone": {"Europe/Copenhagen"}})
	s.get(link, 404) // it works once
	s.api = &client.Client{Server: s.url, HTTP: s.browser}
	made, err := s.api.CreateToken(context.Background(), client.NewToken{Name: "smoke"})
	if err != nil {
		s.t.Fatal(err)
	}
	s.api = &client.Client{Server: s.url, Token: made.Secret}
}

// get opens a page and returns its text.
func (s *server) get(address string, status int) string {
	s.t.Helper()
	res, err := s.browser.Get(s.abs(address))
	return s.read(res, err, address, status)
}

// form posts a form, following the redirect.
func (s *server) form(address string, status int, v url.Values) string {
	s.t.Helper()
	res, err := s.browser.PostForm(s.abs(address), v)
	return s.read(res, err, address, status)
}

func (s *server) abs(address string) string {
	if strings.HasPrefix(address, "/") {
		return s.url + address
	}
	return address
}

func (s *server) read(res *http.Response, err error, address string, status int) string {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if res.StatusCode != status {
		s.t.Fatalf("%s answers %s, want %d:\n%s", address, res.Status, status, tail(string(b), 40))
	}
	return string(b)
}

// run runs the command line and returns what it prints; it fails the test when
// the command does.
func (s *server) run(args ...string) string {
	s.t.Helper()
	out, err := s.try(args...)
	if err != nil {
		s.t.Fatalf("evenkeel %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// try runs the command line and returns what it prints, both outputs.
func (s *server) try(args ...string) (string, error) {
	var out bytes.Buffer
	cmd := exec.Command(s.path, args...)
	cmd.Env = append(os.Environ(), "EVENKEEL_SERVER="+s.url, "NO_COLOR=1")
	if s.api != nil {
		cmd.Env = append(cmd.Env, "EVENKEEL_TOKEN="+s.api.Token)
	}
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}
