package cli

import (
	"cmp"
	"context"

	"github.com/evenkeel/evenkeel/client"
)

// CoverCmd is the covers of schedules.
type CoverCmd struct {
	List   CoverListCmd   `cmd:"" help:"List overrides, swaps and absences that touch a schedule."`
	Show   CoverShowCmd   `cmd:"" help:"Show a cover."`
	Add    CoverAddCmd    `cmd:"" help:"Put somebody in, for a person's shifts or everybody's."`
	Remove CoverRemoveCmd `cmd:"" help:"Take a cover or absence back; one that runs ends now."`
}

func (g *Globals) printCovers(list []client.Cover, err error) error {
	if err != nil {
		return err
	}
	return g.Print(list, func() [][]string {
		lines := [][]string{{"KEY", "KIND", "SCHEDULE", "WHO COMES", "INSTEAD OF", "FROM", "TO", "REASON"}}
		for _, c := range list {
			lines = append(lines, coverLine(c))
		}
		return lines
	})
}

func coverLine(c client.Cover) []string {
	return []string{c.Key, c.Kind, c.Schedule, handle(c.Person), cmp.Or(handle(c.Instead), "everybody"), when(c.From), when(c.To), c.Reason}
}

func (g *Globals) printCover(c client.Cover, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(c, func() [][2]string {
		return [][2]string{{"KEY", c.Key}, {"KIND", c.Kind}, {"SCHEDULE", c.Schedule}, {"WHO COMES", handle(c.Person)}, {"INSTEAD OF", cmp.Or(handle(c.Instead), "everybody")},
			{"FROM", when(c.From)}, {"TO", when(c.To)}, {"REASON", c.Reason}, {"SAID BY", handle(c.By)}, {"TAKEN BACK", when(c.Removed)}}
	})
}

// CoverListCmd lists covers.
type CoverListCmd struct {
	ScheduleArg
	SpanFlags
}

// Run asks the server.
func (c CoverListCmd) Run(ctx context.Context, g *Globals) error {
	from, to := c.times()
	list, err := g.Client().Covers(ctx, c.Schedule, from, to)
	return g.printCovers(list.Items, err)
}

// CoverKeyArg names a cover.
type CoverKeyArg struct {
	Key string `arg:"" help:"Key, like COV-7."`
}

// CoverShowCmd shows a cover.
type CoverShowCmd struct{ CoverKeyArg }

// Run asks the server.
func (c CoverShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printCover(g.Client().Cover(ctx, c.Key))
}

// CoverAddCmd puts somebody in.
type CoverAddCmd struct {
	ScheduleArg
	Person  string `help:"Who comes: handle or key; default oneself."`
	Instead string `help:"Whose shifts: handle or key; default everybody's."`
	Reason  string `short:"m" help:"Why, at most 300 characters."`
	SpanFlags
}

// Run asks the server.
func (c CoverAddCmd) Run(ctx context.Context, g *Globals) error {
	from, to := c.times()
	return g.printCover(g.Client().AddCover(ctx, c.Schedule, client.NewCover{Person: c.Person, Instead: c.Instead, From: from, To: to, Reason: c.Reason}))
}

// CoverRemoveCmd takes a cover back.
type CoverRemoveCmd struct{ CoverKeyArg }

// Run asks the server.
func (c CoverRemoveCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().RemoveCover(ctx, c.Key)
}

// AbsenceCmd is who is away.
type AbsenceCmd struct {
	List AbsenceListCmd `cmd:"" help:"List who is away."`
	Add  AbsenceAddCmd  `cmd:"" help:"Say that somebody is away."`
}

// AbsenceListCmd lists absences.
type AbsenceListCmd struct{ SpanFlags }

// Run asks the server.
func (c AbsenceListCmd) Run(ctx context.Context, g *Globals) error {
	from, to := c.times()
	list, err := g.Client().Absences(ctx, from, to)
	return g.printCovers(list.Items, err)
}

