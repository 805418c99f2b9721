package change

import (
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// The people of the demo organisation, as approvers.
const (
	pMara int64 = iota + 1
	pJonas
	pPriya
	pTom
	pLena
	pOmar
)

func people() map[int64]approver {
	teams := func(list ...string) map[string]auth.TeamRole {
		out := map[string]auth.TeamRole{}
		for _, x := range list {
			name, role, _ := strings.Cut(x, "/")
			out[name] = auth.TeamRole(role)
		}
		return out
	}
	return map[int64]approver{
		pMara:  {Person: pMara, Handle: "mara", Mail: "mara@harbour.example", Responds: true, Teams: teams("payments/lead")},
		pJonas: {Person: pJonas, Handle: "jonas", Mail: "jonas@harbour.example", Responds: true, Teams: teams("payments/member")},
		pPriya: {Person: pPriya, Handle: "priya", Mail: "priya@harbour.example", Responds: true, Teams: teams("discovery/manager", "payments/manager")},
		pTom:   {Person: pTom, Handle: "tom", Mail: "tom@harbour.example", Responds: true, Teams: teams("platform/member")},
		pLena:  {Person: pLena, Handle: "lena", Mail: "lena@harbour.example", Responds: true, Manages: true},
		pOmar:  {Person: pOmar, Handle: "omar", Mail: "omar@harbour.example", Teams: teams("payments/member")}, // may only read
	}
}

func need1(who ...string) (out []Approval) {
	for i, w := range who {
		out = append(out, Approval{ID: int64(i + 1), Who: w, State: Waiting, Commit: "c1"})
	}
	return out
}

func TestWhoMayApprove(t *testing.T) {
	everybody := jury{authorPerson: pJonas, author: "jonas", services: []string{"checkout"}, owners: []string{"payments"}, duty: []int64{pTom}}
	for _, x := range []struct {
		name string
		who  string
		edit func(*jury)
		may  []int64
	}{
		{"a peer is anybody who responds", policy.Peer, nil, []int64{pMara, pPriya, pTom, pLena}},
		{"an owner is a member of the owner team", policy.Owner, nil, []int64{pMara, pPriya}},
		{"a manager is a manager of the owner team", policy.Manager, nil, []int64{pPriya}},
		{"without a manager a lead counts", policy.Manager, func(j *jury) { j.headless = []string{"payments"} }, []int64{pMara, pPriya}},
		{"on call is who is", policy.OnCall, nil, []int64{pTom}},
		{"nobody on call: nobody", policy.OnCall, func(j *jury) { j.duty = nil }, nil},
		{"an unnamed board is who manages", policy.Board, nil, []int64{pLena}},
		{"a board of people", policy.Board, func(j *jury) { j.boardPeople = []int64{pTom} }, []int64{pTom}},
		{"a board of teams", policy.Board, func(j *jury) { j.boardTeams = []string{"platform"} }, []int64{pTom}},
		{"a board whose people are gone is open to nobody", policy.Board, func(j *jury) { j.boardPeople = []int64{-1} }, nil},
		{"a team", policy.Team + "discovery", nil, []int64{pPriya}},
		{"a team that does not exist", policy.Team + "nobody", nil, nil},
		{"a reviewer that does not exist", "king", nil, nil},
		{"who asked never approves", policy.Peer, func(j *jury) { j.askers = []int64{pMara, pTom} }, []int64{pPriya, pLena}},
		{"the author by address", policy.Peer, func(j *jury) { j.authorPerson, j.author = 0, "Tom Reed <TOM@harbour.example>" }, []int64{pMara, pJonas, pPriya, pLena}},
		{"the author by login, in any case", policy.Peer, func(j *jury) { j.authorPerson, j.author = 0, "Priya" }, []int64{pMara, pJonas, pTom, pLena}},
		{"no author: nobody is kept out", policy.Peer, func(j *jury) { j.authorPerson, j.author = 0, "" }, []int64{pMara, pJonas, pPriya, pTom, pLena}},
	} {
		t.Run(x.name, func(t *testing.T) {
			j := everybody
			if x.edit != nil {
				x.edit(&j)
			}
			want := map[int64]bool{}
			for _, p := range x.may {
				want[p] = true
			}
			for id, p := range people() {
				got, why := j.grants(need1(x.who), p, nil)
				if (len(got) > 0) != want[id] {
					t.Errorf("%s: may = %v (%s), want %v", p.Handle, len(got) > 0, why, want[id])
				}
				if len(got) == 0 && why == "" {
					t.Errorf("%s: refused without a reason", p.Handle)
				}
			}
		})
	}
}

func TestApprovalsOfDifferentPeople(t *testing.T) {
	j := jury{authorPerson: pJonas, author: "jonas", owners: []string{"payments"}}
	all := people()
	list := need1(policy.Peer, policy.Peer, policy.Owner)
	give, _ := j.grants(list, all[pMara], nil)
	if len(give) != 2 || list[give[0].row].Who != policy.Peer || list[give[1].row].Who != policy.Owner {
		t.Fatalf("mara fulfils %v, want one peer and the owner", give)
	}
	for _, g := range give {
		list[g.row].State, list[g.row].Person = Given, pMara
	}
	if give, why := j.grants(list, all[pMara], nil); len(give) != 0 || !strings.Contains(why, "already") {
		t.Errorf("mara counts twice: %v %s", give, why)
	}
	if give, _ := j.grants(list, all[pTom], nil); len(give) != 1 {
		t.Errorf("tom is the second peer: %v", give)
	}
	if m := missing(list); m != "1 × peer" {
		t.Errorf("missing: %s", m)
	}
}

func TestDelegates(t *testing.T) {
	all := people()
	j := jury{authorPerson: pJonas, author: "jonas", owners: []string{"payments"}, boardPeople: []int64{pLena, pPriya}}
	for _, x := range []struct {
		name string
		me   int64
		from []int64
		list []Approval
		want int64 // on whose behalf; -1: refused
	}{
		{"the delegate stands for the board", pTom, []int64{pLena}, need1(policy.Board), pLena},
		{"who may approve does so for themselves", pPriya, []int64{pLena}, need1(policy.Board), 0},
		{"a delegate of nobody useful", pTom, []int64{pMara}, need1(policy.Board), -1},
		{"the author is no delegate", pJonas, []int64{pLena}, need1(policy.Board), -1},
		{"nobody stands for the author", pTom, []int64{pJonas}, need1(policy.Owner), -1},
		{"who may not respond is no delegate", pOmar, []int64{pLena}, need1(policy.Board), -1},
		{"not beside the person", pTom, []int64{pLena}, []Approval{{Who: policy.Board, State: Given, Person: pLena}, {Who: policy.Board, State: Waiting}}, -1},
		{"not twice", pTom, []int64{pLena, pPriya}, []Approval{{Who: policy.Board, State: Given, Person: pTom, OnBehalf: pLena}, {Who: policy.Board, State: Waiting}}, -1},
		{"the person not after the delegate", pLena, nil, []Approval{{Who: policy.Board, State: Given, Person: pTom, OnBehalf: pLena}, {Who: policy.Board, State: Waiting}}, -1},
	} {
		t.Run(x.name, func(t *testing.T) {
			var from []approver
			for _, id := range x.from {
				from = append(from, all[id])
			}
			give, why := j.grants(x.list, all[x.me], from)
			got := int64(-1)
			if len(give) > 0 {
				got = give[0].onBehalf
			}
			if got != x.want {
				t.Errorf("on behalf of %d (%s), want %d", got, why, x.want)
			}
		})
	}
	askers := j
	askers.askers = []int64{pLena}
	if give, _ := askers.grants(need1(policy.Board), all[pTom], []approver{all[pLena]}); len(give) != 0 {
		t.Error("a delegate approved for the one who asked")
	}
}

func TestDelegationTimes(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	d := Delegation{From: now.Add(-time.Hour), Until: now.Add(time.Hour)}
	if !d.active(now) || d.active(now.Add(time.Hour)) || d.active(now.Add(-2*time.Hour)) {
		t.Error("times of a delegation")
	}
	d.Ended = now
	if d.active(now) {
		t.Error("it was taken back")
	}
}

func TestRequiredReviews(t *testing.T) {
	got := required(policy.Decision{Reviews: []policy.Review{{Who: "peer", Count: 1, Rule: "risk"}, {Who: "board", Count: 2, Rule: "risk"}, {Who: "peer", Count: 2, Rule: "collision"}, {Who: "peer", Rule: "risk"}}})
	if len(got) != 2 || got[0] != (policy.Review{Who: "peer", Count: 2, Rule: "risk, collision"}) || got[1].Count != 2 {
		t.Errorf("%v", got)
	}
}

func TestPlanApprovals(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	later := now.Add(time.Hour)
	have := []Approval{
		{ID: 1, Who: "peer", State: Given, Commit: "c1", ExpiresAt: later, Person: pMara},
		{ID: 2, Who: "peer", State: Given, Commit: "c0", ExpiresAt: later, Person: pTom}, // of another commit
		{ID: 3, Who: "peer", State: Given, Commit: "c1", ExpiresAt: now, Person: pTom},   // ran out
		{ID: 4, Who: "board", State: Waiting},
		{ID: 5, Who: "owner", State: Waiting},
		{ID: 6, Who: "peer", State: Expired},
	}
	keep, drop, add := planApprovals(have, []policy.Review{{Who: "peer", Count: 2, Rule: "r"}, {Who: "board", Count: 1}, {Who: "manager", Count: 1}}, "c1", now)
	if len(keep) != 2 || keep[0].ID != 1 || keep[1].ID != 4 {
		t.Errorf("keeps %v", keep)
	}
	if len(drop) != 1 || have[drop[0]].ID != 5 {
		t.Errorf("drops %v", drop)
	}
	if len(add) != 2 || add[0] != (policy.Review{Who: "peer", Count: 1, Rule: "r"}) || add[1].Who != "manager" {
		t.Errorf("adds %v", add)
	}
}

func TestSameAuthor(t *testing.T) {
	for _, x := range []struct {
		author string
		want   bool
	}{{"mara", true}, {" MARA ", true}, {"mara@harbour.example", true}, {"Mara Lindt <Mara@Harbour.example>", true}, {"maral", false}, {"", false}, {"<>", false}, {"tom", false}} {
		if got := sameAuthor(x.author, "mara", "mara@harbour.example"); got != x.want {
			t.Errorf("%q: %v", x.author, got)
		}
	}
	if sameAuthor("", "", "") || sameAuthor("<>", "", "") {
		t.Error("nobody is the author of nothing")
	}
}
