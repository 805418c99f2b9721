package healthweb

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/health"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ListPage is the records behind a figure.
type ListPage struct {
	web.Page
	Says  string // which records
	All   string // link to the figures
	Table web.Table
	Pager web.Pager
	Empty web.Empty
}

var listPage = web.Parse(files, "list.html", ListPage{})

const listed = 50

var onlyWords = map[string]string{"own": ", about the team's incidents", "elsewhere": ", about other teams' incidents", "sleep": ", in sleep hours", "night": ", in sleep hours", "weekend": ", at weekends"}

// Behind handles GET /oncall/health/pages.
func (p *Pages) Behind(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	ask := health.Ask{Person: q.Get("person"), Only: q.Get("only"), Week: q.Get("week")}
	report, list, next, err := p.Health.Behind(r.Context(), q.Get("team"), q.Get("period"), ask, q.Get("cursor"), listed)
	if err != nil {
		return err
	}
	page := &ListPage{Page: p.Shell.Page(r, "Pages", nav), All: report.Path(), Says: "Pages of " + report.Title + ", " + report.Period.Title}
	page.Crumbs = back(&report)
	if ask.Week != "" {
		page.Says = "Pages of " + report.Title + ", week of " + ask.Week
	}
	if ask.Person != "" {
		page.Says += ", to " + ask.Person
	}
	for _, word := range strings.Fields(ask.Only) {
		page.Says += cmp.Or(onlyWords[word], ", of the night of "+word)
	}
	page.Table = web.Table{Label: page.Says, V: page.V, Columns: []web.Column{{Title: "When", Width: 150, Phone: true}, {Title: "There", Width: 150}, {Title: "Who", Width: 170, Phone: true}, {Title: "Incident", Phone: true}, {Title: "Why", Width: 120}, {Title: "Hours", Width: 150, Phone: true}}}
	for _, x := range list {
		person, _ := report.Name(x.Person)
		them := who(person)
		hours := web.Cell{}
		if x.Sleep {
			hours.Tag = &web.Tag{Text: "sleep hours", Tone: "amber", Icon: "moon"}
		} else if x.Weekend {
			hours.Tag = &web.Tag{Text: "weekend"}
		}
		there := ""
		if person.Zone != nil {
			there = x.At.In(person.Zone).Format("Mon 15:04 MST")
		}
		inc := ref.N(ref.Incident, x.Incident)
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{At: x.At}, {Text: there}, {Person: &them}, {Priority: x.Priority, Key: inc.String(), Text: x.Title, Path: inc.Path()}, {Text: x.Reason}, hours}})
	}
	page.Empty = web.Empty{Icon: "heartbeat", Title: "No such page", Text: "No urgent notice of this kind reached anybody, as far as you may see.", Button: &web.Button{Title: "The figures", Path: report.Path()}}
	if next != "" {
		page.Pager = web.Pager{Older: to("/pages", &report, "person", ask.Person, "only", ask.Only, "week", ask.Week, "cursor", next), Shown: web.Plural(len(list), "page", "pages") + " shown, newest first"}
	}
	return p.Shell.Render(w, r, listPage, page)
}
