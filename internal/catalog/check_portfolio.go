package catalog

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const (
	maxText     = 4000 // of a description
	maxNote     = 500
	maxUsers    = 30
	maxRaci     = 50
	maxParties  = 30
	maxRepos    = 50
	maxNeeds    = 200
	maxNeedName = 300
)

// Day is how dates are written (RFC 3339, full-date).
const Day = time.DateOnly

var (
	amountForm   = regexp.MustCompile(`^\d{1,12}(\.\d{1,2})?$`)
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)
	itemForm     = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]*:\S.*$`)
	scpForm      = regexp.MustCompile(`^(?:[A-Za-z0-9._-]+@)?([A-Za-z0-9.-]+):([^/\s:][^\s:]*)$`) // git's short form of ssh
)

// normalise checks a portfolio, trims it and brings it into one form.
func (p *Portfolio) normalise(name string, bad *errs.Fields) {
	*p = p.clone()
	p.Description = text(bad, "description", p.Description, maxText)
	p.Value = line(bad, "value", p.Value, maxNote)
	p.Users = lines(bad, "users", p.Users, maxUsers)
	p.Until = date(bad, "until", p.Until)
	p.ReplacedBy = strings.TrimSpace(p.ReplacedBy)
	if p.ReplacedBy != "" && !ref.IsName(p.ReplacedBy) {
		bad.Add("replaced_by", p.ReplacedBy, "name a service: "+ref.NameForm)
	} else if p.ReplacedBy == name && name != "" {
		bad.Add("replaced_by", p.ReplacedBy, "name another service; nothing replaces itself")
	}
	p.checkCost(bad)
	p.checkSourcing(bad)
	p.checkRaci(bad)
	p.checkRepositories(bad)
	p.checkNeeds(name, bad)
}

// text is several lines of text: valid, trimmed, bounded.
func text(bad *errs.Fields, field, s string, limit int) string {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		bad.Add(field, s, "use UTF-8 text")
	case utf8.RuneCountInString(s) > limit:
		bad.Add(field, s, fmt.Sprintf("use at most %d characters", limit))
	}
	return s
}

// lines are distinct lines without empty ones; nil when none is left.
func lines(bad *errs.Fields, field string, list []string, limit int) []string {
	var out []string
	for i, s := range list {
		if s = line(bad, fmt.Sprintf("%s[%d]", field, i), s, maxTitle); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if len(out) > limit {
		bad.Add(field, fmt.Sprint(len(out)), fmt.Sprintf("use at most %d", limit))
	}
	return out
}

func date(bad *errs.Fields, field, s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	if _, err := time.Parse(Day, s); err != nil {
		bad.Add(field, s, "use a day like 2026-03-31")
	}
	return s
}

func (p *Portfolio) checkCost(bad *errs.Fields) {
	c := p.Cost
	if c == nil {
		return
	}
	c.Amount, c.Currency = strings.TrimSpace(c.Amount), strings.ToUpper(strings.TrimSpace(c.Currency))
	c.Note, c.AsOf = line(bad, "cost.note", c.Note, maxNote), date(bad, "cost.as_of", c.AsOf)
	if *c == (Cost{}) {
		p.Cost = nil
		return
	}
	if !amountForm.MatchString(c.Amount) {
		bad.Add("cost.amount", c.Amount, "use a number a month, like 1200 or 1200.50")
	}
	if !currencyForm.MatchString(c.Currency) {
		bad.Add("cost.currency", c.Currency, "use three letters of ISO 4217, like EUR")
	}
}

func (p *Portfolio) checkSourcing(bad *errs.Fields) {
	s := p.Sourcing
	if s == nil {
		return
	}
	s.Choice, s.Supplier, s.Why = strings.TrimSpace(s.Choice), line(bad, "sourcing.supplier", s.Supplier, maxTitle), text(bad, "sourcing.why", s.Why, maxText)
	s.Decided, s.Ends = date(bad, "sourcing.decided", s.Decided), date(bad, "sourcing.ends", s.Ends)
	if *s == (Sourcing{}) {
		p.Sourcing = nil
		return
	}
	if !slices.Contains(Choices, s.Choice) {
		bad.Add("sourcing.choice", s.Choice, "use build, buy or open source")
	}
	if s.Choice == "buy" && s.Supplier == "" {
		bad.Add("sourcing.supplier", "", "name the supplier: what is bought comes from somebody")
	}
	if s.Ends != "" && s.Decided != "" && s.Ends < s.Decided {
		bad.Add("sourcing.ends", s.Ends, "use a day after the decision of "+s.Decided)
	}
}

func (p *Portfolio) checkRepositories(bad *errs.Fields) {
	var out []string
	for i, s := range p.Repositories {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		u, ok := repository(s)
		if !ok {
			bad.Add(fmt.Sprintf("repositories[%d]", i), s, "use the address of a repository, like https://git.example.org/shop/checkout or git@git.example.org:shop/checkout.git, without a password in it")
			continue
		}
		if !slices.Contains(out, u) {
			out = append(out, u)
		}
	}
	if len(out) > maxRepos {
		bad.Add("repositories", fmt.Sprint(len(out)), fmt.Sprintf("use at most %d", maxRepos))
	}
	p.Repositories = out
}

// repository brings the many ways to write a repository's address into one,
// https://host/path, so that two systems that mean the same one say the same.
func repository(s string) (string, bool) {
	if m := scpForm.FindStringSubmatch(s); m != nil && !strings.Contains(s, "://") {
		s = "ssh://" + m[1] + "/" + m[2]
	} else if !strings.Contains(s, "://") && strings.Contains(s, ".") {
		s = "https://" + s
	}
	u, err := url.Parse(strings.TrimPrefix(s, "git+"))
	if err != nil || len(s) > maxURL || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || !slices.Contains([]string{"https", "http", "ssh", "git"}, u.Scheme) {
		return "", false
	}
	if _, has := u.User.Password(); has || u.User != nil && strings.HasPrefix(u.Scheme, "http") {
		return "", false
	}
	host, path := strings.ToLower(u.Hostname()), strings.TrimSuffix(strings.Trim(u.Path, "/"), ".git")
	if port := u.Port(); port != "" && strings.HasPrefix(u.Scheme, "http") && port != "443" {
		host += ":" + port
	}
	return "https://" + host + "/" + path, path != ""
}

func (p *Portfolio) checkNeeds(name string, bad *errs.Fields) {
	if len(p.DependsOn) > maxNeeds {
		bad.Add("depends_on", fmt.Sprint(len(p.DependsOn)), fmt.Sprintf("use at most %d", maxNeeds))
	}
	seen := map[string]bool{}
	for i := range p.DependsOn {
		d, at := &p.DependsOn[i], fmt.Sprintf("depends_on[%d].", i)
		d.On, d.Group, d.Why = line(bad, at+"on", d.On, maxNeedName), line(bad, at+"group", d.Group, 63), line(bad, at+"why", d.Why, maxNote)
		switch {
		case !ref.IsName(d.On) && !itemForm.MatchString(d.On):
			bad.Add(at+"on", d.On, "name a service, like payments, or an item by kind and name, like database:orders")
		case d.On == name && name != "":
			bad.Add(at+"on", d.On, "name something else; a service does not need itself")
		case seen[d.On]:
			bad.Add(at+"on", d.On, "this stands in another line already")
		}
		seen[d.On] = true
		switch d.Strength {
		case "hard":
			d.Strength = "" // the default is not kept
		case "", "soft":
		default:
			bad.Add(at+"strength", d.Strength, "use hard (without it this is down) or soft (without it this is worse)")
		}
		switch {
		case d.Need < 0 || d.Need > 1000:
			bad.Add(at+"need", fmt.Sprint(d.Need), "use 1 to 1000: how many of the group are needed")
		case d.Need > 0 && d.Group == "":
			bad.Add(at+"need", fmt.Sprint(d.Need), "name the group of which so many are needed")
		}
	}
	if len(p.DependsOn) == 0 {
		p.DependsOn = nil
	}
}
