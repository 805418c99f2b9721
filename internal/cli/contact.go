package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// ContactCmd is how one is told.
type ContactCmd struct {
	Show   ContactShowCmd   `cmd:"" default:"1" help:"Show how one is told, priority by priority."`
	Set    ContactSetCmd    `cmd:"" help:"Choose how one is told; what is not named stays."`
	List   ContactListCmd   `cmd:"" help:"List one's contact methods."`
	Add    ContactAddCmd    `cmd:"" help:"Add a contact method and send it a code."`
	Code   ContactCodeCmd   `cmd:"" help:"Send a method a new code."`
	Verify ContactVerifyCmd `cmd:"" help:"Give the code that arrived; then the method is used."`
	Test   ContactTestCmd   `cmd:"" help:"Send a test message by a method."`
	Last   ContactLastCmd   `cmd:"" help:"Show how the last daily self-test went; exit code 1 when it did not arrive."`
	Remove ContactRemoveCmd `cmd:"" help:"Remove a contact method."`
}

// ContactListCmd lists methods.
type ContactListCmd struct{}

// Run asks the server.
func (ContactListCmd) Run(ctx context.Context, g *Globals) error {
	list, err := g.Client().ContactMethods(ctx)
	if err != nil {
		return err
	}
	return g.Print(list.Items, func() [][]string {
		lines := [][]string{{"KEY", "KIND", "LABEL", "ADDRESS", "STATE", "LAST GOOD", "LAST ANSWER"}}
		for _, m := range list.Items {
			lines = append(lines, []string{m.Key, m.Kind, m.Label, m.Address, m.State, when(deref(m.Good)), m.Answer})
		}
		return lines
	})
}

// ContactAddCmd adds a method.
type ContactAddCmd struct {
	Kind    string `arg:"" help:"email, sms, voice or ntfy; browsers subscribe from the phone page." enum:"email,sms,voice,ntfy"`
	Address string `arg:"" help:"Number with country code, e-mail address, or address of an ntfy topic."`
	Label   string `help:"What you call it, like Work phone."`
	Secret  string `help:"ntfy: access token; better in the environment." env:"EVENKEEL_CONTACT_SECRET"`
}

// Run adds it and sends the code.
func (c ContactAddCmd) Run(ctx context.Context, g *Globals) error {
	m, err := g.Client().AddContactMethod(ctx, client.NewContactMethod{Kind: c.Kind, Label: c.Label, Address: c.Address, Secret: c.Secret})
	if err != nil {
		return err
	}
	if m.Verified != nil {
		g.Say("%s is there already and verified", m.Key)
		return nil
	}
	r, err := g.Client().SendContactCode(ctx, m.Key)
	if err == nil && !r.Sent {
		err = fmt.Errorf("%s is added, but the code did not go out: %s", m.Key, r.Error)
	}
	if err != nil {
		return err
	}
	g.Say("%s is added; a code is on its way to %s: evenkeel contact verify %s CODE", m.Key, m.Address, m.Key)
	return nil
}

// ContactArg names a method.
type ContactArg struct {
	Method string `arg:"" help:"Key of the method, like MET-3."`
}

// ContactCodeCmd sends a code.
type ContactCodeCmd struct{ ContactArg }

// Run asks the server.
func (c ContactCodeCmd) Run(ctx context.Context, g *Globals) error {
	return g.printSent(g.Client().SendContactCode(ctx, c.Method))
}

// printSent says what came of a message that was sent at once.
func (g *Globals) printSent(r client.ContactResult, err error) error {
	if err != nil {
		return err
	}
	if g.Output != "table" {
		return g.Print(r, nil)
	}
	if !r.Sent {
		return fmt.Errorf("it did not go out: %s", r.Error)
	}
	g.Say("sent in %s %s", time.Duration(r.Seconds*float64(time.Second)).Round(time.Millisecond), r.Answer)
	return nil
}

// ContactVerifyCmd verifies a method.
type ContactVerifyCmd struct {
	ContactArg
	Code string `arg:"" help:"The six digits that arrived."`
}

// Run asks the server.
func (c ContactVerifyCmd) Run(ctx context.Context, g *Globals) error {
	m, err := g.Client().VerifyContactMethod(ctx, c.Method, c.Code)
	if err != nil {
		return err
	}
	g.Say("%s, %s, is verified", m.Key, m.Label)
	return nil
}

// ContactTestCmd tests a method.
type ContactTestCmd struct{ ContactArg }

// Run asks the server; a message that did not go out is an error.
func (c ContactTestCmd) Run(ctx context.Context, g *Globals) error {
	return g.printSent(g.Client().TestContactMethod(ctx, c.Method))
}

// ContactLastCmd shows the last self-test.
type ContactLastCmd struct{}

// Run asks the server; a test that did not arrive is an error.
func (ContactLastCmd) Run(ctx context.Context, g *Globals) error {
	t, err := g.Client().ContactSelfTest(ctx)
	if err != nil {
		return err
	}
	if err := g.PrintOne(t, func() [][2]string {
		if t.At == nil {
			return [][2]string{{"SELF-TEST", "none yet; choose a time with contact set --self-test 08:00"}}
		}
		pairs := [][2]string{{"SELF-TEST", when(*t.At)}}
		for _, l := range t.Legs {
			said := fmt.Sprintf("%s after %.1f s", l.State, l.Seconds)
			if l.Error != "" {
				said += ": " + l.Error
			}
			pairs = append(pairs, [2]string{strings.ToUpper(l.By), said})
		}
		return pairs
	}); err != nil {
		return err
	}
	if t.At != nil && t.Done && !t.Good {
		return fmt.Errorf("not every way of a P1 worked")
	}
	return nil
}

