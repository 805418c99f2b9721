package oncallweb

import (
	"context"
	"html/template"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/web"
)

// Beside is what a team's or a service's page says of on-call.
type Beside struct {
	Team               string   // the schedules of a team
	Names              []string // or these
	Policy, PolicyPath string   // that escalates; "" = none
	Frame              string   // makes it a card of its own that leads there
}

type besidePart struct {
	V    *web.View
	Rows []besideRow
	Beside
}

type besideRow struct {
	Title, Path  string
	People, Next []web.Person
	Until, At    time.Time
}

var besideTemplate = web.Parse(files, "beside.html", besidePart{})

// besideMost is how many schedules another practice's page shows.
const besideMost = 12

// Beside draws who is on call now, and which policy escalates, for the page of
// a team or a service.
func (p *Pages) Beside(ctx context.Context, v *web.View, x Beside) (template.HTML, error) {
	part := besidePart{V: v, Beside: x}
	var list []oncall.Now
	var err error
	if x.Team != "" || len(x.Names) > 0 {
		if list, _, err = p.Oncall.WhoNow(ctx, oncall.Filter{Team: x.Team, Names: x.Names}, "", besideMost); err != nil {
			return "", err
		}
	}
	slices.SortStableFunc(list, func(a, b oncall.Now) int { // as the names stand: in the order in which they are told
		return slices.Index(x.Names, a.Schedule) - slices.Index(x.Names, b.Schedule)
	})
	next := make([]oncall.Duty, len(list))
	var all []oncall.Duty
	for i, n := range list {
		next[i], _ = n.Next()
		all = append(all, n.Duty, next[i])
	}
	who, err := p.names(ctx, all, nil)
	if err != nil {
		return "", err
	}
	for i, n := range list {
		part.Rows = append(part.Rows, besideRow{Title: n.Title, Path: pathOf(n.Schedule), People: who.people(n.People), Until: n.Stay(), Next: who.people(next[i].People), At: next[i].From})
	}
	return besideTemplate.Fragment(&part)
}
