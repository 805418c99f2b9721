package healthweb

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/health"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ShowPage is the health of a team.
type ShowPage struct {
	web.Page
	Tabs    []web.Tab
	Team    string
	Teams   []web.Option
	Periods []web.Option
	Fault   string // why the choice was not understood
	Empty   *web.Empty
	Teach   []web.Def

	Report  *health.Report
	Notice  *web.Notice
	Figures []Figure
	Weeks   []Lane
	WeekX   []Tick
	Nights  []Lane
	NightX  []Tick
	Since   time.Time // of the strip of nights
	People  []Line
	Hours   bool // hours on call are known
	Alerts  []AlertLine
	More    int // further alerts
	Means   []web.Def
}

// Figure is one number with what it means and what is behind it.
type Figure struct {
	Label, Value, Unit, Note, Path, Tone string
}

// Line is a person's row.
type Line struct {
	health.Load
	Who                                             web.Person
	Pages, Elsewhere, Sleep, Nights, Weekend, Acked Num
	Duty                                            Num
	Most                                            string
	Over                                            bool
	Weeks                                           []string
}

// Num is a number with its link; without one when there is nothing behind it.
type Num struct{ Text, Path, Sub string }

// AlertLine is an alert's row.
type AlertLine struct {
	health.Alert
	Path, RulePath string
	Typical        string
}

// Month is the month of whose report the page leads to: the one that is shown,
// or the last whole one.
func (p *ShowPage) Month() string {
	if name := p.Report.Period.Name; len(name) == len("2026-10") {
		return name
	}
	now := p.V.Now.In(p.V.Loc)
	return time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, p.V.Loc).Format("2006-01")
}

var showPage = web.Parse(files, "show.html", ShowPage{})

// mostAlerts is how many alerts the page shows.
const mostAlerts = 10

// Show handles GET /oncall/health.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	team, teams, err := p.wanted(r)
	if err != nil {
		return err
	}
	page := &ShowPage{Page: p.Shell.Page(r, "On-call health", nav), Tabs: p.tabs(), Team: team, Teams: teams}
	page.Crumbs = crumbs[:1]
	if team == "" {
		page.Empty = &web.Empty{Icon: "heartbeat", Title: "No team yet", Text: "On-call health is measured for teams: how often their people are paged, how often at night, and which alerts were worth it."}
		if page.V.May(actor.Configure) {
			page.Empty.Button = &web.Button{Title: "Make a team", Path: "/teams/new", Tone: "primary"}
		}
		page.Teach = teach
		return p.Shell.Render(w, r, showPage, page)
	}
	period := r.URL.Query().Get("period")
	status := http.StatusOK
	report, err := p.Health.Of(r.Context(), team, period)
	if refused(err) {
		page.Fault, status = "“"+short(period)+"” is no period: choose one of the list, or give a month like 2026-10", http.StatusUnprocessableEntity
		report, err = p.Health.Of(r.Context(), team, "")
	}
	if err != nil {
		return err
	}
	page.Report = &report
	page.Sub = report.Title
	for i := range page.Teams {
		page.Teams[i].Chosen = page.Teams[i].Value == team
	}
	page.periods()
	page.fill()
	return p.Shell.RenderStatus(w, r, status, showPage, page)
}

