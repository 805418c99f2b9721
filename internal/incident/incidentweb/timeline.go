package incidentweb

import (
	"html/template"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
)

// moments turns entries into what the timeline component draws.
func moments(v *web.View, inc incident.Incident, entries []incident.Entry) web.Timeline {
	t := web.Timeline{V: v}
	for _, e := range entries {
		t.Items = append(t.Items, moment(v, inc, e))
	}
	return t.Fold()
}

func moment(v *web.View, inc incident.Incident, e incident.Entry) web.Moment {
	m := web.Moment{ID: "e" + strconv.Itoa(e.Seq), At: e.At, Sub: e.Detail, Routine: e.Kind == incident.EntryMessage || e.Kind == incident.EntryRole && e.Detail == "" && joins(e.Text)}
	name := e.Name
	if e.Person != 0 && name == "" {
		name = "Somebody"
	}
	if name != "" {
		m.Person = &web.Person{Name: name, You: e.Person == v.Actor.Person}
	}
	switch e.Kind {
	case incident.EntryNote, incident.EntryUpdate, incident.EntryCorrection:
		m.Head = person(name)
		m.Say, m.Sub = e.Text, ""
		if e.Kind == incident.EntryUpdate {
			m.Icon, m.Tone = "speakerphone", "accent"
			m.Head += " published " + text(strings.TrimSuffix(strings.TrimSuffix(e.Detail, ", public"), ", internal"))
			if e.Public {
				m.Say, m.Public = "", e.Text
				m.Tags = append(m.Tags, web.Tag{Text: "Public", Tone: "accent"})
			} else {
				m.Tags = append(m.Tags, web.Tag{Text: "Internal", Icon: "lock"})
			}
		}
		corrected(v, &m, e)
		own := e.Person != 0 && e.Person == v.Actor.Person
		if own && !e.Erased {
			m.Menu = []web.Button{{Title: "Correct…", Icon: "edit", Path: path(inc) + "/correct?entry=" + strconv.Itoa(e.Seq)}}
		}
		if e.Erased {
			m.Say, m.Public, m.Sub = "", "", "The text was erased."
		}
	default:
		m.Icon, m.Tone = glyph(e)
		if name != "" {
			m.Head = person(name) + " " + text(e.Text)
		} else {
			m.Head = split(upper(e.Text))
		}
	}
	if e.Kind == incident.EntryLink {
		linked(&m, e)
	}
	switch e.Tag {
	case incident.KeyFact:
		m.Tags = append(m.Tags, web.Tag{Text: "Key fact", Tone: "amber", Icon: "pin"})
	case incident.Decision:
		m.Tags = append(m.Tags, web.Tag{Text: "Decision", Tone: "accent", Icon: "flag"})
	}
	return m
}

func joins(text string) bool { return text == "joined" || text == "left" }

// corrected shows the latest wording and keeps the first one in sight.
func corrected(v *web.View, m *web.Moment, e incident.Entry) {
	if len(e.Corrections) == 0 {
		return
	}
	last := e.Corrections[len(e.Corrections)-1]
	m.Before = e.Text
	m.Edited = "corrected " + v.Local(last.At) + ", earlier text"
	if m.Public != "" {
		m.Public = last.Text
	} else {
		m.Say = last.Text
	}
}

// glyph is the icon and tone of an entry that is no note.
func glyph(e incident.Entry) (icon, tone string) {
	switch e.Kind {
	case incident.EntryState:
		for _, s := range []struct{ begins, icon, tone string }{
			{"Alert", "bell", "red"}, {"declared", "flame", "red"}, {"reopened", "arrow-back-up", "amber"}, {"canceled", "ban", ""}, {"closed", "check", ""}} {
			if strings.HasPrefix(e.Text, s.begins) {
				return s.icon, s.tone
			}
		}
		return "check", "green"
	case incident.EntryPriority:
		if strings.HasPrefix(e.Text, "raised") {
			return "chevron-up", "red"
		}
		return "chevron-down", ""
	case incident.EntryAlert:
		if strings.Contains(e.Text, "resolved") {
			return "bell", "green"
		}
		return "bell", "red"
	case incident.EntryRole:
		return "users", ""
	case incident.EntryWaiting:
		if strings.HasPrefix(e.Text, "goes on") {
			return "player-play", ""
		}
		return "player-pause", ""
	case incident.EntryClock:
		if strings.Contains(e.Text, "missed") {
			return "clock", "red"
		}
		return "clock", "amber"
	case incident.EntryLink:
		if strings.Contains(e.Text, "merged") {
			return "git-merge", ""
		}
		return "link", ""
	case incident.EntryMessage:
		return "mail", ""
	}
	return "edit", ""
}

// linked makes a web address that a person linked a link with its title.
func linked(m *web.Moment, e incident.Entry) {
	to, ok := strings.CutPrefix(e.Text, "linked url ")
	if !ok || !strings.HasPrefix(to, "https://") && !strings.HasPrefix(to, "http://") {
		return
	}
	title := e.Detail
	if title == "" {
		title = to
	}
	m.Head = person(e.Name) + " linked " + template.HTML(`<a href="`+template.HTMLEscapeString(to)+`" rel="noreferrer">`) + text(title) + "</a>"
	m.Sub = host(to)
}

// person is a name as the timeline shows it: the first name, the rest on hover.
func person(name string) template.HTML {
	short := web.Person{Name: name}.Short()
	if short == name {
		return bold(name)
	}
	return template.HTML(`<b title="`+template.HTMLEscapeString(name)+`">`) + text(short) + "</b>"
}

// bold, text and split escape what they are given; the result is safe HTML.
func bold(s string) template.HTML {
	return template.HTML("<b>" + template.HTMLEscapeString(s) + "</b>")
}
func text(s string) template.HTML { return template.HTML(template.HTMLEscapeString(s)) }

// split makes the part after the first colon bold: "Alert joined: queue depth".
func split(s string) template.HTML {
	if a, b, ok := strings.Cut(s, ": "); ok {
		return text(a+": ") + bold(b)
	}
	return text(s)
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// shows are the tabs of the timeline.
var shows = []struct {
	name, title string
	filter      incident.TimelineFilter
}{
	{"", "All", incident.TimelineFilter{}},
	{"people", "People", incident.TimelineFilter{People: true}},
	{"alerts", "Alerts", incident.TimelineFilter{Kinds: []incident.EntryKind{incident.EntryAlert, incident.EntryState, incident.EntryPriority}}},
	{"updates", "Updates", incident.TimelineFilter{Kinds: []incident.EntryKind{incident.EntryUpdate}}},
	{"messages", "Messages", incident.TimelineFilter{Kinds: []incident.EntryKind{incident.EntryMessage}}},
}
