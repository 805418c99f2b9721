package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// ChangeModelCmd is models of standard changes.
type ChangeModelCmd struct {
	List     ModelListCmd     `cmd:"" default:"1" help:"List models with their use."`
	Show     ModelShowCmd     `cmd:"" help:"Show a model."`
	Create   ModelCreateCmd   `cmd:"" help:"Pre-approve a kind of change."`
	Update   ModelUpdateCmd   `cmd:"" help:"Replace what a model says."`
	Approve  ModelApproveCmd  `cmd:"" help:"Pre-approve a model that was withdrawn; its counters start anew."`
	Withdraw ModelWithdrawCmd `cmd:"" help:"Take a model's pre-approval away."`
	Delete   ModelDeleteCmd   `cmd:"" help:"Remove a model; its changes keep its name."`
}

// ModelArg names a model.
type ModelArg struct {
	Model string `arg:"" help:"Name of the model."`
}

// ModelListCmd lists models.
type ModelListCmd struct{}

// Run asks the server.
func (ModelListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := pages(0, func(cursor string, n int) (client.List[client.ChangeModel], error) {
		return g.Client().ChangeModels(ctx, cursor, n)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NAME", "STATE", "USED", "FAILED", "EXPIRES", "TITLE"}}
		for _, m := range all {
			expires := m.Expires
			if expires == "" {
				expires = "-"
			}
			lines = append(lines, []string{m.Name, m.State, fmt.Sprint(m.Used), fmt.Sprint(m.Failed), expires, m.Title})
		}
		return lines
	})
}

func (g *Globals) printModel(m client.ChangeModel, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(m, func() [][2]string {
		return [][2]string{{"NAME", m.Name}, {"TITLE", m.Title}, {"STATE", strings.TrimSpace(m.State + " " + m.Why)}, {"SINCE", when(m.Since)}, {"USED", fmt.Sprint(m.Used)}, {"FAILED", fmt.Sprint(m.Failed)},
			{"SERVICES", strings.Join(m.Services, ", ")}, {"TEAMS", strings.Join(m.Teams, ", ")}, {"KINDS", strings.Join(m.Kinds, ", ")}, {"ENVIRONMENTS", strings.Join(m.Environments, ", ")},
			{"EXPIRES", m.Expires}, {"MANAGED BY", m.ManagedBy}}
	})
}

// ModelShowCmd shows one.
type ModelShowCmd struct{ ModelArg }

// Run asks the server.
func (c ModelShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printModel(g.Client().ChangeModel(ctx, c.Model))
}

// ModelCreateCmd creates one.
type ModelCreateCmd struct {
	ModelArg
	SpecArg
}

// Run asks the server.
func (c ModelCreateCmd) Run(ctx context.Context, g *Globals) error {
	var spec client.ChangeModelSpec
	if err := c.read(g, &spec); err != nil {
		return err
	}
	return g.printModel(g.Client().CreateChangeModel(ctx, c.Model, spec))
}

// ModelUpdateCmd replaces one.
type ModelUpdateCmd struct {
	ModelArg
	SpecArg
}

// Run reads the version and replaces it; another edit meanwhile is a conflict.
func (c ModelUpdateCmd) Run(ctx context.Context, g *Globals) error {
	var spec client.ChangeModelSpec
	if err := c.read(g, &spec); err != nil {
		return err
	}
	now, err := g.Client().ChangeModel(ctx, c.Model)
	if err != nil {
		return err
	}
	return g.printModel(g.Client().UpdateChangeModel(ctx, c.Model, now.Version, spec))
}

// ModelApproveCmd approves one again.
type ModelApproveCmd struct{ ModelArg }

// Run asks the server.
func (c ModelApproveCmd) Run(ctx context.Context, g *Globals) error {
	return g.printModel(g.Client().ApproveChangeModel(ctx, c.Model))
}

// ModelWithdrawCmd withdraws one.
type ModelWithdrawCmd struct {
	ModelArg
	Reason string `short:"m" required:"" help:"Why."`
}

// Run asks the server.
func (c ModelWithdrawCmd) Run(ctx context.Context, g *Globals) error {
	return g.printModel(g.Client().WithdrawChangeModel(ctx, c.Model, c.Reason))
}

// ModelDeleteCmd removes one.
type ModelDeleteCmd struct{ ModelArg }

// Run asks the server.
func (c ModelDeleteCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().DeleteChangeModel(ctx, c.Model)
}

// ChangeSettingsCmd is the settings.
type ChangeSettingsCmd struct {
	Show ChangeSettingsShowCmd `cmd:"" default:"1" help:"Show the settings, complete with defaults."`
	Put  ChangeSettingsPutCmd  `cmd:"" help:"Replace the settings by what is in a file."`
}

