package changeweb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/web"
)

// decision is what policy said, as a card: the result in plain words, what is
// not needed, whether it is met, and the rules with their facts.
type decision struct {
	Tone      string // of the band: green, amber, red
	Heading   string
	NotNeeded string
	Met       *web.Tag
	Took      string
	Policy    string // version and page
	PolicyTo  string
	Path      string // of the decision itself; empty: a dry run
	Key       string
	Reasons   []reason
	Quiet     []reason // that had no effect, when there are many
	Duties    []string
	Failed    string
}

var decisionPart = web.Parse(files, "decided.html", decision{})

// HTML is the inside of the card.
func (d *decision) HTML() (web.HTML, error) { return decisionPart.Fragment(d) }

// reason is one rule's contribution.
type reason struct {
	Class, Icon, Effect string
	Head, Rest          string
	Rule, Path          string
}

var effects = map[policy.Effect]reason{
	policy.Denies:  {Class: "bad", Icon: "hand-stop", Effect: "Holds it"},
	policy.Unknown: {Class: "up", Icon: "help-circle", Effect: "Not known"},
	policy.Adds:    {Class: "up", Icon: "chevron-up", Effect: "Adds review"},
	policy.Neutral: {Icon: "minus", Effect: "No effect"},
	policy.Eases:   {Class: "dn", Icon: "chevron-down", Effect: "Eases review"},
}

var effectOrder = []policy.Effect{policy.Denies, policy.Unknown, policy.Adds, policy.Eases, policy.Neutral}

const mostReasons = 9 // in sight; what had no effect folds first

// decisionOf shows a decision by the levels that hold now.
func decisionOf(d change.Decided, levels change.Levels) *decision {
	out := &decision{Took: took(d.Took), Failed: d.Result.Failed}
	out.Policy, out.PolicyTo = policyName(d.Policy)
	if d.ID != 0 {
		out.Key, out.Path = d.Ref().String(), d.Ref().Path()
	}
	switch d.Result.Outcome {
	case policy.Allow:
		out.Tone, out.Heading = "green", "Allowed: no review needed"
	case policy.Deny:
		out.Tone, out.Heading = "red", "Not now: it is held"
	default:
		out.Tone, out.Heading = "amber", "Needs review: "+needs(d.Result)
	}
	out.NotNeeded = notNeeded(d, levels)
	list := slices.Clone(d.Result.Reasons)
	slices.SortStableFunc(list, func(a, b policy.Reason) int {
		return slices.Index(effectOrder, a.Effect) - slices.Index(effectOrder, b.Effect)
	})
	for _, r := range list {
		x, ok := effects[r.Effect]
		if !ok {
			x = effects[policy.Unknown]
		}
		x.Head, x.Rest = factOf(r.Text)
		x.Rule, x.Path = r.Rule, out.PolicyTo+"#"+r.Rule+".rego" // rules stand in files of their name
		if r.Effect == policy.Neutral && len(list) > mostReasons {
			out.Quiet = append(out.Quiet, x)
			continue
		}
		out.Reasons = append(out.Reasons, x)
	}
	for _, o := range d.Result.Obligations {
		if t := duty(o); t != "" && !slices.Contains(out.Duties, t) {
			out.Duties = append(out.Duties, t)
		}
	}
	return out
}

// needs is who must review, in words.
func needs(d policy.Decision) string {
	var list []string
	for _, who := range append(append([]string{}, policy.Reviewers...), teamsIn(d.Reviews)...) {
		n := 0
		for _, r := range d.Reviews {
			if r.Who == who {
				n = max(n, max(r.Count, 1))
			}
		}
		if n > 0 {
			list = append(list, soMany(n, who))
		}
	}
	if len(list) == 0 {
		return "by a person"
	}
	return and(list)
}

func teamsIn(list []policy.Review) (out []string) {
	for _, r := range list {
		if strings.HasPrefix(r.Who, policy.Team) && !slices.Contains(out, r.Who) {
			out = append(out, r.Who)
		}
	}
	return out
}

