package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/config"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

type doctorCmd struct{ config.Config }

// finding is one thing that doctor looked at.
type finding struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Said string `json:"said"`           // what was found
	Todo string `json:"todo,omitempty"` // what to do; empty when all is well
}

// Run checks what the server needs, without changing anything, and says in
// words what to do. It fails when something must be mended.
func (c *doctorCmd) Run(ctx context.Context, g *Globals) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var list []finding
	add := func(name string, err error, said, todo string) {
		f := finding{Name: name, OK: err == nil, Said: said}
		if err != nil {
			f.Said, f.Todo = err.Error(), todo
		}
		list = append(list, f)
	}
	add("configuration", c.Check(), "complete", "change the named values and run doctor again")
	running, err := c.server(ctx, g)
	add("server", err, running, "start it with evenkeel serve, or name its address with --server; `evenkeel serve` says why it does not start")
	if running != "" && g.Token != "" {
		messages(ctx, g, add)
		lookers(ctx, g, add)
		mapped(ctx, g, add)
	}
	c.database(ctx, add, running != "")
	c.keys(add, c.begun())
	if c.SMTPHost != "" {
		conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", net.JoinHostPort(c.SMTPHost, strconv.Itoa(c.SMTPPort)))
		if err == nil {
			conn.Close()
		}
		add("mail server", err, c.SMTPHost+" answers", "check --smtp-host and --smtp-port, and whether this machine may reach it")
	} else {
		add("mail server", errs.E(errs.Invalid, "none is configured"), "", "name one with --smtp-host and --smtp-from, or rely on Slack and webhooks alone")
	}
	bad := 0
	for _, f := range list {
		if !f.OK {
			bad++
		}
	}
	err = g.Print(list, func() [][]string {
		lines := [][]string{{"", "CHECK", "FOUND"}}
		for _, f := range list {
			mark := "ok"
			if !f.OK {
				mark = "!!"
			}
			lines = append(lines, []string{mark, f.Name, f.Said})
			if f.Todo != "" {
				lines = append(lines, []string{"", "", "→ " + f.Todo})
			}
		}
		return lines
	})
	if err == nil && bad > 0 {
		err = errs.E(errs.Unavailable, "%d of %d checks need attention", bad, len(list))
	}
	return err
}

// server asks the running server how it is.
func (c *doctorCmd) server(ctx context.Context, g *Globals) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(g.Server, "/")+"/readyz", nil)
	if err != nil {
		return "", err
	}
	before := time.Now()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", errs.E(errs.Unavailable, "nothing answers at %s", g.Server)
	}
	defer res.Body.Close()
	var ready struct {
		Ready   bool     `json:"ready"`
		Faults  []string `json:"faults"`
		Version string   `json:"version"`
	}
	if err := json.NewDecoder(res.Body).Decode(&ready); err != nil {
		return "", errs.E(errs.Unavailable, "what answers at %s is not Evenkeel", g.Server)
	}
	if !ready.Ready {
		return "", errs.E(errs.Unavailable, "not ready: %s", strings.Join(ready.Faults, ", "))
	}
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		if skew := at.Sub(before).Abs(); skew > 5*time.Second {
			return "", errs.E(errs.Unavailable, "its clock differs from this machine's by %s", skew.Round(time.Second))
		}
	}
	return "version " + ready.Version + ", ready", nil
}

// messages asks the server's watchdog of delivery, which needs a token.
func messages(ctx context.Context, g *Globals, add func(name string, err error, said, todo string)) {
	w, err := g.Client().WatchMessages(ctx)
	switch {
	case err != nil:
		add("messages", err, "", "give a token that may respond")
		return
	case len(w.Missing) > 0:
		err = errs.E(errs.Unavailable, "people should have been told about %s and no message exists (%d such)", cmp.Or(w.Missing[0].Record, "a restricted record"), len(w.Missing))
	case len(w.Overdue) > 0:
		err = errs.E(errs.Unavailable, "%d messages are overdue", len(w.Overdue))
	case w.Dead > 0:
		err = errs.E(errs.Unavailable, "%d messages were given up", w.Dead)
	}
	add("messages", err, "all that should have been sent was", "call the people, then look at evenkeel message watch")
}

