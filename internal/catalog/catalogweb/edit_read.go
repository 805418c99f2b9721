package catalogweb

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// read turns what was typed into an edit.
func read(form *web.Form) (catalog.Edit, error) {
	e := catalog.Edit{Title: form.Get("title"), Team: form.Get("team"), Lifecycle: catalog.Lifecycle(form.Get("lifecycle")), Promise: strings.Join(strings.Fields(form.Get("promise")), " ")}
	var err error
	if e.Tier, err = strconv.Atoi(form.Get("tier")); err != nil {
		return e, errs.BadField("tier", form.Get("tier"), "use 0, 1, 2 or 3; 0 carries the business")
	}
	e.Aliases = split(form.Get("aliases"), "\n,")
	e.Portfolio = catalog.Portfolio{
		Description: form.Get("description"), Users: split(form.Get("users"), "\n"), Value: strings.Join(strings.Fields(form.Get("value")), " "),
		Cost:         &catalog.Cost{Amount: form.Get("cost.amount"), Currency: form.Get("cost.currency"), AsOf: form.Get("cost.as_of"), Note: form.Get("cost.note")},
		Sourcing:     &catalog.Sourcing{Choice: form.Get("sourcing.choice"), Supplier: form.Get("sourcing.supplier"), Why: form.Get("sourcing.why"), Decided: form.Get("sourcing.decided"), Ends: form.Get("sourcing.ends")},
		Repositories: split(form.Get("repositories"), "\n"), ReplacedBy: form.Get("replaced_by"), Until: form.Get("until"),
	}
	each(form, "link_url", func(at func(string) string) {
		e.Links = append(e.Links, catalog.Link{URL: at("link_url"), Kind: catalog.LinkKind(at("link_kind")), Title: at("link_title"), Checked: at("link_checked")})
	})
	each(form, "need_on", func(at func(string) string) {
		d := catalog.Dependency{On: at("need_on"), Strength: at("need_strength"), Group: at("need_group"), Why: at("need_why")}
		if n := at("need_count"); n != "" {
			if d.Need, err = strconv.Atoi(n); err != nil {
				d.Need = -1 // the catalog says what would be right
			}
		}
		e.DependsOn = append(e.DependsOn, d)
	})
	each(form, "raci_activity", func(at func(string) string) {
		e.Raci = append(e.Raci, catalog.Raci{Activity: at("raci_activity"), Accountable: at("raci_accountable"), Responsible: split(at("raci_responsible"), ","),
			Consulted: split(at("raci_consulted"), ","), Informed: split(at("raci_informed"), ",")})
	})
	return e, nil
}

// split cuts a text at some characters and drops what is empty.
func split(s, at string) (out []string) {
	for _, x := range strings.FieldsFunc(s, func(r rune) bool { return r == '\r' || strings.ContainsRune(at, r) }) {
		if x = strings.TrimSpace(x); x != "" {
			out = append(out, x)
		}
	}
	return out
}

// each visits the lines of a part whose head is not empty.
func each(form *web.Form, head string, visit func(at func(name string) string)) {
	for i, v := range form.Values[head] {
		if strings.TrimSpace(v) == "" {
			continue
		}
		visit(func(name string) string {
			if list := form.Values[name]; i < len(list) {
				return strings.TrimSpace(list[i])
			}
			return ""
		})
	}
}

// stored is a service as the form holds it.
func stored(s catalog.Service) *web.Form {
	v := url.Values{"title": {s.Title}, "team": {s.Team}, "tier": {strconv.Itoa(s.Tier)}, "lifecycle": {string(s.Lifecycle)}, "was": {string(s.Lifecycle)},
		"promise": {s.Promise}, "aliases": {strings.Join(s.Aliases, "\n")}, "version": {strconv.FormatInt(s.Version, 10)},
		"description": {s.Description}, "users": {strings.Join(s.Users, "\n")}, "value": {s.Value}, "repositories": {strings.Join(s.Repositories, "\n")},
		"replaced_by": {s.ReplacedBy}, "until": {s.Until}}
	if c := s.Cost; c != nil {
		v["cost.amount"], v["cost.currency"], v["cost.as_of"], v["cost.note"] = []string{c.Amount}, []string{c.Currency}, []string{c.AsOf}, []string{c.Note}
	}
	if x := s.Sourcing; x != nil {
		v["sourcing.choice"], v["sourcing.supplier"], v["sourcing.why"] = []string{x.Choice}, []string{x.Supplier}, []string{x.Why}
		v["sourcing.decided"], v["sourcing.ends"] = []string{x.Decided}, []string{x.Ends}
	}
	return &web.Form{Values: v}
}

// fill adds the lines of a service to its form.
func fill(form *web.Form, s catalog.Service) {
	add := form.Values.Add
	for _, l := range s.Links {
		add("link_kind", string(l.Kind))
		add("link_title", l.Title)
		add("link_url", l.URL)
		add("link_checked", l.Checked)
	}
	for _, d := range s.DependsOn {
		add("need_on", d.On)
		add("need_strength", d.Strength)
		add("need_group", d.Group)
		add("need_why", d.Why)
		count := ""
		if d.Need > 0 {
			count = strconv.Itoa(d.Need)
		}
		add("need_count", count)
	}
	for _, r := range s.Raci {
		add("raci_activity", r.Activity)
		add("raci_accountable", r.Accountable)
		add("raci_responsible", strings.Join(r.Responsible, ", "))
		add("raci_consulted", strings.Join(r.Consulted, ", "))
		add("raci_informed", strings.Join(r.Informed, ", "))
	}
}
