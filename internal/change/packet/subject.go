package packet

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/evidence/attest"
)

var (
	sha256Of = regexp.MustCompile(`^(?:(.*)@)?sha256:([0-9a-f]{64})$`)
	sha1Form = regexp.MustCompile(`^[0-9a-f]{40}$`)
	sha2Form = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// subjects are what the statement is about: the artefact by its digest, the
// commit, and else the record itself, by the digest of its content, because a
// statement needs one subject.
func subjects(c Change, content []byte) (out []attest.Subject) {
	if m := sha256Of.FindStringSubmatch(strings.ToLower(c.Artefact)); m != nil {
		name := m[1]
		if name == "" {
			name = c.Repository
		}
		out = append(out, attest.Subject{Name: name, Digest: map[string]string{"sha256": m[2]}})
	}
	switch {
	case sha1Form.MatchString(c.Commit):
		out = append(out, attest.Subject{Name: c.Repository, Digest: map[string]string{"gitCommit": c.Commit}})
	case sha2Form.MatchString(c.Commit): // a repository with SHA-256 names; in-toto's gitCommit is SHA-1 only
		out = append(out, attest.Subject{Name: c.Repository, Digest: map[string]string{"sha256": c.Commit}})
	}
	if len(out) == 0 {
		sum := sha256.Sum256(content)
		out = append(out, attest.Subject{Name: c.Key, Digest: map[string]string{"sha256": hex.EncodeToString(sum[:])}})
	}
	return out
}
