package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/evenkeel/evenkeel/internal/change/packet"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence/attest"
)

// statement verifies a packet: a signed statement about one record with the
// proof that the log took it.
func (c EvidenceVerifyCmd) statement(g *Globals, r io.Reader, opt attest.Options) error {
	file, err := io.ReadAll(io.LimitReader(r, attest.MaxFile+1))
	if err != nil {
		return errs.E(errs.Unavailable, "reading %s", c.File).Because(err)
	}
	rep := attest.Verify(file, opt)
	if err := g.PrintOne(rep, func() [][2]string { return statementVerdict(rep) }); err != nil {
		return err
	}
	if rep.Bad != nil {
		return errs.E(errs.Conflict, "%s does not verify: %s", c.File, rep.Bad.Words)
	}
	return nil
}

func statementVerdict(r attest.Report) [][2]string {
	if r.Bad != nil {
		out := [][2]string{{"VERDICT", "BAD (" + string(r.Bad.Fault) + ")"}, {"FIRST FAULT", r.Bad.Words}}
		if r.Bad.Index >= 0 {
			out = append(out, [2]string{"WHERE", fmt.Sprintf("#%d", r.Bad.Index)})
		}
		return out
	}
	out := [][2]string{{"VERDICT", "good"}, {"MEANS", "this is what the log took, and each entry that it stands on is in the log"}, {"RECORD", r.Record}, {"SAYS", r.PredicateType}}
	for _, s := range r.Subjects {
		out = append(out, [2]string{"ABOUT", s})
	}
	out = append(out, [2]string{"ENTRIES", fmt.Sprintf("%d, from %s", r.Entries, when(r.First))},
		[2]string{"ISSUED", fmt.Sprintf("%s, entry #%d", when(r.Issued), r.Index)},
		[2]string{"SIGNED", fmt.Sprintf("one checkpoint, of %d entries", r.Signed)})
	if r.Known > 0 {
		out = append(out, [2]string{"PUBLISHED", fmt.Sprintf("%d published checkpoints agree", r.Known)})
	}
	key := r.Key
	if !r.Pinned {
		key += "\n\tThis key came with the file. Compare it with one you know from elsewhere, or pass it with --key."
	}
	if r.PredicateType == packet.PredicateType {
		switch agree, differ, err := packet.Logged(r); {
		case err != nil:
			out = append(out, [2]string{"DECISIONS", "cannot be read"})
		case len(differ) > 0:
			out = append(out, [2]string{"DECISIONS", fmt.Sprintf("%d are what the log took when they were made; not so: %s", agree, strings.Join(differ, ", "))})
		default:
			out = append(out, [2]string{"DECISIONS", fmt.Sprintf("%d, with all that they stood on what the log took when they were made", agree)})
		}
	}
	return append(out, [2]string{"KEY", key})
}
