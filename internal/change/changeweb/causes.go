package changeweb

import (
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/suspect"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// causes are the incidents of a change. Only what was confirmed is called one
// that it caused.
func (p *ShowPage) causes(list []suspect.Cause) {
	for _, x := range list {
		r := ref.N(ref.Incident, x.Incident.ID)
		c := cause{Key: r.String(), Path: r.Path(), Title: x.Incident.Title, State: x.Incident.State}
		switch x.Edge.State {
		case suspect.Confirmed:
			c.Says, c.Tone = "It caused this", "red"
			if x.Edge.Rule == suspect.ByTakenBack {
				c.Says = "It caused this, by rule: taken back meanwhile"
			}
		case suspect.Rejected:
			c.Says = "Ruled out"
		default:
			c.Says, c.Tone = "Near in time and place", "amber"
		}
		p.Causes = append(p.Causes, c)
	}
}

// collides says which change comes into this one's way, and what to do.
func collides(v *web.View, c change.Change, w window.Warning, other window.Bar) *web.Notice {
	key := change.Change{ID: other.ID}.Key()
	n := &web.Notice{Buttons: []web.Button{{Title: "Open " + key, Small: true, Path: "/changes/" + key}}}
	switch {
	case other.From.After(v.Now):
		n.Fact = key + " starts on " + w.Service + " in " + web.Left(other.From.Sub(v.Now)) + "."
		n.Effect = "Two changes at once hide each other's effect."
		if c.State == change.Verifying {
			n.Effect = "Readings after " + v.HM(other.From) + " are marked as overlapped and left out of the verdict."
		}
	default:
		n.Fact = key + " is under way on " + w.Service + "."
		n.Effect = "Two changes at once hide each other's effect."
	}
	if w.Change.ID == c.ID && !w.Move.IsZero() && !c.State.Running() && responds(v) {
		n.Buttons = append(n.Buttons, web.Button{Title: "Move it to " + v.Local(w.Move) + "…", Small: true, Tone: "primary", Path: c.Ref().Path() + "/plan?from=" + moment(v, w.Move)})
	} else if w.Change.ID == other.ID && !w.Move.IsZero() && responds(v) {
		n.Buttons = append(n.Buttons, web.Button{Title: "Move " + key + " to " + v.HM(w.Move) + "…", Small: true, Tone: "primary", Path: "/changes/" + key + "/plan?from=" + moment(v, w.Move)})
	}
	return n
}
