package evidence

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is a signed statement: the first Size entries of the log have
// the tree hash Root. Its form is C2SP tlog-checkpoint
// (https://c2sp.org/tlog-checkpoint), a signed note of three lines.
type Checkpoint struct {
	Origin string // log name and epoch
	Size   int64
	Root   tlog.Hash
	Note   string // the note with its signatures, as published
}

// maxCheckpoint is the largest note read from outside, in bytes; signatures
// of witnesses fit.
const maxCheckpoint = 16 << 10

// Sign makes the checkpoint of an epoch. The caller must have checked that it
// is consistent with what was signed before: nothing can take it back.
func (k Key) Sign(epoch, size int64, root tlog.Hash) (Checkpoint, error) {
	if epoch < 1 || size < 0 {
		return Checkpoint{}, fmt.Errorf("evidence: no checkpoint of epoch %d, size %d", epoch, size)
	}
	s, err := k.signer(epoch)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("evidence: signing: %w", err)
	}
	origin := Origin(k.name, epoch)
	text := origin + "\n" + strconv.FormatInt(size, 10) + "\n" + root.String() + "\n"
	signed, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("evidence: signing: %w", err)
	}
	return Checkpoint{origin, size, root, string(signed)}, nil
}

// ParseCheckpoint reads a signed checkpoint without checking its signature.
// Extension lines are allowed and ignored, as the specification says.
func ParseCheckpoint(signed string) (Checkpoint, error) {
	bad := func(why string) (Checkpoint, error) {
		return Checkpoint{}, fmt.Errorf("evidence: %q is no checkpoint: %s", short(signed), why)
	}
	if len(signed) > maxCheckpoint {
		return bad("it is too large")
	}
	text, _, ok := strings.Cut(signed, "\n\n")
	if !ok {
		return bad("it has no signature")
	}
	lines := strings.Split(text, "\n")
	if len(lines) < 3 || lines[0] == "" {
		return bad("it lacks origin, size or root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return bad("the second line is no tree size")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil || root.String() != lines[2] {
		return bad("the third line is no root hash")
	}
	return Checkpoint{lines[0], size, root, signed}, nil
}

// Open reads a checkpoint and checks that this log's key signed it.
func (p Public) Open(signed string) (Checkpoint, error) {
	c, err := ParseCheckpoint(signed)
	if err != nil {
		return c, err
	}
	v, err := p.verifier(c.Origin)
	if err != nil {
		return c, err
	}
	if _, err := note.Open([]byte(signed), note.VerifierList(v)); err != nil {
		return c, fmt.Errorf("evidence: checkpoint of size %d is not signed by the log's key: %w", c.Size, err)
	}
	return c, nil
}

// SplitCheckpoints cuts a file of published checkpoints, one after the other
// with an empty line between (the form in which they are published), into
// notes. What is no checkpoint is left for Open to refuse.
func SplitCheckpoints(file string) []string {
	var notes []string
	var cur strings.Builder
	signed := false // a signature line was seen
	for _, line := range strings.SplitAfter(file, "\n") {
		isSig := strings.HasPrefix(line, "— ")
		if signed && !isSig { // the note is over
			notes = append(notes, cur.String())
			cur.Reset()
			signed = false
		}
		if cur.Len() == 0 && strings.TrimSpace(line) == "" {
			continue
		}
		cur.WriteString(line)
		signed = signed || isSig
	}
	if strings.TrimSpace(cur.String()) != "" {
		notes = append(notes, cur.String())
	}
	return notes
}
