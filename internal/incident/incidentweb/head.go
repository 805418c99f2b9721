package incidentweb

import (
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
)

// The top of the incident page: clocks and the one notice.

func showClocks(v *web.View, inc incident.View) (out []web.Clock) {
	add := func(label string, c incident.Clock) {
		k, ok := clock(v, label, c)
		if !ok {
			return
		}
		k.Thick = true
		switch c.Kind {
		case incident.ResolutionClock:
			if k.Tick.After(v.Now) && k.Paused != "" { // else the note says it
				k.More = ", due " + v.Local(c.Due)
			}
			if k.Paused != "" {
				k.Note = pauses(v, c)
			}
		case incident.UpdateClock:
			if c.End.IsZero() && c.State != incident.Breached {
				k.Unit, k.More = "", "promised every "+web.Dur(c.Total)
			}
			if person := inc.Incident.Who(incident.Communications); person != 0 {
				k.Note += ", " + who(v, inc.Names, person).Short()
			}
		case incident.EscalationClock:
			k.Unit = "until it becomes " + (inc.Priority - 1).String()
		}
		out = append(out, k)
	}
	add(v.Term("Response"), inc.Clocks.Response)
	add(v.Term("Resolution"), inc.Clocks.Resolution)
	if inc.State.Open() {
		add("Next public update", inc.Clocks.Update)
		if inc.Clocks.Escalation.End.IsZero() {
			add("Escalation", inc.Clocks.Escalation)
		}
	}
	return append(out, impact(v, inc.Incident))
}

// notice is the one thing that must be said above the clocks.
func notice(v *web.View, inc incident.View) *web.Notice {
	to := path(inc.Incident)
	respond := v.May(actor.Respond)
	switch {
	case inc.MergedBrief != nil:
		return &web.Notice{Tone: "accent", Icon: "git-merge", Fact: "Merged into " + inc.MergedBrief.Key() + ".", Effect: inc.MergedBrief.Title + " goes on there.",
			Buttons: []web.Button{{Title: "Open " + inc.MergedBrief.Key(), Path: incident.Incident{ID: inc.MergedBrief.ID}.Ref().Path()}}}
	case inc.Waiting != "":
		n := &web.Notice{Icon: "player-pause", Fact: "Waiting for the " + string(inc.Waiting) + ".", Effect: "The clocks go on."}
		if inc.Clocks.Resolution.State == incident.Paused {
			n.Effect = "The resolution clock stands still, the others go on."
		}
		if respond {
			n.Buttons = []web.Button{{Title: "Go on", Icon: "player-play", Post: true, Path: to + "/continue"}}
		}
		return n
	case inc.WarRoom == "" && inc.Policy.WarRoom > 0 && inc.State.Open() && inc.State != incident.Mitigated && inc.Commander != 0:
		n := &web.Notice{Icon: "video", Fact: "There is no war room yet.", Effect: "A " + inc.Priority.String() + " has one within " + web.Dur(inc.Policy.WarRoom) + "."}
		if inc.Can[incident.VerbEdit] {
			n.Buttons = []web.Button{{Title: "Add its address", Icon: "video", Path: to + "/edit"}}
		}
		return n
	case inc.State.Open() && inc.Priority <= incident.P2 && inc.Commander == 0 && inc.State != incident.Triggered:
		n := &web.Notice{Fact: "Nobody commands this.", Effect: "Somebody should decide, and keep the others free to work."}
		if respond && v.Actor.Person != 0 {
			n.Buttons = []web.Button{{Title: "Take command", Icon: "flag", Post: true, Path: to + "/command"}}
		}
		return n
	case inc.Persistent != "" && inc.State.Open():
		return &web.Notice{Icon: "calendar", Fact: "For the weekly review.", Effect: upper(inc.Persistent) + "."}
	}
	return nil
}
