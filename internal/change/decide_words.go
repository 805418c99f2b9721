package change

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/policy"
)

// Line puts a decision into one line for a pipeline's log: what, and the rules
// that made it so.
func (d Decided) Line() string {
	r := d.Result
	switch r.Outcome {
	case policy.Allow:
		if t := firstText(r.Reasons, policy.Eases); t != "" {
			return "allowed: " + t
		}
		if d.Risk >= 0 {
			return fmt.Sprintf("allowed: %s risk (%d)", d.level(), d.Risk)
		}
		return "allowed"
	case policy.Deny:
		return "denied: " + strings.Join(textsOf(r.Reasons, policy.Denies), "; ")
	}
	var who []string
	for _, x := range required(r) {
		who = append(who, fmt.Sprintf("%d × %s", x.Count, x.Who))
	}
	return "needs review by " + strings.Join(who, ", ") + d.because()
}

// because names the first rules that ask for review.
func (d Decided) because() string {
	list := textsOf(d.Result.Reasons, policy.Adds, policy.Unknown)
	if len(list) == 0 {
		return ""
	}
	return ": " + strings.Join(list[:min(len(list), 3)], "; ")
}

func firstText(list []policy.Reason, effect policy.Effect) string {
	if t := textsOf(list, effect); len(t) > 0 {
		return t[0]
	}
	return ""
}

func textsOf(list []policy.Reason, effects ...policy.Effect) (out []string) {
	for _, r := range list {
		if slices.Contains(effects, r.Effect) {
			out = append(out, r.Text)
		}
	}
	return out
}
