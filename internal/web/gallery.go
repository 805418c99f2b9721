package web

import (
	"html/template"
	"math"
	"net/http"
	"net/url"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// GalleryPage shows every component with plausible content, for looking at
// them, for axe, and for screenshots. It is served in demo and development only.
type GalleryPage struct {
	Page
	Priorities, States, Severities, Healths []string
	Tags                                    []Tag
	People                                  []Person
	Buttons                                 []Button
	Menu                                    Menu
	Tabs                                    []Tab
	Filter                                  Filter
	Notices                                 []Notice
	Clocks                                  []Clock
	Timeline                                Timeline
	Table                                   Table
	Pager                                   Pager
	Bulk                                    Bulk
	Sparks                                  []*Spark
	Card                                    Card
	Defs                                    []Def
	Empty                                   Empty
	Confirm                                 Confirm
	Form                                    *Form
	Fields                                  []Field
}

var galleryPage = Parse(shared, "pages/components.html", GalleryPage{})

// Components handles GET /_components.
func (s *Shell) Components(w http.ResponseWriter, r *http.Request) error {
	p := &GalleryPage{Page: s.Page(r, "Components", "")}
	p.Sub = "every part a page can be made of"
	now := p.V.Now
	mara, jonas, priya := Person{Handle: "mara", Name: "Mara Lindqvist"}, Person{Handle: "jonas", Name: "Jonas"}, Person{Handle: "priya", Name: "Priya"}
	p.Priorities = []string{"P1", "P2", "P3", "P4"}
	p.States = []string{"triggered", "acknowledged", "mitigated", "resolved", "closed", "merged", "canceled"}
	p.Severities = []string{"critical", "error", "warning", "info"}
	p.Healths = []string{"down", "degraded", "risk", "ok"}
	p.Tags = []Tag{{Text: "tier 0"}, {"Suspect", "red", ""}, {"Held at 40 %", "amber", ""}, {"Met", "green", "check"}, {"86", "violet", ""}, {"Decision", "accent", "flag"}, {"Key fact", "amber", "pin"}}
	p.People = []Person{mara, jonas, priya, {Handle: "tom", Name: "Tom"}, {Handle: "lena", Name: "Lena"}, {Handle: "omar", Name: "Omar"}, {}}
	p.Buttons = []Button{{Title: "Mitigated…", Icon: "check", Tone: "primary", Path: "#"}, {Title: "Update status", Icon: "speakerphone", Path: "#"}, {Title: "Cancel incident…", Tone: "danger", Path: "#"},
		{Title: "Quiet", Tone: "quiet", Path: "#"}, {Title: "Small", Small: true, Icon: "check", Path: "#"}, {Title: "More", Only: true, Icon: "dots", Path: "#"}}
	p.Menu = Menu{Title: "More", Items: []Button{{Title: "Merge into…", Icon: "git-merge", Path: "#"}, {Title: "Edit…", Icon: "edit", Path: "#"}, {}, {Title: "Cancel incident…", Icon: "ban", Tone: "danger", Path: "#"}}}
	p.Tabs = []Tab{{"Open", "#", 5, true, true}, {"Mine", "#", 2, true, false}, {"Unassigned", "#", 1, true, false}, {"Resolved this week", "#", 0, false, false}}
	p.Filter = Filter{Path: "/_components", Hint: "Add a filter, for example service:checkout", Tokens: []Token{{"is", "open", "", "?"}, {"priority", "P1", "", "?"}}, Buttons: []Button{{Title: "Newest first", Icon: "arrows-sort", Path: "#"}}}
	p.Notices = []Notice{{Fact: "CHG-316 starts on payments in 2 min.", Effect: "Readings after 14:00 are left out of the verdict.", Buttons: []Button{{Title: "Open CHG-316", Path: "#"}}},
		{Tone: "red", Fact: "3 messages were not delivered.", Effect: "The mail server refused them; nobody was told by mail since 18:10.", Buttons: []Button{{Title: "Look at them", Path: "#"}}},
		{Tone: "accent", Icon: "info-circle", Fact: "Managed in git.", Effect: "Change services/checkout.yaml and apply."}}
	running := Running("Resolution", 4*time.Hour, 38*time.Minute, now.Add(3*time.Hour+22*time.Minute), []Stretch{{now.Add(-42 * time.Minute), now.Add(-24 * time.Minute), false}, {now.Add(-24 * time.Minute), now.Add(-20 * time.Minute), true}, {now.Add(-20 * time.Minute), now, false}})
	running.More, running.Note = ", due 22:08", "18:22 to 18:26, waiting on card processor"
	soon := Running("Next public update", 30*time.Minute, 19*time.Minute, now.Add(11*time.Minute), []Stretch{{now.Add(-19 * time.Minute), now, false}})
	soon.Unit, soon.Note = "every 30 min", "Due 18:57, Priya"
	over := Running("Resolution", 4*time.Hour, 5*time.Hour, now.Add(-time.Hour), []Stretch{{now.Add(-5 * time.Hour), now, false}})
	p.Clocks = []Clock{Met("Response", 15*time.Minute, 3*time.Minute), running, soon, over, {Label: "Commander", Person: &mara, Note: "You, since 18:12"}}
	at := func(min int) time.Time { return now.Add(-time.Duration(min) * time.Minute) }
	p.Timeline = Timeline{V: p.V, Items: []Moment{
		{At: at(2), Person: &jonas, Head: "<b>Jonas</b>", Tags: []Tag{{"Key fact", "amber", "pin"}}, Say: "Every consumer holds 500 unacknowledged messages since 17:52. Before 2.8.0 it was 50.", Menu: []Button{{Title: "Correct…", Icon: "edit", Path: "#"}}},
		{At: at(8), Person: &mara, Head: "<b>Mara</b>", Tags: []Tag{{"Decision", "accent", "flag"}}, Say: "If the consumers do not drain by 18:50, we roll back.", Edited: "corrected by Mara, 18:40", Before: "If the consumers do not drain by 18:45, we roll back."},
		{At: at(13), Icon: "bell", Tone: "red", Head: "Alert joined: <b>oldest message older than 15 min</b>", Sub: "orders-queue, now 28 min, critical"},
		{At: at(19), Icon: "speakerphone", Tone: "accent", Head: "<b>Priya</b> published status update 2", Tags: []Tag{{"Public", "accent", ""}}, Public: "Most customers cannot complete checkout. Baskets are kept. Next update by 18:57 UTC."},
		{At: at(24), Icon: "player-pause", Head: "<b>Mara</b> paused the resolution clock", Sub: "Reason: waiting on card processor"},
		{At: at(30), Icon: "mail", Head: "Told Jonas by mail", Routine: true}, {At: at(31), Icon: "mail", Head: "Told Mara by mail", Routine: true}, {At: at(32), Icon: "webhook", Head: "Told #incidents", Routine: true},
		{At: at(39), Icon: "check", Tone: "green", Head: "<b>Jonas</b> acknowledged by link in a message"},
	}}.Fold()
	bars := func(seed int) []int {
		out := make([]int, 30)
		for i := range out {
			if i > 9 {
				out[i] = 2 + (i*seed)%5
			}
		}
		return out
	}
	p.Table = Table{V: p.V, Label: "Alerts", Select: "id", Columns: []Column{{"Severity", 100, false, true}, {"Alert", 0, false, true}, {"Service", 124, false, false}, {"Times, last 60 min", 176, false, false}, {"Firing for", 88, true, true}, {"Who", 108, false, false}}}
	for i, t := range []string{"Checkout success below 50 %", "Queue depth above 10 000", "Consumer memory above 85 %", "Certificate expires in 13 days"} {
		tone := []string{"red", "orange", "amber", ""}[i]
		p.Table.Rows = append(p.Table.Rows, Row{ID: t, Label: t, Cells: []Cell{{Severity: p.Severities[i]}, {Text: t, Path: "#", Sub: "now 4.1 %"}, {Text: "checkout"}, {Spark: Bars(bars(i+3), tone), Text: Count(84 - i*9)}, {Dur: time.Duration(42+i*31) * time.Minute}, {Person: &p.People[i+3]}}})
	}
	p.Pager = Pager{Newer: "#", Older: "#", Shown: "50 shown, newest first"}
	p.Bulk = Bulk{Actions: []BulkAction{{"acknowledge", "Acknowledge", "check"}, {"silence", "Silence…", "volume-off"}}}
	wave := make([]float64, 40)
	for i := range wave {
		wave[i] = math.Sin(float64(i)/5) + float64(i)/9
	}
	p.Sparks = []*Spark{Bars(bars(4), "red"), Line(wave, 72, 20, "amber"), Line(wave, 110, 28, "accent")}
	p.Card = Card{Title: "Roles", Count: "3 people", Link: "#", LinkTitle: "Assign", Body: template.HTML(`<ul class="ek-kv"><li>Mara<span class="ek-r">Commander</span></li><li>Jonas<span class="ek-r">Operations</span></li></ul>`)}
	p.Defs = []Def{{Term: "Owner", Text: "Payments", Path: "#"}, {Term: "Tier", Text: "0", Sub: "everybody notices"}, {Term: "Promise", Text: "Shoppers can pay for their basket at any hour."}}
	p.Empty = Empty{"circle-check", "Nothing is broken", "Incidents appear here when an alert rule opens one or somebody declares one.", &Button{Title: "Declare incident", Icon: "flame", Tone: "primary", Path: "#"}}
	p.Form = &Form{Values: url.Values{"title": {"x"}, "impact": {"high"}}, Text: "The input is not valid", Faults: []errs.Field{{Name: "title", Value: "x", Remedy: "say in one sentence what does not work, at least 8 letters"}}}
	p.Fields = []Field{p.Form.Input("title", "What is broken?").Need(), p.Form.Area("text", "What do you see?", 3).Help("Facts first; guesses as guesses.").Say("Customers get an error after paying"),
		p.Form.Select("service", "Service", Option{Title: "Not sure"}, Option{Value: "checkout", Title: "checkout"}),
		p.Form.Radio("impact", "Impact", Option{Value: "high", Title: "High", Hint: "all or most users"}, Option{Value: "medium", Title: "Medium", Hint: "many users"}, Option{Value: "low", Title: "Low", Hint: "few users"}).Need(), p.Form.Check("restricted", "Only named people may see it").Help("For security incidents")}
	p.Confirm = Confirm{Path: "#", Title: "Cancel INC-1042?", Text: "It was no incident. The record stays, its clocks stop, nobody is told again.", Button: "Cancel incident", Danger: true, Cancel: "#"}
	return s.Render(w, r, galleryPage, p)
}
