package cli

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// MeCmd is oneself: profile, password and sessions.
type MeCmd struct {
	Show     MeShowCmd     `cmd:"" default:"1" help:"Show who the token at hand is and what it may do."`
	Update   MeUpdateCmd   `cmd:"" help:"Change one's own profile; what is not named stays."`
	Password MePasswordCmd `cmd:"" help:"Change one's own password; asks for it, or reads the present and the new one as two lines."`
	Sessions MeSessionsCmd `cmd:"" help:"List one's own signed-in browsers."`
	SignOut  MeSignOutCmd  `cmd:"" help:"End one of one's own sessions, or with --others all."`
}

// MeShowCmd shows oneself.
type MeShowCmd struct{}

// Run asks the server.
func (MeShowCmd) Run(ctx context.Context, g *Globals) error {
	me, err := g.Client().Me(ctx)
	if err != nil {
		return err
	}
	return g.PrintOne(me, func() [][2]string {
		pairs := personPairs(me.Person)
		if me.Version == 0 { // a machine's token: no profile, no state
			pairs = [][2]string{{"KEY", me.Key}, {"NAME", me.Display}, {"ROLE", me.Role}}
		}
		return append(pairs, [2]string{"TEAMS", strings.Join(me.Teams, ", ")}, [2]string{"MAY", strings.Join(me.Permissions, ", ")})
	})
}

// MeUpdateCmd changes one's own profile.
type MeUpdateCmd struct {
	Display    string `help:"Name as others see it."`
	Zone       string `help:"IANA time zone, like Europe/Berlin."`
	Vocabulary string `help:"itil or engineering." enum:",itil,engineering" default:""`
	Theme      string `help:"auto, light or dark." enum:",auto,light,dark" default:""`
}

// Run reads the profile, changes what is named, and writes it.
func (c MeUpdateCmd) Run(ctx context.Context, g *Globals) error {
	me, err := g.Client().Me(ctx)
	if err != nil {
		return err
	}
	me, err = g.Client().UpdateMe(ctx, me.Version, client.ProfileEdit{Display: cmp.Or(c.Display, me.Display), Zone: cmp.Or(c.Zone, me.Zone),
		Vocabulary: cmp.Or(c.Vocabulary, me.Vocabulary), Theme: cmp.Or(c.Theme, me.Theme)})
	if err != nil {
		return err
	}
	return g.PrintOne(me, func() [][2]string { return personPairs(me.Person) })
}

// MePasswordCmd changes one's own password.
type MePasswordCmd struct{}

// Run asks for both passwords without showing them.
func (MePasswordCmd) Run(ctx context.Context, g *Globals) error {
	in := bufio.NewReader(g.In)
	present, err := secretLine(g, in, "Present password: ")
	if err != nil {
		return err
	}
	next, err := secretLine(g, in, "New password: ")
	if err != nil {
		return err
	}
	if err := g.Client().ChangePassword(ctx, present, next); err != nil {
		return err
	}
	g.Say("The password is changed; your other sessions are ended.")
	return nil
}

// secretLine reads a line, unseen if it comes from a terminal.
func secretLine(g *Globals, in *bufio.Reader, prompt string) (string, error) {
	if f, ok := g.In.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(g.Err, prompt)
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(g.Err)
		return string(b), err
	}
	line, err := in.ReadString('\n')
	if err == io.EOF && line != "" {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

// MeSessionsCmd lists one's own sessions.
type MeSessionsCmd struct{}

// Run asks the server.
func (MeSessionsCmd) Run(ctx context.Context, g *Globals) error {
	list, err := g.Client().Sessions(ctx)
	if err != nil {
		return err
	}
	return g.Print(list, func() [][]string {
		lines := [][]string{{"SESSION", "LAST USED", "OPENED", "FROM", "BROWSER"}}
		for _, s := range list.Items {
			lines = append(lines, []string{s.ID, when(s.Seen), when(s.Created), s.Address, s.Agent})
		}
		return lines
	})
}

// MeSignOutCmd ends sessions.
type MeSignOutCmd struct {
	Session string `arg:"" optional:"" help:"As evenkeel me sessions names it."`
	Others  bool   `help:"All sessions but the asking one."`
}

// Run asks the server.
func (c MeSignOutCmd) Run(ctx context.Context, g *Globals) error {
	if (c.Session == "") != c.Others {
		return errs.E(errs.Invalid, "name one session, or --others for all; evenkeel me sessions lists them")
	}
	return g.Client().EndSession(ctx, c.Session)
}
