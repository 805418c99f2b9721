package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// MeasureFlags say which changes are measured.
type MeasureFlags struct {
	Team        string `help:"Only of this team, that owned the main service when the change was made."`
	Service     string `help:"Only of this service."`
	Environment string `help:"Default: production; * for all together."`
	Kind        string `help:"Only of this kind."`
	Period      string `help:"So many days, weeks or months up to now (30d, 12w, 12m), a month (2026-10), a quarter (2026-Q3) or a year." placeholder:"30d"`
	Zone        string `help:"Time zone of days, weeks and months, like Europe/Berlin." placeholder:"UTC"`
}

func (f MeasureFlags) ask() client.MeasureAsk {
	return client.MeasureAsk{Team: f.Team, Service: f.Service, Environment: f.Environment, Kind: f.Kind, Period: f.Period, Zone: f.Zone}
}

// ChangeMeasuresCmd measures.
type ChangeMeasuresCmd struct {
	MeasureFlags
	Records string `help:"List the changes behind a figure: deployments, lead-time, no-lead-time, completed, failures, recovery, unrecovered, rework, no-outcome, bypassed." placeholder:"FIGURE" xor:"what"`
	Parts   string `help:"Each team or service by itself." enum:"team,service," default:""`
	Rebuild bool   `help:"Measure all changes anew." xor:"what"`
	By      string `help:"Width of the trend's points." enum:"day,week,month," default:""`
	Trend   string `help:"Period of the trend; default that of the figures." placeholder:"12m"`
	Max     int    `help:"With --records or --parts: at most so many." default:"100"`
}

// Run asks the server.
func (c ChangeMeasuresCmd) Run(ctx context.Context, g *Globals) error {
	switch {
	case c.Records != "":
		return c.records(ctx, g)
	case c.Parts != "":
		return c.parts(ctx, g)
	case c.Rebuild:
		n, err := g.Client().RebuildMeasures(ctx)
		if err == nil {
			g.Say("%d changes are measured", n)
		}
		return err
	}
	m, err := g.Client().ChangeMeasures(ctx, c.ask(), c.By, c.Trend)
	if err != nil {
		return err
	}
	if g.Output != "table" {
		return g.Print(m, nil)
	}
	g.Say("%s, beside %s", m.Period.Title, m.Before.Title)
	if m.Maturity != nil {
		g.Say("%s: %s", m.Maturity.Level, m.Maturity.Says)
	}
	g.Say("")
	return g.Print(nil, func() [][]string {
		lines := [][]string{{"MEASURE", "NOW", "BEFORE"}}
		now, before := m.Figures, m.Previous
		for _, row := range []struct {
			name string
			of   func(client.ChangeFigures) string
		}{
			{"deployments", func(f client.ChangeFigures) string { return fmt.Sprintf("%d (%.2f a day)", f.Deployments, f.PerDay) }},
			{"change lead time: mean / median / p90 (n)", func(f client.ChangeFigures) string { return took(f.LeadTime) }},
			{"change failure rate", func(f client.ChangeFigures) string { return share(f.FailureRate) }},
			{"failed deployment recovery time: mean / median / p90 (n)", func(f client.ChangeFigures) string { return took(f.Recovery) }},
			{"rework rate", func(f client.ChangeFigures) string { return share(f.Rework) }},
			{"outcome known", func(f client.ChangeFigures) string { return share(f.OutcomeKnown) }},
			{"cause of incidents known", func(f client.ChangeFigures) string { return share(f.CauseKnown) }},
			{"began without being allowed", func(f client.ChangeFigures) string { return strconv.Itoa(f.Bypassed) }},
			{"waited for approvals", func(f client.ChangeFigures) string { return long(time.Duration(f.WaitedSeconds) * time.Second) }},
		} {
			lines = append(lines, []string{row.name, row.of(now), row.of(before)})
		}
		return lines
	})
}

// share is a rate for people; unknown without anything to count.
func share(r *client.Rate) string {
	if r == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.1f %% (%d of %d)", r.Share*100, r.Count, r.Of)
}

func (c ChangeMeasuresCmd) parts(ctx context.Context, g *Globals) error {
	p, err := g.Client().MeasureParts(ctx, c.ask(), c.Parts, min(c.Max, 500))
	if err != nil {
		return err
	}
	return g.Print(p, func() [][]string {
		lines := [][]string{{"NAME", "DEPLOYMENTS", "LEAD TIME: MEAN / MEDIAN / P90 (N)", "FAILED", "RECOVERY: MEAN / MEDIAN / P90 (N)", "REWORK"}}
		for _, x := range p.Items {
			f := x.Figures
			lines = append(lines, []string{x.Name, strconv.Itoa(f.Deployments), took(f.LeadTime), share(f.FailureRate), took(f.Recovery), share(f.Rework)})
		}
		return lines
	})
}

