package cli

import (
	"cmp"
	"context"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// PersonCmd is the people of the organisation.
type PersonCmd struct {
	List    PersonListCmd    `cmd:"" help:"List people by handle."`
	Show    PersonShowCmd    `cmd:"" help:"Show a person."`
	Create  PersonCreateCmd  `cmd:"" help:"Add a person and print their invitation."`
	Update  PersonUpdateCmd  `cmd:"" help:"Change a person; what is not named stays."`
	Invite  PersonInviteCmd  `cmd:"" help:"Print a new one-time link with which the person sets a password."`
	Disable PersonDisableCmd `cmd:"" help:"End a person's access at once."`
	Enable  PersonEnableCmd  `cmd:"" help:"Let a disabled person in again."`
	Erase   PersonEraseCmd   `cmd:"" help:"Erase a person's personal data, for good."`
}

// PersonListCmd lists people.
type PersonListCmd struct {
	Prefix string `help:"Beginning of the handle."`
	Role   string `help:"Only this role." enum:",admin,manager,responder,requester,auditor" default:""`
	All    bool   `help:"Also disabled and erased people."`
}

// Run reads all pages.
func (c PersonListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := everyPage(func(cursor string) (client.List[client.Person], error) {
		return g.Client().People(ctx, client.PeopleFilter{Prefix: c.Prefix, Role: c.Role, All: c.All, Cursor: cursor, Limit: 200})
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"KEY", "HANDLE", "NAME", "ROLE", "STATE", "E-MAIL"}}
		for _, p := range all {
			lines = append(lines, []string{p.Key, p.Handle, p.Display, p.Role, personState(p), p.Email})
		}
		return lines
	})
}

// everyPage follows a list's cursors to its end.
func everyPage[T any](page func(cursor string) (client.List[T], error)) ([]T, error) {
	all := []T{}
	for cursor := ""; ; {
		list, err := page(cursor)
		if err != nil {
			return nil, err
		}
		all = append(all, list.Items...)
		if cursor = list.Next; cursor == "" {
			return all, nil
		}
	}
}

func personState(p client.Person) string {
	switch {
	case p.Erased != nil:
		return "erased"
	case p.Disabled != nil:
		return "disabled"
	case !p.HasPassword:
		return "invited"
	}
	return "active"
}

func personPairs(p client.Person) [][2]string {
	return [][2]string{{"KEY", p.Key}, {"HANDLE", p.Handle}, {"NAME", p.Display}, {"E-MAIL", p.Email}, {"ROLE", p.Role}, {"STATE", personState(p)},
		{"ZONE", p.Zone}, {"WORDS", p.Vocabulary}, {"THEME", p.Theme}, {"CHANGED", when(p.Updated)}}
}

func (g *Globals) printPerson(p client.Person, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(p, func() [][2]string { return personPairs(p) })
}

// PersonArg names a person.
type PersonArg struct {
	Person string `arg:"" help:"Handle or key (USR-17)."`
}

// PersonShowCmd shows a person.
type PersonShowCmd struct{ PersonArg }

// Run asks the server.
func (c PersonShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printPerson(g.Client().Person(ctx, c.Person))
}

// PersonCreateCmd adds a person.
type PersonCreateCmd struct {
	Handle  string `arg:"" help:"What they sign in with, like mara."`
	Display string `required:"" help:"Name as others see it."`
	Email   string `help:"E-mail address."`
	Role    string `help:"admin, manager, responder, requester or auditor." default:"responder"`
	Zone    string `help:"IANA time zone, like Europe/Berlin." default:"UTC"`
}

// Run asks the server.
func (c PersonCreateCmd) Run(ctx context.Context, g *Globals) error {
	n, err := g.Client().CreatePerson(ctx, client.PersonEdit{Handle: c.Handle, Display: c.Display, Email: c.Email, Role: c.Role, Zone: c.Zone})
	if err != nil {
		return err
	}
	return g.PrintOne(n, func() [][2]string {
		return append(personPairs(n.Person), [2]string{"INVITATION", n.Invitation.URL}, [2]string{"GOOD UNTIL", when(n.Invitation.Expires)})
	})
}

// PersonUpdateCmd changes a person.
type PersonUpdateCmd struct {
	PersonArg
	Handle  string  `help:"What they sign in with."`
	Display string  `help:"Name as others see it."`
	Email   *string `help:"E-mail address; '' for none."`
	Role    string  `help:"admin, manager, responder, requester or auditor." enum:",admin,manager,responder,requester,auditor" default:""`
	Zone    string  `help:"IANA time zone."`
}

// Run reads the person, changes what is named, and writes it.
func (c PersonUpdateCmd) Run(ctx context.Context, g *Globals) error {
	p, err := g.Client().Person(ctx, c.Person)
	if err != nil {
		return err
	}
	e := p.Edit()
	e.Handle, e.Display, e.Role, e.Zone = cmp.Or(c.Handle, e.Handle), cmp.Or(c.Display, e.Display), cmp.Or(c.Role, e.Role), cmp.Or(c.Zone, e.Zone)
	if c.Email != nil {
		e.Email = *c.Email
	}
	return g.printPerson(g.Client().UpdatePerson(ctx, p.Key, p.Version, e))
}

// PersonInviteCmd makes a password link.
type PersonInviteCmd struct{ PersonArg }

// Run asks the server.
func (c PersonInviteCmd) Run(ctx context.Context, g *Globals) error {
	l, err := g.Client().Invite(ctx, c.Person)
	if err != nil {
		return err
	}
	return g.PrintOne(l, func() [][2]string { return [][2]string{{"INVITATION", l.URL}, {"GOOD UNTIL", when(l.Expires)}} })
}

// PersonDisableCmd ends access.
type PersonDisableCmd struct{ PersonArg }

// Run asks the server.
func (c PersonDisableCmd) Run(ctx context.Context, g *Globals) error {
	return g.printPerson(g.Client().DisablePerson(ctx, c.Person))
}

// PersonEnableCmd gives access back.
type PersonEnableCmd struct{ PersonArg }

// Run asks the server.
func (c PersonEnableCmd) Run(ctx context.Context, g *Globals) error {
	return g.printPerson(g.Client().EnablePerson(ctx, c.Person))
}

// PersonEraseCmd erases personal data.
type PersonEraseCmd struct {
	PersonArg
	Yes bool `help:"Really; it cannot be undone."`
}

// Run asks the server, if told twice.
func (c PersonEraseCmd) Run(ctx context.Context, g *Globals) error {
	if !c.Yes {
		return errs.E(errs.Invalid, "erasing %s cannot be undone; repeat with --yes", c.Person)
	}
	return g.printPerson(g.Client().ErasePerson(ctx, c.Person))
}

// deref is the zero time for nil.
func deref(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
