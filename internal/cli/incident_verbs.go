package cli

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
)

// IncidentDeclareCmd declares an incident.
type IncidentDeclareCmd struct {
	Title    []string `arg:"" help:"What is wrong, in one line; quotes are not needed."`
	Summary  string   `help:"What users notice."`
	Service  string   `help:"Affected service."`
	Team     string   `help:"Team; default: the service's owner."`
	Impact   string   `help:"high, medium or low." enum:"high,medium,low," default:""`
	Urgency  string   `help:"high, medium or low." enum:"high,medium,low," default:""`
	WarRoom  string   `help:"https address of the war room."`
	OnlyFor  []string `help:"Restrict: visible only to this person (key or handle) and you; repeat it."`
	OnlyRole []string `help:"Restrict: visible only to this role of the organisation and you; repeat it."`
}

// Run asks the server.
func (c IncidentDeclareCmd) Run(ctx context.Context, g *Globals) error {
	d := client.Declaration{Title: strings.Join(c.Title, " "), Summary: c.Summary, Service: c.Service, Team: c.Team, Impact: c.Impact, Urgency: c.Urgency, WarRoom: c.WarRoom}
	if len(c.OnlyFor)+len(c.OnlyRole) > 0 {
		d.Restrict = &client.Viewers{People: c.OnlyFor, Roles: c.OnlyRole}
	}
	return g.printIncident(g.Client().Declare(ctx, d))
}

// do runs a verb and prints the incident.
func (g *Globals) do(ctx context.Context, key, verb string, body map[string]string) error {
	return g.printIncident(g.Client().IncidentVerb(ctx, key, verb, body))
}

// IncidentAckCmd acknowledges.
type IncidentAckCmd struct{ KeyArg }

// Run asks the server.
func (c IncidentAckCmd) Run(ctx context.Context, g *Globals) error {
	return g.do(ctx, c.Key, "acknowledge", nil)
}

// IncidentMitigateCmd says that the service is restored.
type IncidentMitigateCmd struct {
	KeyArg
	How  string `required:"" help:"restart, failover, rollback, workaround, fix or self-recovered." enum:"restart,failover,rollback,workaround,fix,self-recovered"`
	Note string `help:"A sentence for the timeline."`
}

// Run asks the server.
func (c IncidentMitigateCmd) Run(ctx context.Context, g *Globals) error {
	return g.printIncident(g.Client().Mitigate(ctx, c.Key, c.How, c.Note))
}

// IncidentResolveCmd resolves.
type IncidentResolveCmd struct {
	KeyArg
	How  string `help:"restart, failover, rollback, workaround, fix or self-recovered; not needed after mitigate." enum:"restart,failover,rollback,workaround,fix,self-recovered," default:""`
	Note string `help:"A sentence for the timeline."`
}

// Run asks the server.
func (c IncidentResolveCmd) Run(ctx context.Context, g *Globals) error {
	return g.printIncident(g.Client().Resolve(ctx, c.Key, c.How, c.Note))
}

// IncidentCloseCmd closes.
type IncidentCloseCmd struct{ KeyArg }

// Run asks the server.
func (c IncidentCloseCmd) Run(ctx context.Context, g *Globals) error {
	return g.do(ctx, c.Key, "close", nil)
}

// IncidentReopenCmd reopens.
type IncidentReopenCmd struct {
	KeyArg
	Reason string `required:"" help:"What is broken again."`
}

// Run asks the server.
func (c IncidentReopenCmd) Run(ctx context.Context, g *Globals) error {
	return g.do(ctx, c.Key, "reopen", map[string]string{"reason": c.Reason})
}

// IncidentCancelCmd cancels.
type IncidentCancelCmd struct {
	KeyArg
	Reason string `required:"" help:"Why it was no incident."`
}

// Run asks the server.
func (c IncidentCancelCmd) Run(ctx context.Context, g *Globals) error {
	return g.do(ctx, c.Key, "cancel", map[string]string{"reason": c.Reason})
}

// printEntry prints a new timeline entry.
func (g *Globals) printEntry(e client.TimelineEntry, err error) error {
	if err != nil {
		return err
	}
	return g.Print(e, func() [][]string { return [][]string{{"NO", "AT", "WHO", "WHAT"}, entryLine(e)} })
}

// IncidentNoteCmd adds a note.
type IncidentNoteCmd struct {
	KeyArg
	Text []string `arg:"" help:"What you see, do or decide."`
	Tag  string   `help:"Mark it: key fact or decision." enum:"key fact,decision," default:""`
}

// Run asks the server.
func (c IncidentNoteCmd) Run(ctx context.Context, g *Globals) error {
	return g.printEntry(g.Client().AddNote(ctx, c.Key, strings.Join(c.Text, " "), c.Tag))
}

// EntryArg names a timeline entry.
type EntryArg struct {
	KeyArg
	Entry int `arg:"" help:"Number of the timeline entry."`
}

// IncidentCorrectCmd corrects a note.
type IncidentCorrectCmd struct {
	EntryArg
	Text []string `arg:"" help:"What is right."`
}

