package changeweb

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/web"
)

// step is one stage of a life: done, where it is now, bad, or to come.
type step struct {
	N           int
	Class       string // done, now, bad, todo
	Title, Note string
	Share       float64 // of the bar below the present one, in percent; 0: no bar
}

// Now reports whether the change stands here.
func (s step) Now() bool { return s.Class == "now" }

// steps are the five of every change, with what each took.
func steps(v *web.View, c change.Change, d change.Decided) stepList {
	at := func(t time.Time, then string) string {
		if t.IsZero() {
			return then
		}
		if then == "" {
			return v.Local(t)
		}
		return v.Local(t) + ", " + then
	}
	out := stepList{{N: 1, Title: "Assessed", Note: "facts and policy"}, {N: 2, Title: "Approved", Note: "if policy asks for it"}, {N: 3, Title: "In progress", Note: "the pipeline reports it"},
		{N: 4, Title: "Verifying", Note: "health beside before"}, {N: 5, Title: "Succeeded", Note: "closes itself"}}
	for i := range out {
		out[i].Class = "todo"
	}
	began := !c.StartedAt.IsZero()
	if !c.AssessedAt.IsZero() {
		out[0].Class, out[0].Note = "done", at(c.AssessedAt, "")
		if d.Took > 0 {
			out[0].Note = at(c.AssessedAt, "in "+took(d.Took))
		}
	} else if began {
		out[0].Note = "policy was not asked"
	}
	switch {
	case !c.ApprovedAt.IsZero() && (c.Waited > 0):
		out[1].Class, out[1].Note = "done", at(c.ApprovedAt, "waited "+web.Dur(c.Waited))
	case !c.ApprovedAt.IsZero():
		out[1].Class, out[1].Note = "done", at(c.ApprovedAt, "nobody was asked")
	case began:
		out[1].Class, out[1].Note = "bad", "it began without"
	}
	if !c.DeployedAt.IsZero() {
		out[2].Class, out[2].Note = "done", at(c.StartedAt, "rolled out in "+web.Dur(c.DeployedAt.Sub(c.StartedAt)))
	} else if began && !c.State.Open() {
		out[2].Class, out[2].Note = "done", at(c.StartedAt, "")
	}
	if c.State.Completed() && !c.DeployedAt.IsZero() {
		out[3].Class = "done"
		out[3].Note = "observed " + web.Dur(c.EndedAt.Sub(c.DeployedAt))
	}
	out.now(v, c)
	return out
}

type stepList []step

// now marks where the change stands, and how it ended.
func (l stepList) now(v *web.View, c change.Change) {
	here := func(n int, title, note string) {
		l[n].Class = "now"
		if title != "" {
			l[n].Title = title
		}
		if note != "" {
			l[n].Note = note
		}
	}
	switch c.State {
	case change.Draft:
		here(0, "Draft", "policy was not asked yet")
	case change.Assessed:
		note := "see what holds it"
		if !c.RecheckAt.IsZero() {
			note = "asked again " + v.Local(c.RecheckAt)
		}
		here(1, "Held", note)
	case change.Awaiting:
		here(1, "Awaiting approval", "waiting "+web.Dur(v.Now.Sub(c.RequestedAt)))
	case change.Approved:
		here(2, "Ready to start", "waits for the pipeline")
	case change.Scheduled:
		here(2, "Scheduled", "starts "+v.Local(c.PlannedFrom))
	case change.InProgress:
		here(2, "", "since "+v.Local(c.StartedAt)+", "+web.Dur(v.Now.Sub(c.StartedAt)))
	case change.Verifying:
		whole, seen := c.VerifyUntil.Sub(c.DeployedAt), v.Now.Sub(c.DeployedAt)
		here(3, "", "health is watched")
		if whole > 0 {
			seen = min(max(seen, 0), whole)
			l[3].Note = minutes(seen) + " of " + web.Dur(whole) + " observed"
			l[3].Share = max(1, 100*float64(seen)/float64(whole))
			l[4].Note = "closes itself at " + v.Local(c.VerifyUntil)
		}
	case change.Succeeded:
		l[4].Class, l[4].Note = "done", v.Local(c.EndedAt)+by(c)
	case change.Failed, change.RolledBack:
		l[4].Class, l[4].Title, l[4].Note = "bad", upper(string(c.State)), v.Local(c.EndedAt)+by(c)
	case change.Rejected, change.Canceled:
		n := 1
		if c.AssessedAt.IsZero() {
			n = 0
		}
		l[n].Class, l[n].Title, l[n].Note = "bad", upper(string(c.State)), at(v, c.EndedAt)
		for i := n + 1; i < len(l); i++ {
			l[i].Note = "not reached"
		}
	}
}

// minutes is a span without its unit, where the whole follows with one.
func minutes(d time.Duration) string {
	if d >= time.Hour {
		return web.Dur(d)
	}
	return web.Count(int(d / time.Minute))
}

func at(v *web.View, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return v.Local(t)
}

// by is who or what set the outcome.
func by(c change.Change) string {
	switch c.OutcomeBy {
	case "":
		return ""
	case change.ByPerson:
		return ", a person said so"
	}
	return ", by " + c.OutcomeBy
}
