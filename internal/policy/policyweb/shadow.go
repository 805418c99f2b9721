package policyweb

import (
	"fmt"
	"net/http"

	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ShadowPage is where a policy that is tried would have decided differently.
type ShadowPage struct {
	web.Page
	Says  string
	Table web.Table
	Empty web.Empty
	Back  string
	Key   string
}

var shadowPage = web.Parse(files, "shadow.html", ShadowPage{})

// Shadow handles GET /changes/policy/shadow.
func (p *Pages) Shadow(w http.ResponseWriter, r *http.Request) error {
	page := &ShadowPage{Page: p.Shell.Page(r, "Answers beside it", nav)}
	page.Crumbs = crumbs
	list, _, err := p.Policies.Versions(r.Context(), 0, 100)
	if err != nil {
		return err
	}
	var v policy.Version
	for _, x := range list {
		if x.State == policy.Shadow {
			v = x
		}
	}
	if v.ID == 0 {
		page.Empty = web.Empty{Icon: "eye", Title: "No policy answers beside it", Text: "Let a draft answer each question of the gate beside the policy that decides. It decides nothing; here stand the changes on which both differ. It is the last step before a new version decides.",
			Button: &web.Button{Title: "Choose a version", Path: path + "#versions"}}
		return p.Shell.Render(w, r, shadowPage, page)
	}
	s, err := p.Past.Shadowed(r.Context(), v.ID, 200)
	if err != nil {
		return err
	}
	stricter := 0
	page.Key, page.Back = v.Ref().String(), v.Ref().Path()
	page.Table = web.Table{Label: "Differences", V: page.V, Columns: []web.Column{{Title: "Change", Phone: true}, {Title: "Decided", Width: 200}, {Title: "It would have", Width: 280, Phone: true}, {Title: "When", Width: 120}}}
	for _, x := range s.Pairs {
		if x.Difference > 0 {
			stricter++
		}
		was, is := outcome(x.Decided.Result.Outcome), outcome(x.Shadow.Result.Outcome)
		was.Icon, is.Icon, was.Text, is.Text = "", "", short(x.Decided.Result), short(x.Shadow.Result)
		c := ref.N(ref.Change, x.Decided.Change)
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{Text: s.Titles[x.Decided.Change], Path: c.Path(), Sub: c.String()}, {Tag: &was}, {Tag: &is, Sub: because(x.Shadow.Result)}, {HTML: page.V.Ago(x.Decided.At)}}})
	}
	page.Says = fmt.Sprintf("%s answered %s: in %s it would have been stricter, in %s it would have asked for less.", page.Key, web.Plural(s.Answers, "question", "questions"), web.Count(stricter), web.Count(len(s.Pairs)-stricter))
	page.Empty = web.Empty{Icon: "eye", Title: "No difference", Text: "Among the newest decisions it would have decided every one in the same way."}
	if s.Answers == 0 {
		page.Says = page.Key + " waits for its first question."
		page.Empty = web.Empty{Icon: "eye", Title: "No gate was asked since", Text: "Each question from now on is put to both. Differences appear here."}
	}
	return p.Shell.Render(w, r, shadowPage, page)
}
