package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// EvidenceSignCmd signs a checkpoint.
type EvidenceSignCmd struct{}

// Run asks the server.
func (EvidenceSignCmd) Run(ctx context.Context, g *Globals) error {
	cp, err := g.Client().SignCheckpoint(ctx)
	if err != nil {
		return err
	}
	return g.PrintOne(cp, func() [][2]string {
		return [][2]string{{"ENTRIES", strconv.FormatInt(cp.Size, 10)}, {"SIGNED", when(cp.At)}, {"ORIGIN", cp.Origin}, {"ROOT", cp.Root}}
	})
}

// EvidenceConsistencyCmd proves that the log only grew.
type EvidenceConsistencyCmd struct {
	Old  int64  `arg:"" help:"Entries of the log as you knew it."`
	New  int64  `arg:"" optional:"" help:"Entries of the log now; default: all."`
	Root string `help:"Its root as you knew it, from a checkpoint of yours; default: the server's, which proves less." placeholder:"BASE64"`
}

// Run asks for the proof and checks it here.
func (c EvidenceConsistencyCmd) Run(ctx context.Context, g *Globals) error {
	p, err := g.Client().EvidenceConsistency(ctx, c.Old, c.New)
	if err != nil {
		return err
	}
	if c.Root != "" && c.Root != p.OldRoot {
		return errs.E(errs.Conflict, "the log was rewritten: with %d entries its root was %s, and the server now says %s", p.Old, c.Root, p.OldRoot)
	}
	if err := checkGrowth(p); err != nil {
		return err
	}
	return g.PrintOne(p, func() [][2]string {
		out := [][2]string{{"OLD ROOT", p.OldRoot}}
		for i, h := range p.Path {
			out = append(out, [2]string{fmt.Sprintf("NODE %d", i+1), h})
		}
		return append(out, [2]string{"NEW ROOT", p.NewRoot}, [2]string{"VERDICT", fmt.Sprintf("proven: the log of %d entries begins with the %d it had", p.New, p.Old)})
	})
}

// checkGrowth checks a proof of consistency (RFC 6962, 2.1.2) as an outsider
// would.
func checkGrowth(p client.EvidenceConsistency) error {
	var path tlog.TreeProof
	var err error
	for _, s := range append([]string{p.OldRoot, p.NewRoot}, p.Path...) {
		h, err2 := tlog.ParseHash(s)
		err = errors.Join(err, err2)
		path = append(path, h)
	}
	if err == nil {
		err = tlog.CheckTree(path[2:], p.New, path[1], p.Old, path[0])
	}
	if err != nil {
		return errs.E(errs.Conflict, "the proof does not lead from the log of %d entries to that of %d: it did not only grow", p.Old, p.New).Because(err)
	}
	return nil
}

// EvidenceRetentionCmd lists what may be forgotten.
type EvidenceRetentionCmd struct{}

// Run asks the server.
func (EvidenceRetentionCmd) Run(ctx context.Context, g *Globals) error {
	list, err := g.Client().Retention(ctx)
	if err != nil {
		return err
	}
	return g.Print(list, func() [][]string {
		lines := [][]string{{"POLICY", "WHAT", "KEPT FOR", "DROPPED", "LAST", "NEXT"}}
		for _, r := range list {
			kept := long(time.Duration(r.Hours) * time.Hour)
			if r.Hours >= 48 && r.Hours%24 == 0 {
				kept = fmt.Sprintf("%d days", r.Hours/24)
			}
			lines = append(lines, []string{r.Policy, r.What, kept, strconv.FormatInt(r.Dropped, 10), when(deref(r.LastAt)), when(deref(r.NextAt))})
		}
		return lines
	})
}