// ChangeSettingsShowCmd shows them.
type ChangeSettingsShowCmd struct{}

// Run asks the server.
func (ChangeSettingsShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printSettings(g.Client().ChangeSettings(ctx))
}

// printSettings shows them as the document that put reads.
func (g *Globals) printSettings(s client.ChangeSettings, err error) error {
	if err != nil || g.Output != "table" {
		if err == nil {
			err = g.Print(s, nil)
		}
		return err
	}
	text, err := yaml.JSONToYAML(s.Spec)
	if err != nil {
		return err
	}
	_, err = g.Out.Write(text)
	return err
}

// ChangeSettingsPutCmd replaces them.
type ChangeSettingsPutCmd struct{ SpecArg }

// Run replaces the version that is there. What show printed can be put again.
func (c ChangeSettingsPutCmd) Run(ctx context.Context, g *Globals) error {
	fields := map[string]json.RawMessage{}
	if err := c.read(g, &fields); err != nil {
		return err
	}
	delete(fields, "version")
	delete(fields, "managed_by")
	spec, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	now, err := g.Client().ChangeSettings(ctx)
	if err != nil {
		return err
	}
	return g.printSettings(g.Client().PutChangeSettings(ctx, now.Version, spec))
}

// ChangeCredentialsCmd is by what pipelines are called.
type ChangeCredentialsCmd struct {
	Show   CredentialsShowCmd   `cmd:"" help:"Say which credentials an integration has."`
	Set    CredentialsSetCmd    `cmd:"" help:"Give an integration credentials, in place of what it had."`
	Forget CredentialsForgetCmd `cmd:"" help:"Forget what an integration had."`
}

// CredentialsArg names an integration.
type CredentialsArg struct {
	Integration string `arg:"" help:"Name of the integration."`
}

func (g *Globals) printCredentials(s client.PipelineCredentialState, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(s, func() [][2]string {
		has := strings.Join(s.Has, ", ")
		if has == "" {
			has = "nothing"
		}
		updated := ""
		if s.Updated != nil {
			updated = when(*s.Updated)
		}
		return [][2]string{{"INTEGRATION", s.Integration}, {"SYSTEM", s.System}, {"ADDRESS", s.URL}, {"HAS", has}, {"UPDATED", updated}}
	})
}

// CredentialsShowCmd shows which there are.
type CredentialsShowCmd struct{ CredentialsArg }

// Run asks the server.
func (c CredentialsShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printCredentials(g.Client().PipelineCredentials(ctx, c.Integration))
}

// CredentialsSetCmd sets them. Secrets come from files and standard input, so
// that they stand in no list of processes and in no history of a shell.
type CredentialsSetCmd struct {
	CredentialsArg
	System         string `required:"" enum:"github,gitlab,kubernetes,webhook" help:"github, gitlab, kubernetes or webhook."`
	URL            string `name:"url" help:"Address of the API; default: the system's own."`
	TokenFile      string `help:"File with the access token; - reads standard input." placeholder:"FILE"`
	AppID          string `name:"app-id" help:"Id of a GitHub App."`
	PrivateKeyFile string `help:"File with the private key of a GitHub App, PEM." placeholder:"FILE"`
	TriggerFile    string `help:"File with the token of GitLab's pipeline triggers." placeholder:"FILE"`
	CAFile         string `name:"ca-file" help:"File with certificates of a Kubernetes API, PEM." placeholder:"FILE"`
	SecretFile     string `help:"File with the secret that signs webhooks." placeholder:"FILE"`
}

// Run asks the server.
func (c CredentialsSetCmd) Run(ctx context.Context, g *Globals) error {
	in := client.PipelineCredentials{System: c.System, URL: c.URL, AppID: c.AppID}
	for _, x := range []struct {
		flag, file string
		into       *string
	}{{"token-file", c.TokenFile, &in.Token}, {"private-key-file", c.PrivateKeyFile, &in.PrivateKey}, {"trigger-file", c.TriggerFile, &in.Trigger}, {"ca-file", c.CAFile, &in.CA}, {"secret-file", c.SecretFile, &in.Secret}} {
		if x.file == "" {
			continue
		}
		var text []byte
		var err error
		if x.file == "-" {
			text, err = io.ReadAll(g.In)
		} else {
			text, err = os.ReadFile(x.file)
		}
		if err != nil {
			return errs.BadField(x.flag, x.file, "it cannot be read: "+err.Error())
		}
		*x.into = strings.TrimSpace(string(text))
	}
	return g.printCredentials(g.Client().SetPipelineCredentials(ctx, c.Integration, in))
}

// CredentialsForgetCmd forgets them.
type CredentialsForgetCmd struct{ CredentialsArg }

// Run asks the server.
func (c CredentialsForgetCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().DropPipelineCredentials(ctx, c.Integration)
}
