package cli

import (
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/evenkeel/evenkeel/internal/app"
)

// commands is the whole command line, in the order of its help.
type commands struct {
	Globals
	Config string `help:"Configuration file (YAML, names of the flags)." env:"EVENKEEL_CONFIG" placeholder:"FILE"`

	Serve  serveCmd  `cmd:"" group:"Server" help:"Run the server."`
	Demo   demoCmd   `cmd:"" group:"Server" help:"Show the product alive: an example organisation on an embedded database."`
	Doctor doctorCmd `cmd:"" group:"Server" help:"Check configuration, database, disk, clock, mail and the log, and say what to do."`

	Evidence EvidenceCmd `cmd:"" group:"Proof" help:"The evidence log: list, prove, export, verify."`
	Backup   BackupCmd   `cmd:"" group:"Proof" help:"Back the database up to a verified file."`
	Restore  RestoreCmd  `cmd:"" group:"Proof" help:"Restore a backup into an empty database."`

	Incident  IncidentCmd  `cmd:"" group:"Work" help:"Incidents: what is broken, and who is on it."`
	Change    ChangeCmd    `cmd:"" group:"Work" help:"Changes: may I ship, who approves, what was shipped."`
	Alert     AlertCmd     `cmd:"" group:"Work" help:"Alerts."`
	Silence   SilenceCmd   `cmd:"" group:"Work" help:"Silences and maintenance."`
	Service   ServiceCmd   `cmd:"" group:"Work" help:"Services."`
	Scorecard ScorecardCmd `cmd:"" group:"Work" help:"Scorecards: how well services are kept."`
	Cmdb      CmdbCmd      `cmd:"" name:"cmdb" group:"Work" help:"The map: what depends on what, who says so, and what breaks."`
	Message   MessageCmd   `cmd:"" group:"Work" help:"Messages that were sent, wait, or were given up."`
	Contact   ContactCmd   `cmd:"" group:"Work" help:"How you are told: your contact methods and rules."`
	OnCall    OnCallCmd    `cmd:"" name:"oncall" group:"Work" help:"Who is on call: schedules, covers, swaps."`
	Me        MeCmd        `cmd:"" group:"Work" help:"Oneself: profile, password, sessions."`

	Plan    PlanCmd    `cmd:"" group:"As code" help:"Show what applying a directory would change."`
	Apply   ApplyCmd   `cmd:"" group:"As code" help:"Make the server like a directory, in one transaction."`
	Export  ExportCmd  `cmd:"" group:"As code" help:"Write what the server has into a directory."`
	Applies AppliesCmd `cmd:"" group:"As code" help:"List what was applied, newest first."`
	Import  ImportCmd  `cmd:"" group:"As code" help:"Write what PagerDuty, Opsgenie or Grafana OnCall holds as files to apply."`

	Team        TeamCmd        `cmd:"" group:"Set-up" help:"Teams."`
	Person      PersonCmd      `cmd:"" group:"Set-up" help:"People."`
	Tokens      TokenCmd       `cmd:"" name:"token" group:"Set-up" help:"API tokens."`
	Integration IntegrationCmd `cmd:"" group:"Set-up" help:"Integrations: who may send alerts."`
	Rule        RuleCmd        `cmd:"" group:"Set-up" help:"Alert rules: what becomes an incident, and of whom."`
	Channel     ChannelCmd     `cmd:"" group:"Set-up" help:"Channels of teams: mail, Slack, webhooks."`
	Policy      PolicyCmd      `cmd:"" group:"Set-up" help:"Escalation policies: who is told; and the policy of changes: what may go out."`
	Calendar    CalendarCmd    `cmd:"" group:"Set-up" help:"Business calendars."`

	Version    versionCmd    `cmd:"" help:"Print the version."`
	Completion completionCmd `cmd:"" help:"Print a completion script for bash, zsh or fish."`
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(g *Globals) error {
	_, err := fmt.Fprintln(g.Out, "evenkeel", app.Version)
	return err
}

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints a script made from the grammar, so that it never lags behind.
func (c *completionCmd) Run(g *Globals, k *kong.Kong) error {
	_, err := fmt.Fprint(g.Out, completion(c.Shell, k.Model))
	return err
}