// AbsenceAddCmd says that somebody is away.
type AbsenceAddCmd struct {
	Person string `arg:"" optional:"" help:"Handle or key; default oneself."`
	Reason string `short:"m" help:"Why, at most 300 characters."`
	SpanFlags
}

// Run asks the server.
func (c AbsenceAddCmd) Run(ctx context.Context, g *Globals) error {
	from, to := c.times()
	return g.printCover(g.Client().AddAbsence(ctx, client.NewCover{Person: c.Person, From: from, To: to, Reason: c.Reason}))
}

// SwapCmd is offered shifts.
type SwapCmd struct {
	List    SwapListCmd    `cmd:"" help:"List open offers that one made or may accept."`
	Show    SwapShowCmd    `cmd:"" help:"Show an offer."`
	Offer   SwapOfferCmd   `cmd:"" help:"Offer one's own shifts."`
	Accept  SwapAcceptCmd  `cmd:"" help:"Take over what is offered."`
	Decline SwapDeclineCmd `cmd:"" help:"Decline an offer, or withdraw one's own."`
}

func (g *Globals) printSwap(s client.Swap, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(s, func() [][2]string {
		return [][2]string{{"KEY", s.Key}, {"STATE", s.State}, {"SCHEDULE", s.Schedule}, {"OFFERED BY", handle(&s.Person)}, {"TO", cmp.Or(handle(s.To), "everybody")},
			{"FROM", when(s.From)}, {"UNTIL", when(s.Until)}, {"IN RETURN FROM", when(s.ReturnFrom)}, {"IN RETURN UNTIL", when(s.ReturnTo)},
			{"ANSWERED BY", handle(s.Taker)}, {"NOTE", s.Note}}
	})
}

// SwapListCmd lists offers.
type SwapListCmd struct{}

// Run asks the server.
func (SwapListCmd) Run(ctx context.Context, g *Globals) error {
	list, err := g.Client().Swaps(ctx)
	if err != nil {
		return err
	}
	return g.Print(list.Items, func() [][]string {
		lines := [][]string{{"KEY", "SCHEDULE", "OFFERED BY", "TO", "FROM", "UNTIL", "NOTE"}}
		for _, s := range list.Items {
			lines = append(lines, []string{s.Key, s.Schedule, handle(&s.Person), cmp.Or(handle(s.To), "everybody"), when(s.From), when(s.Until), s.Note})
		}
		return lines
	})
}

// SwapShowCmd shows an offer.
type SwapShowCmd struct{ CoverKeyArg }

// Run asks the server.
func (c SwapShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printSwap(g.Client().Swap(ctx, c.Key))
}

// SwapOfferCmd offers shifts.
type SwapOfferCmd struct {
	ScheduleArg
	Person     string `help:"To whom: handle or key; default everybody." placeholder:"PERSON"`
	ReturnFrom Moment `help:"Ask for the taker's shifts from here on in return."`
	ReturnTo   Moment `help:"Until here."`
	Note       string `short:"m" help:"At most 300 characters."`
	SpanFlags
}

// Run asks the server.
func (c SwapOfferCmd) Run(ctx context.Context, g *Globals) error {
	from, to := c.times()
	return g.printSwap(g.Client().OfferSwap(ctx, c.Schedule, client.NewSwap{To: c.Person, From: from, Until: to,
		ReturnFrom: c.ReturnFrom.Time, ReturnTo: c.ReturnTo.Time, Note: c.Note}))
}

// SwapAcceptCmd accepts an offer.
type SwapAcceptCmd struct{ CoverKeyArg }

// Run asks the server.
func (c SwapAcceptCmd) Run(ctx context.Context, g *Globals) error {
	return g.printSwap(g.Client().AnswerSwap(ctx, c.Key, true))
}

// SwapDeclineCmd declines an offer.
type SwapDeclineCmd struct{ CoverKeyArg }

// Run asks the server.
func (c SwapDeclineCmd) Run(ctx context.Context, g *Globals) error {
	return g.printSwap(g.Client().AnswerSwap(ctx, c.Key, false))
}