// notNeeded names what a reader may have expected, and why it is not asked for.
func notNeeded(d change.Decided, levels change.Levels) string {
	if d.Result.Outcome == policy.Deny || d.Result.Failed != "" {
		return ""
	}
	asks := func(who string) bool {
		return slices.ContainsFunc(d.Result.Reviews, func(r policy.Review) bool { return r.Who == who })
	}
	var list []string
	if !asks(policy.Board) && d.Risk >= 0 && d.Risk < levels.High {
		list = append(list, fmt.Sprintf("the change board (risk under %d)", levels.High))
	}
	if !asks(policy.Peer) && d.Result.Outcome == policy.Allow && d.Risk >= 0 && d.Risk < levels.Medium {
		list = append(list, fmt.Sprintf("a peer (risk under %d)", levels.Medium))
	}
	if !asks(policy.Owner) && d.Result.Outcome == policy.NeedsReview {
		list = append(list, "the owner (no rule asks for one)")
	}
	if len(list) == 0 {
		return ""
	}
	if len(list) == 1 {
		return "Not needed: " + list[0] + "."
	}
	return "Not needed: " + strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1] + "."
}

// duty is an obligation in words.
func duty(o policy.Obligation) string {
	switch o.Do {
	case policy.Notify:
		var who []string
		for _, w := range o.Whom {
			if name, ok := strings.CutPrefix(w, "channel:"); ok {
				who = append(who, "channel "+name)
				continue
			}
			who = append(who, "the "+reviewer(w))
		}
		return "when it starts, " + and(who) + " are told"
	case policy.Verify:
		var d change.Duration
		if o.For == "" || d.UnmarshalText([]byte(o.For)) != nil {
			return ""
		}
		return "health is watched for " + words(d) + " after it"
	case policy.Window:
		switch {
		case !o.From.IsZero():
			return "it starts not before " + o.From.UTC().Format("Mon 2 Jan 15:04 UTC")
		case !o.Until.IsZero():
			return "it starts before " + o.Until.UTC().Format("Mon 2 Jan 15:04 UTC")
		}
	}
	return ""
}

// met says whether the approvals that were asked for are there.
func met(v *web.View, c change.Change, list []change.Approval, names map[int64]string) *web.Tag {
	var who []string
	waiting := 0
	var last change.Approval
	for _, a := range list {
		switch {
		case a.State == change.Waiting:
			waiting++
		case a.State == change.Given && (a.Commit == c.Commit || a.Commit == ""):
			if name := approver(v, a, names); !slices.Contains(who, name) {
				who = append(who, name)
			}
			if a.DecidedAt.After(last.DecidedAt) {
				last = a
			}
		}
	}
	switch {
	case c.Bypass && (waiting > 0 || c.Outcome == policy.Deny):
		return &web.Tag{Text: "Not met: it began without", Tone: "red", Icon: "alert-triangle"}
	case c.State == change.Rejected:
		return &web.Tag{Text: "Rejected", Tone: "red", Icon: "ban"}
	case waiting > 0 && len(who) > 0:
		return &web.Tag{Text: fmt.Sprintf("%d of %d given", len(who), len(who)+waiting), Tone: "amber", Icon: "clock"}
	case waiting > 0:
		return &web.Tag{Text: "Waiting", Tone: "amber", Icon: "clock"}
	case len(who) > 0:
		return &web.Tag{Text: "Met: " + and(who) + ", " + v.Local(last.DecidedAt), Tone: "green", Icon: "check"}
	case c.Bypass && c.Outcome == policy.NeedsReview:
		return &web.Tag{Text: "Not met: it began without", Tone: "red", Icon: "alert-triangle"}
	}
	return nil
}

// approver names who gave an approval.
func approver(v *web.View, a change.Approval, names map[int64]string) string {
	switch {
	case a.Person != 0:
		return person(v, names, a.Person).Name
	case a.Outside != "":
		return a.Outside
	}
	return "Somebody"
}
