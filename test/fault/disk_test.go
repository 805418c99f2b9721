package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// disk is a small file system of its own, for root; ok is false for others.
func disk(t *testing.T, size string) (dir string, ok bool) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Logf("cannot mount here (%v)", err)
		return dir, false
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir, true
}

// TestDiskFull fills the disk under load. Senders are refused with a text that
// says what to do, reading goes on, nothing acknowledged is lost, and it goes
// on by itself when there is space.
func TestDiskFull(t *testing.T) {
	dir, ok := disk(t, "24m")
	if !ok {
		t.Log("TestFileLimit stands in for it")
		return
	}
	s := foundIn(t, dir, "")
	ballast := filepath.Join(dir, "ballast")
	fill := func(*program) {
		f, err := os.Create(ballast)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for size := 1 << 20; size > 0; size /= 2 {
			for b := make([]byte, size); err == nil; {
				_, err = f.Write(b)
			}
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			err = nil
		}
	}
	free := func(*program) {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	}
	noSpace(t, s, fill, free, "the disk is full; free some space")
}

// TestFileLimit does the same with the limit of a process on the size of its
// files, which needs no rights.
func TestFileLimit(t *testing.T) {
	limit := func(size string) func(*program) {
		return func(p *program) {
			if out, err := exec.Command("prlimit", "--pid", strconv.Itoa(p.cmd.Process.Pid), "--fsize="+size+":").CombinedOutput(); err != nil {
				t.Fatalf("prlimit: %v %s", err, out)
			}
		}
	}
	noSpace(t, found(t, ""), limit("4096"), limit("unlimited"), "the disk")
}

func noSpace(t *testing.T, s *site, fill, free func(*program), words string) {
	senders := newSenders(s, 2, dice(t))
	p := s.serve()
	url := p.address()
	for _, x := range senders {
		x.run(context.Background(), 30, url)
	}
	fill(p)
	eventually(t, time.Minute, "every sender is refused", func() error {
		for _, x := range senders {
			if x.run(context.Background(), 20, url); x.refused == 0 {
				return missing("%s was not, after %d posts", x.name, x.posts)
			}
		}
		return nil
	})
	for _, x := range senders {
		if !strings.Contains(x.refusal, words) {
			t.Errorf("%s is told %s", x.name, x.refusal)
		}
	}
	eventually(t, time.Minute, "a person is refused", func() error { // small changes may find a last place
		status, answer := s.ask(url, "POST", "/api/v1/incidents", `{"title":"The disk is full"}`)
		if status != http.StatusServiceUnavailable || !strings.Contains(answer, words) {
			return missing("%d %s", status, answer)
		}
		return nil
	})
	if status, answer := s.ask(url, "GET", "/api/v1/alerts", ""); status != http.StatusOK {
		t.Errorf("reading answers %d %s", status, answer)
	}
	look(s, senders, nil)
	free(p)
	for _, x := range senders {
		x.finish(t, url)
		x.run(context.Background(), 10, url)
	}
	look(s, senders, nil)

	// Killed while the disk is full: it starts, or says why not.
	fill(p)
	p.kill()
	if words != "the disk" { // the limit ended with its process
		q := s.serve()
		eventually(t, time.Minute, "it serves or gives up", func() error {
			select {
			case <-q.done:
				if out := q.out.String(); !strings.Contains(out, "error: ") || !strings.Contains(out, words) {
					t.Errorf("on a full disk it ends with:\n%s", tail(out, 10))
				}
				return nil
			default:
			}
			if listening.MatchString(q.out.String()) {
				return nil
			}
			return missing("neither")
		})
		q.kill()
		free(q)
	}
	p = s.serve()
	url = p.address()
	look(s, senders, nil)
	for _, x := range senders {
		x.finish(t, url)
		x.run(context.Background(), 10, url)
	}
	look(s, senders, nil)
	s.verify(url)
	p.stop()
	refused := 0
	for _, x := range senders {
		refused += x.refused
	}
	t.Logf("%d posts were refused meanwhile", refused)
}

