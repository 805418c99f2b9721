package escalationweb

import (
	"context"
	"html/template"
	"time"

	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// panel is the ladder on an incident's page.
type panel struct {
	V        *web.View
	Path     string // of the incident
	Policy   string
	Title    string
	Says     string
	Next     time.Time
	Rungs    []web.Rung
	Earlier  []web.Rung // folded, before Rungs
	Later    []web.Rung // folded, after Rungs
	Requests []request
	Mine     bool
	Buttons  []web.Button
}

type request struct {
	Person     web.Person
	Says, Tone string
	At         time.Time
}

var panelPart = web.Parse(files, "panel.html", panel{})

// How much of a long ladder is unfolded: what was done last, and what follows.
const (
	doneShown = 3
	nextShown = 3
)

// Panel draws the ladder of an incident; empty when it has none and nothing
// can be done.
func (p *Pages) Panel(ctx context.Context, v *web.View, inc incident.View) (body template.HTML, count string, err error) {
	l, err := p.Policies.Ladder(ctx, inc.ID)
	if err != nil || !l.Has && len(l.Requests) == 0 && !l.Can.Ask {
		return "", "", err
	}
	d := panel{V: v, Path: inc.Ref().Path(), Title: l.Title, Mine: l.Mine}
	if l.Has {
		d.Policy = ref.S(ref.Escalation, l.Ladder.Policy).Path()
		d.Rungs = stageRungs(v, l.Stages, l.Names)
		d.fold(l.Stages)
		d.Says, d.Next = says(l)
		count = string(l.Ladder.State)
	}
	for _, r := range l.Requests {
		d.Requests = append(d.Requests, requestOf(v, r, l.Names))
	}
	d.Buttons = panelButtons(d.Path, l)
	body, err = panelPart.Fragment(&d)
	return body, count, err
}

// fold keeps the rungs around now in sight. One alone is not worth folding.
func (d *panel) fold(stages []escalation.Stage) {
	now := len(stages)
	for n, st := range stages {
		if !st.Done {
			now = n
			break
		}
	}
	if to := now + nextShown; len(d.Rungs)-to > 1 {
		d.Rungs, d.Later = d.Rungs[:to], d.Rungs[to:]
	}
	if from := now - doneShown; from > 1 {
		d.Earlier, d.Rungs = d.Rungs[:from], d.Rungs[from:]
	}
}

// says is the ladder's state in a sentence, and the time that belongs to it.
func says(l escalation.View) (string, time.Time) {
	switch l.Ladder.State {
	case escalation.Climbing:
		return "Nobody has acknowledged. The next step follows in", l.Ladder.NextAt
	case escalation.Reminding:
		return "Every step was taken and nobody has acknowledged. Leads and manager are reminded in", l.Ladder.NextAt
	case escalation.Acknowledged:
		return "Somebody works on it. Without a sign of progress they are asked in", l.Ladder.NextAt
	case escalation.Snoozed:
		by := l.Names[l.Ladder.By]
		if by == "" {
			by = "Somebody"
		}
		return by + " snoozed it. It goes on in", l.Ladder.NextAt
	}
	return upper(l.Ladder.Cause) + ": nobody is told any more.", time.Time{}
}

func requestOf(v *web.View, r escalation.Request, names map[int64]string) request {
	x := request{Person: person(v, names, r.Person), At: r.AskedAt}
	what := map[escalation.RequestKind]string{escalation.Help: "to help", escalation.Takeover: "to take over"}[r.Kind]
	switch r.State {
	case escalation.Asked:
		x.Says, x.Tone = "asked "+what, "amber"
	case escalation.Accepted:
		x.Says, x.Tone, x.At = "accepted", "green", r.AnsweredAt
	case escalation.Declined:
		x.Says, x.Tone, x.At = "cannot come", "red", r.AnsweredAt
	case escalation.Silent:
		x.Says, x.Tone = "has not answered", "red"
	default:
		x.Says = "was asked " + what
	}
	return x
}

func panelButtons(path string, l escalation.View) (out []web.Button) {
	path += "/ladder/"
	if l.Can.Escalate {
		out = append(out, web.Button{Title: "Escalate now", Path: path + "escalate", Icon: "trending-up", Post: true, Small: true})
	}
	if l.Can.Snooze {
		out = append(out, web.Button{Title: "Snooze…", Path: path + "snooze", Icon: "bell-off", Small: true})
	}
	if l.Can.Unsnooze {
		out = append(out, web.Button{Title: "Go on now", Path: path + "unsnooze", Icon: "player-play", Post: true, Small: true})
	}
	if l.Can.Ask {
		out = append(out, web.Button{Title: "Add responder…", Path: path + "ask", Icon: "user-plus", Small: true}, web.Button{Title: "Hand over…", Path: path + "handover", Icon: "arrow-right", Small: true})
	}
	return out
}
