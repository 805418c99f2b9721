package incidentweb

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
)

// The fields of the larger forms, and what they do when they come back.

func howField(f *web.Form) web.Field {
	hints := map[incident.How]string{incident.Restart: "a process or host", incident.Failover: "to a spare", incident.Rollback: "of a change",
		incident.Workaround: "the fault remains", incident.Fix: "the fault is gone", incident.SelfRecovered: "nobody did anything"}
	var options []web.Option
	for _, h := range incident.Hows {
		options = append(options, web.Option{Value: string(h), Title: upper(string(h)), Hint: hints[h]})
	}
	return f.Radio("how", "How was it restored?", options...)
}

// reason makes the fields of a form that asks only why.
func reason(label string) func(context.Context, *Pages, incident.View, *web.Form) ([]web.Field, error) {
	return func(_ context.Context, _ *Pages, _ incident.View, f *web.Form) ([]web.Field, error) {
		return []web.Field{f.Area("reason", label, 3).Need().First()}, nil
	}
}

func waits(inc incident.View) []web.Option {
	words := map[incident.Waiting]string{incident.ForReporter: "Reporter", incident.ForSupplier: "Supplier", incident.ForChange: "Change window"}
	var out []web.Option
	for _, w := range incident.Waits {
		hint := "the clock goes on"
		if slices.Contains(inc.Policy.Stops, w) {
			hint = "the resolution clock stands still"
		}
		out = append(out, web.Option{Value: string(w), Title: words[w], Hint: hint})
	}
	return out
}

func updateFields(_ context.Context, _ *Pages, inc incident.View, f *web.Form) ([]web.Field, error) {
	f.Default("audience", "public")
	next := f.Input("next", "Next update in, minutes").As("number").Help("Leave it empty for what the priority promises.")
	if inc.Policy.Update > 0 {
		next = next.Say(strconv.Itoa(int(inc.Policy.Update.Minutes())))
	}
	return []web.Field{
		f.Area("text", "What do you tell?", 4).Need().First().Say("Most customers cannot complete checkout. Baskets are kept. We have found where orders are stuck and are working on it."),
		f.Radio("audience", "Who reads it?", web.Option{Value: "public", Title: "Public", Hint: "users, support, everybody; restarts the update clock"}, web.Option{Value: "internal", Title: "Internal", Hint: "people of this organisation"}).Need(),
		next,
	}, nil
}

func publish(ctx context.Context, p *Pages, id int64, f *web.Form) error {
	next, err := minutes(f, "next")
	if err != nil {
		return err
	}
	switch f.Get("audience") {
	case "public", "internal":
	default:
		return errs.BadField("audience", f.Get("audience"), "public or internal")
	}
	_, err = p.Incidents.Publish(ctx, id, incident.Update{Text: f.Get("text"), Public: f.Get("audience") == "public", Next: next})
	return err
}

// person is a choice of people; nobody stands first.
func (p *Pages) person(ctx context.Context, f *web.Form, name, label, nobody string) (web.Field, error) {
	options := []web.Option{{Title: nobody}}
	if p.People != nil {
		list, err := p.People(ctx)
		if err != nil {
			return web.Field{}, err
		}
		for _, x := range list {
			o := web.Option{Value: strconv.FormatInt(x.ID, 10), Title: x.Name}
			if x.Note != "" {
				o.Title += ", " + x.Note
			}
			options = append(options, o)
		}
	}
	return f.Select(name, label, options...), nil
}

func assignFields(ctx context.Context, p *Pages, inc incident.View, f *web.Form) ([]web.Field, error) {
	var roles []web.Option
	for _, r := range incident.Roles {
		hint := "nobody"
		if who := inc.Incident.Who(r); who != 0 {
			hint = inc.Name(who)
		}
		roles = append(roles, web.Option{Value: string(r), Title: upper(string(r)), Hint: "now: " + hint})
	}
	f.Default("role", string(incident.Commander))
	person, err := p.person(ctx, f, "person", "Who takes it?", "Nobody")
	if err != nil {
		return nil, err
	}
	return []web.Field{f.Radio("role", "Role", roles...).Need(), person, f.Area("note", "Handover note", 3).Say("Consumers are stuck since 17:52. Rollback is prepared, waiting for a yes.")}, nil
}

