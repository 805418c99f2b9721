package alertweb

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// Group is alerts that stand together, and why.
type Group struct {
	Priority  string
	Icon      string
	Key       string
	Path      string
	Title     string
	Need      string // amber tag: people must decide
	N         int
	Note      string
	NoteUntil time.Time // the note ends with this time
	Rows      []Row
	place     int  // incidents first, then what needs a decision, what is held back, what is over
	Plain     bool // the only group of an ungrouped list: no heading
}

// Row is one alert in the list.
type Row struct {
	Alert    alert.Alert
	Key      string
	Path     string
	Spark    *web.Spark
	Lasts    string
	Who      *web.Person
	WhoText  string // instead of a person: Silenced, Acknowledged, Quiet
	WhoIcon  string
	Flapping bool
	Source   string
}

// groups sorts a page of alerts into groups: incidents in the order of their
// worst alert, then what nobody has decided, what is held back, what is over.
func (p *Pages) groups(ctx context.Context, v *web.View, list []alert.Alert, by string) ([]*Group, error) {
	incidents, err := p.incidentsOf(ctx, list)
	if err != nil {
		return nil, err
	}
	var order []*Group
	byKey := map[string]*Group{}
	for i := range list {
		a := &list[i]
		key := groupKey(a, by, incidents)
		g := byKey[key]
		if g == nil {
			if g, err = p.newGroup(ctx, v, a, by, key, incidents); err != nil {
				return nil, err
			}
			byKey[key] = g
			order = append(order, g)
		}
		g.Rows = append(g.Rows, p.row(v, a, incidents[a.IncidentID]))
	}
	for _, g := range order {
		g.finish(v)
	}
	slices.SortStableFunc(order, func(a, b *Group) int { return a.place - b.place })
	return order, nil
}

func (p *Pages) incidentsOf(ctx context.Context, list []alert.Alert) (map[int64]Incident, error) {
	if p.Incidents == nil {
		return nil, nil
	}
	seen := map[int64]bool{}
	var ids []int64
	for i := range list {
		if id := list[i].IncidentID; id != 0 && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return p.Incidents(ctx, ids)
}

func groupKey(a *alert.Alert, by string, incidents map[int64]Incident) string {
	switch {
	case by == "none":
		return ""
	case by == "service":
		return "service " + a.Service
	case !a.Firing():
		return "over"
	case a.SilenceID != 0:
		return "silence " + strconv.FormatInt(a.SilenceID, 10)
	case a.IncidentID != 0:
		return "incident " + strconv.FormatInt(a.IncidentID, 10)
	case a.Quiet:
		return "quiet " + a.Rule
	}
	return "loose"
}

func (p *Pages) newGroup(ctx context.Context, v *web.View, a *alert.Alert, by, key string, incidents map[int64]Incident) (*Group, error) {
	g := &Group{}
	switch {
	case by == "none":
		g.Plain = true
	case by == "service":
		g.Icon, g.Title, g.Path = "server-2", a.Service, ref.S(ref.Service, a.Service).Path()
		if a.Service == "" {
			g.Title, g.Path = "No service", ""
		}
	case key == "over":
		g.Icon, g.Title, g.place = "circle-check", "Resolved", 4
	case a.SilenceID != 0:
		sil, err := p.Alerts.SilenceByID(ctx, a.SilenceID)
		if err != nil {
			return nil, err
		}
		g.Icon, g.Title, g.Note, g.NoteUntil = "volume-off", "Silenced", "until", sil.EndsAt
		if sil.Kind == alert.Maintenance {
			g.Title = "Silenced by maintenance"
		}
		g.place = 2
		g.Key, g.Path = sil.Ref().String(), sil.Ref().Path()
	case a.IncidentID != 0:
		r := ref.N(ref.Incident, a.IncidentID)
		g.Key, g.Path, g.Icon = r.String(), r.Path(), "flame"
		if in, ok := incidents[a.IncidentID]; ok {
			g.Priority, g.Title, g.Note = in.Priority, in.Title, in.Note
		}
	case a.Quiet:
		g.Icon, g.Title = "bell-off", "Kept quiet by a rule"
		g.Key, g.Path = a.Rule, ref.S(ref.AlertRule, a.Rule).Path()
		g.Note, g.place = "no "+strings.ToLower(v.Term("Incident"))+", nobody told", 3
	default:
		g.Icon, g.Title, g.Need, g.place = "bell", "Not in an "+strings.ToLower(v.Term("Incident")), "decide", 1
	}
	return g, nil
}

// finish says what the whole group has in common.
func (g *Group) finish(v *web.View) {
	g.N = len(g.Rows)
	var times int64
	oldest := v.Now
	for _, r := range g.Rows {
		times += r.Alert.Count
		if r.Alert.StartsAt.Before(oldest) {
			oldest = r.Alert.StartsAt
		}
	}
	if g.Need != "" {
		g.Need = web.Plural(g.N, "needs a decision", "need a decision")
		g.Note = "oldest " + web.Dur(v.Now.Sub(oldest))
	} else if g.Priority != "" {
		note := web.Plural(int(times), "time", "times")
		if g.Note != "" {
			note += ", " + g.Note
		}
		g.Note = note
	}
}

func (p *Pages) row(v *web.View, a *alert.Alert, in Incident) Row {
	line := alert.Sparkline(a.Recent, v.Now)
	r := Row{Alert: *a, Key: a.Ref().String(), Path: a.Ref().Path(), Spark: web.Bars(line[:], tone(a.Severity)), Flapping: a.Flapping(v.Now), Source: a.Integration}
	sum := 0
	for _, n := range line {
		sum += n
	}
	r.Spark.Says = fmt.Sprintf("%s in the last 60 minutes", web.Plural(sum, "event", "events"))
	if a.SilenceID != 0 || !a.Firing() || a.Quiet {
		r.Spark.Tone = ""
	}
	until := v.Now
	if !a.EndsAt.IsZero() {
		until = a.EndsAt
	}
	r.Lasts = web.Dur(until.Sub(a.StartsAt))
	switch {
	case a.SilenceID != 0:
		r.WhoText, r.WhoIcon = "Silenced", "volume-off"
	case !a.Firing():
		r.WhoText = "–"
	case in.Who.Name != "":
		r.Who = &in.Who
	case !a.Acknowledged.IsZero():
		r.WhoText, r.WhoIcon = "At the sender", "check"
	case a.Quiet:
		r.WhoText, r.WhoIcon = "Quiet", "bell-off"
	default:
		r.Who = &web.Person{}
	}
	return r
}
