package catalogweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// CardsPage is how all services stand by a scorecard, check by check.
type CardsPage struct {
	web.Page
	Tabs    []web.Tab
	Filter  web.Filter
	Card    scorecard.Card
	Levels  []levelSum
	Checks  []checkHead
	Rows    []matrixRow
	Pager   web.Pager
	Empty   web.Empty
	At      string
	Own     bool // the viewer may write scorecards
	Neutral int  // checks that nobody's facts answer
}

// levelSum is how many of the services shown have a level.
type levelSum struct {
	Level string
	Pips  []pip
	N     int
}

type checkHead struct{ ID, Title, Level, Rule string }

type matrixRow struct {
	Title, Path, Level, Count, First string
	Pips                             []pip
	Cells                            []matrixCell
}

type matrixCell struct{ Icon, Tone, Says string }

var cardsPage = web.Parse(files, "cards.html", CardsPage{})

// Cards handles GET /scorecards. The query has card, q (team:name)
// and after.
func (p *Pages) Cards(w http.ResponseWriter, r *http.Request) error {
	ctx, query := r.Context(), r.URL.Query()
	all, err := p.Scorecards.Cards(ctx)
	if err != nil {
		return err
	}
	page := &CardsPage{Page: p.Shell.Page(r, "Scorecards", "services")}
	page.Crumbs, page.Live = []web.Crumb{{Title: "Services", Path: "/services"}}, "*"
	page.Own = page.V.May(actor.Configure)
	name := query.Get("card")
	if name == "" {
		name = "vital"
	}
	i := slices.IndexFunc(all, func(c scorecard.Card) bool { return c.Name == name })
	if i < 0 {
		i = 0
	}
	page.Card = all[i]
	f, token := scorecard.Filter{Card: page.Card.Name}, ""
	if f.Team = query.Get("team"); f.Team == "" {
		for _, q := range query["q"] { // the last one counts
			if team := strings.TrimPrefix(strings.TrimSpace(q), "team:"); team != "" {
				f.Team = team
			}
		}
	}
	where := func(card, team, after string) string {
		v := url.Values{}
		for key, value := range map[string]string{"card": card, "team": team, "after": after} {
			if value != "" {
				v.Set(key, value)
			}
		}
		return "/scorecards?" + v.Encode()
	}
	slices.SortFunc(all, func(a, b scorecard.Card) int { return strings.Compare(titleOf(a), titleOf(b)) })
	for _, c := range all {
		page.Tabs = append(page.Tabs, web.Tab{Title: titleOf(c), Path: where(c.Name, f.Team, ""), Current: c.Name == page.Card.Name})
	}
	page.Filter = web.Filter{Path: "/scorecards", Hint: "team:payments", Keep: []web.Hidden{{Name: "card", Value: page.Card.Name}}}
	if token = f.Team; token != "" {
		page.Filter.Tokens = []web.Token{{Key: "team", Value: token, Without: where(page.Card.Name, "", "")}}
	}
	page.Filter.Buttons = []web.Button{{Title: "Definition", Path: page.Card.Ref().Path(), Icon: "list-details"}}
	if page.Own {
		page.Filter.Buttons = append(page.Filter.Buttons, web.Button{Title: "New scorecard…", Path: "/scorecards/new", Icon: "plus"})
	}
	list, more, err := p.Scorecards.Standings(ctx, f, query.Get("after"), perPage)
	if err != nil {
		return err
	}
	page.matrix(list)
	if more {
		page.Pager = web.Pager{Older: where(page.Card.Name, f.Team, list[len(list)-1].Service), Shown: web.Plural(len(list), "service", "services") + " shown, by name"}
	}
	page.Empty = web.Empty{Icon: "checklist", Title: "No service stands here", Text: "This scorecard applies to no service that was measured. Services are measured each hour, and soon after a change."}
	return p.Shell.Render(w, r, cardsPage, page)
}

func titleOf(c scorecard.Card) string {
	if c.Spec.Title != "" {
		return c.Spec.Title
	}
	return c.Name
}

