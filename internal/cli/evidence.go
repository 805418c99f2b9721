package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// EvidenceCmd is the evidence log.
type EvidenceCmd struct {
	Status      EvidenceStatusCmd      `cmd:"" help:"Show the log at a glance: size, key, checkpoints, last checks."`
	List        EvidenceListCmd        `cmd:"" help:"List entries, newest first."`
	Prove       EvidenceProveCmd       `cmd:"" help:"Show one entry and prove that it is in the log."`
	Checkpoints EvidenceCheckpointsCmd `cmd:"" help:"List signed checkpoints, newest first."`
	Sign        EvidenceSignCmd        `cmd:"" help:"Sign a checkpoint now, if the log has grown."`
	Consistency EvidenceConsistencyCmd `cmd:"" help:"Prove that the log only grew since it had so many entries."`
	Retention   EvidenceRetentionCmd   `cmd:"" help:"Show what else may be forgotten, after how long, and what was."`
	Export      EvidenceExportCmd      `cmd:"" help:"Write the log, or a selection of it, to a file that verifies without the server."`
	ReplaceKey  EvidenceReplaceKeyCmd  `cmd:"" help:"Go on under a new signing key when the old one is lost, in a new recorded epoch. Needs the database, not the server."`
	Verify      EvidenceVerifyCmd      `cmd:"" help:"Verify an exported file or a packet without the server, or the live log and all records on it."`
}

// EvidenceStatusCmd shows the state of the log.
type EvidenceStatusCmd struct{}

// Run asks the server.
func (EvidenceStatusCmd) Run(ctx context.Context, g *Globals) error {
	s, err := g.Client().EvidenceStatus(ctx)
	if err != nil {
		return err
	}
	return g.PrintOne(s, func() [][2]string {
		out := [][2]string{{"LOG", s.Origin}, {"KEY", s.Key}, {"ENTRIES", strconv.FormatInt(s.Size, 10)}}
		if s.Waiting > 0 {
			out = append(out, [2]string{"WAITING", strconv.FormatInt(s.Waiting, 10)})
		}
		if c := s.Checkpoint; c != nil {
			out = append(out, [2]string{"SIGNED", fmt.Sprintf("%d entries, %s", c.Size, when(c.At))})
		}
		for _, p := range s.Published {
			text := fmt.Sprintf("%s: %d entries, %s", p.Target, p.Size, when(deref(p.At)))
			if p.Error != "" {
				text = fmt.Sprintf("%s: failing: %s", p.Target, p.Error)
			}
			out = append(out, [2]string{"PUBLISHED", text})
		}
		out = append(out, [2]string{"LAST CHECK", checkLine(s.Check)}, [2]string{"OF EVERYTHING", checkLine(s.Whole)})
		if len(s.Epochs) > 1 {
			out = append(out, [2]string{"EPOCH", fmt.Sprintf("%d, since %s: %s", s.Epochs[0].Epoch, when(s.Epochs[0].StartedAt), s.Epochs[0].Reason)})
		}
		return out
	})
}

func checkLine(c *client.EvidenceCheck) string {
	switch {
	case c == nil:
		return "none yet"
	case c.OK:
		return "good, " + when(c.At)
	default:
		return "BAD, " + when(c.At) + ": " + c.Bad.Words
	}
}

// EvidenceFilter is the flags that select entries.
type EvidenceFilter struct {
	Record string `help:"Only entries of this record, like INC-1042." placeholder:"KEY"`
	Actor  string `help:"Only by this actor, like user:17 or system."`
	Action string `help:"Only this action, like incident.acknowledge, or 'incident.*'."`
	Since  string `help:"Made at or after this time, like 2026-11-20 or 2026-11-20T09:00:00Z." placeholder:"TIME"`
	Until  string `help:"Made before this time." placeholder:"TIME"`
}

func (f EvidenceFilter) client() client.EvidenceFilter { return client.EvidenceFilter(f) }

// EvidenceListCmd lists entries.
type EvidenceListCmd struct {
	EvidenceFilter
	Limit int `help:"How many." default:"50"`
}

// Run reads as many pages as it takes.
func (c EvidenceListCmd) Run(ctx context.Context, g *Globals) error {
	var all []client.EvidenceEntry
	for cursor := ""; len(all) < c.Limit; {
		l, err := g.Client().Evidence(ctx, c.client(), cursor, min(c.Limit-len(all), 200))
		if err != nil {
			return err
		}
		all = append(all, l.Items...)
		if cursor = l.Next; cursor == "" {
			break
		}
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"#", "AT", "ACTOR", "VIA", "ACTION", "RECORD", "WHY"}}
		for _, e := range all {
			index := strconv.FormatInt(e.Index, 10)
			if e.Index < 0 {
				index = "waiting"
			}
			lines = append(lines, []string{index, when(e.At), e.Actor, e.Via, e.Action, e.Record, e.Reason})
		}
		return lines
	})
}

