package cli

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// ChangeRiskCmd is the weights of the risk score.
type ChangeRiskCmd struct {
	Quality RiskQualityCmd `cmd:"" default:"1" help:"Say how good the weights in force are on your own changes."`
	List    RiskListCmd    `cmd:"" help:"List the versions of the weights."`
	Show    RiskShowCmd    `cmd:"" help:"Show a version: factors, weights, what they stand on."`
	Propose RiskProposeCmd `cmd:"" help:"Fit weights to your own history, as a proposal."`
	Accept  RiskAcceptCmd  `cmd:"" help:"Put proposed weights in force."`
	Decline RiskDeclineCmd `cmd:"" help:"Put a proposal aside."`
	Use     RiskUseCmd     `cmd:"" help:"Put earlier weights in force again; RISK-0: those of the program."`
}

// RiskQualityCmd measures the weights.
type RiskQualityCmd struct{}

// Run asks the server.
func (RiskQualityCmd) Run(ctx context.Context, g *Globals) error {
	q, err := g.Client().RiskQuality(ctx)
	if err != nil {
		return err
	}
	return g.PrintOne(q, func() [][2]string {
		pairs := [][2]string{{"WEIGHTS", q.Weights}, {"CHANGES", fmt.Sprintf("%d, of which %d failed", q.Changes, q.Failed)}}
		if q.Failed > 0 && q.Failed < q.Changes {
			pairs = append(pairs, [2]string{"AUC", fmt.Sprintf("%.3f", q.Measure.AUC)}, [2]string{"BRIER", fmt.Sprintf("%.4f", q.Measure.Brier)})
		}
		for _, l := range q.Levels {
			pairs = append(pairs, [2]string{"RISK " + l.Level, fmt.Sprintf("%d of %d failed", l.Failed, l.N)})
		}
		return append(pairs, [2]string{"FOR A FIT", q.Learning.Missing})
	})
}

// RiskListCmd lists versions.
type RiskListCmd struct{}

// Run reads all pages.
func (RiskListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := pages(0, func(cursor string, n int) (client.List[client.RiskModel], error) {
		return g.Client().RiskModels(ctx, cursor, min(n, 100))
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"VERSION", "STATE", "IN USE", "MADE", "COMPARED WITH", "REASON"}}
		for _, m := range all {
			lines = append(lines, []string{m.Key, m.State, yes(m.InUse), when(deref(m.Created)), m.Parent, m.Reason})
		}
		return lines
	})
}

// RiskArg names a version.
type RiskArg struct {
	Version string `arg:"" help:"Key of the version, like RISK-2; RISK-0 comes with the program."`
}

// RiskShowCmd shows one.
type RiskShowCmd struct{ RiskArg }

// Run asks the server.
func (c RiskShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printRisk(g.Client().RiskModel(ctx, c.Version))
}

func (g *Globals) printRisk(m client.RiskModel, err error) error {
	if err != nil {
		return err
	}
	if g.Output != "table" {
		return g.Print(m, nil)
	}
	g.Say("%s, %s%s; medium from %d, high from %d", m.Key, m.State, map[bool]string{true: ", in use"}[m.InUse], m.Medium, m.High)
	if r := m.Report; r != nil {
		g.Say("%s", r.Verdict)
		g.Say("%d changes, %d failed; AUC %.3f (before %.3f), Brier %.4f (before %.4f)", r.N, r.Failed, r.Proposed.AUC, r.Before.AUC, r.Proposed.Brier, r.Before.Brier)
	}
	g.Say("")
	return g.Print(nil, func() [][]string {
		lines := [][]string{{"FACTOR", "WEIGHT", "START", "WHAT"}}
		for _, f := range m.Factors {
			lines = append(lines, []string{f.Name, strconv.FormatFloat(f.Weight, 'f', 2, 64), strconv.FormatFloat(f.Start, 'f', 2, 64), f.Title})
		}
		return lines
	})
}

// RiskProposeCmd fits.
type RiskProposeCmd struct{}

// Run asks the server.
func (RiskProposeCmd) Run(ctx context.Context, g *Globals) error {
	return g.printRisk(g.Client().ProposeRiskModel(ctx))
}

// RiskDecide names a version and a reason.
type RiskDecide struct {
	RiskArg
	Reason string `short:"m" help:"Why, for the record."`
}

// RiskAcceptCmd accepts a proposal.
type RiskAcceptCmd struct{ RiskDecide }

// Run asks the server.
func (c RiskAcceptCmd) Run(ctx context.Context, g *Globals) error {
	return g.printRisk(g.Client().RiskModelVerb(ctx, c.Version, "accept", c.Reason))
}

// RiskDeclineCmd puts a proposal aside.
type RiskDeclineCmd struct{ RiskDecide }

// Run asks the server.
func (c RiskDeclineCmd) Run(ctx context.Context, g *Globals) error {
	return g.printRisk(g.Client().RiskModelVerb(ctx, c.Version, "decline", c.Reason))
}

// RiskUseCmd goes back.
type RiskUseCmd struct{ RiskDecide }

// Run asks the server.
func (c RiskUseCmd) Run(ctx context.Context, g *Globals) error {
	return g.printRisk(g.Client().RiskModelVerb(ctx, c.Version, "use", c.Reason))
}

// ChangeVerificationCmd shows how a service fared.
type ChangeVerificationCmd struct{ ChangeArg }