// matrix fills rows and sums.
func (page *CardsPage) matrix(list []scorecard.Standing) {
	for _, c := range page.Card.Checks {
		page.Checks = append(page.Checks, checkHead{c.ID, c.Title, c.Level, c.Rule})
	}
	sums := map[scorecard.Level]int{}
	for _, s := range list {
		sums[s.Level]++
		row := matrixRow{Title: s.Service, Path: ref.S(ref.Service, s.Service).Path() + "#scorecard", Level: s.Level.String(), Pips: pips(s.Level), Count: fmt.Sprintf("%d of %d", s.Passed, s.Counted)}
		if _, next := page.Card.Next(s); len(next) > 0 {
			row.First = next[0].Check.Title
			if next[0].Result.Fact != "" {
				row.First += ": " + next[0].Result.Fact
			}
		}
		for _, check := range page.Card.Checks {
			cell := matrixCell{Says: check.Title + ": not measured yet"}
			for _, res := range s.Results {
				if res.ID == check.ID {
					x := rowOf(check, res)
					cell = matrixCell{x.Icon, x.Tone, check.Title + ": " + stateWords[res.State]}
					if res.Fact != "" {
						cell.Says += ", " + res.Fact
					}
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		page.Rows = append(page.Rows, row)
		page.At = string(page.V.Ago(s.At))
	}
	for _, l := range []scorecard.Level{scorecard.Gold, scorecard.Silver, scorecard.Bronze, scorecard.None} {
		page.Levels = append(page.Levels, levelSum{l.String(), pips(l), sums[l]})
	}
	if len(list) > 0 {
		page.Sub = web.Plural(len(list), "service", "services")
	}
}

var stateWords = map[scorecard.State]string{scorecard.Passed: "passes", scorecard.Failed: "does not pass", scorecard.Unclear: "not known", scorecard.Neutral: "not counted"}

// CardPage is the definition of a scorecard.
type CardPage struct {
	web.Page
	Card   scorecard.Card
	Groups []checkGroup
	Facts  []factRow
	About  []web.Def
	Ask    *web.Confirm // whether to delete it
}

type checkGroup struct {
	Level  string
	Pips   []pip
	Checks []scorecard.Check
}

type factRow struct {
	scorecard.Fact
	Known bool // some practice here answers it
}

// Own reports whether the viewer may write scorecards.
func (p *CardPage) Own() bool { return p.V.May(actor.Configure) }

// Edit reports whether the viewer may edit this one here.
func (p *CardPage) Edit() bool { return p.Own() && p.Card.Managed == "" }

// Deletable reports whether it was written here and may be deleted.
func (p *CardPage) Deletable() bool { return p.Edit() && !p.Card.Shipped }

var cardPage = web.Parse(files, "card.html", CardPage{})

// Card handles GET /scorecards/{name}.
func (p *Pages) Card(w http.ResponseWriter, r *http.Request) error {
	c, err := p.Scorecards.Get(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	page := &CardPage{Page: p.Shell.Page(r, titleOf(c), "services"), Card: c}
	page.Crumbs = []web.Crumb{{Title: "Services", Path: "/services"}, {Title: "Scorecards", Path: "/scorecards?card=" + c.Name}}
	page.Live = c.Ref().String()
	for _, l := range scorecard.Levels {
		g := checkGroup{Level: l.String(), Pips: pips(l)}
		for _, x := range c.Checks {
			if x.Level == l.String() {
				g.Checks = append(g.Checks, x)
			}
		}
		if len(g.Checks) > 0 {
			page.Groups = append(page.Groups, g)
		}
	}
	facts, provided := p.Scorecards.KnownFacts()
	for _, f := range facts {
		page.Facts = append(page.Facts, factRow{f, provided[f.Name]})
	}
	applies := c.Applies
	if applies == "" {
		applies = "all services that are not retired"
	}
	page.About = []web.Def{{Term: "Name", Text: c.Name, Sub: fmt.Sprintf("version %d", c.Version)}, {Term: "Applies to", Text: applies}}
	switch {
	case c.Shipped:
		page.About = append(page.About, web.Def{Term: "From", Text: "Comes with Evenkeel", Sub: "what is written here under this name takes its place"})
	case c.Managed != "":
		page.About = append(page.About, web.Def{Term: "From", Text: "Managed in git, " + c.Managed})
	default:
		page.About = append(page.About, web.Def{Term: "Changed", HTML: page.V.Time(c.Updated)})
	}
	if r.URL.Query().Get("delete") != "" && page.Deletable() {
		page.Ask = &web.Confirm{Path: c.Ref().Path() + "/delete", Title: "Delete " + titleOf(c) + "?", Danger: true, Button: "Delete", Cancel: c.Ref().Path(),
			Text: "Services are not measured by it any more; their trend stays. A card that comes with Evenkeel and has this name takes effect again."}
	}
	return p.Shell.Render(w, r, cardPage, page)
}
