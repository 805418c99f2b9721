package catalogweb

import (
	"context"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
	"github.com/evenkeel/evenkeel/internal/web"
)

// score is how the service stands by one card.
type score struct {
	Title, Version, Path string
	Level                string
	Pips                 []pip
	Count                string // "7 of 9"
	All                  bool   // everything that is counted passes
	Rows                 []scoreRow
	Neutral              []scoreRow // not counted
	NextLevel            string     // what to do for which level
	Next                 []todo
	More                 int
	Trend                *web.Spark
	Since                string
}

type scoreRow struct {
	Icon, Tone, Title, Fact, Why string
}

type todo struct{ Title, Text, Link string }

// nextShown bounds what to do next: who sees twenty things does none.
const nextShown = 2

func (p *Pages) scores(ctx context.Context, page *ShowPage) error {
	if p.Scorecards == nil {
		return nil
	}
	list, err := p.Scorecards.Of(ctx, page.Service.Name)
	for _, l := range list {
		page.Scores = append(page.Scores, scoreOf(l, page.Edit()))
	}
	return err
}

// scoreOf draws a standing; what leads to the form is left out for those who
// cannot use it here.
func scoreOf(l scorecard.Look, edit bool) score {
	c := l.Card
	title := c.Spec.Title
	if title == "" {
		title = c.Name
	}
	s := score{Title: title, Version: fmt.Sprintf("%s@%d", c.Name, c.Version), Path: c.Ref().Path(), Level: l.Level.String(), Pips: pips(l.Level),
		Count: fmt.Sprintf("%d of %d", l.Passed, l.Counted), All: l.Counted > 0 && l.Passed == l.Counted}
	for _, state := range []scorecard.State{scorecard.Failed, scorecard.Unclear, scorecard.Passed, scorecard.Neutral} {
		for i, r := range l.Results {
			if r.State != state {
				continue
			}
			row := rowOf(c.Checks[i], r)
			if state == scorecard.Neutral {
				s.Neutral = append(s.Neutral, row)
			} else {
				s.Rows = append(s.Rows, row)
			}
		}
	}
	level, next := c.Next(l.Standing)
	if len(next) > 0 {
		s.NextLevel = level.String()
	}
	for i, n := range next {
		if i == nextShown {
			s.More = len(next) - nextShown
			break
		}
		to := linkFor(n.Check.Link, l.Service)
		if !edit && strings.HasSuffix(to, "/edit") {
			to = ""
		}
		s.Next = append(s.Next, todo{n.Check.Title, n.Check.Next, to})
	}
	s.trend(l.Trend)
	return s
}

func rowOf(c scorecard.Check, r scorecard.Result) scoreRow {
	row := scoreRow{Title: c.Title, Fact: r.Fact, Why: c.Why}
	switch r.State {
	case scorecard.Passed:
		row.Icon, row.Tone = "check", "green"
	case scorecard.Failed:
		row.Icon, row.Tone = "x", "red"
	case scorecard.Unclear:
		row.Icon, row.Tone = "help-circle", "amber"
	default:
		row.Icon = "player-pause"
	}
	return row
}

// linkFor fills the service's name in.
func linkFor(link, service string) string { return strings.ReplaceAll(link, "{service}", service) }

// pip is one of the three dots of a level.
type pip struct {
	X  int
	On bool
}

// pips are three dots of which as many are filled as the level has.
func pips(l scorecard.Level) []pip { return []pip{{4, l >= 1}, {13, l >= 2}, {22, l >= 3}} }

// trend draws the share of passed checks a day, when there is more than one.
func (s *score) trend(days []scorecard.Day) {
	if len(days) < 2 {
		return
	}
	var shares []float64
	for _, d := range days {
		if d.Counted > 0 {
			shares = append(shares, float64(d.Passed)/float64(d.Counted))
		}
	}
	if len(shares) < 2 {
		return
	}
	first, last := days[0], days[len(days)-1]
	s.Trend = web.Line(shares, 112, 18, "accent")
	s.Since = fmt.Sprintf("%d of %d on %s", first.Passed, first.Counted, first.Day.Format("2 Jan"))
	s.Trend.Says = fmt.Sprintf("passed checks a day: %s, %d of %d on %s", s.Since, last.Passed, last.Counted, last.Day.Format("2 Jan"))
}
