package incidentweb

import (
	"context"
	"html/template"
	"time"

	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ofService is the panel of a service's page that lists its incidents.
type ofService struct {
	V    *web.View
	Rows []ofServiceRow
}

type ofServiceRow struct {
	Key, Path, Title, Priority, State, Took string
	At                                      time.Time
}

var ofServicePanel = web.Parse(files, "ofservice.html", ofService{})

// most is how many incidents a service's page lists of each sort.
const most = 10

// OpenOf is the panel of a service's page with its open incidents, worst first.
// The body is empty when there are none.
func (p *Pages) OpenOf(ctx context.Context, v *web.View, service string) (body template.HTML, count string, err error) {
	return p.ofService(ctx, v, service, true)
}

// PastOf is the panel with the incidents that are over, newest first.
func (p *Pages) PastOf(ctx context.Context, v *web.View, service string) (body template.HTML, count string, err error) {
	return p.ofService(ctx, v, service, false)
}

func (p *Pages) ofService(ctx context.Context, v *web.View, service string, open bool) (body template.HTML, count string, err error) {
	f := incident.Filter{Service: service, Open: &open, Sort: incident.Newest}
	if open {
		f.Sort = incident.ByPriority
	}
	rows, next, err := p.Incidents.List(ctx, f, "", most)
	if err != nil || len(rows) == 0 {
		return "", "", err
	}
	data := ofService{V: v}
	for _, r := range rows {
		row := ofServiceRow{Key: r.Key(), Path: path(r.Incident), Title: r.Title, Priority: r.Priority.String(), State: string(r.State), At: r.TriggeredAt}
		if took := incident.MeasuresOf(r.Incident).Mitigate; took >= 0 && !open {
			row.Took = web.Dur(took)
		}
		data.Rows = append(data.Rows, row)
	}
	count = web.Count(len(rows))
	if next != "" {
		count += " and more"
	}
	body, err = ofServicePanel.Fragment(&data)
	return body, count, err
}
