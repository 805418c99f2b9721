package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/evidence/attest"
)

// EvidenceVerifyCmd verifies a file, or the live log.
type EvidenceVerifyCmd struct {
	File        string   `arg:"" optional:"" help:"Exported file, plain or .gz, or a packet about one record; without one the live log is checked by the server."`
	Key         []string `help:"Verifier key that you know from elsewhere, or a file with it; each of them when the log's key was replaced." placeholder:"KEY|FILE"`
	Checkpoints []string `help:"File with published checkpoints to hold the log against." placeholder:"FILE"`
}

// Run verifies and prints the verdict; a log that is not good is an error.
func (c EvidenceVerifyCmd) Run(ctx context.Context, g *Globals) error {
	if c.File == "" {
		return c.live(ctx, g)
	}
	opt := evidence.Options{Progress: func(n int64) {
		if g.Output == "table" && n%(1<<18) == 0 {
			fmt.Fprintf(g.Err, "\r%d entries", n)
		}
	}}
	var err error
	var keys []evidence.Public
	for _, text := range c.Key {
		key, err := readKey(text)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	if len(keys) > 0 {
		opt.Key, opt.Also = keys[0], keys[1:]
	}
	f, err := os.Open(c.File)
	if err != nil {
		return errs.E(errs.NotFound, "cannot read %s", c.File).Because(err)
	}
	defer f.Close()
	if opt.Known, err = c.known(keys); err != nil {
		return err
	}
	in := bufio.NewReader(f)
	if head, _ := in.Peek(16); attest.Recognise(head) {
		return c.statement(g, in, attest.Options{Keys: keys, Known: opt.Known})
	}
	start := time.Now()
	rep, err := evidence.Verify(in, opt)
	if err != nil {
		return errs.E(errs.Unavailable, "reading %s", c.File).Because(err)
	}
	if err := g.PrintOne(rep, func() [][2]string { return verdict(rep, time.Since(start)) }); err != nil {
		return err
	}
	if rep.Bad != nil {
		return errs.E(errs.Conflict, "%s does not verify: %s", c.File, rep.Bad.Words)
	}
	return nil
}

func verdict(r evidence.Report, took time.Duration) [][2]string {
	word := "good"
	if !r.OK {
		word = "BAD (" + string(r.Bad.Fault) + ")"
	}
	out := [][2]string{{"VERDICT", word}}
	if r.Bad != nil {
		out = append(out, [2]string{"FIRST FAULT", r.Bad.Words})
		if r.Bad.Index >= 0 {
			where := "#" + strconv.FormatInt(r.Bad.Index, 10)
			if r.Bad.Until > r.Bad.Index {
				where += " to #" + strconv.FormatInt(r.Bad.Until, 10)
			}
			out = append(out, [2]string{"WHERE", strings.TrimSpace(where + " " + r.Bad.Record)}, [2]string{"WHEN", when(r.Bad.At)})
		}
	}
	kind := "every entry is there"
	if r.Selection {
		kind = "each of these is in the log; a selection cannot prove that none was left out"
	}
	if r.OK {
		out = append(out, [2]string{"MEANS", kind})
	}
	out = append(out, [2]string{"ENTRIES", fmt.Sprintf("%d of %d, %s to %s", r.Entries, r.Size, when(r.First), when(r.Last))})
	out = append(out, [2]string{"SIGNED", fmt.Sprintf("%d checkpoints agree, the last covers %d entries", r.Checkpoints, r.Signed)})
	if r.Known > 0 {
		out = append(out, [2]string{"PUBLISHED", fmt.Sprintf("%d published checkpoints agree", r.Known)})
	}
	if r.Lost > 0 {
		out = append(out, [2]string{"LOST", fmt.Sprintf("%d published checkpoints cover entries that a recorded restore from a backup lost", r.Lost)})
	}
	out = append(out, replaced(r.Replaced)...)
	key := r.Key
	if !r.Pinned && key != "" {
		key += "\n\tThis key came with the file. Compare it with one you know from elsewhere, or pass it with --key."
	}
	return append(out, [2]string{"KEY", key}, [2]string{"TOOK", fmt.Sprintf("%s, %.0f entries/s", took.Round(time.Millisecond), float64(r.Entries)/took.Seconds())})
}

// known reads published checkpoints. Their signatures are checked against the
// given keys; without one only their roots are compared.
func (c EvidenceVerifyCmd) known(keys []evidence.Public) ([]evidence.Known, error) {
	var out []evidence.Known
	for _, name := range c.Checkpoints {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, errs.E(errs.NotFound, "cannot read %s", name).Because(err)
		}
		for _, n := range evidence.SplitCheckpoints(string(text)) {
			cp, err := evidence.ParseCheckpoint(n)
			for i, key := range keys { // the one that signed it
				if err != nil {
					break
				}
				if _, err = key.Open(n); err == nil {
					break
				} else if i < len(keys)-1 {
					err = nil
				}
			}
			if err != nil {
				return nil, errs.E(errs.Invalid, "%s holds something that is not a checkpoint of this log", name).Because(err)
			}
			epoch, _ := evidence.EpochOf(cp.Origin)
			out = append(out, evidence.Known{Size: cp.Size, Root: cp.Root, Epoch: epoch, Name: fmt.Sprintf("the checkpoint for %d entries published in %s", cp.Size, name)})
		}
	}
	return out, nil
}