// Run asks the server.
func (c IncidentCorrectCmd) Run(ctx context.Context, g *Globals) error {
	return g.printEntry(g.Client().CorrectNote(ctx, c.Key, c.Entry, strings.Join(c.Text, " ")))
}

// IncidentEraseCmd erases a text.
type IncidentEraseCmd struct {
	EntryArg
	Reason string `required:"" help:"Why it must not be kept."`
}

// Run asks the server.
func (c IncidentEraseCmd) Run(ctx context.Context, g *Globals) error {
	return g.printEntry(g.Client().EraseEntry(ctx, c.Key, c.Entry, c.Reason))
}

// IncidentUpdateCmd publishes a status update.
type IncidentUpdateCmd struct {
	KeyArg
	Text   []string `arg:"" help:"What readers should know."`
	Public bool     `help:"May be shown outside; restarts the update clock."`
	Next   string   `help:"When the next public update follows, like 30m; default: what the priority promises."`
}

// Run asks the server.
func (c IncidentUpdateCmd) Run(ctx context.Context, g *Globals) error {
	return g.printEntry(g.Client().PublishUpdate(ctx, c.Key, strings.Join(c.Text, " "), c.Public, c.Next))
}

// IncidentAssignCmd gives a role to a person.
type IncidentAssignCmd struct {
	KeyArg
	Role   string `arg:"" help:"commander, operations, communications or scribe." enum:"commander,operations,communications,scribe"`
	Person string `arg:"" optional:"" help:"Key or handle, or me; without one the role is taken away."`
	Note   string `help:"For the one who takes over."`
}

// Run asks the server.
func (c IncidentAssignCmd) Run(ctx context.Context, g *Globals) error {
	return g.do(ctx, c.Key, "assign", map[string]string{"role": c.Role, "person": c.Person, "note": c.Note})
}

// IncidentReassignCmd gives it to another team.
type IncidentReassignCmd struct {
	KeyArg
	Service string `help:"The service it is really about; brings its team."`
	Team    string `help:"The team that takes it."`
	Note    string `help:"For those who take over."`
}

// Run asks the server.
func (c IncidentReassignCmd) Run(ctx context.Context, g *Globals) error {
	return g.do(ctx, c.Key, "reassign", map[string]string{"service": c.Service, "team": c.Team, "note": c.Note})
}

// IncidentJoinCmd takes part.
type IncidentJoinCmd struct{ KeyArg }

// Run asks the server.
func (c IncidentJoinCmd) Run(ctx context.Context, g *Globals) error {
	return g.do(ctx, c.Key, "join", nil)
}

// IncidentLeaveCmd no longer takes part.
type IncidentLeaveCmd struct{ KeyArg }

// Run asks the server.
func (c IncidentLeaveCmd) Run(ctx context.Context, g *Globals) error {
	return g.do(ctx, c.Key, "leave", nil)
}

// IncidentWaitCmd says for whom it waits.
type IncidentWaitCmd struct {
	KeyArg
	For  string `arg:"" help:"reporter, supplier or change." enum:"reporter,supplier,change"`
	Note string `help:"A sentence for the timeline."`
}

// Run asks the server.
func (c IncidentWaitCmd) Run(ctx context.Context, g *Globals) error {
	return g.do(ctx, c.Key, "wait", map[string]string{"for": c.For, "note": c.Note})
}

// IncidentContinueCmd ends the waiting.
type IncidentContinueCmd struct{ KeyArg }

// Run asks the server.
func (c IncidentContinueCmd) Run(ctx context.Context, g *Globals) error {
	return g.do(ctx, c.Key, "continue", nil)
}

// IncidentMergeCmd merges.
type IncidentMergeCmd struct {
	KeyArg
	Into string `arg:"" help:"Key of the incident that goes on."`
}

// Run asks the server.
func (c IncidentMergeCmd) Run(ctx context.Context, g *Globals) error {
	return g.do(ctx, c.Key, "merge", map[string]string{"into": c.Into})
}

// IncidentParentCmd sets the parent.
type IncidentParentCmd struct {
	KeyArg
	Parent string `arg:"" optional:"" help:"Key of the incident it is part of; without one it is taken out."`
}

// Run asks the server.
func (c IncidentParentCmd) Run(ctx context.Context, g *Globals) error {
	return g.do(ctx, c.Key, "parent", map[string]string{"parent": c.Parent})
}

// IncidentLinkCmd adds or changes a link.
type IncidentLinkCmd struct {
	KeyArg
	Kind   string `arg:"" help:"service, ci, change, known error, problem, postmortem or url." enum:"service,ci,change,known error,problem,postmortem,url"`
	Target string `arg:"" help:"Key of the record, or a web address."`
	Title  string `help:"Title of the link."`
	Reject bool   `help:"It has nothing to do with it."`
	Remove bool   `help:"Take the link away."`
}

// Run asks the server.
func (c IncidentLinkCmd) Run(ctx context.Context, g *Globals) error {
	if c.Remove {
		return g.printIncident(g.Client().UnlinkIncident(ctx, c.Key, c.Kind, c.Target))
	}
	l := client.IncidentLink{Kind: c.Kind, Target: c.Target, Title: c.Title, State: "confirmed"}
	if c.Reject {
		l.State = "rejected"
	}
	return g.printIncident(g.Client().LinkIncident(ctx, c.Key, l))
}

