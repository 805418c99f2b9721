package changeweb

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/web"
)

// BoardPage is an agenda without a meeting: changes that wait for approval, the
// longest waiting first, each decided on its own. The board's is one; what
// waits for the viewer is the other.
type BoardPage struct {
	web.Page
	Tabs  []web.Tab
	Back  string // waiting or board
	Lead  string
	Items []item
	Empty web.Empty
	Away  []string // in whose place the viewer approves
}

// item is one change on the agenda.
type item struct {
	Change   change.Change
	Risk     web.Tag
	Type     web.Tag
	Decision *decision
	Waited   string
	As, Why  string
	Short    string
	Given    int
	Author   string
}

var boardPage = web.Parse(files, "board.html", BoardPage{})

// Waiting handles GET /changes/waiting.
func (p *Pages) Waiting(w http.ResponseWriter, r *http.Request) error {
	page := &BoardPage{Page: p.Shell.Page(r, "Waits for you", nav), Back: "waiting", Lead: "Changes that you can approve now, the longest waiting first. An approval holds for the commit that is shown.",
		Empty: web.Empty{Icon: "circle-check", Title: "Nothing waits for you", Text: "A change stands here while it needs an approval that you can give: as a peer, an owner, on call, for the board, or for somebody who is away. Your own changes never do (four eyes)."}}
	list, err := p.Changes.Waiting(r.Context())
	if err != nil {
		return err
	}
	return p.agenda(w, r, page, list)
}

// Board handles GET /changes/board.
func (p *Pages) Board(w http.ResponseWriter, r *http.Request) error {
	page := &BoardPage{Page: p.Shell.Page(r, "Change board", nav), Back: "board", Lead: "Only high risk comes here. Nobody meets: each member decides when it suits, and the author sees who was asked and since when.",
		Empty: web.Empty{Icon: "users-group", Title: "The agenda is empty", Text: "Changes of high risk stand here until enough members of the board approved them. Who they are, and from which score on, is set in the settings of changes.", Button: &web.Button{Title: "Settings of changes", Path: "/changes/settings"}}}
	list, err := p.Changes.Board(r.Context())
	if err != nil {
		return err
	}
	return p.agenda(w, r, page, list)
}

func (p *Pages) agenda(w http.ResponseWriter, r *http.Request, page *BoardPage, list []change.Item) error {
	page.Crumbs, page.Live = crumbs, "*"
	page.Tabs = []web.Tab{{Title: "Waits for you", Path: "/changes/waiting", Current: page.Back == "waiting"}, {Title: "Change board", Path: "/changes/board", Current: page.Back == "board"}, {Title: "While you are away", Path: "/changes/delegations"}}
	s, err := p.Changes.Settings(r.Context())
	if err != nil {
		return err
	}
	var ids []int64
	for _, i := range list {
		ids = append(ids, i.Change.AuthorPerson)
	}
	names, err := p.Changes.NamesOf(r.Context(), ids...)
	if err != nil {
		return err
	}
	for _, i := range list {
		x := item{Change: i.Change, Risk: riskTag(i.Change.Risk, i.Change.RiskLevel), Type: typeTag(i.Change), Waited: web.Dur(i.Waited), As: and(reviewers(i.As)), Why: upper(i.Why), Short: short(i.Change.Commit), Author: person(page.V, names, i.Change.AuthorPerson).Name}
		if x.Author == "" {
			x.Author = i.Change.Author
		}
		if i.Decision.ID != 0 {
			x.Decision = decisionOf(i.Decision, s.Thresholds)
		}
		for _, a := range i.Approvals {
			if a.State == change.Given {
				x.Given++
			}
		}
		page.Items = append(page.Items, x)
	}
	return p.Shell.Render(w, r, boardPage, page)
}
