package policyweb

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/web"
)

// Rule is one file of a policy as people read it: its first comment, and what
// it can do to a decision.
type Rule struct {
	Name, File, Text string
	Can              []web.Tag
	Lines            []Line
	Test             bool
}

// Line is a line of a file.
type Line struct {
	N    int
	Text string
	Op   string // of a difference: "+", "-", " ", "…"
	Old  int
	Note bool // a comment
}

var part = regexp.MustCompile(`(?m)^(deny|ask|unknown|note|duty) contains`)

// abilities are the sets that a rule may add to, the strictest first.
var abilities = []struct {
	set string
	tag web.Tag
}{
	{"deny", web.Tag{Text: "can stop a change", Tone: "red"}},
	{"ask", web.Tag{Text: "can ask a person", Tone: "amber"}},
	{"unknown", web.Tag{Text: "asks when nobody knows", Tone: "violet"}},
	{"duty", web.Tag{Text: "gives a duty", Tone: "accent"}},
	{"note", web.Tag{Text: "says what it saw"}},
}

// rules are the files of a policy: the one that makes the decision first, then
// by what they can do, tests last.
func rules(modules map[string]string) (out []Rule) {
	rank := map[string]int{}
	for _, file := range slices.Sorted(maps.Keys(modules)) {
		text := modules[file]
		r := Rule{Name: strings.ReplaceAll(strings.TrimSuffix(file, ".rego"), "-", " "), File: file, Text: says(text), Lines: lines(text), Test: strings.HasSuffix(file, "_test.rego")}
		has := map[string]bool{}
		for _, m := range part.FindAllStringSubmatch(text, -1) {
			has[m[1]] = true
		}
		rank[file] = len(abilities)
		for i, a := range abilities {
			if !has[a.set] || r.Test {
				continue
			}
			if rank[file] = min(rank[file], i); a.set != "unknown" && a.set != "note" || rank[file] == i { // the weak ones only where there is no other
				r.Can = append(r.Can, a.tag)
			}
		}
		switch {
		case strings.Contains(text, "\ndecision := "):
			rank[file] = -1
		case r.Test:
			rank[file] = len(abilities) + 1
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b Rule) int { return cmp.Compare(rank[a.File], rank[b.File]) })
	return out
}

// says is the first paragraph of a file's first comment.
func says(text string) string {
	var out []string
	for l := range strings.SplitSeq(text, "\n") {
		l, ok := strings.CutPrefix(l, "#")
		if !ok || strings.TrimSpace(l) == "" {
			break
		}
		out = append(out, strings.TrimSpace(l))
	}
	return strings.Join(out, " ")
}

func lines(text string) (out []Line) {
	n := 0
	for l := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		n++
		out = append(out, Line{N: n, Text: l, Note: strings.HasPrefix(strings.TrimSpace(l), "#")})
	}
	return out
}

// Answer is a decision as the pages show it.
type Answer struct {
	Outcome web.Tag
	Reviews []string
	Reasons []Why
	Failed  string
}

// Why is one reason.
type Why struct{ Icon, Tone, Rule, Text string }

var effects = map[policy.Effect]Why{
	policy.Denies: {Icon: "ban", Tone: "red"}, policy.Adds: {Icon: "plus", Tone: "amber"}, policy.Unknown: {Icon: "help-circle", Tone: "violet"},
	policy.Eases: {Icon: "check", Tone: "green"}, policy.Neutral: {Icon: "dots"},
}

func answer(d policy.Decision) Answer {
	a := Answer{Outcome: outcome(d.Outcome), Failed: d.Failed}
	for _, r := range d.Reviews {
		a.Reviews = append(a.Reviews, web.Plural(r.Count, "approval", "approvals")+" by "+reviewer(r.Who))
	}
	for _, r := range d.Reasons {
		w := effects[r.Effect]
		if w.Icon == "" {
			w.Icon = "dots"
		}
		w.Rule, w.Text = r.Rule, r.Text
		a.Reasons = append(a.Reasons, w)
	}
	return a
}

func reviewer(who string) string {
	switch who {
	case policy.Peer:
		return "a peer"
	case policy.Owner:
		return "an owner"
	case policy.OnCall:
		return "who is on call"
	case policy.Board:
		return "the change authority"
	case policy.Manager:
		return "a manager"
	}
	if team, ok := strings.CutPrefix(who, policy.Team); ok {
		return "team " + team
	}
	return who
}

// short is a decision in a few words.
func short(d policy.Decision) string {
	switch d.Outcome {
	case policy.Allow:
		return "allowed"
	case policy.Deny:
		return "denied"
	}
	var who []string
	for _, r := range d.Reviews {
		who = append(who, reviewer(r.Who))
	}
	return "review by " + strings.Join(who, ", ")
}

// because is the first reason that decides.
func because(d policy.Decision) string {
	if d.Failed != "" {
		return d.Failed
	}
	if len(d.Reasons) > 0 {
		return d.Reasons[0].Text
	}
	return ""
}
