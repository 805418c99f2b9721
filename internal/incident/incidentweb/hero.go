package incidentweb

import (
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
)

// The incident in full on the Now page.

// hero is one incident shown in full: P1 ones, or the worst one when it is P2.
type hero struct {
	Incident incident.Incident
	Health   string
	Services []string
	Clocks   []web.Clock
	Latest   incident.Entry
	Others   []role
	Why      string
	Actions  []web.Button
}

type role struct {
	Title  string
	Person web.Person
}

// heroesMost is how many incidents the Now page shows in full.
const heroesMost = 3

func (p *Pages) hero(v *web.View, row incident.NowRow) hero {
	i := row.Incident
	h := hero{Incident: i, Health: health(i), Latest: row.Latest, Why: i.PriorityWhy}
	if i.Service != "" {
		h.Services = []string{i.Service}
	}
	for _, c := range []struct {
		label string
		clock incident.Clock
	}{{v.Term("Response"), row.Clocks.Response}, {v.Term("Resolution"), row.Clocks.Resolution}, {"Next public update", row.Clocks.Update}} {
		if k, ok := clock(v, c.label, c.clock); ok {
			h.Clocks = append(h.Clocks, k)
		}
	}
	boss := who(v, row.Names, i.OnIt())
	k := web.Clock{Label: "Commander", Person: &boss}
	if i.Commander == 0 && boss.Name != "" {
		k.Label = "On it"
	}
	if boss.You {
		k.Note = "You"
	}
	h.Clocks = append(h.Clocks, k)
	for _, x := range incident.Roles[1:] {
		if person := i.Who(x); person != 0 {
			h.Others = append(h.Others, role{string(x), who(v, row.Names, person)})
		}
	}
	h.Actions = heroActions(v, i)
	return h
}

// heroActions are the buttons below the hero: the next step is filled.
func heroActions(v *web.View, i incident.Incident) []web.Button {
	to := path(i)
	open := web.Button{Title: "Open " + lower(v.Term("Incident")), Path: to, Tone: "primary"}
	if !v.May(actor.Respond) {
		return []web.Button{open}
	}
	out := []web.Button{open}
	if i.State == incident.Triggered {
		open.Tone = ""
		out = []web.Button{{Title: "Acknowledge", Icon: "check", Tone: "primary", Post: true, Path: to + "/acknowledge"}, open}
	}
	out = append(out, web.Button{Title: "Update status", Icon: "speakerphone", Path: to + "/update"})
	if i.WarRoom != "" {
		out = append(out, web.Button{Title: "Join war room", Icon: "video", Path: i.WarRoom})
	}
	return out
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// heroOf pairs a hero with the view for its template.
type heroOf struct {
	V    *web.View
	Hero hero
}

// With pairs a hero with the page's view.
func (p *NowPage) With(h hero) heroOf { return heroOf{p.V, h} }
