package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
)

// IncidentCmd is incidents: look, declare, work on them.
type IncidentCmd struct {
	List     IncidentListCmd     `cmd:"" help:"List incidents; by default the open ones, worst first."`
	Now      IncidentNowCmd      `cmd:"" help:"What is broken, and who is on it."`
	Show     IncidentShowCmd     `cmd:"" help:"Show an incident with clocks, people and links."`
	Timeline IncidentTimelineCmd `cmd:"" help:"Show the whole timeline, oldest first."`
	Declare  IncidentDeclareCmd  `cmd:"" help:"Declare an incident; a title is enough."`
	Ack      IncidentAckCmd      `cmd:"" help:"Acknowledge: you work on it."`
	Mitigate IncidentMitigateCmd `cmd:"" help:"The service is restored; say how."`
	Resolve  IncidentResolveCmd  `cmd:"" help:"Nothing is left to do for restoration."`
	Close    IncidentCloseCmd    `cmd:"" help:"Close a resolved incident."`
	Reopen   IncidentReopenCmd   `cmd:"" help:"Take it up again: it is not restored after all."`
	Cancel   IncidentCancelCmd   `cmd:"" help:"It was no incident."`
	Note     IncidentNoteCmd     `cmd:"" help:"Add a note to the timeline."`
	Correct  IncidentCorrectCmd  `cmd:"" help:"Correct a note of yours; the earlier text stays visible."`
	Erase    IncidentEraseCmd    `cmd:"" help:"Erase the text of an entry that must not be kept (admins)."`
	Update   IncidentUpdateCmd   `cmd:"" help:"Publish a status update."`
	Assign   IncidentAssignCmd   `cmd:"" help:"Give a role to a person, or hand it over."`
	Reassign IncidentReassignCmd `cmd:"" help:"Give it to another team or service."`
	Join     IncidentJoinCmd     `cmd:"" help:"Take part."`
	Leave    IncidentLeaveCmd    `cmd:"" help:"No longer take part."`
	Wait     IncidentWaitCmd     `cmd:"" help:"Say for whom it waits."`
	Continue IncidentContinueCmd `cmd:"" help:"End the waiting."`
	Merge    IncidentMergeCmd    `cmd:"" help:"Go on in another incident."`
	Parent   IncidentParentCmd   `cmd:"" help:"Make it part of another incident, or of none."`
	Link     IncidentLinkCmd     `cmd:"" help:"Add, confirm, reject or remove a link."`
	Edit     IncidentEditCmd     `cmd:"" help:"Edit fields; what is not named stays."`
	Restrict IncidentRestrictCmd `cmd:"" help:"Say who may see it."`
	Measure  IncidentMeasureCmd  `cmd:"" help:"Measure the incidents of a period: MTTA, MTTR and more."`
	Matrix   IncidentMatrixCmd   `cmd:"" help:"Show the priorities: what they promise, whom they tell."`

	Ladder    IncidentLadderCmd    `cmd:"" help:"Show the escalation: who was told, who follows."`
	Escalate  IncidentEscalateCmd  `cmd:"" help:"Tell the next step of the escalation now."`
	Snooze    IncidentSnoozeCmd    `cmd:"" help:"Hold the escalation back for a while."`
	Unsnooze  IncidentUnsnoozeCmd  `cmd:"" help:"Let a snoozed escalation go on."`
	Responder IncidentResponderCmd `cmd:"" help:"Page people and ask them to help."`
	Handover  IncidentHandoverCmd  `cmd:"" help:"Ask a person to take it over."`
	Answer    IncidentAnswerCmd    `cmd:"" help:"Accept or decline what you were asked."`
}

// IncidentListCmd lists incidents.
type IncidentListCmd struct {
	All        bool          `help:"Also those that are over."`
	State      string        `help:"Only these states, separated by commas."`
	Priority   string        `help:"Only these priorities, separated by commas."`
	Service    string        `help:"Only of this service."`
	Team       string        `help:"Only of this team."`
	Commander  string        `help:"Only those this person commands: key, handle or me."`
	Person     string        `help:"Only those this person takes part in: key, handle or me."`
	Text       string        `short:"q" help:"Words of the title, also beginnings, or a key."`
	Parent     string        `help:"Only parts of this incident."`
	Persistent bool          `help:"Only those marked for the weekly review."`
	Since      time.Duration `help:"Only those triggered in the last, like 72h."`
	Sort       string        `help:"newest or priority." enum:"newest,priority," default:""`
	Max        int           `help:"At most so many." default:"100"`
}

