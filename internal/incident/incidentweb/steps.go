package incidentweb

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/incident"
)

// steps are the five steps of an incident's life with their times.
type step struct {
	State string // word of the state
	Glyph string
	At    time.Time
	Done  bool
	Now   bool
}

func steps(i incident.Incident) []step {
	out := []step{{State: "triggered", At: i.TriggeredAt}, {State: "acknowledged", At: i.AcknowledgedAt}, {State: "mitigated", At: i.MitigatedAt},
		{State: "resolved", At: i.ResolvedAt}, {State: "closed", At: i.ClosedAt}}
	order := map[incident.State]int{incident.Triggered: 0, incident.Acknowledged: 1, incident.Mitigated: 2, incident.Resolved: 3, incident.Closed: 4}
	at, ok := order[i.State]
	if !ok { // merged or canceled: the last step says so
		at = 4
		out[4].State = string(i.State)
	}
	for n := range out {
		out[n].Done, out[n].Now = n < at && !out[n].At.IsZero(), n == at
		switch {
		case out[n].Now:
			out[n].Glyph = out[n].State
		case out[n].Done:
			out[n].Glyph = "resolved"
		default:
			out[n].Glyph = "todo"
			if n > at {
				out[n].At = time.Time{}
			}
		}
	}
	return out
}
