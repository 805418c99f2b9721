package changeweb

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/web"
)

// approvals is who was asked, how long that took, and who answered what.
type approvals struct {
	Wait   string // "Waited 2 h 35 m · team median 1 h 10 m"
	Steps  []asked
	Why    string // why the viewer cannot approve; empty: can, or nobody is asked
	As     string // "peer and owner"
	Commit string // that an approval holds for
	Short  string
	Path   string // of the change
	May    bool
	Reject bool
}

// asked is one event of the approvals.
type asked struct {
	Class string // of the node: ok, bad, wait
	Icon  string
	Who   string // strong
	Text  string
	Note  string // second line
	At    time.Time
	Rule  string
}

// approvalsOf tells the story of a change's approvals, oldest first. now is the
// page's.
func approvalsOf(v *web.View, i change.Item, all []change.Approval, names map[int64]string) *approvals {
	c := i.Change
	out := &approvals{As: strings.Join(reviewers(i.As), " and "), Commit: c.Commit, Short: short(c.Commit), Path: c.Ref().Path()}
	if c.State == change.Awaiting {
		out.May, out.Why = len(i.As) > 0, upper(i.Why)
		out.Reject = out.May
		if out.May {
			out.Why = ""
		}
	}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b change.Approval) int { return a.AskedAt.Compare(b.AskedAt) })
	rounds := map[time.Time][]change.Approval{}
	var order []time.Time
	for _, a := range sorted {
		k := a.AskedAt.Truncate(time.Second)
		if rounds[k] == nil {
			order = append(order, k)
		}
		rounds[k] = append(rounds[k], a)
	}
	for _, k := range order {
		out.round(v, c, rounds[k], names)
	}
	if len(sorted) > 0 && c.AuthorPerson != 0 {
		out.Steps = append(out.Steps, asked{Icon: "lock", Text: person(v, names, c.AuthorPerson).Name + " may not approve: author", Rule: "four eyes"})
	} else if len(sorted) > 0 && c.Author != "" {
		out.Steps = append(out.Steps, asked{Icon: "lock", Text: c.Author + " may not approve: author", Rule: "four eyes"})
	}
	switch {
	case c.State == change.Awaiting && !c.RequestedAt.IsZero():
		out.Wait = "Waiting " + web.Dur(v.Now.Sub(c.RequestedAt))
	case c.Waited > 0:
		out.Wait = "Waited " + web.Dur(c.Waited)
	}
	return out
}

// round is what was asked for at one time, with the answers.
func (o *approvals) round(v *web.View, c change.Change, list []change.Approval, names map[int64]string) {
	count := map[string]int{}
	var who []string
	for _, a := range list {
		if count[a.Who] == 0 {
			who = append(who, a.Who)
		}
		count[a.Who]++
	}
	var words []string
	for _, w := range who {
		words = append(words, soMany(count[w], w))
	}
	o.Steps = append(o.Steps, asked{Icon: "send", Text: "Asked " + and(words), At: list[0].AskedAt})
	var answered []change.Approval
	waiting := 0
	for _, a := range list {
		if a.State == change.Waiting {
			waiting++
			continue
		}
		answered = append(answered, a)
	}
	slices.SortStableFunc(answered, func(a, b change.Approval) int { return a.DecidedAt.Compare(b.DecidedAt) })
	from := list[0].AskedAt
	for _, a := range answered {
		if gap := a.DecidedAt.Sub(from); gap >= time.Minute {
			o.Steps = append(o.Steps, asked{Class: "wait", Text: web.Dur(gap) + " waiting"})
		}
		from = a.DecidedAt
		o.Steps = append(o.Steps, answer(v, c, a, names))
	}
	if waiting > 0 {
		text := web.Dur(v.Now.Sub(list[0].AskedAt)) + " waiting"
		if !c.StartedAt.IsZero() { // it went past the gate
			o.Steps = append(o.Steps, asked{Class: "wait", Text: web.Dur(c.StartedAt.Sub(list[0].AskedAt)) + " waiting"}, asked{Class: "bad", Icon: "x", Text: "It began without an answer", At: c.StartedAt})
			return
		}
		for _, a := range list {
			if a.State == change.Waiting && !a.ExpiresAt.IsZero() {
				text += ", expires " + v.Local(a.ExpiresAt)
				break
			}
		}
		o.Steps = append(o.Steps, asked{Class: "wait", Text: text})
	}
}

// answer is what somebody said, or what became of the question.
func answer(v *web.View, c change.Change, a change.Approval, names map[int64]string) asked {
	s := asked{At: a.DecidedAt, Note: a.Reason, Rule: a.Rule}
	as := " as " + reviewer(a.Who)
	if a.OnBehalf != 0 {
		as += " in the place of " + person(v, names, a.OnBehalf).Name
	}
	switch a.State {
	case change.Given:
		s.Class, s.Icon, s.Who, s.Text = "ok", "check", approver(v, a, names), "approved"+as
		if a.Via == change.ViaReview {
			s.Text = "approved the code" + as
		}
		if a.Commit != "" && a.Commit != c.Commit {
			s.Class, s.Text = "", s.Text+", for "+short(a.Commit)+" and not for this commit"
		}
	case change.Refused:
		s.Class, s.Icon, s.Who, s.Text = "bad", "x", approver(v, a, names), "rejected it"+as
	case change.Expired:
		s.Icon, s.Text = "clock", "Expired: "+reviewer(a.Who)
		if a.Person != 0 || a.Outside != "" {
			s.Text = "Approval of " + approver(v, a, names) + " expired"
		}
	default:
		s.Icon, s.Text = "ban", "No longer asked for: "+reviewer(a.Who)
	}
	return s
}

// reviewers are what somebody would approve as, each once.
func reviewers(list []string) (out []string) {
	for _, who := range list {
		if w := reviewer(who); !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// people are those whom approvals mention.
func people(c change.Change, list []change.Approval) []int64 {
	ids := []int64{c.AuthorPerson}
	for _, a := range list {
		ids = append(ids, a.Person, a.OnBehalf)
	}
	return ids
}

// median puts what is usual beside a wait.
func (o *approvals) median(d time.Duration, n int) {
	if n < 3 {
		return
	}
	text := "team median " + web.Dur(d)
	if d < time.Minute {
		text = "team median under 1 min"
	}
	if o.Wait == "" {
		o.Wait = upper(text)
		return
	}
	o.Wait += fmt.Sprintf(" · %s", text)
}

// nobody says that no approval was needed.
func nobody(c change.Change) string {
	switch {
	case c.Decision == 0:
		return "Policy was not asked, so nobody was."
	case c.Outcome == policy.Allow:
		return "Nobody was asked: policy allowed it."
	case c.Outcome == policy.Deny:
		return "Nobody is asked while it is held."
	}
	return "Nobody was asked yet."
}
