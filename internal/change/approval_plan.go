package change

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/policy"
)

// required turns what policy asks for into the number of different people of
// each reviewer, in the order in which policy names them: when two rules ask
// for a peer, one peer is enough for both.
func required(d policy.Decision) []policy.Review {
	var out []policy.Review
	for _, r := range d.Reviews {
		r.Count = max(r.Count, 1)
		i := slices.IndexFunc(out, func(o policy.Review) bool { return o.Who == r.Who })
		if i < 0 {
			out = append(out, r)
			continue
		}
		out[i].Count = max(out[i].Count, r.Count)
		if !slices.Contains(strings.Split(out[i].Rule, ", "), r.Rule) && r.Rule != "" {
			out[i].Rule += ", " + r.Rule
		}
	}
	return out
}

// plan says what a decision does to the approvals that there are: which stay,
// given or waiting, which are no longer needed, and which are new. What was
// given for this commit stays given when policy is asked anew.
func planApprovals(have []Approval, need []policy.Review, commit string, now time.Time) (keep []Approval, drop []int, add []policy.Review) {
	left := map[string]int{}
	for _, r := range need {
		left[r.Who] = r.Count
	}
	taken := make([]bool, len(have))
	for _, state := range []ApprovalState{Given, Waiting} { // given ones first
		for i, a := range have {
			if a.State != state || left[a.Who] == 0 {
				continue
			}
			if state == Given && (a.Commit != commit || !now.Before(a.ExpiresAt)) {
				continue
			}
			left[a.Who]--
			taken[i] = true
			keep = append(keep, a)
		}
	}
	for i, a := range have {
		if !taken[i] && a.State == Waiting {
			drop = append(drop, i)
		}
	}
	for _, r := range need {
		if n := left[r.Who]; n > 0 {
			add = append(add, policy.Review{Who: r.Who, Count: n, Rule: r.Rule})
		}
	}
	return keep, drop, add
}

// missing puts what is still waited for into words: "1 peer, 2 of the board".
func missing(list []Approval) string {
	var order []string
	n := map[string]int{}
	for _, a := range list {
		if a.State == Waiting {
			if n[a.Who] == 0 {
				order = append(order, a.Who)
			}
			n[a.Who]++
		}
	}
	var parts []string
	for _, who := range order {
		name := who
		if team, ok := strings.CutPrefix(who, policy.Team); ok {
			name = "team " + team
		}
		parts = append(parts, fmt.Sprintf("%d × %s", n[who], name))
	}
	return strings.Join(parts, ", ")
}
