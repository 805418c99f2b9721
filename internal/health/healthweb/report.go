package healthweb

import (
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/web"
)

// ReportPage shows what the monthly report says.
type ReportPage struct {
	web.Page
	Heading string
	Lines   []string
	All     string
	To      string
}

var reportPage = web.Parse(files, "report.html", ReportPage{})

// Report handles GET /oncall/health/report.
func (p *Pages) Report(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	n, report, err := p.Health.Preview(r.Context(), q.Get("team"), q.Get("period"))
	if err != nil {
		return err
	}
	page := &ReportPage{Page: p.Shell.Page(r, "Preview of the report", nav), Heading: n.Title, Lines: strings.Split(n.Text, "\n"), All: report.Path(), To: report.Title}
	page.Crumbs = back(&report)
	return p.Shell.Render(w, r, reportPage, page)
}
