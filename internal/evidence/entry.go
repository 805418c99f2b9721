// Package evidence is the tamper-evident log: what an entry is, how entries
// are hashed into one Merkle tree, and how anyone can check it later.
//
// Every state change of the product appends one Entry in the transaction that
// makes the change. Its canonical bytes are stored as they are hashed, so a
// check never has to guess a format. The tree is RFC 6962's
// (https://www.rfc-editor.org/rfc/rfc6962#section-2.1), kept as tiles of 256
// hashes (https://c2sp.org/tlog-tiles); the server signs checkpoints of it
// (https://c2sp.org/tlog-checkpoint). Whoever holds one published checkpoint
// can prove that no earlier entry was edited, removed, inserted or reordered.
//
// Invariants:
//   - An entry's bytes never change after they are stored, and have at most
//     MaxEntry bytes.
//   - Entries hold no personal data: people are "user:17", texts written by
//     people are salted digests. Erasing the row and its salt erases the
//     person; the log still verifies.
//   - This package does no input or output of its own: db appends, audit
//     reads, and verify works on an exported file without any server.
package evidence

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/ref"
)

// MaxEntry is the largest canonical size of an entry in bytes; it keeps an
// entry within the 16-bit length of a C2SP tlog entry bundle
// (https://c2sp.org/tlog-tiles#log-entries).
const MaxEntry = 65535

// Entry is one change, as the code that made it describes it. The database
// layer adds who, when, why and from where out of the transaction.
type Entry struct {
	Action  string  // what happened: "incident.acknowledge"
	Record  ref.Ref // on which record
	Version int64   // the record's version after it; 0 if the record has none
	Before  string  // Digest of the record before; empty when it is new
	After   string  // Digest of the record after; empty when it is gone
	Data    any     // small facts as JSON; never personal data or free text
}

// Stamp is what the transaction knows about an entry.
type Stamp struct {
	Leaf   int64     // identity of the leaf, unique in the log; not its index
	At     time.Time // the transaction's time, UTC, microseconds
	Actor  string    // actor.Actor.String(): "user:17"
	Via    string    // the door: "page", "api", "link", "job"
	Reason string    // why, in the program's fixed words
}

// Canonical appends the entry's canonical bytes to buf: JSON with fixed field
// order, empty fields left out, time in RFC 3339 with microseconds. The bytes
// are what is hashed and stored. It fails when Data cannot be encoded or the
// entry is larger than MaxEntry.
func Canonical(buf []byte, s Stamp, e Entry) ([]byte, error) {
	start := len(buf)
	buf = append(buf, `{"v":1,"leaf":`...)
	buf = strconv.AppendInt(buf, s.Leaf, 10)
	buf = append(buf, `,"at":"`...)
	buf = s.At.UTC().AppendFormat(buf, "2006-01-02T15:04:05.000000Z")
	buf = append(buf, '"')
	buf = field(buf, "actor", s.Actor)
	buf = field(buf, "via", s.Via)
	buf = field(buf, "action", e.Action)
	buf = field(buf, "record", e.Record.String())
	if e.Version != 0 {
		buf = append(buf, `,"version":`...)
		buf = strconv.AppendInt(buf, e.Version, 10)
	}
	buf = field(buf, "reason", s.Reason)
	buf = field(buf, "before", e.Before)
	buf = field(buf, "after", e.After)
	if e.Data != nil {
		data, err := json.Marshal(e.Data)
		if err != nil {
			return buf[:start], fmt.Errorf("evidence: data of %s: %w", e.Action, err)
		}
		buf = append(buf, `,"data":`...)
		buf = append(buf, data...)
	}
	buf = append(buf, '}')
	if n := len(buf) - start; n > MaxEntry {
		return buf[:start], fmt.Errorf("evidence: entry %s on %s has %d bytes, at most %d are allowed", e.Action, e.Record, n, MaxEntry)
	}
	return buf, nil
}

// field appends ,"name":"value" unless the value is empty. Plain ASCII, which
// nearly every value is, is copied; anything else goes through encoding/json.
func field(buf []byte, name, value string) []byte {
	if value == "" {
		return buf
	}
	buf = append(append(append(buf, `,"`...), name...), `":`...)
	for i := 0; i < len(value); i++ {
		if c := value[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(value) // a string always encodes
			return append(buf, quoted...)
		}
	}
	return append(append(append(buf, '"'), value...), '"')
}

// LeafHash is the RFC 6962 hash of an entry's canonical bytes.
func LeafHash(canonical []byte) tlog.Hash { return tlog.RecordHash(canonical) }

// Digest is the hex SHA-256 over the salt and the JSON of v. With a random
// salt that is stored beside the data it says nothing about v once both are
// erased. A value that cannot be encoded is a programming error and yields a
// digest of the error, which never matches.
func Digest(salt []byte, v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		data = []byte("unencodable: " + err.Error())
	}
	return DigestBytes(salt, data)
}

// DigestBytes is Digest for bytes that are canonical already.
func DigestBytes(salt, data []byte) string {
	h := sha256.New()
	h.Write(salt)
	h.Write(data)
	var sum [sha256.Size]byte
	return hex.EncodeToString(h.Sum(sum[:0]))
}

// NewSalt returns 16 random bytes.
func NewSalt() []byte {
	salt := make([]byte, 16)
	rand.Read(salt) // never fails, see crypto/rand
	return salt
}