// Run reads pages until there are enough.
func (c IncidentListCmd) Run(ctx context.Context, g *Globals) error {
	f := client.IncidentFilter{State: c.State, Priority: c.Priority, Service: c.Service, Team: c.Team, Commander: c.Commander, Person: c.Person,
		Text: c.Text, Parent: c.Parent, Persistent: c.Persistent, Sort: c.Sort, Limit: min(200, max(1, c.Max))}
	if !c.All && c.State == "" && c.Text == "" && c.Since == 0 && !c.Persistent && c.Parent == "" {
		f.Open = "true"
		f.Sort = cmp.Or(f.Sort, "priority")
	}
	if c.Since > 0 {
		f.From = time.Now().Add(-c.Since)
	}
	all := []client.Incident{}
	for {
		page, err := g.Client().Incidents(ctx, f)
		if err != nil {
			return err
		}
		all = append(all, page.Items...)
		if f.Cursor = page.Next; f.Cursor == "" || len(all) >= c.Max {
			break
		}
	}
	all = all[:min(len(all), max(1, c.Max))]
	return g.Print(all, func() [][]string { return incidentTable(all) })
}

func incidentTable(all []client.Incident) [][]string {
	lines := [][]string{{"KEY", "PRIORITY", "STATE", "TITLE", "SERVICE", "ON IT", "CLOCK", "TRIGGERED"}}
	for _, i := range all {
		on := "-"
		if i.OnIt != nil {
			on = cmp.Or(i.OnIt.Name, i.OnIt.Key)
		}
		lines = append(lines, []string{i.Key, i.Priority, i.State, i.Title, cmp.Or(i.Service, "-"), on, cmp.Or(mainClock(i), "-"), when(deref(i.TriggeredAt))})
	}
	return lines
}

// mainClock is the clock that matters now, in a few words.
func mainClock(i client.Incident) string {
	if c := i.Clocks.Response; c != nil && i.State == "triggered" {
		return "response " + clockText(c)
	}
	if c := i.Clocks.Resolution; c != nil && i.State != "closed" {
		return "resolution " + clockText(c)
	}
	return ""
}

func clockText(c *client.IncidentClock) string {
	left := (time.Duration(c.Left) * time.Second).Round(time.Minute)
	switch c.State {
	case "running", "soon":
		return strings.TrimSuffix(left.String(), "0s") + " left"
	case "breached":
		return "breached"
	case "paused":
		return "paused"
	}
	return c.State
}

// IncidentNowCmd shows the open incidents with their latest notes.
type IncidentNowCmd struct{}

// Run asks the server.
func (IncidentNowCmd) Run(ctx context.Context, g *Globals) error {
	n, err := g.Client().Now(ctx)
	if err != nil {
		return err
	}
	return g.Print(n, func() [][]string {
		all := make([]client.Incident, len(n.Incidents))
		for k, i := range n.Incidents {
			all[k] = i.Incident
		}
		return incidentTable(all)
	})
}

// KeyArg names an incident.
type KeyArg struct {
	Key string `arg:"" help:"Key of the incident, like INC-1042."`
}

// IncidentShowCmd shows one incident.
type IncidentShowCmd struct{ KeyArg }

