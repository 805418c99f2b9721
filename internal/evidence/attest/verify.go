package attest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	intoto "github.com/in-toto/attestation/go/v1"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/evenkeel/evenkeel/internal/evidence"
)

// MaxFile is the largest file that is read, in bytes.
const MaxFile = 64 << 20

// Report is the result of a check.
type Report struct {
	OK            bool          `json:"ok"`
	Bad           *evidence.Bad `json:"bad,omitempty"`
	Record        string        `json:"record,omitempty"`
	PredicateType string        `json:"predicate_type,omitempty"`
	Subjects      []string      `json:"subjects,omitempty"` // "harbour/checkout gitCommit:1a2b…"
	Entries       int           `json:"entries"`            // of the record that the log proves
	First         time.Time     `json:"first,omitzero"`
	Issued        time.Time     `json:"issued,omitzero"` // when the log took the statement
	Index         int64         `json:"index"`           // of that entry
	Signed        int64         `json:"signed"`          // entries that the checkpoint covers
	Known         int           `json:"known"`           // published checkpoints that agree
	Key           string        `json:"key,omitempty"`
	Pinned        bool          `json:"pinned"` // the key was given to the check

	Statement Statement        `json:"-"`
	Facts     []evidence.Facts `json:"-"` // of the entries that it stands on
}

// Options says what a check may rely on besides the file.
type Options struct {
	Keys  []evidence.Public // the log's keys, known from elsewhere; none: the one in the file, which proves less
	Known []evidence.Known  // roots known from elsewhere
}

// Verify checks a file. What is wrong with it is in the report.
func Verify(file []byte, opt Options) Report {
	c := &check{opt: opt}
	if c.rep.Bad = c.run(file); c.rep.Bad == nil {
		c.rep.OK = true
	}
	return c.rep
}

type check struct {
	opt     Options
	rep     Report
	env     Envelope
	key     evidence.Public
	payload []byte
}

func bad(f evidence.Fault, index int64, format string, args ...any) *evidence.Bad {
	return &evidence.Bad{Fault: f, Index: index, Until: index, Words: fmt.Sprintf(format, args...)}
}

func (c *check) run(file []byte) *evidence.Bad {
	if len(file) > MaxFile {
		return bad(evidence.Unreadable, -1, "The file has more than %d MiB.", MaxFile>>20)
	}
	if err := json.Unmarshal(file, &c.env); err != nil {
		return bad(evidence.Unreadable, -1, "The file is no envelope: it is not JSON in the documented form.")
	}
	if again, err := c.env.Bytes(); err != nil || !bytes.Equal(again, file) {
		return bad(evidence.Edited, -1, "The file was edited: it is not in the form in which it was written (%s).", where(file, again))
	}
	for _, step := range []func() *evidence.Bad{c.signature, c.statement, c.checkpoint, c.entries} {
		if b := step(); b != nil {
			return b
		}
	}
	return nil
}

// where names the first line that differs.
func where(file, again []byte) string {
	a, b := bytes.Split(file, []byte("\n")), bytes.Split(again, []byte("\n"))
	for n := range a {
		if n >= len(b) || !bytes.Equal(a[n], b[n]) {
			return fmt.Sprintf("line %d", n+1)
		}
	}
	return "its end"
}

// signature checks the envelope, with the DSSE library.
func (c *check) signature() *evidence.Bad {
	key, err := evidence.ParsePublic(c.env.Log.Key)
	if err != nil || key.String() != c.env.Log.Key {
		return bad(evidence.Unreadable, -1, "The file names no verifier key.")
	}
	c.key, c.rep.Key = key, key.String()
	if len(c.opt.Keys) > 0 {
		if !slices.ContainsFunc(c.opt.Keys, key.SameKey) {
			return bad(evidence.Forged, -1, "The file is signed by %s, but the key given is %s.", key, c.opt.Keys[0])
		}
		c.rep.Pinned = true
	}
	if c.env.PayloadType != PayloadType || len(c.env.Signatures) != 1 || c.env.Signatures[0].KeyID != key.String() {
		return bad(evidence.Unreadable, -1, "The envelope holds no in-toto statement with one signature of the log's key.")
	}
	strict := base64.StdEncoding.Strict() // the last character of a text could otherwise be another one
	payload, err1 := strict.DecodeString(c.env.Payload)
	_, err2 := strict.DecodeString(c.env.Signatures[0].Sig)
	if err1 != nil || err2 != nil {
		return bad(evidence.Edited, -1, "The envelope was edited: its texts are not base64 as it is written.")
	}
	v, err := dsse.NewEnvelopeVerifier(dsseKey{public: key})
	if err == nil {
		_, err = v.Verify(context.Background(), &dsse.Envelope{PayloadType: c.env.PayloadType, Payload: c.env.Payload,
			Signatures: []dsse.Signature{{KeyID: c.env.Signatures[0].KeyID, Sig: c.env.Signatures[0].Sig}}})
	}
	if err != nil {
		return bad(evidence.Edited, -1, "The statement is not what was signed: it, or its signature, was edited.")
	}
	c.payload = payload
	return nil
}