// ask sends one request to the API as Mara.
func (s *site) ask(url, method, path, body string) (status int, answer string) {
	s.t.Helper()
	req, err := http.NewRequest(method, url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.api)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, text(res)
}

// TestReadOnly starts on a disk that cannot be written.
func TestReadOnly(t *testing.T) {
	dir, mounted := disk(t, "24m")
	s := foundIn(t, dir, "")
	turn := func(flags uintptr, file, folder os.FileMode) {
		t.Helper()
		var err error
		if mounted {
			err = syscall.Mount("", dir, "", syscall.MS_REMOUNT|flags, "")
		} else {
			err = errors.Join(os.Chmod(s.cfg.DB, file), os.Chmod(dir, folder))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	turn(syscall.MS_RDONLY, 0o444, 0o555)
	refuses(t, nil, s.args(), 8, "read-only", "check")
	turn(0, 0o644, 0o755)
	p := s.serve()
	p.address()
	p.stop()
}

// refuses expects the program not to start, with an exit code, and to say
// certain words.
func refuses(t *testing.T, env, args []string, code int, words ...string) {
	t.Helper()
	p := begin(t, env, args...)
	got, out := p.failed()
	if got != code || !strings.Contains(out, "error: ") {
		t.Errorf("it ends with %d, want %d:\n%s", got, code, tail(out, 12))
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			t.Errorf("it does not say %q:\n%s", w, tail(out, 12))
		}
	}
}

// TestLocked lets another process hold the database.
func TestLocked(t *testing.T) {
	t.Parallel()
	s := found(t, "")
	senders := newSenders(s, 1, dice(t))
	p := s.serve()
	url := p.address()
	for _, x := range senders {
		x.run(context.Background(), 5, url)
	}
	t.Run("by another Evenkeel", func(t *testing.T) {
		refuses(t, nil, s.args(), 8, "in use by another Evenkeel", "stop it")
	})
	release := lock(t, s.cfg.DB, "IMMEDIATE")
	began := time.Now()
	var all sync.WaitGroup
	for _, x := range senders {
		x.http.Timeout = 30 * time.Second
		all.Go(func() {
			if x.run(context.Background(), 1, url); x.refused == 0 || !strings.Contains(x.refusal, "locked by another program; close it") {
				t.Errorf("%s is told %q", x.name, x.refusal)
			}
		})
	}
	all.Wait()
	refused, began := time.Since(began), time.Now()
	if status, _ := s.ask(url, "GET", "/api/v1/alerts", ""); status != http.StatusOK {
		t.Errorf("reading answers %d", status)
	}
	if took := time.Since(began); refused > 14*time.Second || took > 4*time.Second {
		t.Errorf("senders heard of it after %v, reading took %v", refused, took)
	}
	release()
	for _, x := range senders {
		x.finish(t, url)
	}
	look(s, senders, nil)
	p.stop()
	t.Run("at the start", func(t *testing.T) {
		release := lock(t, s.cfg.DB, "EXCLUSIVE")
		defer release()
		refuses(t, nil, s.args(), 8, "locked by another program", "close it")
	})
	p = s.serve()
	s.verify(p.address())
	p.stop()
}

// lock lets a child of the test hold a lock on a SQLite file until release.
func lock(t *testing.T, file, mode string) (release func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childRole+"=locker", "FILE="+file, "MODE="+mode)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	word := make([]byte, 6)
	if _, err := io.ReadFull(out, word); err != nil {
		t.Fatalf("the child did not lock: %v", err)
	}
	return func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// locker is the child that holds a lock until its standard input ends.
func locker() int {
	d, err := openSQLite(os.Getenv("FILE"), os.Getenv("MODE") == "EXCLUSIVE")
	if err == nil {
		_, err = d.Exec("BEGIN " + os.Getenv("MODE"))
	}
	if err == nil && os.Getenv("MODE") == "EXCLUSIVE" { // takes the lock that keeps readers away, too
		_, err = d.Exec("CREATE TABLE IF NOT EXISTS held (n INTEGER)")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Print("locked")
	io.Copy(io.Discard, os.Stdin)
	d.Exec("ROLLBACK")
	d.Close()
	return 0
}
