package ascode

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Guard refuses an edit by hand of a record that is managed in git: an
// errs.Conflict that names the commit. Every verb that edits or deletes a
// record which can be written as code calls it before it changes anything.
func Guard(q db.Querier, r ref.Ref) error {
	m, ok, err := ManagedBy(q, r)
	if err != nil || !ok {
		return err
	}
	return errs.E(errs.Conflict, "it is managed in git (%s): change it there and run evenkeel apply", m).On(r.String())
}

// ManagedBy returns where a record is managed; ok is false when it is edited
// by hand. Pages show Management.String beside a disabled edit button.
func ManagedBy(q db.Querier, r ref.Ref) (m Management, ok bool, err error) {
	return managedBy(q, r)
}

// Management says from where a record is managed.
type Management struct {
	Source string `json:"source"` // name of the directory that is applied, "main" by default
	Commit string `json:"commit"` // git commit that changed it last, "" when applied outside git
}

// String is "commit 1a2b3c4d5e6f" or, outside git, "source main".
func (m Management) String() string {
	if m.Commit == "" {
		return "source " + m.Source
	}
	return "commit " + Short(m.Commit)
}

// Short is a git commit as people read it: twelve characters, and "+dirty"
// when the tree had changes.
func Short(commit string) string {
	hash, dirty := commit, ""
	if n := len(commit) - len("+dirty"); n > 0 && commit[n:] == "+dirty" {
		hash, dirty = commit[:n], "+dirty"
	}
	if len(hash) > 12 {
		hash = hash[:12]
	}
	return hash + dirty
}