// Run asks the server.
func (c IncidentShowCmd) Run(ctx context.Context, g *Globals) error {
	d, err := g.Client().Incident(ctx, c.Key)
	if err != nil {
		return err
	}
	return g.PrintOne(d, func() [][2]string {
		pairs := incidentPairs(d.Incident)
		for _, p := range d.Participants {
			pairs = append(pairs, [2]string{"TAKES PART", cmp.Or(p.Name, p.Key)})
		}
		for _, l := range d.Links {
			pairs = append(pairs, [2]string{"LINK", strings.TrimSpace(fmt.Sprintf("%s %s (%s) %s", l.Kind, l.Target, l.State, l.Title))})
		}
		for _, b := range d.Children {
			pairs = append(pairs, [2]string{"PART", fmt.Sprintf("%s %s %s, %s", b.Priority, b.Key, b.Title, b.State)})
		}
		for _, b := range d.MergedFrom {
			pairs = append(pairs, [2]string{"MERGED", b.Key + " " + b.Title})
		}
		return append(pairs, [2]string{"YOU CAN", strings.Join(d.Can, ", ")})
	})
}

func incidentPairs(i client.Incident) [][2]string {
	waiting := ""
	if i.Waiting != "" {
		waiting = "for the " + i.Waiting
	}
	pairs := [][2]string{{"KEY", i.Key}, {"TITLE", i.Title}, {"STATE", i.State}, {"PRIORITY", strings.TrimSuffix(i.Priority+", "+i.PriorityWhy, ", ")},
		{"SUMMARY", i.Summary}, {"SERVICE", i.Service}, {"TEAM", i.Team}, {"TRIGGERED", when(deref(i.TriggeredAt))}, {"HOW RESTORED", i.How},
		{"WAITING", waiting}, {"MERGED INTO", i.MergedInto}, {"PART OF", i.Parent}, {"WAR ROOM", i.WarRoom}, {"FOR REVIEW", i.Persistent}}
	if i.Restricted {
		pairs = append(pairs, [2]string{"VISIBILITY", "restricted"})
	}
	for _, c := range []struct {
		name string
		c    *client.IncidentClock
	}{{"RESPONSE", i.Clocks.Response}, {"RESOLUTION", i.Clocks.Resolution}, {"UPDATE", i.Clocks.Update}, {"ESCALATION", i.Clocks.Escalation}} {
		if c.c != nil {
			text := clockText(c.c) + ", target " + c.c.Target
			if c.c.Due != nil {
				text += ", due " + when(*c.c.Due)
			}
			pairs = append(pairs, [2]string{c.name, text})
		}
	}
	for _, r := range []struct {
		name string
		p    *client.IncidentPerson
	}{{"ON IT", i.OnIt}, {"COMMANDER", i.Commander}, {"OPERATIONS", i.Operations}, {"COMMUNICATIONS", i.Communications}, {"SCRIBE", i.Scribe}, {"REPORTER", i.Reporter}} {
		if r.p != nil {
			pairs = append(pairs, [2]string{r.name, cmp.Or(r.p.Name, r.p.Key)})
		}
	}
	if i.Alerts > 0 {
		pairs = append(pairs, [2]string{"ALERTS", fmt.Sprintf("%d, %d firing", i.Alerts, i.AlertsFiring)})
	}
	return pairs
}

// printIncident prints what a verb answered.
func (g *Globals) printIncident(i client.Incident, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(i, func() [][2]string { return incidentPairs(i) })
}

// IncidentTimelineCmd shows a timeline.
type IncidentTimelineCmd struct{ KeyArg }

// Run reads all pages.
func (c IncidentTimelineCmd) Run(ctx context.Context, g *Globals) error {
	all, err := everyPage(func(cursor string) (client.List[client.TimelineEntry], error) {
		return g.Client().Timeline(ctx, c.Key, true, cursor, 200)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NO", "AT", "WHO", "WHAT"}}
		for _, e := range all {
			lines = append(lines, entryLine(e))
			for _, f := range e.Corrections {
				lines = append(lines, entryLine(f))
			}
		}
		return lines
	})
}

func entryLine(e client.TimelineEntry) []string {
	who, text := "-", e.Text
	if e.Author != nil {
		who = cmp.Or(e.Author.Name, e.Author.Key)
	}
	if e.Erased {
		text = "(erased)"
	}
	if e.Corrects > 0 {
		text = fmt.Sprintf("corrects %d: %s", e.Corrects, text)
	}
	if e.Tag != "" {
		text = "[" + e.Tag + "] " + text
	}
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	return []string{fmt.Sprint(e.Seq), when(e.At), who, strings.Join(strings.Fields(text), " ")}
}
