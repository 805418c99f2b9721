package incidentweb

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

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

// addLink links a web address, or an item of the map that a person names.
func addLink(ctx context.Context, p *Pages, id int64, f *web.Form) error {
	l := incident.Link{Kind: incident.LinkURL, Target: strings.TrimSpace(f.Get("target")), Title: f.Get("title")}
	if p.FindItem != nil && l.Target != "" && !strings.Contains(l.Target, "://") {
		key, name, err := p.FindItem(ctx, l.Target)
		if errs.Is(err, errs.NotFound) {
			return errs.BadField("target", l.Target, "no item of the map has this name; look it up on the map, or write a web address that begins with https://")
		}
		if errs.Is(err, errs.Invalid) && len(errs.As(err).Fields) > 0 {
			return errs.BadField("target", l.Target, errs.As(err).Fields[0].Remedy)
		}
		if err != nil {
			return err
		}
		l.Kind, l.Target, l.Title = incident.LinkCI, key, cmp.Or(l.Title, name)
	}
	_, err := p.Incidents.SetLink(ctx, id, l)
	return err
}
