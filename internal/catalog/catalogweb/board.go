package catalogweb

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
	"github.com/evenkeel/evenkeel/internal/web"
)

// boards are what the portfolio can be laid out by.
var boards = []string{"lifecycle", "tier", "team"}

// onBoard bounds a board: more is not looked at, it is filtered.
const onBoard = 400

// column is one column of the board.
type column struct {
	Title, Note string
	Count       int
	Rows        []onIt
	order       string
}

// onIt is a service on the board.
type onIt struct {
	Title, Path, Sub, Health, Level string
	Pips                            []pip
}

// board lays services out by lifecycle, tier or team.
func (p *Pages) board(r *http.Request, page *ListPage, list []catalog.Service, more bool, by string) error {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Name
	}
	health, err := p.health(r.Context(), names)
	if err != nil {
		return err
	}
	levels, err := p.levels(r.Context(), names)
	if err != nil {
		return err
	}
	at := map[string]int{}
	place := func(order, title, note string) *column {
		i, ok := at[order]
		if !ok {
			i = len(page.Board)
			at[order] = i
			page.Board = append(page.Board, column{Title: title, Note: note, order: order})
		}
		return &page.Board[i]
	}
	switch by {
	case "tier":
		for t := range 4 {
			place(fmt.Sprint(t), fmt.Sprintf("Tier %d", t), catalog.TierName(t))
		}
	case "lifecycle":
		for i, l := range catalog.Lifecycles {
			place(fmt.Sprint(i), strings.ToUpper(string(l[:1]))+string(l[1:]), lifeNotes[l])
		}
	}
	for _, s := range list {
		row := onIt{Title: s.Title, Path: s.Ref().Path(), Health: health[s.Name].word()}
		if l, ok := levels[s.Name]; ok {
			row.Pips, row.Level = pips(l), l.String()
		}
		tier := fmt.Sprintf("tier %d", s.Tier)
		var c *column
		switch by {
		case "tier":
			c, row.Sub = place(fmt.Sprint(s.Tier), "", ""), s.Team
		case "team":
			c, row.Sub = place(s.Team, s.Team, ""), tier
		default:
			c, row.Sub = place(fmt.Sprint(slices.Index(catalog.Lifecycles, s.Lifecycle)), "", ""), s.Team+", "+tier
			if s.Lifecycle == catalog.Deprecated && s.Until != "" {
				row.Sub += ", until " + dayWords(s.Until)
			}
		}
		c.Count++
		c.Rows = append(c.Rows, row)
	}
	slices.SortStableFunc(page.Board, func(a, b column) int { return cmp.Compare(a.order, b.order) })
	page.Sum = web.Plural(len(list), "service", "services")
	if more {
		page.Sum = fmt.Sprintf("The first %d by name. Take a condition to see others.", len(list))
	}
	return nil
}

var lifeNotes = map[catalog.Lifecycle]string{catalog.Proposed: "planned", catalog.Live: "people depend on it", catalog.Deprecated: "use something else", catalog.Retired: "gone"}

// levels are the levels of services; nil when there are no scorecards.
func (p *Pages) levels(ctx context.Context, names []string) (map[string]scorecard.Level, error) {
	if p.Scorecards == nil || len(names) == 0 {
		return nil, nil //nolint:nilnil // none is known
	}
	return p.Scorecards.LevelsOf(ctx, names)
}

// levelCell is a level in a table.
func levelCell(levels map[string]scorecard.Level, name string) (web.Cell, error) {
	l, ok := levels[name]
	if !ok {
		return web.Cell{Sub: "not measured"}, nil
	}
	return pipsCell(l)
}

// levelPart draws a level where no template of a page stands.
type levelPart struct {
	Pips  []pip
	Level string
}

var levelTemplate = web.Parse(files, "level.html", levelPart{})

func pipsCell(l scorecard.Level) (web.Cell, error) {
	html, err := levelTemplate.Fragment(&levelPart{pips(l), l.String()})
	return web.Cell{HTML: html}, err
}
