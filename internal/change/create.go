package change

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// The sizes of what others write, in bytes. Longer texts from machines are
// cut, longer ones from people are refused.
const (
	maxTitle    = 200
	maxName     = 300
	maxText     = 8 << 10
	maxServices = 50
)

// create makes a new change and writes it. See open.
func (s *Service) create(tx *db.Tx, c Change) (Change, error) {
	st, err := s.open(tx, c)
	if err != nil {
		return Change{}, err
	}
	err = st.commit("change.open")
	return st.Change, err
}

// open makes a new change of what is known about it; commit writes it, together
// with all that is done to it before. Its services are names of the catalog:
// whoever asks has resolved them. State is a draft; empty fields get their
// defaults; texts that are too long are cut. Errors: Invalid without a service,
// or with a type, kind or purpose that does not exist.
func (s *Service) open(tx *db.Tx, c Change) (*step, error) {
	if err := c.normalise(); err != nil {
		return nil, err
	}
	id, err := tx.NextID(c.Ref().Kind)
	if err != nil {
		return nil, err
	}
	if c.Team == "" && s.Catalog != nil {
		if c.Team, _, _, err = s.Catalog.ServiceOf(tx, c.Main()); err != nil {
			return nil, err
		}
	}
	c.ID, c.Version, c.State, c.Risk, c.CreatedAt, c.salt = id, 0, Draft, -1, tx.Now, evidence.NewSalt()
	c.Entries, c.Trail = 0, ""
	st := &step{s: s, tx: tx, who: tx.Actor, Change: c, fresh: true}
	st.say(EntryState, "Opened by "+sourceText(c.Source), "")
	st.tell(EventOpened)
	return st, nil
}

func sourceText(source string) string {
	switch source {
	case "gate":
		return "a question to the gate"
	case "page", "":
		return "hand"
	case "api":
		return "the API"
	}
	return source
}

// normalise fills in defaults and refuses what cannot be.
func (c *Change) normalise() error {
	var bad errs.Fields
	c.Services = slices.DeleteFunc(slices.Clone(c.Services), func(s string) bool { return s == "" })
	seen := map[string]bool{}
	c.Services = slices.DeleteFunc(c.Services, func(s string) bool { was := seen[s]; seen[s] = true; return was })
	switch n := len(c.Services); {
	case n == 0:
		bad.Add("services", "", "name at least one service")
	case n > maxServices:
		bad.Add("services", fmt.Sprint(n), fmt.Sprintf("name at most %d services", maxServices))
	}
	fill(&c.Type, Normal)
	fill(&c.Kind, Deploy)
	fill(&c.Purpose, Feature)
	fill(&c.Environment, Production)
	oneOf(&bad, "type", c.Type, Types)
	oneOf(&bad, "kind", c.Kind, Kinds)
	oneOf(&bad, "purpose", c.Purpose, Purposes)
	if !c.PlannedTo.IsZero() && c.PlannedTo.Before(c.PlannedFrom) {
		bad.Add("planned_to", c.PlannedTo.Format("2006-01-02T15:04Z07:00"), "give a time after planned_from")
	}
	c.Commit = strings.ToLower(strings.TrimSpace(c.Commit))
	fill(&c.Artefact, c.Commit)
	for field, max := range c.texts() {
		*field = clip(strings.TrimSpace(*field), max)
	}
	if c.Title == "" && len(c.Services) > 0 {
		c.Title = c.autoTitle()
	}
	return bad.Err()
}

// texts are the fields that outsiders fill, with their sizes.
func (c *Change) texts() map[*string]int {
	out := map[*string]int{&c.Title: maxTitle, &c.Summary: maxText, &c.RollbackPlan: maxText, &c.OutcomeReason: maxText}
	for _, f := range []*string{&c.Model, &c.Environment, &c.Repository, &c.Commit, &c.Branch, &c.PullRequest, &c.Artefact, &c.Previous, &c.Link, &c.Author, &c.Source, &c.RollbackRef} {
		out[f] = maxName
	}
	return out
}

// autoTitle says in few words what a change does: nobody fills in a form.
func (c *Change) autoTitle() string {
	what, of := "Deploy", c.Artefact
	switch c.Kind {
	case Config:
		what = "Configure"
	case Infrastructure:
		what = "Change infrastructure of"
	case Schema:
		what = "Migrate the schema of"
	case Flag:
		what = "Switch a flag of"
	}
	if c.Purpose == Rollback && c.Kind == Deploy {
		what = "Roll back"
	}
	if of == c.Commit && len(of) > 8 {
		of = of[:8]
	}
	title := what + " " + c.Main()
	if more := len(c.Services) - 1; more > 0 {
		title += fmt.Sprintf(" and %d more", more)
	}
	if of != "" && c.Kind == Deploy {
		title += " to " + of
	}
	return clip(title, maxTitle)
}

func fill[S ~string](field *S, value S) {
	if *field == "" {
		*field = value
	}
}

func oneOf[S ~string](bad *errs.Fields, field string, value S, list []S) {
	if slices.Contains(list, value) {
		return
	}
	names := make([]string, len(list))
	for n, x := range list {
		names[n] = string(x)
	}
	bad.Add(field, string(value), "use one of "+strings.Join(names, ", "))
}

// clip cuts a text at max bytes, on a rune border, and drops what no database
// or page takes: invalid UTF-8 and control characters other than line ends.
func clip(s string, max int) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
	if len(s) <= max {
		return s
	}
	n := max - len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