// IncidentEditCmd edits fields.
type IncidentEditCmd struct {
	KeyArg
	Title    *string `help:"New title."`
	Summary  *string `help:"What users notice."`
	Service  *string `help:"Affected service; brings its owner."`
	WarRoom  *string `help:"https address of the war room."`
	Impact   string  `help:"high, medium or low." enum:"high,medium,low," default:""`
	Urgency  string  `help:"high, medium or low." enum:"high,medium,low," default:""`
	Priority string  `help:"P1 to P4, in place of what the matrix says." enum:"P1,P2,P3,P4," default:""`
	Revision int64   `help:"The revision you saw; default: the present one."`
}

// Run reads the revision unless it was given, and edits.
func (c IncidentEditCmd) Run(ctx context.Context, g *Globals) error {
	revision, err := g.revision(ctx, c.Key, c.Revision)
	if err != nil {
		return err
	}
	return g.printIncident(g.Client().EditIncident(ctx, c.Key, revision, client.IncidentEdit{Title: c.Title, Summary: c.Summary, Service: c.Service,
		WarRoom: c.WarRoom, Impact: c.Impact, Urgency: c.Urgency, Priority: c.Priority}))
}

func (g *Globals) revision(ctx context.Context, key string, given int64) (int64, error) {
	if given > 0 {
		return given, nil
	}
	d, err := g.Client().Incident(ctx, key)
	return d.Revision, err
}

// IncidentRestrictCmd says who may see it.
type IncidentRestrictCmd struct {
	KeyArg
	Person   []string `help:"This person may see it (key or handle); repeat it."`
	Role     []string `help:"This role of the organisation may see it; repeat it."`
	Off      bool     `help:"Visible to all again."`
	Revision int64    `help:"The revision you saw; default: the present one."`
}

// Run asks the server.
func (c IncidentRestrictCmd) Run(ctx context.Context, g *Globals) error {
	revision, err := g.revision(ctx, c.Key, c.Revision)
	if err != nil {
		return err
	}
	v := &client.Viewers{People: c.Person, Roles: c.Role}
	if c.Off {
		v = nil
	}
	return g.printIncident(g.Client().RestrictIncident(ctx, c.Key, revision, v))
}

// IncidentMeasureCmd measures a period.
type IncidentMeasureCmd struct {
	Days    int    `help:"The last so many days." default:"30"`
	Team    string `help:"Only of this team."`
	Service string `help:"Only of this service."`
}

// Run asks the server.
func (c IncidentMeasureCmd) Run(ctx context.Context, g *Globals) error {
	to := time.Now().Add(time.Minute)
	s, err := g.Client().MeasureIncidents(ctx, to.AddDate(0, 0, -max(1, c.Days)), to, c.Team, c.Service)
	if err != nil {
		return err
	}
	return g.Print(s, func() [][]string {
		lines := [][]string{{"MEASURE", "N", "MEAN", "MEDIAN", "P90"}}
		for _, m := range []struct {
			name string
			s    client.MeasureSpread
		}{{"detect", s.Detect}, {"acknowledge (MTTA)", s.Acknowledge}, {"mitigate (MTTR)", s.Mitigate}, {"resolve", s.Resolve}} {
			t := func(n int64) string {
				if m.s.N == 0 {
					return "-"
				}
				return (time.Duration(n) * time.Second).String()
			}
			lines = append(lines, []string{m.name, strconv.Itoa(m.s.N), t(m.s.Mean), t(m.s.Median), t(m.s.P90)})
		}
		return append(lines, []string{"incidents", strconv.Itoa(s.Incidents), fmt.Sprintf("P1 %d, P2 %d, P3 %d, P4 %d", s.ByPriority[0], s.ByPriority[1], s.ByPriority[2], s.ByPriority[3])},
			[]string{"reopened", strconv.Itoa(s.Reopened)}, []string{"reassigned", strconv.Itoa(s.Reassigned)})
	})
}

// IncidentMatrixCmd shows the priorities.
type IncidentMatrixCmd struct{}

// Run asks the server.
func (IncidentMatrixCmd) Run(ctx context.Context, g *Globals) error {
	list, err := g.Client().PriorityMatrices(ctx)
	if err != nil {
		return err
	}
	return g.Print(list.Items, func() [][]string {
		lines := [][]string{{"MATRIX", "PRIORITY", "RESPONSE", "RESOLUTION", "UPDATES", "ESCALATES", "TELLS", "HOW"}}
		for _, m := range list.Items {
			for _, p := range m.Priorities {
				every := func(n int64) string { return long(time.Duration(n) * time.Second) }
				lines = append(lines, []string{m.ID, p.Priority + " " + p.Meaning, p.Response, p.Resolution, every(p.Update), every(p.Escalate),
					cmp.Or(strings.Join(p.Tell, ", "), "nobody"), p.How})
			}
		}
		return lines
	})
}