// Run asks the server.
func (c ChangeVerificationCmd) Run(ctx context.Context, g *Globals) error {
	v, err := g.Client().Verification(ctx, c.Key)
	if err != nil {
		return err
	}
	if g.Output != "table" {
		return g.Print(v, nil)
	}
	g.Say("%s on %s: %s. %s", v.Change, v.Service, v.Result.Verdict, v.Result.Reason)
	if v.Error != "" {
		g.Say("the last look failed: %s", v.Error)
	}
	if len(v.Result.Rows) == 0 {
		return nil
	}
	return g.Print(nil, func() [][]string {
		lines := [][]string{{"METRIC", "BEFORE", "AFTER", "WORSE BY", "P", "VERDICT", "WHY"}}
		for _, r := range v.Result.Rows {
			lines = append(lines, []string{r.Name, fmt.Sprintf("%.4g", r.Before.Mean), fmt.Sprintf("%.4g", r.After.Mean), fmt.Sprintf("%.1f %%", r.Change*100), fmt.Sprintf("%.3g", r.Chance), r.Verdict, r.Why})
		}
		return lines
	})
}

// ChangeSuspectsCmd is the suspects of an incident.
type ChangeSuspectsCmd struct {
	Incident string `arg:"" optional:"" help:"Key of the incident, like INC-7; without it, how good the ranking was."`
	Confirm  string `help:"This change caused it." placeholder:"CHG-7" xor:"say"`
	Reject   string `help:"This change did not." placeholder:"CHG-7" xor:"say"`
	Reopen   string `help:"Take back what was said of this change." placeholder:"CHG-7" xor:"say"`
	Note     string `short:"m" help:"Why."`
}

// Run asks the server.
func (c ChangeSuspectsCmd) Run(ctx context.Context, g *Globals) error {
	for verb, change := range map[string]string{"confirm": c.Confirm, "reject": c.Reject, "reopen": c.Reopen} {
		if change == "" {
			continue
		}
		if c.Incident == "" {
			return errs.BadField("incident", "", "name the incident that it is about")
		}
		e, err := g.Client().SuspectVerb(ctx, c.Incident, change, verb, c.Note)
		if err != nil {
			return err
		}
		return g.PrintOne(e, func() [][2]string {
			return [][2]string{{"INCIDENT", e.Incident}, {"CHANGE", e.Change}, {"STATE", e.State}, {"BY", e.Person}, {"NOTE", e.Note}}
		})
	}
	if c.Incident == "" {
		q, err := g.Client().SuspectQuality(ctx)
		if err != nil {
			return err
		}
		return g.PrintOne(q, func() [][2]string {
			return [][2]string{{"INCIDENTS WITH A KNOWN CAUSE", strconv.Itoa(q.Incidents)}, {"ENOUGH TO SAY MUCH", yes(q.Reliable)}, {"MEAN RECIPROCAL RANK", fmt.Sprintf("%.2f (newest first: %.2f)", q.MRR, q.LatestMRR)},
				{"FIRST WAS A CAUSE", fmt.Sprintf("%.0f %%", q.First*100)}, {"ONE OF THREE WAS", fmt.Sprintf("%.0f %%", q.Three*100)}, {"CAUSE NOT LISTED", strconv.Itoa(q.Missed)}}
		})
	}
	s, err := g.Client().Suspects(ctx, c.Incident)
	if err != nil {
		return err
	}
	return g.Print(s, func() [][]string {
		lines := [][]string{{"CHANGE", "SCORE", "STATE", "SERVICE", "DEPLOYED", "TITLE", "WHY"}}
		for _, x := range s.Items {
			why := ""
			if len(x.Reasons) > 0 {
				why = x.Reasons[0].Text
			}
			lines = append(lines, []string{x.Change, fmt.Sprintf("%d %s", x.Score, x.Strength), x.State, x.Service, when(deref(x.Deployed)), x.Title, why})
		}
		return lines
	})
}

// ChangeIncidentsCmd lists incidents of a change.
type ChangeIncidentsCmd struct{ ChangeArg }

// Run asks the server.
func (c ChangeIncidentsCmd) Run(ctx context.Context, g *Globals) error {
	list, err := g.Client().ChangeIncidents(ctx, c.Key)
	if err != nil {
		return err
	}
	return g.Print(list.Items, func() [][]string {
		lines := [][]string{{"INCIDENT", "PRIORITY", "SAID", "BY", "BEGAN", "TITLE"}}
		for _, x := range list.Items {
			by := x.Person
			if by == "" {
				by = x.Rule
			}
			lines = append(lines, []string{x.Incident, fmt.Sprintf("P%d", x.Priority), x.State, by, when(deref(x.Began)), x.Title})
		}
		return lines
	})
}

// ChangePacketCmd writes a packet.
type ChangePacketCmd struct {
	ChangeArg
	Format string `help:"dsse: the signed envelope that evidence verify checks; html: a page for people; json: what it says, unsigned." enum:"dsse,html,json" default:"dsse"`
	Into   string `help:"Write it into this file; default standard output." placeholder:"FILE" type:"path"`
}

// Run asks the server.
func (c ChangePacketCmd) Run(ctx context.Context, g *Globals) error {
	var text []byte
	var err error
	if c.Format == "json" {
		text, err = g.Client().PacketContent(ctx, c.Key)
	} else {
		text, err = g.Client().IssuePacket(ctx, c.Key, c.Format)
	}
	if err != nil {
		return err
	}
	if c.Into != "" {
		if err := os.WriteFile(c.Into, text, 0o600); err != nil {
			return errs.BadField("into", c.Into, "it cannot be written: "+err.Error())
		}
		if g.Say("wrote %s", c.Into); c.Format == "dsse" {
			g.Say("check it with: evenkeel evidence verify %s", c.Into)
		}
		return nil
	}
	_, err = g.Out.Write(text)
	return err
}