// live lets the server check the log it has and every record on it.
func (c EvidenceVerifyCmd) live(ctx context.Context, g *Globals) error {
	if len(c.Key) > 0 || len(c.Checkpoints) > 0 {
		return errs.E(errs.Invalid, "--key and --checkpoints need an exported FILE: what the server says about itself proves nothing against it")
	}
	r, err := followCheck(ctx, g)
	if err != nil {
		return err
	}
	former, err := replacements(ctx, g)
	if err != nil {
		return err
	}
	err = g.PrintOne(r, func() [][2]string {
		word := "good"
		if !r.OK {
			word = "BAD"
		}
		out := [][2]string{{"VERDICT", word}}
		if r.Bad != nil {
			out = append(out, [2]string{"FIRST FAULT", r.Bad.Words})
		}
		for _, m := range r.More {
			out = append(out, [2]string{"ALSO", m.Words})
		}
		out = append(out, [2]string{"ENTRIES", fmt.Sprintf("%d, all but the last %d signed", r.Entries, r.Size-r.Signed)},
			[2]string{"RECORDS", fmt.Sprintf("%d are what their last entry says", r.Records)})
		out = append(out, replaced(former)...)
		if r.Erased > 0 {
			out = append(out, [2]string{"ERASED", fmt.Sprintf("%d cannot be compared, their personal data was erased", r.Erased)})
		}
		return append(out, [2]string{"TOOK", (time.Duration(r.Millis) * time.Millisecond).String()})
	})
	if err == nil && r.Bad != nil {
		err = errs.E(errs.Conflict, "the log does not verify: %s", r.Bad.Words)
	}
	return err
}

// readKey takes a verifier key, or the name of a file that holds one.
func readKey(text string) (evidence.Public, error) {
	if !strings.Contains(text, "+") {
		data, err := os.ReadFile(text)
		if err != nil {
			return evidence.Public{}, errs.E(errs.NotFound, "%q is neither a verifier key nor a file that can be read", text).Because(err)
		}
		text = string(data)
	}
	key, err := evidence.ParsePublic(text)
	if err != nil {
		return key, errs.BadField("key", text, "give the verifier key, one line like name+1a2b3c4d+AQ…")
	}
	return key, nil
}

// checkProof checks an entry's proof as an outsider would.
func checkProof(e client.ProvenEntry, key string) error {
	pub, err := readKey(key)
	if err != nil {
		return err
	}
	cp, err := pub.Open(e.Checkpoint.Note)
	if err != nil {
		return errs.E(errs.Conflict, "the checkpoint that came with entry #%d is not signed by the key given", e.Index).Because(err)
	}
	var path tlog.RecordProof
	for _, s := range e.Path {
		h, err2 := tlog.ParseHash(s)
		err = errors.Join(err, err2)
		path = append(path, h)
	}
	if err == nil {
		err = tlog.CheckRecord(path, cp.Size, cp.Root, e.Index, evidence.LeafHash([]byte(e.Canonical)))
	}
	if err != nil {
		return errs.E(errs.Conflict, "entry #%d is not what was signed: its proof does not lead to the signed root", e.Index).Because(err)
	}
	return nil
}
