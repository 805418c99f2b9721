// Package catalog is the service catalog: what users notice when it breaks,
// who owns it, how much it matters and what it promises.
//
// A service has exactly one owner team, a tier from 0 (carries the business)
// to 3 (internal), a lifecycle, one promise that a user understands, links,
// and aliases: the words by which monitors and other systems call it. Alerts
// and incidents name services; priority looks at the tier; messages go to the
// owner. That is why lookups by name or alias are cached (cache.go).
//
// Invariants:
//   - Names never change and are never reused: a service is retired, not
//     deleted, because incidents and evidence name it.
//   - A word means at most one service, as name or alias, in any case; the
//     table service_word closes the race.
//   - The owner team exists, also at commit: a foreign key, and the team's
//     removal asks TeamRemoved.
//   - Lifecycle moves along the table in lifecycle.go.
//   - The portfolio (portfolio.go) names people by number, so that a handle
//     that changes or is erased is not kept; dependencies may name what does
//     not exist yet, and are then reported as dangling.
//   - Who follows services (Reactions) hears of each change in its transaction.
//   - What is managed in git refuses edits here (package ascode).
package catalog

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Service is one service.
type Service struct {
	Name      string // slug; also its address
	Title     string
	Team      string // owner
	Tier      int    // 0 to 3
	Lifecycle Lifecycle
	Promise   string // one sentence
	Links     []Link
	Aliases   []string // lower case, sorted
	Portfolio
	Version int64
	Created time.Time
	Updated time.Time
	Managed string // "commit 1a2b3c" when managed in git; filled by Get
}

// Ref is the service's key.
func (s Service) Ref() ref.Ref { return ref.S(ref.Service, s.Name) }

func (s Service) digest() string {
	parts := []any{s.Name, s.Title, s.Team, s.Tier, s.Lifecycle, s.Promise, s.Links, s.Aliases, s.Version}
	if !s.Portfolio.Empty() { // what was recorded before there were portfolios still holds
		parts = append(parts, s.Portfolio)
	}
	return evidence.Digest(nil, parts)
}

// Link leads to something about the service.
type Link struct {
	Kind    LinkKind `json:"kind,omitempty"`
	Title   string   `json:"title,omitempty"`
	URL     string   `json:"url"`
	Checked string   `json:"checked,omitempty"` // the day on which somebody last read it and found it right
}

// LinkKind is what a link leads to.
type LinkKind string

// The kinds of links.
const (
	Runbook       LinkKind = "runbook"
	Dashboard     LinkKind = "dashboard"
	Repository    LinkKind = "repository"
	Documentation LinkKind = "documentation"
	Chat          LinkKind = "chat"
	Other         LinkKind = "other"
)

// LinkKinds lists all kinds, as forms offer them.
var LinkKinds = []LinkKind{Runbook, Dashboard, Repository, Documentation, Chat, Other}

// DefaultTier is that of a service that does not say: nobody is woken for
// something of which nobody said that it matters.
const DefaultTier = 3

// TierName says a tier in words.
func TierName(tier int) string {
	return [...]string{"carries the business", "matters to all users", "matters to some users", "internal"}[min(max(tier, 0), 3)]
}

// Edit is what a person can set about a service.
type Edit struct {
	Title     string
	Team      string
	Tier      int
	Lifecycle Lifecycle // empty: live for a new one, unchanged for others
	Promise   string
	Links     []Link
	Aliases   []string
	Portfolio
}

// Edit is the edit that changes nothing.
func (s Service) Edit() Edit {
	return Edit{s.Title, s.Team, s.Tier, s.Lifecycle, s.Promise, s.Links, s.Aliases, s.Portfolio}
}
