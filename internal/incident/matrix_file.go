package incident

import (
	"fmt"
	"slices"
	"strings"
)

// File is the matrix as a file to start from: every value that people change,
// spelled out, so that one is edited and the rest deleted. What a file leaves
// out is as in DefaultMatrix, hence it means the same with and without it.
func (m *Matrix) File() string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: evenkeel/v1\nkind: PriorityMatrix\nmetadata: {name: %s}\nspec:\n", m.Name)
	if len(m.Teams) > 0 {
		fmt.Fprintf(&b, "  teams: [%s]\n", strings.Join(m.Teams, ", "))
	}
	b.WriteString("  impact: # of what people report: impact, then urgency\n")
	for n, impact := range Levels {
		row := m.ByImpact[n]
		fmt.Fprintf(&b, "    %s: {high: %s, medium: %s, low: %s}\n", impact, row[0], row[1], row[2])
	}
	b.WriteString("  severity: # of alerts, on services of tier 0, 1, 2, 3\n")
	for _, s := range Severities {
		row := m.BySeverity[s]
		fmt.Fprintf(&b, "    %s: [%s, %s, %s, %s]\n", s, row[0], row[1], row[2], row[3])
	}
	b.WriteString("  priorities:\n")
	def := DefaultMatrix()
	for _, p := range m.Policies {
		fmt.Fprintf(&b, "    %s: {%s}\n", p.Priority, strings.Join(p.fields(def.Policy(p.Priority)), ", "))
	}
	fmt.Fprintf(&b, "  close_after: %s\n", written(m.CloseAfter))
	fmt.Fprintf(&b, "  review: {after: %s, repeats: %d, within: %s}\n", m.ReviewAfter, m.ReviewRepeats, written(m.ReviewWithin))
	return b.String()
}

// fields are the values of a policy that it has, or that def has.
func (p Policy) fields(def Policy) []string {
	out := []string{"response: " + p.Response.String(), "resolution: " + p.Resolution.String()}
	add := func(name, value, built string) {
		if value != "none" || built != "none" {
			out = append(out, name+": "+value)
		}
	}
	add("update", written(p.Update), written(def.Update))
	add("escalate", written(p.Escalate), written(def.Escalate))
	add("war_room", written(p.WarRoom), written(def.WarRoom))
	add("postmortem", written(p.Postmortem), written(def.Postmortem))
	out = append(out, "tell: ["+strings.Join(p.Tell.Who(), ", ")+"]")
	if p.Tell.When == Page || p.Tell.When == Quiet {
		out = append(out, "how: "+string(p.Tell.When))
	}
	if !slices.Equal(p.Stops, def.Stops) {
		var waits []string
		for _, w := range p.Stops {
			waits = append(waits, string(w))
		}
		out = append(out, "wait_stops: ["+strings.Join(waits, ", ")+"]")
	}
	return out
}

// Who lists whom it tells, in the words of files: team, manager, executive.
func (t Tell) Who() (out []string) {
	for _, x := range []struct {
		on   bool
		name string
	}{{t.Team, "team"}, {t.Manager, "manager"}, {t.Executive, "executive"}} {
		if x.on {
			out = append(out, x.name)
		}
	}
	return out
}
