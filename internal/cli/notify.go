package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
)

// ChannelCmd is the channels of teams.
type ChannelCmd struct {
	List   ChannelListCmd   `cmd:"" help:"List channels with their health."`
	Show   ChannelShowCmd   `cmd:"" help:"Show a channel."`
	Create ChannelCreateCmd `cmd:"" help:"Add a channel; a webhook's signing secret is printed once."`
	Update ChannelUpdateCmd `cmd:"" help:"Change a channel; what is not named stays."`
	Delete ChannelDeleteCmd `cmd:"" help:"Delete a channel; what waits for it becomes dead letters."`
	Test   ChannelTestCmd   `cmd:"" help:"Send a test message now and say what came of it."`
}

// ChannelListCmd lists channels.
type ChannelListCmd struct{}

// Run reads all pages.
func (ChannelListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := everyPage(func(cursor string) (client.List[client.Channel], error) { return g.Client().Channels(ctx, cursor, 200) })
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NAME", "KIND", "TEAM", "URGENCY", "TO", "HEALTH", "LAST ERROR"}}
		for _, c := range all {
			lines = append(lines, []string{c.Name, c.Kind, c.Team, c.Urgency, channelTo(c), channelHealth(c), c.Health.Error})
		}
		return lines
	})
}

func channelTo(c client.Channel) string {
	if c.Kind == "email" {
		return strings.Join(c.Addresses, ",")
	}
	return c.Host
}

func channelHealth(c client.Channel) string {
	switch {
	case c.Disabled:
		return "off"
	case c.Missing != "":
		return "lacks " + c.Missing
	case c.Health.Failures > 0:
		return fmt.Sprintf("failing (%d in a row)", c.Health.Failures)
	}
	return c.Health.State
}

// ChannelArg names a channel.
type ChannelArg struct {
	Channel string `arg:"" help:"Name of the channel."`
}

// ChannelShowCmd shows a channel.
type ChannelShowCmd struct{ ChannelArg }

// Run asks the server.
func (c ChannelShowCmd) Run(ctx context.Context, g *Globals) error {
	ch, _, err := g.Client().Channel(ctx, c.Channel)
	if err != nil {
		return err
	}
	return g.printChannel(ch, "")
}

func (g *Globals) printChannel(c client.Channel, secret string) error {
	return g.PrintOne(c, func() [][2]string {
		pairs := [][2]string{{"NAME", c.Name}, {"KIND", c.Kind}, {"TEAM", c.Team}, {"URGENCY", c.Urgency}, {"TO", channelTo(c)}, {"HEALTH", channelHealth(c)},
			{"LAST GOOD", when(deref(c.Health.Good))}, {"LAST ERROR", c.Health.Error}, {"MANAGED BY", c.Managed}}
		if secret != "" {
			pairs = append(pairs, [2]string{"SECRET", secret}, [2]string{"NOTE", "the secret is shown this once"})
		}
		return pairs
	})
}

// ChannelFlags are what can be set about a channel.
type ChannelFlags struct {
	Team      *string  `help:"Team whose notices it gets."`
	Urgency   *string  `help:"all, urgent or quiet."`
	Address   []string `help:"E-mail address; repeat it. Replaces all."`
	URL       string   `help:"Where to post; better in the environment, it is a secret." env:"EVENKEEL_CHANNEL_URL"`
	Secret    string   `help:"Signing secret, whsec_…; better in the environment." env:"EVENKEEL_CHANNEL_SECRET"`
	PerMinute *int     `help:"Most messages a minute."`
	Disabled  *bool    `help:"Keep the settings, send nothing." negatable:""`
}

func (f ChannelFlags) into(e client.ChannelEdit) client.ChannelEdit {
	e.URL, e.Secret = f.URL, f.Secret
	if f.Team != nil {
		e.Team = *f.Team
	}
	if f.Urgency != nil {
		e.Urgency = *f.Urgency
	}
	if f.Address != nil {
		e.Addresses = f.Address
	}
	if f.PerMinute != nil {
		e.PerMinute = *f.PerMinute
	}
	if f.Disabled != nil {
		e.Disabled = *f.Disabled
	}
	return e
}

// ChannelCreateCmd adds a channel.
type ChannelCreateCmd struct {
	ChannelArg
	Kind string `arg:"" help:"email, slack, teams, ntfy or webhook." enum:"email,slack,teams,ntfy,webhook"`
	ChannelFlags
}

// Run asks the server.
func (c ChannelCreateCmd) Run(ctx context.Context, g *Globals) error {
	made, err := g.Client().CreateChannel(ctx, client.NewChannel{Name: c.Channel, ChannelEdit: c.into(client.ChannelEdit{Kind: c.Kind})})
	if err != nil {
		return err
	}
	if g.Output != "table" {
		return g.Print(made, nil)
	}
	return g.printChannel(made.Channel, made.Secret)
}

// ChannelUpdateCmd changes a channel.
type ChannelUpdateCmd struct {
	ChannelArg
	ChannelFlags
}

// Run reads the channel and changes that version of it.
func (c ChannelUpdateCmd) Run(ctx context.Context, g *Globals) error {
	old, etag, err := g.Client().Channel(ctx, c.Channel)
	if err != nil {
		return err
	}
	ch, err := g.Client().EditChannel(ctx, c.Channel, etag, c.into(client.ChannelEdit{Kind: old.Kind, Team: old.Team, Urgency: old.Urgency,
		Disabled: old.Disabled, Addresses: old.Addresses, PerMinute: old.PerMinute}))
	if err != nil {
		return err
	}
	return g.printChannel(ch, "")
}

// ChannelDeleteCmd deletes a channel.
type ChannelDeleteCmd struct{ ChannelArg }

// Run asks the server.
func (c ChannelDeleteCmd) Run(ctx context.Context, g *Globals) error {
	if err := g.Client().DeleteChannel(ctx, c.Channel); err != nil {
		return err
	}
	g.Say("the channel %s is deleted", c.Channel)
	return nil
}

// ChannelTestCmd sends a test message.
type ChannelTestCmd struct{ ChannelArg }

// Run asks the server; a message that did not go out is an error.
func (c ChannelTestCmd) Run(ctx context.Context, g *Globals) error {
	t, err := g.Client().TestChannel(ctx, c.Channel)
	if err != nil {
		return err
	}
	if g.Output != "table" {
		return g.Print(t, nil)
	}
	if !t.Sent {
		return fmt.Errorf("the test message did not go out: %s", t.Error)
	}
	g.Say("sent in %s", time.Duration(t.Seconds*float64(time.Second)).Round(time.Millisecond))
	return nil
}
