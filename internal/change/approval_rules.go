package change

import (
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// Who may approve what, without a database. The rules:
//
//   - the author of a change never approves it, nor does the person who asked
//     the gate for it, for themselves or on behalf of anybody; and nobody
//     approves on behalf of these two;
//   - one person counts once for each reviewer that policy asks for, but may
//     count for several: an owner who is a peer, too, fulfils both, as a code
//     owner's review does on a forge;
//   - a delegate stands for a person where that person could have approved, and
//     counts neither beside that person nor beside themselves.

// approver is somebody who wants to approve.
type approver struct {
	Person   int64
	Handle   string
	Mail     string
	Responds bool                     // is active, and has the permission to respond
	Manages  bool                     // has the role of a manager or admin: the board, where none is named
	Teams    map[string]auth.TeamRole // where they are a member
}

// jury is what the approvals of one change stand on.
type jury struct {
	authorPerson int64
	author       string   // as the source names the author
	askers       []int64  // people who asked the gate for it
	services     []string // of the change, for words
	owners       []string // teams that own its services
	headless     []string // of these, the ones without a manager: there a lead counts
	duty         []int64  // on call for one of the services now
	boardPeople  []int64
	boardTeams   []string
}

// involved says why a person may not approve at all; empty: nothing speaks
// against it.
func (j jury) involved(a approver) string {
	switch {
	case a.Person != 0 && a.Person == j.authorPerson || sameAuthor(j.author, a.Handle, a.Mail):
		return "you are the author; somebody else has to look at it (four eyes)"
	case slices.Contains(j.askers, a.Person):
		return "you asked for it; somebody else has to look at it (four eyes)"
	case !a.Responds:
		return "your role may not approve changes; it needs the permission \"respond\""
	}
	return ""
}

// sameAuthor reports whether what a source calls the author means a person:
// a login that is the handle, an address, or "Name <address>".
func sameAuthor(author, handle, mail string) bool {
	author = strings.TrimSpace(author)
	if author == "" {
		return false
	}
	if i := strings.LastIndexByte(author, '<'); i >= 0 && strings.HasSuffix(author, ">") {
		author = author[i+1 : len(author)-1]
	}
	return handle != "" && strings.EqualFold(author, handle) || mail != "" && strings.EqualFold(author, mail)
}

// fits reports whether a person is such a reviewer.
func (j jury) fits(who string, a approver) bool {
	switch who {
	case policy.Peer:
		return true
	case policy.Owner:
		return slices.ContainsFunc(j.owners, func(team string) bool { _, ok := a.Teams[team]; return ok })
	case policy.Manager:
		return slices.ContainsFunc(j.owners, func(team string) bool {
			role := a.Teams[team]
			return role == auth.Manager || role == auth.Lead && slices.Contains(j.headless, team)
		})
	case policy.OnCall:
		return slices.Contains(j.duty, a.Person)
	case policy.Board:
		if len(j.boardPeople) == 0 && len(j.boardTeams) == 0 {
			return a.Manages
		}
		return slices.Contains(j.boardPeople, a.Person) ||
			slices.ContainsFunc(j.boardTeams, func(team string) bool { _, ok := a.Teams[team]; return ok })
	}
	if team, ok := strings.CutPrefix(who, policy.Team); ok {
		_, is := a.Teams[team]
		return is
	}
	return false
}

// whom puts a reviewer into words: "a member of payments".
func (j jury) whom(who string) string {
	switch who {
	case policy.Peer:
		return "anybody who responds, but the author"
	case policy.Owner:
		if len(j.owners) == 0 {
			return "a member of the team that owns the service, and none does"
		}
		return "a member of " + strings.Join(j.owners, " or ")
	case policy.Manager:
		return "a manager of " + strings.Join(j.owners, " or ")
	case policy.OnCall:
		return "who is on call for " + strings.Join(j.services, " or ")
	case policy.Board:
		return "the change board"
	}
	if team, ok := strings.CutPrefix(who, policy.Team); ok {
		return "a member of " + team
	}
	return who
}

// grant says that one needed approval is given, and on whose behalf.
type grant struct {
	row      int // index into the approvals
	onBehalf int64
}

// grants finds the waiting approvals that a person fulfils, one of each
// reviewer; why says why there are none. from are the people whose delegate
// the person is now.
func (j jury) grants(list []Approval, a approver, from []approver) (out []grant, why string) {
	if why := j.involved(a); why != "" {
		return nil, why
	}
	var waiting []string
	for _, x := range list {
		if x.State == Waiting && !slices.Contains(waiting, x.Who) {
			waiting = append(waiting, x.Who)
		}
	}
	if len(waiting) == 0 {
		return nil, "it waits for nobody's approval"
	}
	for _, who := range waiting {
		onBehalf, ok, reason := j.stands(list, who, a, from)
		if !ok {
			why = reason
			continue
		}
		i := slices.IndexFunc(list, func(x Approval) bool { return x.State == Waiting && x.Who == who })
		out = append(out, grant{i, onBehalf})
	}
	if len(out) > 0 {
		why = ""
	}
	return out, why
}

// stands says for whom a person can approve as such a reviewer: 0 for
// themselves.
func (j jury) stands(list []Approval, who string, a approver, from []approver) (onBehalf int64, ok bool, why string) {
	used := map[int64]bool{}
	for _, x := range list {
		if x.State == Given && x.Who == who {
			used[x.Person], used[x.OnBehalf] = true, true
		}
	}
	if used[a.Person] {
		return 0, false, "you approved it already; it needs somebody else, too"
	}
	if j.fits(who, a) {
		return 0, true, ""
	}
	for _, d := range from {
		if j.fits(who, d) && j.involved(d) == "" && !used[d.Person] {
			return d.Person, true, ""
		}
	}
	return 0, false, "it waits for " + j.whom(who)
}
