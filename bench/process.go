package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// verify measures the offline check of an exported log.
func (b *bench) verify() error {
	t, err := b.prepare("verify", filepath.Join(b.dir, "verify.db"))
	if err != nil {
		return err
	}
	if err := b.start(t); err != nil {
		return err
	}
	defer t.stop()
	if _, err := load(b.ctx, t.addr, 64, b.seconds, func(buf []byte, n int) []byte {
		return post(buf, "/integrations/alertmanager/"+t.am, "", alertmanager(n, 64))
	}); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(b.ctx, http.MethodPost, "http://"+t.addr+"/api/v1/evidence/checkpoints", nil)
	if err == nil { // sign now; a log that is not signed yet is signed within the minute anyway
		req.Header.Set("Authorization", "Bearer "+t.token)
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
		}
	}
	file := filepath.Join(b.dir, "log.jsonl")
	env := append(os.Environ(), "EVENKEEL_SERVER=http://"+t.addr, "EVENKEEL_TOKEN="+t.token)
	export := exec.CommandContext(b.ctx, b.binary, "evidence", "export", file)
	export.Env = env
	if out, err := export.CombinedOutput(); err != nil {
		return fmt.Errorf("export: %w: %s", err, out)
	}
	began := time.Now()
	check := exec.CommandContext(b.ctx, b.binary, "evidence", "verify", file)
	out, err := check.CombinedOutput()
	took := time.Since(began)
	if err != nil {
		return fmt.Errorf("verify: %w: %s", err, out)
	}
	entries := firstNumber(string(out))
	b.add("evidence verify, offline, whole command", perSecond(float64(entries)/took.Seconds()), "≥ 200,000/s", fmt.Sprintf("%d entries in %d ms", entries, took.Milliseconds()))
	return nil
}

var number = regexp.MustCompile(`[0-9][0-9  ,]{3,}`)

func firstNumber(s string) int {
	clean := strings.NewReplacer(" ", "", " ", "", ",", "").Replace(number.FindString(s))
	n, _ := strconv.Atoi(strings.TrimSpace(clean))
	return n
}

// process measures the program itself.
func (b *bench) process() error {
	info, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	b.add("binary", fmt.Sprintf("%.1f MB", float64(info.Size())/1e6), "< 60 MB", "")
	t := b.big
	if t == nil {
		if t, err = b.prepare("process", filepath.Join(b.dir, "process.db")); err != nil {
			return err
		}
	}
	if err := b.start(t); err != nil {
		return err
	}
	defer t.stop()
	b.add("start until ready", fmt.Sprintf("%d ms", t.startTook.Milliseconds()), "< 1 s", "")
	time.Sleep(8 * time.Second) // what starting needed is given back after five
	b.add("idle memory (RSS)", fmt.Sprintf("%d MB", t.rss()), "< 80 MB", "")
	return nil
}
