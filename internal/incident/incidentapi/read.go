package incidentapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
)

type listIn struct {
	api.PageIn
	Open       string    `query:"open" enum:"true,false," doc:"true: only open incidents; false: only others"`
	State      []string  `query:"state" maxItems:"7" doc:"One or more states, separated by commas"`
	Priority   []string  `query:"priority" maxItems:"4" doc:"One or more of P1 to P4, separated by commas"`
	Service    string    `query:"service" maxLength:"100"`
	Team       string    `query:"team" maxLength:"100"`
	Commander  string    `query:"commander" maxLength:"254" doc:"Key or handle of a person, or me"`
	Person     string    `query:"person" maxLength:"254" doc:"Has a role or takes part: key or handle, or me"`
	Text       string    `query:"q" maxLength:"200" doc:"Words of the title, also beginnings of words; or a key"`
	Parent     string    `query:"parent" maxLength:"30" doc:"Key of the incident they are part of"`
	Persistent bool      `query:"persistent" doc:"Only those marked for the weekly review"`
	From       time.Time `query:"from" doc:"Triggered at or after"`
	Before     time.Time `query:"before" doc:"Triggered before"`
	Sort       string    `query:"sort" enum:"newest,priority" default:"newest"`
}

func (h *handlers) filter(ctx context.Context, in *listIn) (f incident.Filter, err error) {
	f = incident.Filter{Service: in.Service, Team: in.Team, Text: in.Text, Persistent: in.Persistent, From: in.From, Before: in.Before, Sort: incident.Sort(in.Sort)}
	if in.Open != "" {
		open := in.Open == "true"
		f.Open = &open
	}
	for _, s := range in.State {
		f.States = append(f.States, incident.State(s))
	}
	for _, s := range in.Priority {
		var p incident.Priority
		if e := p.UnmarshalText([]byte(s)); e != nil {
			return f, errs.BadField("priority", s, "use P1, P2, P3 or P4")
		}
		f.Priorities = append(f.Priorities, p)
	}
	for _, x := range []struct {
		text string
		into *int64
	}{{in.Commander, &f.Commander}, {in.Person, &f.Person}} {
		if x.text != "" {
			if *x.into, err = h.s.Person(ctx, x.text); err != nil {
				return f, err
			}
		}
	}
	if in.Parent != "" {
		f.Parent, err = KeyIn{in.Parent}.id()
	}
	return f, err
}

// Now is what is broken at this moment.
type Now struct {
	At        time.Time     `json:"at"`
	Counts    [4]int        `json:"counts" doc:"Open incidents by priority, P1 first"`
	Incidents []NowIncident `json:"incidents" doc:"Open incidents, worst first"`
	More      bool          `json:"more" doc:"There are more than shown"`
}

// NowIncident is one open incident with its latest note.
type NowIncident struct {
	Incident
	Latest *TimelineEntry `json:"latest,omitempty" doc:"Latest note or status update by a person"`
	Mine   bool           `json:"mine" doc:"You have a role in it"`
}

func (h *handlers) read(a huma.API) {
	huma.Register(a, op("list-incidents", http.MethodGet, "/incidents", "List incidents", reading),
		func(ctx context.Context, in *listIn) (*struct{ Body api.List[Incident] }, error) {
			f, err := h.filter(ctx, in)
			if err != nil {
				return nil, api.Err(err)
			}
			rows, next, err := h.s.List(ctx, f, in.Cursor, in.Limit)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[Incident] }{api.List[Incident]{Items: make([]Incident, len(rows)), Next: next}}
			for n, r := range rows {
				out.Body.Items[n] = incidentOut(r)
			}
			return out, nil
		})
	huma.Register(a, op("get-incident", http.MethodGet, "/incidents/{key}", "Read an incident with its surroundings", reading),
		func(ctx context.Context, in *KeyIn) (*struct {
			ETag string `header:"ETag"`
			Body IncidentDetail
		}, error) {
			id, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			v, err := h.s.Page(ctx, id)
			if err != nil {
				return nil, api.Err(err)
			}
			return &struct {
				ETag string `header:"ETag"`
				Body IncidentDetail
			}{api.ETag(v.Revision), detailOut(v)}, nil
		})
	huma.Register(a, op("now", http.MethodGet, "/now", "What is broken, and who is on it", reading),
		func(ctx context.Context, _ *struct{}) (*struct{ Body Now }, error) {
			v, err := h.s.Now(ctx)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body Now }{Now{At: v.At, Counts: v.Counts, More: v.More, Incidents: make([]NowIncident, len(v.Open))}}
			for n, r := range v.Open {
				out.Body.Incidents[n] = NowIncident{Incident: incidentOut(r.Row), Mine: r.Mine}
				if r.Latest.Seq > 0 {
					e := entryOut(r.Latest)
					out.Body.Incidents[n].Latest = &e
				}
			}
			return out, nil
		})
}
