package scorecard

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const (
	maxTitle  = 100
	maxText   = 1000
	maxChecks = 50
)

// normalise checks a card, trims it and fills in defaults; every fault comes
// back at once.
func (sp *Spec) normalise(name string) error {
	var bad errs.Fields
	if !ref.IsName(name) {
		bad.Add("name", name, ref.NameForm)
	}
	sp.Title, sp.Description = text(&bad, "title", sp.Title, maxTitle), text(&bad, "description", sp.Description, maxText)
	if sp.Applies = strings.TrimSpace(sp.Applies); sp.Applies != "" {
		if r := checkRule(&bad, "applies", sp.Applies); r != nil {
			for _, f := range r.uses {
				if !strings.HasPrefix(f, "service.") {
					bad.Add("applies", sp.Applies, "ask only what the service is (service.tier, service.team, service.name, service.lifecycle); put "+f+" into a check")
				}
			}
		}
	}
	switch n := len(sp.Checks); {
	case n == 0:
		bad.Add("checks", "", "write at least one check")
	case n > maxChecks:
		bad.Add("checks", fmt.Sprint(n), fmt.Sprintf("use at most %d checks", maxChecks))
	default:
		sp.Checks = slices.Clone(sp.Checks)
		seen := map[string]bool{}
		for i := range sp.Checks {
			sp.Checks[i].normalise(&bad, fmt.Sprintf("checks[%d].", i), seen)
		}
	}
	return bad.Err()
}

func (c *Check) normalise(bad *errs.Fields, at string, seen map[string]bool) {
	c.ID = strings.TrimSpace(c.ID)
	switch {
	case !ref.IsName(c.ID):
		bad.Add(at+"id", c.ID, ref.NameForm)
	case seen[c.ID]:
		bad.Add(at+"id", c.ID, "another check of this card has this id")
	}
	seen[c.ID] = true
	c.Title, c.Why, c.Next = text(bad, at+"title", c.Title, maxTitle), text(bad, at+"why", c.Why, maxText), text(bad, at+"next", c.Next, maxText)
	if c.Title == "" {
		bad.Add(at+"title", "", "say what is so when it passes")
	}
	if c.Level == "" {
		c.Level = Bronze.String()
	}
	if l, ok := LevelOf(c.Level); !ok || l == None {
		bad.Add(at+"level", c.Level, "use bronze, silver or gold")
	}
	if c.Rule = strings.TrimSpace(c.Rule); c.Rule == "" {
		bad.Add(at+"rule", "", "write a rule over facts, like runbook.count >= 1")
	} else if r := checkRule(bad, at+"rule", c.Rule); r != nil && len(r.uses) == 0 {
		bad.Add(at+"rule", c.Rule, "ask at least one fact; this is always the same")
	}
	if c.Link = strings.TrimSpace(c.Link); c.Link != "" {
		u, err := url.Parse(strings.ReplaceAll(c.Link, "{service}", "service"))
		here := err == nil && u.Host == "" && u.Scheme == "" && strings.HasPrefix(u.Path, "/")
		there := err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http")
		if !here && !there || len(c.Link) > 2000 {
			bad.Add(at+"link", c.Link, "use a path here, like /oncall, or a full web address")
		}
	}
}

func checkRule(bad *errs.Fields, field, rule string) *rule {
	if utf8.RuneCountInString(rule) > maxRule {
		bad.Add(field, rule, fmt.Sprintf("use at most %d characters", maxRule))
		return nil
	}
	r, err := compile(rule)
	if err != nil {
		bad.Add(field, rule, err.Error())
		return nil
	}
	return r
}

func text(bad *errs.Fields, field, s string, limit int) string {
	s = strings.TrimSpace(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		bad.Add(field, s, "use UTF-8 text")
	case utf8.RuneCountInString(s) > limit:
		bad.Add(field, s, fmt.Sprintf("use at most %d characters", limit))
	}
	return s
}