// EvidenceCheckpointsCmd lists checkpoints.
type EvidenceCheckpointsCmd struct {
	Limit int   `help:"How many." default:"20"`
	Size  int64 `help:"Only the one for this many entries." placeholder:"ENTRIES"`
	Raw   bool  `help:"Print the signed notes as they are published, for a file that --checkpoints of verify takes."`
}

// Run reads as many pages as it takes.
func (c EvidenceCheckpointsCmd) Run(ctx context.Context, g *Globals) error {
	var all []client.Checkpoint
	if c.Size != 0 {
		cp, err := g.Client().Checkpoint(ctx, c.Size)
		if err != nil {
			return err
		}
		all = append(all, cp)
	}
	for cursor := ""; c.Size == 0 && len(all) < c.Limit; {
		l, err := g.Client().Checkpoints(ctx, cursor, min(c.Limit-len(all), 200))
		if err != nil {
			return err
		}
		all = append(all, l.Items...)
		if cursor = l.Next; cursor == "" {
			break
		}
	}
	if c.Raw {
		for i := len(all) - 1; i >= 0; i-- {
			fmt.Fprintln(g.Out, all[i].Note)
		}
		return nil
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"ENTRIES", "SIGNED", "ORIGIN", "ROOT"}}
		for _, cp := range all {
			lines = append(lines, []string{strconv.FormatInt(cp.Size, 10), when(cp.At), cp.Origin, cp.Root})
		}
		return lines
	})
}

// EvidenceExportCmd writes an export.
type EvidenceExportCmd struct {
	File string `arg:"" help:"File to write; .gz is compressed; - is standard output."`
	EvidenceFilter
}

// Run streams the export into the file; a file that did not arrive whole is
// removed.
func (c EvidenceExportCmd) Run(ctx context.Context, g *Globals) error {
	body, err := g.Client().ExportEvidence(ctx, c.client(), strings.HasSuffix(c.File, ".gz"))
	if err != nil {
		return err
	}
	defer body.Close()
	if c.File == "-" {
		_, err := io.Copy(g.Out, body)
		return err
	}
	f, err := os.OpenFile(c.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return errs.E(errs.Conflict, "the file %s exists; name another one", c.File)
	}
	if err != nil {
		return errs.E(errs.Unavailable, "cannot write %s", c.File).Because(err)
	}
	n, err := io.Copy(f, body)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(c.File)
		return errs.E(errs.Unavailable, "the export did not arrive whole; try again").Because(err)
	}
	g.Say("%s: %d bytes. Verify it with: evenkeel evidence verify %s --key …", c.File, n, c.File)
	return nil
}

// EvidenceProveCmd proves one entry.
type EvidenceProveCmd struct {
	Index int64  `arg:"" help:"The entry's number."`
	Key   string `help:"Verifier key, or a file with it; default: the server's, which proves less." placeholder:"KEY|FILE"`
}

// Run asks for the entry and checks the proof here.
func (c EvidenceProveCmd) Run(ctx context.Context, g *Globals) error {
	e, err := g.Client().EvidenceEntry(ctx, c.Index)
	if err != nil {
		return err
	}
	verdict := "no checkpoint covers this entry yet; one follows within a minute or so"
	if e.Checkpoint != nil {
		key := c.Key
		if key == "" {
			s, err := g.Client().EvidenceStatus(ctx)
			if err != nil {
				return err
			}
			key = s.Key
			for _, p := range s.Epochs { // the key of the time when it was signed
				if p.Epoch == e.Checkpoint.Epoch {
					key = p.Key
				}
			}
		}
		if err := checkProof(e, key); err != nil {
			return err
		}
		verdict = fmt.Sprintf("proven: in the log of %d entries that was signed %s", e.Size, when(e.Checkpoint.At))
	}
	return g.PrintOne(e, func() [][2]string {
		out := [][2]string{{"ENTRY", e.Canonical}, {"HASH", e.Hash}}
		for i, h := range e.Path {
			out = append(out, [2]string{fmt.Sprintf("SIBLING %d", i+1), h})
		}
		return append(out, [2]string{"ROOT", e.Root}, [2]string{"VERDICT", verdict})
	})
}

// followCheck starts a check on the server and waits for its end.
func followCheck(ctx context.Context, g *Globals) (*client.EvidenceCheck, error) {
	p, err := g.Client().StartEvidenceCheck(ctx)
	for {
		if err != nil {
			return nil, err
		}
		if !p.Running {
			if p.Error != "" {
				return nil, errs.E(errs.Unavailable, "the check could not be carried out: %s", p.Error)
			}
			return p.Result, nil
		}
		if !isTerminal(g.Err) {
			// nobody watches
		} else if g.Output == "table" && p.Phase == "entries" && p.Total > 0 {
			fmt.Fprintf(g.Err, "\r%d of %d entries", p.Done, p.Total)
		} else if g.Output == "table" {
			fmt.Fprintf(g.Err, "\r%d records           ", p.Done)
		}
		select {
		case <-time.After(300 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		p, err = g.Client().EvidenceCheck(ctx)
	}
}
