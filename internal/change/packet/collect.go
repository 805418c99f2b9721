package packet

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// collect reads all that a packet says.
func (s *Service) collect(q db.Querier, id int64) (c Content, err error) {
	if c.Change, err = readChange(q, id); err != nil {
		return c, err
	}
	if c.Decisions, err = readDecisions(q, id); err != nil {
		return c, err
	}
	for n := range c.Decisions {
		d := &c.Decisions[n]
		if d.Policy.Digest, err = policyDigest(q, d.policy); err != nil {
			return c, err
		}
	}
	if c.Approvals, err = readApprovals(q, id); err != nil {
		return c, err
	}
	if err = c.facts(q); err != nil {
		return c, err
	}
	if c.Reports, err = readReports(q, id); err != nil {
		return c, err
	}
	if c.History, err = readEntries(q, id); err != nil {
		return c, err
	}
	c.Causes, err = s.causes(q, id)
	return c, err
}

// causes are those that everybody may know of.
func (s *Service) causes(q db.Querier, id int64) ([]Cause, error) {
	out := []Cause{}
	if s.Public == nil {
		return out, nil
	}
	list, err := readCauses(q, id)
	if err != nil || len(list) == 0 {
		return out, err
	}
	ids := make([]int64, len(list))
	for n, c := range list {
		ids[n] = c.incident
	}
	public, err := s.Public(q, ids)
	for _, c := range list {
		if public[c.incident] {
			out = append(out, c)
		}
	}
	return out, err
}

// facts are what tools told about the commit, and, of a merged pull request,
// what reviewers said about its head.
func (c *Content) facts(q db.Querier) error {
	c.Tests, c.Scans, c.Builds, c.Plans, c.Reviews = []Fact{}, []Fact{}, []Fact{}, []Fact{}, []Review{}
	if c.Change.Commit == "" {
		return nil
	}
	rows, err := readFacts(q, c.Change.Repository, c.Change.Commit)
	if err != nil {
		return err
	}
	for _, f := range rows {
		if f.kind != "pull" {
			continue
		}
		var pull struct{ Head string }
		if json.Unmarshal([]byte(f.data), &pull) == nil && pull.Head != "" && pull.Head != c.Change.Commit {
			more, err := readFacts(q, c.Change.Repository, pull.Head)
			if err != nil {
				return err
			}
			for _, m := range more {
				if m.kind == "review" {
					rows = append(rows, m)
				}
			}
		}
	}
	reviewers := map[string]int{}
	for _, f := range rows {
		fact := Fact{Name: f.key, At: db.Time(f.at), Data: raw(f.data)}
		switch f.kind {
		case "tests":
			c.Tests = append(c.Tests, fact)
		case "scan":
			c.Scans = append(c.Scans, fact)
		case "build":
			c.Builds = append(c.Builds, fact)
		case "plan":
			c.Plans = append(c.Plans, fact)
		case "review":
			_, who, _ := strings.Cut(f.key, "/")
			if reviewers[who] == 0 {
				reviewers[who] = len(reviewers) + 1
			}
			var r struct{ Verdict string }
			if err := json.Unmarshal([]byte(f.data), &r); err != nil {
				return fmt.Errorf("review of %s: %w", f.commit, err)
			}
			c.Reviews = append(c.Reviews, Review{reviewers[who], r.Verdict, f.commit, db.Time(f.at)})
		}
	}
	slices.SortStableFunc(c.Reviews, func(a, b Review) int { return a.At.Compare(b.At) })
	return nil
}

func sortReports(list []Report) {
	slices.SortFunc(list, func(a, b Report) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Source, b.Source), strings.Compare(a.Phase, b.Phase))
	})
}

// raw is JSON as it is kept; null where nothing is.
func raw(text string) json.RawMessage {
	if !json.Valid([]byte(text)) {
		return json.RawMessage("null")
	}
	return json.RawMessage(text)
}

// person is the key of a person; of somebody unknown whom the source names, "outside".
func person(id int64, outside string) string {
	switch {
	case id > 0:
		return ref.N(ref.Person, id).String()
	case outside != "":
		return "outside"
	}
	return ""
}

func changeKey(id int64) string {
	if id == 0 {
		return ""
	}
	return ref.N(ref.Change, id).String()
}
