package catalog

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
	maxTitle   = 100
	maxPromise = 280
	maxLinks   = 50
	maxAliases = 50
	maxURL     = 2000
)

func checkName(name string) error {
	if !ref.IsName(name) {
		return errs.BadField("name", name, ref.NameForm)
	}
	if name == "new" {
		return errs.BadField("name", name, "this word is the address of another page; use another name")
	}
	return nil
}

// normalise checks an edit, trims it and fills in defaults; every fault comes
// back at once.
func (e *Edit) normalise(name string) error {
	var bad errs.Fields
	e.Title = line(&bad, "title", e.Title, maxTitle)
	if e.Title == "" {
		e.Title = name
	}
	e.Promise = line(&bad, "promise", e.Promise, maxPromise)
	e.Team = strings.TrimSpace(e.Team)
	if e.Team == "" {
		bad.Add("team", "", "name the team that owns it; a service has exactly one")
	}
	if e.Tier < 0 || e.Tier > 3 {
		bad.Add("tier", fmt.Sprint(e.Tier), "use 0, 1, 2 or 3; 0 carries the business")
	}
	if e.Lifecycle != "" && !slices.Contains(Lifecycles, e.Lifecycle) {
		bad.Add("lifecycle", string(e.Lifecycle), "use proposed, live, deprecated or retired")
	}
	e.checkLinks(&bad)
	e.checkAliases(name, &bad)
	e.Portfolio.normalise(name, &bad)
	return bad.Err()
}

// line is one line of text: valid, trimmed, bounded.
func line(bad *errs.Fields, field, s string, limit int) string {
	s = strings.TrimSpace(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r\n"):
		bad.Add(field, s, "use one line of UTF-8 text")
	case utf8.RuneCountInString(s) > limit:
		bad.Add(field, s, fmt.Sprintf("use at most %d characters", limit))
	}
	return s
}

func (e *Edit) checkLinks(bad *errs.Fields) {
	if len(e.Links) > maxLinks {
		bad.Add("links", fmt.Sprint(len(e.Links)), fmt.Sprintf("use at most %d links", maxLinks))
		return
	}
	e.Links = slices.Clone(e.Links)
	for i := range e.Links {
		l, at := &e.Links[i], fmt.Sprintf("links[%d]", i)
		if l.Kind == "" {
			l.Kind = Other
		}
		if !slices.Contains(LinkKinds, l.Kind) {
			bad.Add(at+".kind", string(l.Kind), "use runbook, dashboard, repository, documentation, chat or other")
		}
		l.Title = line(bad, at+".title", l.Title, maxTitle)
		l.URL, l.Checked = strings.TrimSpace(l.URL), date(bad, at+".checked", l.Checked)
		u, err := url.Parse(l.URL)
		if err != nil || len(l.URL) > maxURL || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
			bad.Add(at+".url", l.URL, "use a full web address like https://wiki.example.org/checkout, without a password in it")
		}
	}
	if len(e.Links) == 0 {
		e.Links = nil
	}
}

func (e *Edit) checkAliases(name string, bad *errs.Fields) {
	if len(e.Aliases) > maxAliases {
		bad.Add("aliases", fmt.Sprint(len(e.Aliases)), fmt.Sprintf("use at most %d aliases", maxAliases))
		return
	}
	seen := map[string]bool{word(name): true}
	var out []string
	for i, a := range e.Aliases {
		a = line(bad, fmt.Sprintf("aliases[%d]", i), a, maxTitle)
		if a == "" || seen[word(a)] {
			continue
		}
		seen[word(a)] = true
		out = append(out, word(a))
	}
	slices.Sort(out)
	e.Aliases = out
}

// word is the form in which names and aliases are compared and kept: lower
// case, without outer space.
func word(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