func assign(ctx context.Context, p *Pages, id int64, f *web.Form) error {
	var person int64
	if s := f.Get("person"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 {
			return errs.BadField("person", s, "a person from the list")
		}
		person = n
	}
	_, err := p.Incidents.Assign(ctx, id, incident.Role(f.Get("role")), person, f.Get("note"))
	return err
}

func mergeFields(ctx context.Context, p *Pages, inc incident.View, f *web.Form) ([]web.Field, error) {
	now, err := p.Incidents.Now(ctx)
	if err != nil {
		return nil, err
	}
	options := []web.Option{{Title: "Choose an open one"}}
	for _, r := range now.Open {
		if r.ID != inc.ID {
			options = append(options, web.Option{Value: r.Key(), Title: r.Key() + " " + r.Title})
		}
	}
	return []web.Field{f.Select("into", "Into", options...).Need()}, nil
}

func merge(ctx context.Context, p *Pages, id int64, f *web.Form) error {
	into, err := other(f, "into", false)
	if err == nil {
		_, err = p.Incidents.Merge(ctx, id, into)
	}
	return err
}

func levels(hints ...string) []web.Option {
	var out []web.Option
	for n, l := range incident.Levels {
		out = append(out, web.Option{Value: l.String(), Title: upper(l.String()), Hint: hints[n]})
	}
	return out
}

func editFields(_ context.Context, _ *Pages, inc incident.View, f *web.Form) ([]web.Field, error) {
	f.Default("title", inc.Title).Default("summary", inc.Summary).Default("war_room", inc.WarRoom).Default("impact", inc.Impact.String()).
		Default("urgency", inc.Urgency.String()).Default("revision", strconv.FormatInt(inc.Revision, 10))
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

func restrictFields(ctx context.Context, p *Pages, inc incident.View, f *web.Form) ([]web.Field, error) {
	f.Default("revision", strconv.FormatInt(inc.Revision, 10))
	visible := "all"
	if inc.Restricted {
		visible = "restricted"
		for _, n := range inc.Viewers.People {
			f.Values.Add("people", strconv.FormatInt(n, 10))
		}
		for _, r := range inc.Viewers.Roles {
			f.Default("role-"+r, "on")
		}
	}
	f.Default("visible", visible)
	out := []web.Field{f.Hidden("revision"), f.Radio("visible", "Visible to", web.Option{Value: "all", Title: "Everybody", Hint: "who can sign in"}, web.Option{Value: "restricted", Title: "Restricted", Hint: "only those named here"}).Need()}
	var have []string
	for _, n := range inc.Viewers.People {
		have = append(have, inc.ViewerNames[n])
	}
	add, err := p.person(ctx, f, "person", "Also let in", "Nobody more")
	if err != nil {
		return nil, err
	}
	if len(have) > 0 {
		add = add.Help("Already in: " + strings.Join(have, ", ") + ".")
	}
	out = append(out, add)
	for _, r := range actor.Roles {
		if r != actor.Machine {
			out = append(out, f.Check("role-"+string(r), "Everybody with the role "+string(r)))
		}
	}
	return out, nil
}

func restrict(ctx context.Context, p *Pages, id int64, f *web.Form) error {
	revision, err := strconv.ParseInt(f.Get("revision"), 10, 64)
	if err != nil {
		return errs.BadField("revision", f.Get("revision"), "open the form again")
	}
	switch f.Get("visible") {
	case "all":
		_, err = p.Incidents.Restrict(ctx, id, revision, nil)
		return err
	case "restricted":
	default:
		return errs.BadField("visible", f.Get("visible"), "all or restricted")
	}
	inc, err := p.Incidents.Page(ctx, id)
	if err != nil {
		return err
	}
	v := incident.Viewers{People: inc.Viewers.People}
	if s := f.Get("person"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return errs.BadField("person", s, "a person from the list")
		}
		v.People = append(v.People, n)
	}
	for _, r := range actor.Roles {
		if f.Get("role-"+string(r)) != "" {
			v.Roles = append(v.Roles, string(r))
		}
	}
	_, err = p.Incidents.Restrict(ctx, id, revision, &v)
	return err
}
