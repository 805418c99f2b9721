package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// State says what a version of the policy is used for.
type State string

// The states.
const (
	Draft   State = "draft"   // kept, compiles, its tests pass; nobody uses it
	Active  State = "active"  // decides; one at most
	Shadow  State = "shadow"  // answers beside the active one and decides nothing; one at most
	Retired State = "retired" // decided, or was tried, once
)

// Version is one version of the policy. Its modules never change.
type Version struct {
	ID        int64             // 0: the one that comes with the program
	Version   int64             // grows with every visible change
	State     State             //
	Modules   map[string]string // file name to Rego; nil in lists
	Digest    string            // of the modules
	Tests     int               // rules named test_ that passed when it was kept
	Note      string            // what it is for
	Reason    string            // of the last change of state
	Commit    string            // that it was applied from
	MadeBy    int64             // person; 0: a token, everything as code, or the program
	DecidedBy int64
	Created   time.Time
	Decided   time.Time
	Activated time.Time // last time; zero: never

	salt []byte
}

// Ref is the record's key, POLICY-3.
func (v Version) Ref() ref.Ref { return ref.N(ref.Policy, v.ID) }

// digest is what the evidence log keeps of it.
func (v Version) digest() string {
	return evidence.Digest(v.salt, []any{v.ID, string(v.State), v.Digest, v.Tests, v.Note, v.Reason, v.Commit, v.MadeBy, v.DecidedBy})
}

// DigestModules is the digest of a policy's modules: SHA-256 of their JSON with
// sorted names.
func DigestModules(modules map[string]string) string {
	text, err := json.Marshal(modules) // sorts keys
	if err != nil {
		panic(err) // a map of texts
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// shipped is the version that comes with the program. active says whether it
// decides.
func shipped(active bool) Version {
	v := Version{Version: 1, State: Retired, Modules: Default(), Digest: DigestModules(Default()), Note: "The policy that comes with Evenkeel"}
	if active {
		v.State = Active
	}
	return v
}

func missing(id int64) error {
	key := ref.N(ref.Policy, id).String()
	return errs.E(errs.NotFound, "there is no version %s of the policy", key).On(key)
}

const maxNote = 500 // runes

func clean(field, text, remedy string) (string, error) {
	text = strings.TrimSpace(text)
	switch n := len([]rune(text)); {
	case n == 0 && remedy != "":
		return "", errs.BadField(field, "", remedy)
	case n > maxNote:
		return "", errs.BadField(field, errs.Short(text), fmt.Sprintf("shorten it to %d characters", maxNote))
	}
	return strings.ToValidUTF8(text, "\uFFFD"), nil
}
