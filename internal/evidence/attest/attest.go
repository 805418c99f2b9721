// Package attest makes statements about records that anyone can check without
// the server, and checks them.
//
// What is real here. Whoever runs what was deployed, or audits it, wants one
// file beside the artefact that says how it came there, and that cannot have
// been written later or by somebody else. The file is
//
//   - a statement, in-toto v1 (https://github.com/in-toto/attestation/tree/main/spec/v1):
//     subjects (digests of artefacts and commits) and a predicate, what is said;
//   - in an envelope, DSSE (https://github.com/secure-systems-lab/dsse), signed
//     with the evidence log's key. Tools that know DSSE take the file as it is;
//     they ignore the field that is ours:
//   - log: every entry of the record in the evidence log with its audit path, and
//     the signed checkpoint that the paths lead to. One of the entries was made
//     when the statement was, and holds its SHA-256: the log vouches for the
//     statement and for when it was made, and not only the key.
//
// Invariants:
//   - The predicate lists the hashes of the record's entries, so that none can be
//     left out of the file afterwards.
//   - The file has one form: what is read and written again must be the same
//     bytes. An edit of any byte is therefore found, also where JSON and base64
//     would not mind.
//   - Checking needs the file and, to know who speaks, the log's verifier key from
//     another source; no server, no network, no clock.
package attest

import (
	"bytes"
	"encoding/json"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/evidence"
)

// PayloadType is what an envelope with an in-toto statement says it holds.
const PayloadType = "application/vnd.in-toto+json"

// StatementType is the version of the statement.
const StatementType = "https://in-toto.io/Statement/v1"

// Subject is what a statement is about.
type Subject struct {
	Name   string            `json:"name,omitempty"`
	Digest map[string]string `json:"digest"` // algorithm (sha256, gitCommit) to hex
}

// Statement is an in-toto statement.
type Statement struct {
	Type          string    `json:"_type"`
	Subject       []Subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     Predicate `json:"predicate"`
}

// Predicate is what is said about a record.
type Predicate struct {
	Record  string          `json:"record"`  // "CHG-7"
	Related []string        `json:"related"` // further records whose entries it stands on: "DEC-70"
	Content json.RawMessage `json:"content"` // as the predicate type defines
	Entries []tlog.Hash     `json:"entries"` // leaf hashes of the records' entries in the log, oldest first
}

// Envelope is the file.
type Envelope struct {
	PayloadType string      `json:"payloadType"`
	Payload     string      `json:"payload"` // base64
	Signatures  []Signature `json:"signatures"`
	Log         Log         `json:"log"`
}

// Signature is one signature of an envelope.
type Signature struct {
	KeyID string `json:"keyid"` // the log's verifier key
	Sig   string `json:"sig"`   // base64
}

// Log is the proof out of the evidence log.
type Log struct {
	Key        string  `json:"key"`        // verifier key
	Checkpoint string  `json:"checkpoint"` // signed note, C2SP tlog-checkpoint
	Entries    []Entry `json:"entries"`
}

// Entry is one entry of the log with its way to the root.
type Entry struct {
	Index int64       `json:"index"`
	Entry string      `json:"entry"` // canonical bytes
	Path  []tlog.Hash `json:"path"`
}

// Bytes is the file: indented JSON and a line break.
func (e Envelope) Bytes() ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(e)
	return buf.Bytes(), err
}

// Bytes is the statement as it is signed.
func (s Statement) Bytes() ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(s)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}

// Recognise reports whether a file that begins so may be an envelope: JSON,
// which an export of the log never is.
func Recognise(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n\ufeff"), []byte("{"))
}

// Signer signs with the log's key; *audit.Service does.
type Signer interface {
	SignMessage(message []byte) []byte
	Key() evidence.Public
}
