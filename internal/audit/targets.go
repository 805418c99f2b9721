package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/evidence"
)

// File appends checkpoints to a file, an empty line after each, and keeps the
// newest one alone in FILE.latest. The file only grows; on append-only storage
// (chattr +a, an object lock, another machine) it binds the key's holder.
func File(path string) Target { return file{path} }

type file struct{ path string }

func (f file) Name() string { return "file " + f.path }

func (f file) Publish(_ context.Context, list []Checkpoint) error {
	have, err := lastIn(f.path)
	if err != nil {
		return err
	}
	var text strings.Builder
	epoch, _ := evidence.EpochOf(have.Origin)
	for _, c := range list {
		if c.Epoch > epoch || c.Epoch == epoch && c.Size > have.Size {
			text.WriteString(c.Note + "\n")
		}
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return err
	}
	w, err := os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = w.WriteString(text.String())
	if err := errors.Join(err, w.Sync(), w.Close()); err != nil {
		return err
	}
	return replaceFile(f.path+".latest", list[len(list)-1].Note)
}

// lastIn is the last checkpoint in a file of published ones, so that nothing
// is appended twice after a crash between appending and noting it.
func lastIn(path string) (evidence.Checkpoint, error) {
	const enough = 8 << 10
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return evidence.Checkpoint{}, nil
	}
	if err != nil {
		return evidence.Checkpoint{}, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return evidence.Checkpoint{}, err
	}
	tail := make([]byte, min(st.Size(), enough))
	if _, err := f.ReadAt(tail, st.Size()-int64(len(tail))); err != nil && err != io.EOF {
		return evidence.Checkpoint{}, err
	}
	notes := evidence.SplitCheckpoints(string(tail))
	if len(notes) == 0 {
		return evidence.Checkpoint{}, nil
	}
	c, err := evidence.ParseCheckpoint(notes[len(notes)-1])
	if err != nil {
		return c, fmt.Errorf("%s does not end with a checkpoint; it may have been changed: %w", path, err)
	}
	return c, nil
}

func replaceFile(path, text string) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// Git keeps checkpoints in a directory that is a git repository: appended to
// checkpoints.txt, the newest in checkpoint, one commit each time, pushed when
// the repository has an upstream. It needs the git command.
func Git(dir string) Target { return git{dir} }

type git struct{ dir string }

func (g git) Name() string { return "git " + g.dir }

func (g git) Publish(ctx context.Context, list []Checkpoint) error {
	if _, err := os.Stat(filepath.Join(g.dir, ".git")); err != nil {
		if _, err := g.run(ctx, "rev-parse", "--git-dir"); err != nil {
			return fmt.Errorf("%s is no git repository; make one with git init", g.dir)
		}
	}
	all := file{filepath.Join(g.dir, "checkpoints.txt")}
	if err := all.Publish(ctx, list); err != nil {
		return err
	}
	if err := os.Rename(all.path+".latest", filepath.Join(g.dir, "checkpoint")); err != nil {
		return err
	}
	if _, err := g.run(ctx, "add", "checkpoints.txt", "checkpoint"); err != nil {
		return err
	}
	if _, err := g.run(ctx, "diff", "--cached", "--quiet"); err != nil { // something to commit
		last := list[len(list)-1]
		_, err := g.run(ctx, "-c", "user.name=Evenkeel", "-c", "user.email=evenkeel@localhost", "-c", "commit.gpgsign=false",
			"commit", "-q", "-m", "Evidence checkpoint of "+strconv.FormatInt(last.Size, 10)+" entries", "--", "checkpoints.txt", "checkpoint")
		if err != nil {
			return err
		}
	}
	if _, err := g.run(ctx, "rev-parse", "--abbrev-ref", "@{upstream}"); err != nil {
		return nil // no upstream: the repository itself is the place
	}
	_, err := g.run(ctx, "push", "-q")
	return err
}

func (g git) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", g.dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0")
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("the git command is not installed")
	}
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(out))
	}
	return string(out), nil
}

// Webhook posts each checkpoint as text to an address; any 2xx is acceptance.
// A checkpoint is signed, so the receiver needs no other proof of its origin.
func Webhook(address string) Target {
	return webhook{address, &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type webhook struct {
	address string
	client  *http.Client
}

// Name leaves out what may be secret: user, query and path after the host.
func (w webhook) Name() string {
	u, err := url.Parse(w.address)
	if err != nil {
		return "webhook"
	}
	return "webhook " + u.Scheme + "://" + u.Host
}

func (w webhook) Publish(ctx context.Context, list []Checkpoint) error {
	for _, c := range list {
		if err := w.post(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (w webhook) post(ctx context.Context, c Checkpoint) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.address, strings.NewReader(c.Note))
	if err != nil {
		return errors.New("the address of the webhook is not valid")
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	req.Header.Set("User-Agent", "evenkeel")
	req.Header.Set("Idempotency-Key", strconv.FormatInt(c.Epoch, 10)+"-"+strconv.FormatInt(c.Size, 10))
	res, err := w.client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the address may hold a secret
		}
		return fmt.Errorf("%s: %w", w.Name(), err)
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 4<<10))
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s answered %s", w.Name(), res.Status)
	}
	return nil
}