// statement reads what was signed, with the in-toto library.
func (c *check) statement() *evidence.Bad {
	var st intoto.Statement
	err := protojson.Unmarshal(c.payload, &st)
	if err == nil {
		err = st.Validate()
	}
	if err == nil {
		err = json.Unmarshal(c.payload, &c.rep.Statement)
	}
	if err != nil {
		return bad(evidence.Unreadable, -1, "What was signed is no in-toto v1 statement about a record: %s.", strings.TrimSpace(strings.ReplaceAll(err.Error(), "\u00a0", " ")))
	}
	s := c.rep.Statement
	c.rep.Record, c.rep.PredicateType = s.Predicate.Record, s.PredicateType
	for _, sub := range s.Subject {
		algorithms := make([]string, 0, len(sub.Digest))
		for a := range sub.Digest {
			algorithms = append(algorithms, a)
		}
		slices.Sort(algorithms)
		for _, a := range algorithms {
			c.rep.Subjects = append(c.rep.Subjects, strings.TrimSpace(sub.Name+" "+a+":"+sub.Digest[a]))
		}
	}
	return nil
}

// checkpoint checks the root that the proofs lead to.
func (c *check) checkpoint() *evidence.Bad {
	cp, err := c.key.Open(c.env.Log.Checkpoint)
	if err != nil {
		return bad(evidence.Forged, -1, "The checkpoint is not the log's: %v.", err)
	}
	if !plainNote(c.env.Log.Checkpoint) {
		return bad(evidence.Edited, -1, "The checkpoint was edited: it is not in the form in which it was signed.")
	}
	c.rep.Signed = cp.Size
	for _, k := range c.opt.Known {
		switch {
		case k.Size == cp.Size && k.Root != cp.Root:
			return bad(evidence.Forked, -1, "The checkpoint for %d entries has another root than %s.", cp.Size, k.Name)
		case k.Size == cp.Size:
			c.rep.Known++
		}
	}
	return nil
}

// plainNote reports whether a note has one signature line, in the one form that
// its bytes have.
func plainNote(note string) bool {
	_, signatures, ok := strings.Cut(note, "\n\n")
	line, end, ok2 := strings.Cut(signatures, "\n")
	f := strings.Split(line, " ")
	if !ok || !ok2 || end != "" || len(f) != 3 || f[0] != "—" {
		return false
	}
	_, err := base64.StdEncoding.Strict().DecodeString(f[2])
	return err == nil
}

// entries checks that the log holds what the statement says, and the statement.
func (c *check) entries() *evidence.Bad {
	cp, err := evidence.ParseCheckpoint(c.env.Log.Checkpoint)
	if err != nil {
		return bad(evidence.Unreadable, -1, "The checkpoint cannot be read.")
	}
	want, digest := c.rep.Statement.Predicate.Entries, Digest(c.payload)
	c.rep.Index = -1
	last := int64(-1)
	found := 0
	for n, e := range c.env.Log.Entries {
		if e.Index <= last || e.Index >= cp.Size {
			return bad(evidence.Reordered, e.Index, "Entry #%d stands in the wrong place.", e.Index)
		}
		last = e.Index
		hash := evidence.LeafHash([]byte(e.Entry))
		if err := tlog.CheckRecord(e.Path, cp.Size, cp.Root, e.Index, hash); err != nil {
			return bad(evidence.Edited, e.Index, "Entry #%d is not what was logged there: its proof does not lead to the signed root.", e.Index)
		}
		f, err := evidence.ReadFacts([]byte(e.Entry))
		if err != nil || f.Record != c.rep.Record && !slices.Contains(c.rep.Statement.Predicate.Related, f.Record) {
			return bad(evidence.Inserted, e.Index, "Entry #%d is about %s, not about %s.", e.Index, f.Record, c.rep.Record)
		}
		if n == 0 {
			c.rep.First = f.At
		}
		var data struct{ Statement string }
		if json.Unmarshal(f.Data, &data) == nil && data.Statement == digest && f.Record == c.rep.Record {
			c.rep.Index, c.rep.Issued = e.Index, f.At
			continue
		}
		if found >= len(want) || want[found] != hash {
			return bad(evidence.Inserted, e.Index, "Entry #%d is none of those that the statement stands on.", e.Index)
		}
		found++
		c.rep.Facts = append(c.rep.Facts, f)
	}
	switch {
	case found < len(want):
		return bad(evidence.Deleted, -1, "The statement stands on %d entries of the log, but the file proves only %d.", len(want), found)
	case c.rep.Index < 0:
		return bad(evidence.Deleted, -1, "The file does not prove that the log took this statement.")
	}
	c.rep.Entries = found
	return nil
}
