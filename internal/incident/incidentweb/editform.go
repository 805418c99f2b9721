package incidentweb

import (
	"context"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
)

func levels(hints ...string) []web.Option {
	var out []web.Option
	for n, l := range incident.Levels {
		out = append(out, web.Option{Value: l.String(), Title: upper(l.String()), Hint: hints[n]})
	}
	return out
}

func editFields(_ context.Context, _ *Pages, inc incident.View, f *web.Form) ([]web.Field, error) {
	stored := map[string]string{"title": inc.Title, "summary": inc.Summary, "war_room": inc.WarRoom, "impact": inc.Impact.String(),
		"urgency": inc.Urgency.String(), "revision": strconv.FormatInt(inc.Revision, 10)}
	now := &web.Form{}
	for name, value := range stored {
		f.Default(name, value)
		now.Default(name, value)
	}
	f.Stored(now)
	priority := []web.Option{{Title: "As the matrix says"}}
	for _, p := range incident.Priorities {
		priority = append(priority, web.Option{Value: p.String(), Title: p.String() + " " + p.Word()})
	}
	return []web.Field{f.Hidden("revision"), f.Input("title", "Title").Need().Limit(incident.MaxTitle), f.Area("summary", "What do users notice?", 3),
		f.Radio("impact", "Impact", levels("all or most users", "many users, or one function", "few users")...),
		f.Radio("urgency", "Urgency", levels("it cannot wait an hour", "today", "there is a way around it")...),
		f.Select("priority", "Priority by hand", priority...).Help("Now " + inc.Priority.String() + ": " + inc.PriorityWhy + "."),
		f.Input("war_room", "War room").As("url").Say("https://")}, nil
}

func edit(ctx context.Context, p *Pages, id int64, f *web.Form) error {
	revision, err := strconv.ParseInt(f.Get("revision"), 10, 64)
	if err != nil {
		return errs.BadField("revision", f.Get("revision"), "open the form again")
	}
	var e incident.Edit
	var bad errs.Fields
	title, summary, room := f.Get("title"), f.Get("summary"), f.Get("war_room")
	e.Title, e.Summary, e.WarRoom = &title, &summary, &room
	level := func(name string) *incident.Level {
		var l incident.Level
		if err := l.UnmarshalText([]byte(f.Get(name))); err != nil {
			bad.Add(name, f.Get(name), "high, medium or low")
		}
		if l == 0 {
			return nil
		}
		return &l
	}
	now, err := p.Incidents.Get(ctx, id)
	if err != nil {
		return err
	}
	if e.Impact = level("impact"); e.Impact != nil && *e.Impact == now.Impact {
		e.Impact = nil // unchanged: it must not compute the priority anew
	}
	if e.Urgency = level("urgency"); e.Urgency != nil && *e.Urgency == now.Urgency {
		e.Urgency = nil
	}
	if s := f.Get("priority"); s != "" {
		e.Priority = new(incident.Priority)
		if err := e.Priority.UnmarshalText([]byte(s)); err != nil {
			bad.Add("priority", s, "P1, P2, P3 or P4")
		}
	}
	if err := bad.Err(); err != nil {
		return err
	}
	_, err = p.Incidents.Edit(ctx, id, revision, e)
	return err
}

func reassignFields(ctx context.Context, p *Pages, inc incident.View, f *web.Form) ([]web.Field, error) {
	services, teams := []web.Option{{Title: "Keep " + orNone(inc.Service)}}, []web.Option{{Title: "The service's owner"}}
	if p.Services != nil {
		list, err := p.Services(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			services = append(services, web.Option{Value: s.Name, Title: s.Name})
		}
	}
	if p.Teams != nil {
		list, err := p.Teams(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			teams = append(teams, web.Option{Value: t, Title: t})
		}
	}
	return []web.Field{f.Select("service", "Service", services...), f.Select("team", "Team", teams...), f.Area("note", "What must they know?", 3)}, nil
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
