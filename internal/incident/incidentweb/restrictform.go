package incidentweb

import (
	"context"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
)

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