// lookers asks how the server's watchdog and its outside heartbeat fare.
func lookers(ctx context.Context, g *Globals, add func(name string, err error, said, todo string)) {
	st, err := g.Client().Watchdog(ctx)
	switch {
	case err != nil:
		add("watchdog", err, "", "give a token that may respond")
		return
	case st.LookedAt == nil:
		add("watchdog", nil, "has not looked yet", "")
	case !st.Fine:
		err = errs.E(errs.Unavailable, "%d things that should have been done were not; last looked %s", len(st.Findings), st.LookedAt.Format(time.RFC3339))
		fallthrough
	default:
		add("watchdog", err, "everybody was told, looked "+st.LookedAt.Format(time.RFC3339), "see evenkeel message watchdog")
	}
	switch h := st.Heartbeat; {
	case h == nil:
		add("heartbeat", nil, "none is configured: nobody outside hears of it when Evenkeel dies (--heartbeat-url)", "")
	case h.Error != "":
		add("heartbeat", errs.E(errs.Unavailable, "%s", h.Error), "", "mend what the watchdog found, or check the address of --heartbeat-url")
	default:
		add("heartbeat", nil, "called while all is well", "")
	}
}

func (c *doctorCmd) database(ctx context.Context, add func(name string, err error, said, todo string), running bool) {
	if c.Postgres() {
		d, err := db.Open(ctx, db.Config{URL: c.DB, NoMigrate: true, NoFeed: true})
		if err != nil {
			add("database", err, "", "check that PostgreSQL runs and the address, user and password are right")
			return
		}
		defer d.Close()
		now, err := d.Now(ctx)
		add("database", err, "PostgreSQL answers", "look into its log")
		if skew := time.Since(now).Abs(); err == nil && skew > 2*time.Second {
			err = errs.E(errs.Unavailable, "the database's clock differs from this machine's by %s", skew.Round(time.Millisecond))
		}
		add("clock", err, "agrees with the database", "run a time service (chrony, systemd-timesyncd) on both machines")
		return
	}
	path := strings.TrimPrefix(c.DB, "file:")
	info, err := os.Stat(path)
	switch {
	case err == nil:
		var open error
		if info.Mode().Perm()&0o077 != 0 {
			open = errs.E(errs.Invalid, "%s can be read by others (%s), and holds personal data", path, info.Mode().Perm())
		}
		add("database", open, fmt.Sprintf("%s, %d MB", path, info.Size()>>20), "chmod 600 "+path+"*")
	case running:
		add("database", nil, "the server has it; name it with --db to look at the file", "")
	default:
		add("database", nil, path+" is made at the first start", "")
	}
	dir := filepath.Dir(path)
	for { // a folder that is made at the first start is on the disk of the one above
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	free, err := freeBytes(dir)
	if err == nil && free < 1<<30 {
		err = errs.E(errs.Unavailable, "%d MB are free", free>>20)
	}
	add("disk", err, fmt.Sprintf("%d GB are free", free>>30), "free at least 1 GB where the database is")
}

// begun reports whether there is a database already, whose keys must be there,
// too. Of PostgreSQL one cannot tell from outside.
func (c *doctorCmd) begun() bool {
	_, err := os.Stat(strings.TrimPrefix(c.DB, "file:"))
	return !c.Postgres() && err == nil
}

func (c *doctorCmd) keys(add func(name string, err error, said, todo string), begun bool) {
	for _, k := range []struct{ name, file, env string }{{"log key", c.LogKey, "EVENKEEL_LOG_KEY"}, {"secrets key", c.SecretsKey, "EVENKEEL_SECRETS_KEY"}} {
		if os.Getenv(k.env) != "" {
			add(k.name, nil, "from the environment", "")
			continue
		}
		info, err := os.Stat(k.file)
		if os.IsNotExist(err) && !begun {
			add(k.name, nil, k.file+" is made at the first start", "")
			continue
		}
		if os.IsNotExist(err) {
			add(k.name, errs.E(errs.Unavailable, "%s is not there, and the database was begun with it", k.file), "", "put the file back, from where its copy is kept, or set "+k.env)
			continue
		}
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			err = errs.E(errs.Invalid, "%s can be read by others (%s)", k.file, info.Mode().Perm())
		}
		add(k.name, err, k.file, "chmod 600 "+k.file)
	}
}
