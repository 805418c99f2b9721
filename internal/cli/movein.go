package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/movein"
	"github.com/evenkeel/evenkeel/internal/movein/grafanaoncall"
	"github.com/evenkeel/evenkeel/internal/movein/opsgenie"
	"github.com/evenkeel/evenkeel/internal/movein/pagerduty"
)

// ImportCmd moves in from another system.
type ImportCmd struct {
	PagerDuty ImportPagerDutyCmd `cmd:"" name:"pagerduty" help:"From PagerDuty."`
	Opsgenie  ImportOpsgenieCmd  `cmd:"" help:"From Opsgenie."`
	OnCall    ImportOnCallCmd    `cmd:"" name:"grafana-oncall" help:"From Grafana OnCall."`
	Covers    ImportCoversCmd    `cmd:"" help:"Enter the overrides of a directory that was written here, after it was applied."`
}

// ImportFlags are of every source.
type ImportFlags struct {
	File    string `help:"Read this export file in place of the API." type:"existingfile" placeholder:"FILE"`
	Save    string `help:"Keep what the API gave in this file, for --file." type:"path" placeholder:"FILE"`
	Out     string `help:"Directory to write; made if it is not there." required:"" type:"path" placeholder:"DIR"`
	Force   bool   `help:"Write into a directory that holds files already."`
	Invite  bool   `help:"Add people who have no account here, as responders, and print their invitations."`
	Offline bool   `help:"Do not ask this server who is here: everybody gets a new handle."`
}

// bring reads, maps, invites and writes.
func (c ImportFlags) bring(ctx context.Context, g *Globals, f *movein.Fetcher, account any, read func() error, draft func([]movein.Account) *movein.Draft) error {
	if c.Invite && c.Offline {
		return errs.BadField("offline", "true", "leave it out with --invite, which adds people to the server")
	}
	if c.File != "" {
		text, err := os.ReadFile(c.File)
		if err != nil {
			return errs.E(errs.Invalid, "the export file cannot be read: %v", err)
		}
		if err := json.Unmarshal(text, account); err != nil {
			return errs.E(errs.Invalid, "%s is not an export as expected: %v", c.File, err)
		}
	} else {
		f.Say = func(s string) { fmt.Fprintln(g.Err, s) }
		if err := read(); err != nil {
			return err
		}
		fmt.Fprintf(g.Err, "%d requests to %s\n", f.Asked(), f.Base)
	}
	if c.Save != "" {
		text, err := json.MarshalIndent(account, "", " ")
		if err == nil {
			err = os.WriteFile(c.Save, text, 0o600) // e-mail addresses stand in it
		}
		if err != nil {
			return errs.E(errs.Invalid, "the export file cannot be written: %v", err)
		}
	}
	var accounts []movein.Account
	if !c.Offline {
		var err error
		if accounts, err = accountsOf(ctx, g.Client()); err != nil {
			return err
		}
	}
	d := draft(accounts)
	if c.Invite {
		if err := invite(ctx, g, d); err != nil {
			return err
		}
	}
	n, err := d.Write(c.Out, c.Force)
	if err != nil {
		return err
	}
	g.Say("%d files in %s; %d things could not be moved as they were, %d people have no account: read %s",
		n, c.Out, len(d.Notes), len(d.Unknown()), filepath.Join(c.Out, "REPORT.md"))
	return nil
}