func (c ChangeMeasuresCmd) records(ctx context.Context, g *Globals) error {
	all, err := pages(c.Max, func(cursor string, n int) (client.List[client.MeasuredChange], error) {
		return g.Client().MeasuredChanges(ctx, c.ask(), c.Records, cursor, n)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"CHANGE", "AT", "SERVICE", "STATE", "LEAD TIME", "RECOVERY", "TITLE"}}
		for _, r := range all {
			lines = append(lines, []string{r.Change, when(deref(r.At)), r.Service, r.State, secondsText(r.LeadSeconds), secondsText(r.RecoverySeconds), r.Title})
		}
		return lines
	})
}

func secondsText(s *int64) string {
	if s == nil {
		return ""
	}
	return long(time.Duration(*s) * time.Second)
}

// ChangeLedgerCmd is the approval ledger.
type ChangeLedgerCmd struct {
	MeasureFlags
	Rule string `help:"With --who: list the approvals of a step, like peer-review." and:"step"`
	Who  string `help:"With --rule: who was asked, like peer." and:"step"`
	Max  int    `help:"Of approvals: at most so many." default:"100"`
}

// Run asks the server.
func (c ChangeLedgerCmd) Run(ctx context.Context, g *Globals) error {
	if c.Rule != "" {
		return c.approvals(ctx, g)
	}
	l, err := g.Client().ApprovalLedger(ctx, c.ask())
	if err != nil {
		return err
	}
	return g.Print(l, func() [][]string {
		lines := [][]string{{"RULE", "WHO", "CHANGES", "REJECTED", "WAITED", "FAILED WITH", "WITHOUT", "VERDICT"}}
		for _, s := range l.Steps {
			lines = append(lines, []string{s.Rule, s.Who, strconv.Itoa(s.Changes), strconv.Itoa(s.Rejected), long(time.Duration(s.WaitedSeconds) * time.Second), share(s.With), share(s.Without), s.Verdict})
		}
		return lines
	})
}

func (c ChangeLedgerCmd) approvals(ctx context.Context, g *Globals) error {
	all, err := pages(c.Max, func(cursor string, n int) (client.List[client.LedgerApproval], error) {
		return g.Client().LedgerApprovals(ctx, c.ask(), c.Rule, c.Who, cursor, n)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"CHANGE", "ANSWER", "BY", "DECIDED", "WAITED", "STATE", "TITLE"}}
		for _, a := range all {
			lines = append(lines, []string{a.Change, a.Answer, a.Person + a.Outside, when(deref(a.Decided)), long(time.Duration(a.WaitedSeconds) * time.Second), a.State, a.Title})
		}
		return lines
	})
}

// ChangeImportCmd takes in history.
type ChangeImportCmd struct {
	File          string `arg:"" help:"CSV with a line of names: service and deployed_at (RFC 3339) must be there; environment, artefact, commit, kind, title, author, link, committed_at, outcome, recovered_at, rework may. - reads standard input."`
	CommittedFrom string `help:"An environment in which everything arrives first: it stands for commit times that are unknown." placeholder:"ENVIRONMENT"`
	DryRun        bool   `help:"Only say what it would do."`
}

// Run sends the file.
func (c ChangeImportCmd) Run(ctx context.Context, g *Globals) error {
	var in io.Reader = g.In
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return errs.BadField("file", c.File, "it cannot be read: "+err.Error())
		}
		defer f.Close()
		in = f
	}
	d, err := g.Client().ImportChanges(ctx, in, c.CommittedFrom, c.DryRun)
	if err != nil {
		return err
	}
	return g.PrintOne(d, func() [][2]string {
		n := strconv.Itoa
		return [][2]string{{"ROWS", n(d.Rows)}, {"CHANGES", n(d.Changes)}, {"ADDED", n(d.Added)}, {"KNOWN ALREADY", n(d.Known)}, {"ELSEWHERE", n(d.Elsewhere)}, {"RETURNS TO AN EARLIER ARTEFACT", n(d.Returns)}, {"REPEATS", n(d.Repeats)},
			{"OUTCOME ASSUMED", n(d.Assumed)}, {"COMMIT AFTER DEPLOYMENT", n(d.Negative)}, {"COMMIT TIME UNKNOWN", n(d.NoCommit)}, {"OUT OF ORDER", n(d.OutOfOrder)}}
	})
}
