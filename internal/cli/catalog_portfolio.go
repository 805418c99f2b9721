package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// PortfolioFlags are what can be said of a service beyond its promise.
type PortfolioFlags struct {
	Description *string  `help:"What it does."`
	User        []string `help:"Who uses it; repeat it. Replaces all." sep:"none"`
	Value       *string  `help:"What it brings, and to which value stream."`
	Cost        *string  `help:"A month: \"1200 EUR\", or \"1200.50 EUR 2026-03-31 hosting and licences\"; empty: none."`
	Sourcing    *string  `help:"build, buy or open source; empty: no record."`
	Supplier    *string  `help:"From whom it is bought."`
	Why         *string  `help:"Why it was built or bought."`
	Decided     *string  `help:"The day of that decision."`
	Ends        *string  `help:"The day on which the contract ends."`
	Raci        []string `help:"Who answers for what: \"Releases; A=mara; R=team:shop,priya; C=tom; I=omar\"; repeat it. Replaces all." sep:"none"`
	Repository  []string `help:"Where its source is; repeat it. Replaces all." sep:"none"`
	Need        []string `help:"What it needs: \"payments\", or \"database:orders; soft; group=cache; need=2; why=sessions\"; repeat it. Replaces all." sep:"none"`
	ReplacedBy  *string  `help:"The service to use instead of a deprecated one."`
	Until       *string  `help:"The day on which a deprecated service ends."`
}

func (f PortfolioFlags) into(p *client.Portfolio) (err error) {
	for _, x := range []struct{ to, from *string }{{&p.Description, f.Description}, {&p.Value, f.Value}, {&p.ReplacedBy, f.ReplacedBy}, {&p.Until, f.Until}} {
		if x.from != nil {
			*x.to = *x.from
		}
	}
	if f.User != nil {
		p.Users = f.User
	}
	if f.Repository != nil {
		p.Repositories = f.Repository
	}
	if f.Cost != nil {
		p.Cost = cost(*f.Cost)
	}
	f.sourcing(p)
	if f.Raci != nil {
		p.Raci = nil
	}
	for _, s := range f.Raci {
		r, err := raci(s)
		if err != nil {
			return err
		}
		p.Raci = append(p.Raci, r)
	}
	if f.Need != nil {
		p.DependsOn = nil
	}
	for _, s := range f.Need {
		d, err := dependency(s)
		if err != nil {
			return err
		}
		p.DependsOn = append(p.DependsOn, d)
	}
	return nil
}

func cost(s string) *client.ServiceCost {
	words := strings.Fields(s)
	if len(words) == 0 {
		return nil
	}
	c := &client.ServiceCost{Amount: words[0]}
	if len(words) > 1 {
		c.Currency = words[1]
	}
	rest := words[min(2, len(words)):]
	if len(rest) > 0 && len(rest[0]) == 10 && strings.Count(rest[0], "-") == 2 {
		c.AsOf, rest = rest[0], rest[1:]
	}
	c.Note = strings.Join(rest, " ")
	return c
}

func (f PortfolioFlags) sourcing(p *client.Portfolio) {
	s := client.ServiceSourcing{}
	if p.Sourcing != nil {
		s = *p.Sourcing
	}
	for _, x := range []struct{ to, from *string }{{&s.Choice, f.Sourcing}, {&s.Supplier, f.Supplier}, {&s.Why, f.Why}, {&s.Decided, f.Decided}, {&s.Ends, f.Ends}} {
		if x.from != nil {
			*x.to = *x.from
		}
	}
	p.Sourcing = &s
	if s == (client.ServiceSourcing{}) || f.Sourcing != nil && *f.Sourcing == "" {
		p.Sourcing = nil
	}
}

// parts cuts "first; key=value; …" and gives each part to take.
func parts(s string, take func(key, value string) bool, flag, form string) (first string, err error) {
	list := strings.Split(s, ";")
	for _, x := range list[1:] {
		key, value, _ := strings.Cut(strings.TrimSpace(x), "=")
		if key != "" && !take(strings.TrimSpace(key), strings.TrimSpace(value)) {
			return "", errs.BadField(flag, strings.TrimSpace(x), "write it like "+form)
		}
	}
	return strings.TrimSpace(list[0]), nil
}

func raci(s string) (r client.ServiceRaci, err error) {
	list := func(v string) []string {
		return strings.FieldsFunc(v, func(c rune) bool { return c == ',' || c == ' ' })
	}
	r.Activity, err = parts(s, func(key, value string) bool {
		switch strings.ToUpper(key) {
		case "R":
			r.Responsible = list(value)
		case "A":
			r.Accountable = value
		case "C":
			r.Consulted = list(value)
		case "I":
			r.Informed = list(value)
		default:
			return false
		}
		return true
	}, "--raci", `"Releases; A=mara; R=team:shop,priya; C=tom; I=omar"`)
	return r, err
}

func dependency(s string) (d client.Dependency, err error) {
	d.On, err = parts(s, func(key, value string) bool {
		switch key {
		case "hard", "soft":
			d.Strength = key
			return value == ""
		case "group":
			d.Group = value
		case "why":
			d.Why = value
		case "need":
			d.Need, err = strconv.Atoi(value)
			return err == nil
		default:
			return false
		}
		return true
	}, "--need", `"database:orders; soft; group=cache; need=2; why=sessions"`)
	return d, err
}

// portfolioPairs are the lines of a portfolio that have something to say.
func portfolioPairs(s client.Service) (out [][2]string) {
	add := func(name, value string) {
		if value != "" {
			out = append(out, [2]string{name, value})
		}
	}
	add("DESCRIPTION", strings.ReplaceAll(s.Description, "\n", " "))
	add("USERS", strings.Join(s.Users, "; "))
	add("VALUE", s.Value)
	if c := s.Cost; c != nil {
		add("COST", strings.TrimSpace(fmt.Sprintf("%s %s a month %s %s", c.Amount, c.Currency, c.AsOf, c.Note)))
	}
	if x := s.Sourcing; x != nil {
		add("SOURCING", strings.Join(strings.Fields(x.Choice+" "+x.Supplier), " "))
		add("DECIDED", x.Decided)
		add("WHY", x.Why)
		add("CONTRACT ENDS", x.Ends)
	}
	for _, r := range s.Raci {
		add("RACI", fmt.Sprintf("%s: A=%s R=%s C=%s I=%s", r.Activity, r.Accountable, strings.Join(r.Responsible, ","), strings.Join(r.Consulted, ","), strings.Join(r.Informed, ",")))
	}
	add("REPOSITORIES", strings.Join(s.Repositories, ", "))
	for i, d := range s.DependsOn {
		text := d.On
		if d.Strength == "soft" {
			text += ", soft"
		}
		if d.Group != "" {
			text += fmt.Sprintf(", %d of group %s", max(d.Need, 1), d.Group)
		}
		if d.Why != "" {
			text += ": " + d.Why
		}
		if i < len(s.Needs) && s.Needs[i].Dangling {
			text += " (there is no such service)"
		}
		add("NEEDS", text)
	}
	add("REPLACED BY", s.ReplacedBy)
	add("UNTIL", s.Until)
	return out
}