func short(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

var teach = []web.Def{
	{Term: "Page", Text: "An urgent notice that reached a person. A text or call that follows it is the same page; a storm that went as one message is one."},
	{Term: "Sleep hours", Text: "22:00 to 07:00 where the person is. A night with at least one page in them is interrupted."},
	{Term: "Guide value", Text: "At most two incidents per 12-hour shift.", Sub: "Google, Site Reliability Engineering (2016), ch. 11"},
	{Term: "Noise", Text: "An alert whose incident ended without anybody doing anything. Group it, raise its threshold, let it close itself, or delete it."},
}

// periods fills the choice: weeks, then months.
func (p *ShowPage) periods() {
	r := p.Report
	add := func(value, title string) {
		p.Periods = append(p.Periods, web.Option{Value: value, Title: title, Chosen: value == r.Period.Name})
	}
	add("4w", "Last 4 weeks")
	add("13w", "Last 13 weeks")
	add("26w", "Last 26 weeks")
	found := r.Period.Name == "4w" || r.Period.Name == "13w" || r.Period.Name == "26w"
	for _, m := range health.Months(r.Zone, r.Now, 6) {
		add(m.Name, m.Title)
		found = found || m.Name == r.Period.Name
	}
	if !found {
		add(r.Period.Name, r.Period.Title)
	}
}

func (p *ShowPage) fill() {
	r := p.Report
	p.Means = append(append([]web.Def{}, teach...),
		web.Def{Term: "Time to acknowledge", Text: "Of the team: acknowledged − triggered. Of a person: from their first page to their acknowledgement. Quantiles are nearest rank."},
		web.Def{Term: "Unknown", Text: "Hatched, or “unknown”: no record tells. It never counts as zero."})
	if !r.Known {
		p.Empty = &web.Empty{Icon: "heartbeat", Title: "Nothing is known of " + r.Period.Title, Text: "Records of this team begin on " + r.Since.In(r.Zone).Format("2 January 2006") + ". Choose a later time.", Button: &web.Button{Title: "Last 13 weeks", Path: top + "?team=" + r.Team}}
		return
	}
	if r.Pages == 0 && r.Incidents == 0 && !busy(r) {
		p.Empty = &web.Empty{Icon: "heartbeat", Title: "Nobody was paged", Text: "In this time no urgent notice reached anybody of " + r.Title + ". Once one does, it is seen here: how often, at which hours, and whether it was worth it.", Button: &web.Button{Title: "Who is on call", Path: "/oncall"}}
		return
	}
	if r.Partly {
		p.Notice = &web.Notice{Tone: "accent", Icon: "info-circle", Fact: "Only part of this time is known.", Effect: "Records begin on " + r.Since.In(r.Zone).Format("2 January 2006") + "; figures are of the time since then."}
	}
	p.figures()
	p.Weeks, p.WeekX = bars(r)
	p.Nights, p.NightX, p.Since = nights(r)
	p.Hours = r.HoursKnown()
	for _, l := range r.People {
		p.People = append(p.People, line(r, l))
	}
	for _, a := range r.Alerts {
		if len(p.Alerts) == mostAlerts {
			p.More = len(r.Alerts) - mostAlerts
			break
		}
		x := AlertLine{Alert: a, Path: to("/incidents", r, "rule", a.Rule, "service", a.Service, "alert", a.Summary), Typical: "unknown"}
		if a.Typical >= 0 {
			x.Typical = web.Dur(a.Typical)
		}
		if a.Rule != "" {
			x.RulePath = "/rules/" + a.Rule
		}
		p.Alerts = append(p.Alerts, x)
	}
}

// busy reports whether anybody of the report carried anything.
func busy(r *health.Report) bool {
	for _, l := range r.People {
		if l.Total() > 0 || l.OnCall > 0 {
			return true
		}
	}
	return false
}

func (p *ShowPage) figures() {
	r := p.Report
	per := "less than a week is known"
	if r.PerWeek >= 0 {
		per = fmt.Sprintf("%.1f a week, %s", r.PerWeek, r.Trend.Word())
		if !r.Trend.Known {
			per = fmt.Sprintf("%.1f a week, trend unknown", r.PerWeek)
		}
	}
	add := func(f Figure) { p.Figures = append(p.Figures, f) }
	add(Figure{Label: "Pages", Value: web.Count(r.Pages), Unit: "to " + web.Plural(r.Reached, "person", "people"), Note: per, Path: to("/pages", r, "only", "own")})
	add(Figure{Label: "In sleep hours", Value: web.Count(r.Sleep), Unit: fmt.Sprintf("of %d", r.Pages), Note: fmt.Sprintf("%d at weekends", r.Weekend), Path: to("/pages", r, "only", "own sleep")})
	add(Figure{Label: "Interrupted nights", Value: web.Count(r.Nights), Note: "one for each person", Path: to("/pages", r, "only", "own sleep")})
	ack := Figure{Label: "Time to acknowledge", Value: "unknown", Note: "no incident was acknowledged", Path: to("/incidents", r)}
	if a := r.Acknowledge; a.N > 0 {
		ack.Value, ack.Unit = web.Dur(a.Median), "median"
		ack.Note = fmt.Sprintf("mean %s, p90 %s, n = %d", web.Dur(a.Mean), web.Dur(a.P90), a.N)
	}
	add(ack)
	guide := Figure{Label: "Most incidents in 12 h", Value: strconv.Itoa(r.MostInShift), Unit: "guide: at most 2", Note: "within the guide value", Tone: "green", Path: "#people"}
	if r.OverGuide > 0 {
		guide.Note, guide.Tone = web.Plural(r.OverGuide, "shift", "shifts")+" above the guide value", "amber"
	}
	add(guide)
	acted := Figure{Label: "Alerts acted upon", Value: "unknown", Note: "none is over yet", Path: "#alerts"}
	if r.Acted.Of > 0 {
		acted.Value, acted.Unit = strconv.Itoa(r.Acted.Percent())+" %", fmt.Sprintf("%d of %d", r.Acted.Part, r.Acted.Of)
		acted.Note = fmt.Sprintf("%d were noise", r.Acted.Of-r.Acted.Part)
	}
	add(acted)
}

// line is a person's row.
func line(r *health.Report, l health.Load) Line {
	num := func(n int, only string) Num {
		out := Num{Text: strconv.Itoa(n)}
		if n > 0 {
			out.Path = to("/pages", r, "person", l.Handle, "only", only)
		}
		return out
	}
	x := Line{Load: l, Who: who(l.Person), Pages: num(l.Pages, "own"), Elsewhere: num(l.Elsewhere, "elsewhere"), Sleep: num(l.Sleep, "sleep"), Nights: num(len(l.Nights), "sleep"), Weekend: num(l.Weekend, "weekend"),
		Duty: Num{Text: "unknown"}, Most: strconv.Itoa(l.MostInShift), Over: l.OverGuide > 0, Acked: Num{Text: "unknown"}}
	if l.OnCall >= 0 {
		x.Duty.Text = fmt.Sprintf("%.0f h", l.OnCall.Hours())
		if l.OnCall > 0 {
			x.Duty.Path = "/oncall/schedules?team=" + r.Team
		}
	}
	if a := l.Acknowledge; a.N > 0 {
		x.Acked = Num{Text: web.Dur(a.Median), Sub: fmt.Sprintf("mean %s, p90 %s, n = %d", web.Dur(a.Mean), web.Dur(a.P90), a.N), Path: to("/incidents", r, "person", l.Handle)}
	}
	for _, n := range l.Weeks {
		if n < 0 {
			x.Weeks = append(x.Weeks, "unknown")
			continue
		}
		x.Weeks = append(x.Weeks, strconv.Itoa(n))
	}
	return x
}