// accountsOf lists everybody who is here. E-mail addresses come only with an
// admin's token; without them nobody can be found again.
func accountsOf(ctx context.Context, api *client.Client) (out []movein.Account, err error) {
	mails := false
	for f := (client.PeopleFilter{}); ; {
		list, err := api.People(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, p := range list.Items {
			out = append(out, movein.Account{Handle: p.Handle, Email: p.Email})
			mails = mails || p.Email != ""
		}
		if f.Cursor = list.Next; f.Cursor == "" {
			break
		}
	}
	if !mails {
		return nil, errs.E(errs.Forbidden, "this token does not see e-mail addresses, by which people are found; use an admin's, or --offline")
	}
	return out, nil
}

// invite adds the people of a draft who have no account.
func invite(ctx context.Context, g *Globals, d *movein.Draft) error {
	for _, p := range d.Unknown() {
		if p.Email == "" {
			d.Note("user "+p.Name, "has no e-mail address", "add them by hand with the handle "+p.Handle)
			continue
		}
		made, err := g.Client().CreatePerson(ctx, client.PersonEdit{Handle: p.Handle, Display: p.Name, Email: p.Email, Role: "responder", Zone: p.Zone})
		if err != nil {
			return err
		}
		p.Known = true
		fmt.Fprintf(g.Out, "%s\t%s\t%s\n", p.Handle, p.Email, made.Invitation.URL)
	}
	return nil
}

// ImportPagerDutyCmd moves in from PagerDuty.
type ImportPagerDutyCmd struct {
	URL string `help:"Address of the API." default:"https://api.pagerduty.com" env:"PAGERDUTY_URL"`
	Key string `help:"API key that may read; better in the environment." env:"PAGERDUTY_KEY"`
	ImportFlags
}

// Run reads, maps and writes.
func (c ImportPagerDutyCmd) Run(ctx context.Context, g *Globals) error {
	f := &movein.Fetcher{Base: c.URL, Header: pagerduty.Header(c.Key)}
	a, now := &pagerduty.Account{}, time.Now()
	return c.bring(ctx, g, f, a, func() error {
		got, err := pagerduty.Read(ctx, f, now)
		if err == nil {
			*a = *got
		}
		return err
	}, func(here []movein.Account) *movein.Draft { return a.Map(here, now) })
}

// ImportOpsgenieCmd moves in from Opsgenie.
type ImportOpsgenieCmd struct {
	URL string `help:"Address of the API." default:"https://api.opsgenie.com" env:"OPSGENIE_URL"`
	Key string `help:"API key that may read; better in the environment." env:"OPSGENIE_KEY"`
	ImportFlags
}

// Run reads, maps and writes.
func (c ImportOpsgenieCmd) Run(ctx context.Context, g *Globals) error {
	f := &movein.Fetcher{Base: c.URL, Header: opsgenie.Header(c.Key)}
	a := &opsgenie.Account{}
	return c.bring(ctx, g, f, a, func() error {
		got, err := opsgenie.Read(ctx, f)
		if err == nil {
			*a = *got
		}
		return err
	}, func(here []movein.Account) *movein.Draft { return a.Map(here, time.Now()) })
}

// ImportOnCallCmd moves in from Grafana OnCall.
type ImportOnCallCmd struct {
	URL string `help:"Address of the OnCall engine, without /api/v1." env:"ONCALL_URL"`
	Key string `help:"API key; better in the environment." env:"ONCALL_KEY"`
	ImportFlags
}

// Run reads, maps and writes.
func (c ImportOnCallCmd) Run(ctx context.Context, g *Globals) error {
	f := &movein.Fetcher{Base: c.URL, Header: grafanaoncall.Header(c.Key)}
	x := &grafanaoncall.Export{}
	return c.bring(ctx, g, f, x, func() error {
		got, err := grafanaoncall.Read(ctx, f)
		if err == nil {
			*x = *got
		}
		return err
	}, func(here []movein.Account) *movein.Draft { return x.Map(here, time.Now()) })
}

// ImportCoversCmd enters overrides.
type ImportCoversCmd struct {
	Dir string `arg:"" type:"existingdir" help:"Directory with covers.json."`
}

// Run enters the overrides that are still to come and not there yet, so that
// it can be run again.
func (c ImportCoversCmd) Run(ctx context.Context, g *Globals) error {
	text, err := os.ReadFile(filepath.Join(c.Dir, "covers.json"))
	if err != nil {
		return errs.E(errs.Invalid, "there are no overrides to enter: %v", err)
	}
	var covers []movein.Cover
	if err := json.Unmarshal(text, &covers); err != nil {
		return errs.E(errs.Invalid, "covers.json: %v", err)
	}
	entered, there := 0, 0
	for _, v := range covers {
		if !v.To.After(time.Now()) {
			continue
		}
		list, err := g.Client().Covers(ctx, v.Schedule, v.From, v.To)
		if err != nil {
			return err
		}
		known := false
		for _, old := range list.Items {
			known = known || old.Person != nil && old.Person.Handle == v.Person && old.To.Equal(v.To) && !old.From.After(maxTime(v.From, old.Created))
		}
		if known {
			there++
			continue
		}
		if _, err := g.Client().AddCover(ctx, v.Schedule, client.NewCover{Person: v.Person, From: v.From, To: v.To, Reason: v.Reason}); err != nil {
			return err
		}
		entered++
	}
	g.Say("%d overrides entered, %d were there already", entered, there)
	return nil
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
