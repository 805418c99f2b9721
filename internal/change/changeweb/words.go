package changeweb

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// The words of changes, so that every page uses the same ones.

var typeTones = map[change.Type]string{change.Standard: "green", change.Normal: "accent", change.Emergency: "red"}

func typeTag(c change.Change) web.Tag {
	return web.Tag{Text: upper(string(c.Type)) + " change", Tone: typeTones[c.Type]}
}

// stateTone is the meaning of a state: violet for what is on its way to users,
// amber for what needs a person.
func stateTone(s change.State) string {
	switch s {
	case change.Awaiting:
		return "amber"
	case change.InProgress, change.Verifying:
		return "violet"
	case change.Succeeded:
		return "green"
	case change.Failed, change.RolledBack:
		return "red"
	case change.Approved, change.Scheduled:
		return "accent"
	}
	return ""
}

// stateIcon is the shape beside the word, so that no state is colour alone.
func stateIcon(s change.State) string {
	switch s {
	case change.Awaiting:
		return "hand-stop"
	case change.Approved:
		return "check"
	case change.Scheduled:
		return "calendar"
	case change.InProgress:
		return "rocket"
	case change.Verifying:
		return "heartbeat"
	case change.Succeeded:
		return "circle-check"
	case change.Failed:
		return "alert-octagon"
	case change.RolledBack:
		return "arrow-back-up"
	case change.Rejected, change.Canceled:
		return "ban"
	}
	return "edit"
}

func stateTag(s change.State) web.Tag {
	return web.Tag{Text: upper(string(s)), Tone: stateTone(s), Icon: stateIcon(s)}
}

var levelTones = map[string]string{"low": "green", "medium": "amber", "high": "red"}

func riskTag(score int, level string) web.Tag {
	if score < 0 {
		return web.Tag{Text: "Risk unknown"}
	}
	return web.Tag{Text: "Risk " + strconv.Itoa(score), Tone: levelTones[level]}
}

// reviewer is who a policy asks for, in words.
func reviewer(who string) string {
	switch who {
	case policy.Peer:
		return "peer"
	case policy.Owner:
		return "owner"
	case policy.OnCall:
		return "person on call"
	case policy.Board:
		return "member of the board"
	case policy.Manager:
		return "manager"
	}
	if team, ok := strings.CutPrefix(who, policy.Team); ok {
		return "member of " + team
	}
	return who
}

var numbers = []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}

// so many reviewers, in words: "one peer", "two peers".
func soMany(n int, who string) string {
	word := reviewer(who)
	if n != 1 {
		switch head, tail, ok := strings.Cut(word, " "); {
		case word == "person on call":
			word = "people on call"
		case ok:
			word = head + "s " + tail
		default:
			word += "s"
		}
	}
	if n >= 0 && n < len(numbers) {
		return numbers[n] + " " + word
	}
	return strconv.Itoa(n) + " " + word
}

func upper(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// and joins words as people do.
func and(list []string) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// took is how long something lasted, however short.
func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(max(d, 0))/1e6)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return web.Dur(d)
}

// short is a commit as people name it; anything else stays as it is.
func short(s string) string {
	if change.IsCommit(s) {
		return s[:8]
	}
	if rest, ok := strings.CutPrefix(s, "sha256:"); ok && len(rest) > 12 {
		return "sha256:" + rest[:12]
	}
	return s
}

// secure is a link that pages may lead to; empty for anything but the web.
func secure(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return address
}

// pull is a pull request in short: "harbour/checkout#2291".
func pull(c change.Change) string {
	u, err := url.Parse(c.PullRequest)
	if err != nil || c.PullRequest == "" {
		return c.PullRequest
	}
	if i := strings.LastIndexByte(u.Path, '/'); i >= 0 && c.Repository != "" {
		return c.Repository + "#" + u.Path[i+1:]
	}
	return u.Host + u.Path
}

// policyName is the version that decided, with its page.
func policyName(version int64) (name, path string) {
	if version == 0 {
		return "built-in policy", "/changes/policy/POLICY-0"
	}
	r := ref.N(ref.Policy, version)
	return r.String(), r.Path()
}

// weightsName is the version of the weights of the risk score.
func weightsName(version int64) (name, path string) {
	if version == 0 {
		return "built-in weights", "/changes/risk/RISK-0"
	}
	r := ref.N(ref.RiskModel, version)
	return r.String(), r.Path()
}

// factOf splits a sentence into its fact and what follows from it: pages write the
// fact strong.
func factOf(text string) (head, rest string) {
	for _, cut := range []string{": ", "; ", ". ", ", "} {
		if a, b, ok := strings.Cut(text, cut); ok && len(a) > 3 && len(a) < 70 && !strings.HasPrefix(a, "If ") {
			return a + strings.TrimRight(cut, " "), b
		}
	}
	return text, ""
}
