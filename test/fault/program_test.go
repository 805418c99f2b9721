package fault

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is one run of the built binary.
type program struct {
	t    testing.TB
	cmd  *exec.Cmd
	out  *output
	done chan struct{} // closed when it has ended
}

// begin starts the binary; it is killed when the test ends, if it still runs.
func begin(t testing.TB, env []string, args ...string) *program {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, cmd: exec.Command(path, args...), out: &output{}, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.Env = append(os.Environ(), env...)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.cmd.Wait(); close(p.done) }() // how it ended is in ProcessState
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("last output of process %d:\n%s", p.cmd.Process.Pid, tail(p.out.String(), 12))
		}
	})
	return p
}

// kill ends the process with SIGKILL and waits until it is gone.
func (p *program) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
	if s := p.out.String(); strings.Contains(s, "panic") || strings.Contains(s, "fatal error") {
		p.t.Errorf("the program panicked:\n%s", tail(s, 60))
	}
}

func (p *program) signal(s syscall.Signal) {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Errorf("signal %v: %v", s, err)
	}
}

// stop asks the process to end, as an operator does.
func (p *program) stop() {
	p.signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(40 * time.Second):
		p.t.Errorf("not stopped within 40 s of SIGTERM:\n%s", tail(p.out.String(), 20))
	}
	p.kill()
}

var listening = regexp.MustCompile(`"msg":"serving","address":"([^"]+)"`)

// address waits until the program serves, and returns its base address.
func (p *program) address() string {
	p.t.Helper()
	var url string
	eventually(p.t, 60*time.Second, "the program serves", func() error {
		m := listening.FindStringSubmatch(p.out.String())
		if m == nil {
			select {
			case <-p.done:
				p.t.Fatalf("the program ended with %v:\n%s", p.cmd.ProcessState, tail(p.out.String(), 40))
			default:
			}
			return errors.New("it has not said its address")
		}
		url = "http://" + m[1]
		res, err := http.Get(url + "/livez")
		if err == nil {
			res.Body.Close()
		}
		return err
	})
	return url
}

// failed waits for the program to end and returns its exit code and output.
func (p *program) failed() (int, string) {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(60 * time.Second):
		p.t.Errorf("the program should have refused to start:\n%s", tail(p.out.String(), 20))
		p.kill()
	}
	return p.cmd.ProcessState.ExitCode(), p.out.String()
}

// memory is the program's resident memory in bytes, now and at its highest.
func (p *program) memory() (now, most int64) {
	p.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	read := func(name string) int64 {
		_, rest, _ := strings.Cut(string(b), "\n"+name+":")
		n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
		if err != nil {
			p.t.Fatal(err)
		}
		return n << 10
	}
	return read("VmRSS"), read("VmHWM")
}

// text reads an answer's body, and no more than a megabyte of it.
func text(res *http.Response) string {
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return "unreadable: " + err.Error()
	}
	return string(b)
}

func tail(s string, lines int) string {
	all := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
