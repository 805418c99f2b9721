package catalogweb

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
	"github.com/evenkeel/evenkeel/internal/web"
)

// The fields of checks have the names by which faults call them, checks[0].rule,
// so that a fault, and what others saved meanwhile, stand at their field.

// checkParts are the fields of a check.
var checkParts = []string{"id", "title", "rule", "level", "why", "next", "link"}

// maxLines bounds the checks that a form may send; a card has at most 50.
const maxLines = 60

func checkField(n int, part string) string { return fmt.Sprintf("checks[%d].%s", n, part) }

// readCard is what was typed; the form's lines are numbered anew without the
// empty ones, so that they fit the numbers in faults.
func readCard(form *web.Form) scorecard.Spec {
	sp := scorecard.Spec{Title: form.Get("title"), Description: form.Get("description"), Applies: form.Get("applies")}
	for n := range maxLines {
		c := scorecard.Check{ID: form.Get(checkField(n, "id")), Title: form.Get(checkField(n, "title")), Rule: form.Get(checkField(n, "rule")), Level: form.Get(checkField(n, "level")),
			Why: form.Get(checkField(n, "why")), Next: form.Get(checkField(n, "next")), Link: form.Get(checkField(n, "link"))}
		if c.ID+c.Title+c.Rule+c.Why+c.Next+c.Link == "" {
			continue
		}
		if c.ID == "" {
			c.ID = named(c.Title, sp.Checks)
		}
		sp.Checks = append(sp.Checks, c)
	}
	putChecks(form.Values, sp.Checks)
	return sp
}

var notName = regexp.MustCompile(`[^a-z0-9]+`)

// named makes an id of a title that no other check has; a person may write a
// better one.
func named(title string, others []scorecard.Check) string {
	id := strings.Trim(notName.ReplaceAllString(strings.ToLower(title), "-"), "-")
	if len(id) > 40 {
		id = strings.TrimRight(id[:40], "-")
	}
	for n, try := 2, id; id != ""; n++ {
		taken := false
		for _, c := range others {
			taken = taken || c.ID == try
		}
		if !taken {
			return try
		}
		try = id + "-" + strconv.Itoa(n)
	}
	return ""
}

// putChecks writes checks into a form's values in place of all that it has.
func putChecks(v url.Values, list []scorecard.Check) {
	for n := range maxLines {
		for _, part := range checkParts {
			v.Del(checkField(n, part))
		}
	}
	for n, c := range list {
		for i, s := range []string{c.ID, c.Title, c.Rule, c.Level, c.Why, c.Next, c.Link} {
			v.Set(checkField(n, checkParts[i]), s)
		}
	}
}

// dropCheck takes the n-th check away, counted from 1.
func dropCheck(form *web.Form, n int) {
	list := readCard(form).Checks
	if n >= 1 && n <= len(list) {
		putChecks(form.Values, append(list[:n-1:n-1], list[n:]...))
	}
}

// storedCard is a card as the form holds it.
func storedCard(c scorecard.Card) *web.Form {
	v := url.Values{"version": {strconv.FormatInt(c.Version, 10)}, "title": {c.Title}, "description": {c.Description}, "applies": {c.Applies}}
	putChecks(v, c.Checks)
	return &web.Form{Values: v}
}

// aligned puts what is stored at the places of the same checks in what was
// typed, so that it is compared with them; others follow.
func aligned(now, typed *web.Form) *web.Form {
	was, mine := readCard(now).Checks, readCard(typed).Checks
	out := make([]scorecard.Check, len(mine), len(mine)+len(was))
	for _, c := range was {
		at := -1
		for i, m := range mine {
			if m.ID == c.ID {
				at = i
			}
		}
		if at >= 0 {
			out[at] = c
		} else {
			out = append(out, c)
		}
	}
	putChecks(now.Values, out)
	return now
}

// checks builds the lines of the form: those that are filled, those that
// others added meanwhile, and an empty one when it is asked for.
func (page *CardEditPage) checks(form *web.Form) {
	form.Default("title", "") // makes the values
	count := 0
	for n := range maxLines {
		if form.Values.Has(checkField(n, "id")) {
			count = n + 1
		}
	}
	if count == 0 || form.Get("spare") != "" {
		count++
	}
	for n := count; n < maxLines && form.Input(checkField(n, "id"), "").Fault != ""; n++ {
		count++
	}
	levels := make([]web.Option, len(scorecard.Levels))
	for i, l := range scorecard.Levels {
		levels[i] = web.Option{Value: l.String(), Title: l.String()}
	}
	for n := range min(count, maxLines) {
		of := func(part string) string { return checkField(n, part) }
		say := func(label string) string { return fmt.Sprintf("%s of check %d", label, n+1) }
		c := checkForm{N: n + 1,
			Title: form.Input(of("title"), say("Title")).Need().Limit(100).Say("Runbook read in the last 90 days"),
			Rule:  form.Area(of("rule"), say("Rule"), 1+len(form.Get(of("rule")))/90+strings.Count(form.Get(of("rule")), "\n")).Need().Limit(2000).Say("runbook.age_days < 90"),
			Level: form.Default(of("level"), scorecard.Bronze.String()).Select(of("level"), say("Level"), levels...).Need(),
			ID:    form.Input(of("id"), say("Id")).Limit(63).Help("Of the title when left out; the trend is kept by it"),
			Why:   form.Input(of("why"), say("Why")).Limit(1000).Say("At night the first thing looked for is the runbook."),
			Next:  form.Input(of("next"), say("What to do")).Limit(1000).Say("Read it against the service and mend it."),
			Link:  form.Input(of("link"), say("Where to do it")).Limit(2000).Say("/services/{service}/edit").Help("A path here or an address; {service} is its name"),
		}
		for _, f := range []*web.Field{&c.Title, &c.Rule, &c.Level, &c.ID, &c.Why, &c.Next, &c.Link} {
			f.ID = fmt.Sprintf("f-check-%d-%s", n+1, f.Name[strings.LastIndexByte(f.Name, '.')+1:])
			c.Open = c.Open || f.Fault != "" && f.Name != c.Title.Name && f.Name != c.Rule.Name && f.Name != c.Level.Name
		}
		for i, label := range []string{"Title", "Rule", "Level", "Id", "Why", "What to do", "Where to do it"} {
			*[]*string{&c.Title.Label, &c.Rule.Label, &c.Level.Label, &c.ID.Label, &c.Why.Label, &c.Next.Label, &c.Link.Label}[i] = label
		}
		if page.Trial != nil {
			c.Out = page.Trial.rows[form.Get(of("id"))]
		}
		page.Checks = append(page.Checks, c)
	}
}
