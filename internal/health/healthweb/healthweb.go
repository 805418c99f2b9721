// Package healthweb is the pages of on-call health: the figures of a team in a
// period, the records behind each of them, and a look at the monthly report.
//
// Each figure is a link to what it counts. The two pictures (pages per week and
// person, interrupted nights) are SVG without script (picture.go); the same
// numbers stand in a table right below, which is what keyboards and screen
// readers use. What is unknown is hatched in pictures and says "unknown" in
// tables; it is never an empty bar or a zero. Pages call health.Service and
// decide nothing.
package healthweb

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/health"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves on-call health.
type Pages struct {
	Shell  *web.Shell
	Health *health.Service
	Teams  func(ctx context.Context) ([]web.Option, error)    // to choose from
	Mine   func(ctx context.Context) (team string, err error) // the viewer's own; "" = none
	Tabs   []web.Tab                                          // of on-call, ours among them
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET "+top, p.Show)
	add("GET "+top+"/pages", p.Behind)
	add("GET "+top+"/incidents", p.Incidents)
	add("GET "+top+"/report", p.Report)
}

const (
	top = "/oncall/health"
	nav = "oncall"
)

var crumbs = []web.Crumb{{Title: "On call", Path: "/oncall"}, {Title: "Health", Path: top}}

func (p *Pages) tabs() []web.Tab {
	out := append([]web.Tab{}, p.Tabs...)
	for i := range out {
		out[i].Current = out[i].Path == top
	}
	return out
}

// to is an address below ours about a report, with further parameters in pairs.
func to(below string, r *health.Report, pairs ...string) string {
	q := []string{"team=" + url.QueryEscape(r.Team), "period=" + url.QueryEscape(r.Period.Name)}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q = append(q, pairs[i]+"="+url.QueryEscape(pairs[i+1]))
		}
	}
	return top + below + "?" + strings.Join(q, "&")
}

func back(r *health.Report) []web.Crumb {
	return append(crumbs[:1:1], web.Crumb{Title: "Health of " + r.Title, Path: r.Path()})
}

func who(p health.Person) web.Person { return web.Person{Handle: p.Handle, Name: p.Name} }

// wanted reads which team and period are asked for. A team that is not named is
// the viewer's own, or the first.
func (p *Pages) wanted(r *http.Request) (team string, teams []web.Option, err error) {
	if teams, err = p.Teams(r.Context()); err != nil {
		return "", nil, err
	}
	if team = r.URL.Query().Get("team"); team != "" {
		return team, teams, nil
	}
	if team, err = p.Mine(r.Context()); err == nil && team == "" && len(teams) > 0 {
		team = teams[0].Value
	}
	return team, teams, err
}

// refused reports whether a request asks for what does not exist or cannot be
// read, which the page itself can say and mend.
func refused(err error) bool { return errs.Is(err, errs.Invalid) }
