package cli

import (
	"context"
	"fmt"

	"github.com/evenkeel/evenkeel/client"
)

// MessageCmd is the messages that tell people.
type MessageCmd struct {
	List     MessageListCmd  `cmd:"" help:"List messages, newest first."`
	Show     MessageShowCmd  `cmd:"" help:"Show a message with its attempts."`
	Retry    MessageRetryCmd `cmd:"" help:"Send a dead message again, or a waiting one now."`
	Watch    MessageWatchCmd `cmd:"" help:"Compare what should have been sent with what was; exit code 1 when something is wrong."`
	Watchdog WatchdogCmd     `cmd:"" help:"What the watchdog's last look saw; exit code 1 when somebody was not told."`
}

// MessageListCmd lists messages.
type MessageListCmd struct {
	State  string `help:"queued, sending, sent, dead or canceled." enum:",queued,sending,sent,dead,canceled" default:""`
	Record string `help:"Only about this record, like INC-1042."`
	Limit  int    `help:"At most so many." default:"50"`
}

// Run reads pages until there are enough.
func (c MessageListCmd) Run(ctx context.Context, g *Globals) error {
	var all []client.Message
	for cursor := ""; len(all) < c.Limit; {
		page, err := g.Client().Messages(ctx, c.State, c.Record, cursor, min(200, c.Limit-len(all)))
		if err != nil {
			return err
		}
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"KEY", "RECORD", "REASON", "TO", "STATE", "ATTEMPTS", "QUEUED", "ERROR"}}
		for _, m := range all {
			lines = append(lines, []string{m.Key, m.Record, m.Reason, messageTo(m), m.State, fmt.Sprint(m.Attempts), when(m.Queued), m.Error})
		}
		return lines
	})
}

func messageTo(m client.Message) string {
	if m.Name != "" {
		return m.Name
	}
	return m.To
}

// MessageArg names a message.
type MessageArg struct {
	Message string `arg:"" help:"Key of the message, like MSG-17."`
}

// MessageShowCmd shows a message.
type MessageShowCmd struct{ MessageArg }

// Run asks the server.
func (c MessageShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printMessage(g.Client().Message(ctx, c.Message))
}

func (g *Globals) printMessage(m client.Message, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(m, func() [][2]string {
		pairs := [][2]string{{"KEY", m.Key}, {"RECORD", m.Record}, {"REASON", m.Reason}, {"TO", messageTo(m)}, {"VIA", m.Via}, {"STATE", m.State}, {"TITLE", m.Title},
			{"QUEUED", when(m.Queued)}, {"ENDED", when(deref(m.Ended))}, {"ERROR", m.Error}}
		for _, t := range m.Tries {
			line := fmt.Sprintf("%s %s in %.3f s", when(t.At), t.Outcome, t.Seconds)
			if said := t.Error + t.Answer; said != "" {
				line += ": " + said
			}
			pairs = append(pairs, [2]string{fmt.Sprintf("ATTEMPT %d", t.N), line})
		}
		return pairs
	})
}

// MessageRetryCmd retries a message.
type MessageRetryCmd struct{ MessageArg }

// Run asks the server.
func (c MessageRetryCmd) Run(ctx context.Context, g *Globals) error {
	return g.printMessage(g.Client().RetryMessage(ctx, c.Message))
}

// MessageWatchCmd asks the watchdog.
type MessageWatchCmd struct{}

// Run asks the server; anything overdue, missing or dead is an error.
func (MessageWatchCmd) Run(ctx context.Context, g *Globals) error {
	w, err := g.Client().WatchMessages(ctx)
	if err != nil {
		return err
	}
	if err := g.PrintOne(w, func() [][2]string {
		pairs := [][2]string{{"WAITING", fmt.Sprint(w.Queued)}, {"DEAD", fmt.Sprint(w.Dead)}, {"OVERDUE", fmt.Sprint(len(w.Overdue))}, {"NEVER SAID", fmt.Sprint(len(w.Missing))},
			{"MAIL SERVER", w.Mail.State}}
		if w.Mail.State != "good" {
			pairs = append(pairs, [2]string{"MAIL ERROR", w.Mail.Error})
		}
		for _, m := range w.Overdue {
			pairs = append(pairs, [2]string{m.Key, m.Record + " to " + messageTo(m) + ", promised " + when(m.Promised) + " " + m.Error})
		}
		for _, m := range w.Missing {
			pairs = append(pairs, [2]string{m.Record, "no message " + m.Key + " of " + when(m.Since)})
		}
		return pairs
	}); err != nil {
		return err
	}
	if !w.Fine {
		return fmt.Errorf("something should have been sent and was not; see evenkeel message list --state dead")
	}
	return nil
}