// ContactRemoveCmd removes a method.
type ContactRemoveCmd struct{ ContactArg }

// Run asks the server.
func (c ContactRemoveCmd) Run(ctx context.Context, g *Globals) error {
	if err := g.Client().RemoveContactMethod(ctx, c.Method); err != nil {
		return err
	}
	g.Say("%s is removed", c.Method)
	return nil
}

// ContactShowCmd shows the rules.
type ContactShowCmd struct{}

// Run asks the server.
func (ContactShowCmd) Run(ctx context.Context, g *Globals) error {
	r, _, err := g.Client().ContactRules(ctx)
	return g.printRules(r, err)
}

func (g *Globals) printRules(r client.ContactRules, err error) error {
	if err != nil {
		return err
	}
	p1, other := r.P1, r.Other
	if p1 == nil {
		p1 = []client.ContactLeg{{By: "email"}}
	}
	if other == nil {
		other = &[]client.ContactLeg{{By: "email"}}
	}
	return g.PrintOne(r, func() [][2]string {
		pairs := [][2]string{{"P1", legWords(&p1, "")}, {"P2", legWords(r.P2, "as P1")}, {"P3", legWords(r.P3, "as P1 when it wakes you, else as other")},
			{"P4", legWords(r.P4, "as P1 when it wakes you, else as other")}, {"OTHER", legWords(other, "")}}
		if r.Quiet != nil {
			pairs = append(pairs, [2]string{"QUIET", r.Quiet.From + " to " + r.Quiet.To + " " + r.Zone + ", not for P1 and P2"})
		}
		if r.SelfTest != "" {
			pairs = append(pairs, [2]string{"SELF-TEST", "daily at " + r.SelfTest + " " + r.Zone})
		}
		return append(pairs, [2]string{"MANAGED BY", r.Managed})
	})
}

// legWords is "webpush, sms after 2m".
func legWords(legs *[]client.ContactLeg, unset string) string {
	if legs == nil {
		return unset
	}
	if len(*legs) == 0 {
		return "nothing"
	}
	words := make([]string, len(*legs))
	for i, l := range *legs {
		words[i] = l.By
		if l.After != "" {
			words[i] += " after " + strings.ToLower(strings.TrimPrefix(l.After, "PT"))
		}
	}
	return strings.Join(words, ", ")
}

// ContactSetCmd sets the rules.
type ContactSetCmd struct {
	P1       []string `name:"p1" help:"A leg of P1, in order: METHOD or METHOD+TIME, like webpush, sms+2m, \"voice/Work phone+5m\", channel:ops; repeat it." sep:"none"`
	P2       []string `name:"p2" help:"A leg of P2; \"as-p1\" for those of P1." sep:"none"`
	P3       []string `name:"p3" help:"A leg of P3; \"default\" for those of P1 when it wakes you, else of the rest." sep:"none"`
	P4       []string `name:"p4" help:"A leg of P4; as for P3." sep:"none"`
	Other    []string `help:"A leg of what wakes nobody; \"none\" for nothing at all." sep:"none"`
	Quiet    *string  `help:"Quiet hours, like 22:00-07:00; empty for none."`
	Zone     *string  `help:"IANA time zone, like Europe/Berlin."`
	SelfTest *string  `name:"self-test" help:"Clock time of a daily test, like 08:00; empty for none."`
}

// Run reads the present rules and changes them.
func (c ContactSetCmd) Run(ctx context.Context, g *Globals) error {
	r, etag, err := g.Client().ContactRules(ctx)
	if err != nil {
		return err
	}
	for _, x := range []struct {
		given []string
		into  **[]client.ContactLeg
		unset string
	}{{c.P2, &r.P2, "as-p1"}, {c.P3, &r.P3, "default"}, {c.P4, &r.P4, "default"}, {c.Other, &r.Other, "default"}} {
		if x.given == nil {
			continue
		}
		if *x.into, err = readLegs(x.given, x.unset); err != nil {
			return err
		}
	}
	if c.P1 != nil {
		legs, err := readLegs(c.P1, "")
		if err != nil {
			return err
		}
		r.P1 = *legs
	}
	if c.Zone != nil {
		r.Zone = *c.Zone
	}
	if c.SelfTest != nil {
		r.SelfTest = *c.SelfTest
	}
	if c.Quiet != nil {
		r.Quiet = nil
		if from, to, ok := strings.Cut(*c.Quiet, "-"); ok {
			r.Quiet = &client.ContactQuiet{From: from, To: to}
		} else if *c.Quiet != "" {
			return errs.BadField("quiet", *c.Quiet, "write it like 22:00-07:00")
		}
	}
	r, err = g.Client().SetContactRules(ctx, etag, r)
	return g.printRules(r, err)
}

// readLegs reads "sms+2m"; nil for the word that unsets.
func readLegs(given []string, unset string) (*[]client.ContactLeg, error) {
	out := []client.ContactLeg{}
	for _, text := range given {
		switch text {
		case "none":
			continue
		case unset:
			return nil, nil //nolint:nilnil // takes another's legs
		}
		by, after, _ := strings.Cut(text, "+")
		l := client.ContactLeg{By: by}
		if after != "" {
			d, err := time.ParseDuration(after)
			if err != nil {
				return nil, errs.BadField("leg", text, "write the time like sms+2m or voice+90s")
			}
			l.After = "PT" + strings.ToUpper(d.Round(time.Second).String())
		}
		out = append(out, l)
	}
	return &out, nil
}
