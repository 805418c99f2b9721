package incidentweb

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
)

// NowPage answers: what is broken, who is on it, how much time is left.
type NowPage struct {
	web.Page
	Total    int
	Counts   []nowCount
	HasAlert bool
	Firing   int
	Loose    int
	Heroes   []hero
	Others   []nowRow
	More     bool
	Due      []Due
	Working  []worker
	Restored []restored
	OnCall   []OnDuty
	Holes    []Hole
	Behind   web.HTML
	Trouble  *web.Notice
	Evidence *Evidence
	MayWork  bool
	Start    []web.Door // first steps, in a product in which nothing is yet
}

type nowCount struct {
	Priority, Path string
	N              int
}

// worker is somebody with a role in an open incident.
type worker struct {
	Person web.Person
	Role   string
	Key    string
	Path   string
}

// restored is one of the incidents resolved last.
type restored struct {
	Incident incident.Incident
	Took     string
	Tone     string
}

type nowRow struct {
	Incident incident.Incident
	Person   web.Person
	Left     string
	Tone     string
	Paused   bool
}

var nowPage = web.Parse(files, "now.html", NowPage{})

// Now handles GET /.
func (p *Pages) Now(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	now, err := p.Incidents.Now(ctx)
	if err != nil {
		return err
	}
	page := &NowPage{Page: p.Shell.Page(r, "Now", "now"), More: now.More}
	v := page.V
	v.Now = now.At
	page.Live = "*"
	page.MayWork = v.May(actor.Respond)
	for n, c := range now.Counts {
		pr := incident.Priorities[n].String()
		page.Counts = append(page.Counts, nowCount{pr, "/incidents?q=is:open&q=priority:" + pr, c})
		page.Total += c
	}
	for n, row := range now.Open {
		if row.Mine {
			page.Due = append(page.Due, p.mine(v, row)...)
		}
		if len(page.Heroes) < heroesMost && row.State != incident.Mitigated && (row.Priority == incident.P1 || row.Priority == incident.P2 && n == 0) {
			page.Heroes = append(page.Heroes, p.hero(v, row))
			continue
		}
		x := nowRow{Incident: row.Incident, Person: who(v, row.Names, row.Incident.OnIt())}
		x.Left, x.Tone = left(v, row.Incident, row.Clocks)
		x.Paused = strings.HasPrefix(x.Left, "paused")
		page.Others = append(page.Others, x)
	}
	page.Working = working(v, now.Open)
	if err := p.restored(r, page); err != nil {
		return err
	}
	if err := p.around(r, page); err != nil {
		return err
	}
	if p.Behind != nil {
		list, err := p.Behind(ctx, now.Open)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			if page.Behind, err = BehindPart(list); err != nil {
				return err
			}
		}
	}
	if err := p.firstSteps(ctx, page); err != nil {
		return err
	}
	return p.Shell.Render(w, r, nowPage, page)
}

// firstSteps says where to begin, to those who may, while there is no service
// and no incident.
func (p *Pages) firstSteps(ctx context.Context, page *NowPage) error {
	if page.Total > 0 || len(page.Restored) > 0 || p.Services == nil || !page.V.May(actor.Configure) {
		return nil
	}
	if known, err := p.Services(ctx); err != nil || len(known) > 0 {
		return err
	}
	page.Start = []web.Door{
		{Title: "Add your teams", Path: "/teams/new", Icon: "users", What: "A team owns services and is told when they break"},
		{Title: "Add your first service", Path: "/services/new", Icon: "server-2", What: "What users notice when it breaks, who owns it, how much it matters"},
		{Title: "Connect your monitoring", Path: "/integrations/new", Icon: "plug", What: "Prometheus, Alertmanager, or whatever speaks to PagerDuty; its alerts open incidents"},
		{Title: "Invite people", Path: "/people/new", Icon: "user-plus", What: "Responders acknowledge and restore; requesters report"},
		{Title: "Or bring everything from git", Path: "/settings/as-code", Icon: "git-branch", What: "Teams, services and rules as files, with a plan before each change"},
	}
	return nil
}

// workersMost is how many people the Now page names.
const workersMost = 8

// working lists who has a part in what is open, the worst first, each once.
func working(v *web.View, open []incident.NowRow) (out []worker) {
	seen := map[int64]bool{}
	for _, row := range open {
		add := func(person int64, part string) {
			if person != 0 && !seen[person] && len(out) < workersMost {
				seen[person] = true
				out = append(out, worker{who(v, row.Names, person), part, row.Key(), path(row.Incident)})
			}
		}
		for _, r := range incident.Roles {
			add(row.Incident.Who(r), upper(string(r)))
		}
		add(row.Incident.OnIt(), "On it")
	}
	return out
}

// restored lists what was resolved last and how long it took.
func (p *Pages) restored(r *http.Request, page *NowPage) error {
	rows, _, err := p.Incidents.List(r.Context(), incident.Filter{States: []incident.State{incident.Resolved}, Sort: incident.Newest}, "", 4)
	if err != nil {
		return err
	}
	for _, row := range rows {
		x := restored{Incident: row.Incident}
		if took := incident.MeasuresOf(row.Incident).Mitigate; took >= 0 {
			x.Took = web.Dur(took)
		}
		if row.Clocks.Resolution.State == incident.Breached {
			x.Tone = "red"
		}
		page.Restored = append(page.Restored, x)
	}
	return nil
}

// around fills in what other practices know.
func (p *Pages) around(r *http.Request, page *NowPage) (err error) {
	ctx := r.Context()
	if p.Firing != nil {
		page.HasAlert = true
		if page.Firing, page.Loose, err = p.Firing(ctx); err != nil {
			return err
		}
	}
	if p.Mine != nil {
		more, err := p.Mine(ctx)
		if err != nil {
			return err
		}
		page.Due = append(page.Due, more...)
	}
	if p.Trouble != nil {
		if n, ok := p.Trouble(ctx); ok {
			page.Trouble = &n
		}
	}
	if err := p.duty(ctx, page); err != nil {
		return err
	}
	if p.Evidence != nil {
		e, err := p.Evidence(ctx)
		if err != nil {
			return err
		}
		page.Evidence = &e
	}
	return nil
}

// mine says what the viewer's roles in an incident ask for.
func (p *Pages) mine(v *web.View, row incident.NowRow) []Due {
	i := row.Incident
	var out []Due
	for _, role := range incident.Roles {
		if i.Who(role) != v.Actor.Person {
			continue
		}
		d := Due{Icon: "users", Title: fmt.Sprintf("%s of %s", upper(string(role)), i.Key()), Path: path(i), Note: i.Title}
		if u := row.Clocks.Update; (role == incident.Communications || role == incident.Commander && i.Who(incident.Communications) == 0) &&
			!u.Due.IsZero() && u.End.IsZero() && i.State.Open() {
			d = Due{Icon: "speakerphone", Title: "Public update on " + i.Key(), Path: path(i) + "/update", Note: i.Title, At: u.Due, Soon: u.State == incident.Soon || u.State == incident.Breached}
		}
		out = append(out, d)
	}
	return out
}
