package catalog

import (
	"reflect"
	"slices"
	"strings"
)

// Portfolio is what the organisation knows of a service beyond its promise:
// what it is for, what it costs, who answers for what, and what it needs. All
// of it may be missing. The tags are those of the API and of files.
type Portfolio struct {
	Description  string       `json:"description,omitempty" doc:"What it does, in as many paragraphs as that takes"`
	Users        []string     `json:"users,omitempty" doc:"Who uses it, one group a line" example:"Shoppers in all shops"`
	Value        string       `json:"value,omitempty" doc:"What it brings, and to which value stream"`
	Cost         *Cost        `json:"cost,omitempty"`
	Sourcing     *Sourcing    `json:"sourcing,omitempty"`
	Raci         []Raci       `json:"raci,omitempty" doc:"Who answers for what"`
	Repositories []string     `json:"repositories,omitempty" doc:"Where its source is; kept as https addresses" example:"https://git.example.org/shop/checkout"`
	DependsOn    []Dependency `json:"depends_on,omitempty" doc:"What it needs, as its owner knows it"`
	ReplacedBy   string       `json:"replaced_by,omitempty" doc:"The service to use instead of a deprecated or retired one"`
	Until        string       `json:"until,omitempty" format:"date" doc:"The day on which a deprecated service ends"`
}

// Empty reports whether nothing is known.
func (p Portfolio) Empty() bool { return reflect.ValueOf(p).IsZero() }

// Cost is what a service costs a month, as somebody noted it.
type Cost struct {
	Amount   string `json:"amount" doc:"A month, as a decimal number" example:"1200.50"`
	Currency string `json:"currency" doc:"ISO 4217" example:"EUR"`
	AsOf     string `json:"as_of,omitempty" format:"date" doc:"The day of which this is true"`
	Note     string `json:"note,omitempty" doc:"What is in it"`
}

// Sourcing is the record of the decision to build or to buy.
type Sourcing struct {
	Choice   string `json:"choice" enum:"build,buy,open source"`
	Supplier string `json:"supplier,omitempty" doc:"From whom; needed when bought"`
	Why      string `json:"why,omitempty"`
	Decided  string `json:"decided,omitempty" format:"date" doc:"The day of the decision"`
	Ends     string `json:"ends,omitempty" format:"date" doc:"The day on which the contract ends"`
}

// Choices are the ways to come by a service.
var Choices = []string{"build", "buy", "open source"}

// Raci is one line of the matrix of who is responsible, accountable,
// consulted and informed. People stand by handle, teams as team:name; the
// database holds people as USR-17.
type Raci struct {
	Activity    string   `json:"activity" example:"Releases"`
	Responsible []string `json:"responsible,omitempty" doc:"Who does it: handles, or team:name"`
	Accountable string   `json:"accountable" doc:"Exactly one who answers for it: a handle, or team:name" example:"mara"`
	Consulted   []string `json:"consulted,omitempty" doc:"Who is asked before"`
	Informed    []string `json:"informed,omitempty" doc:"Who is told after"`
}

// parties visits every person or team of a line, with the place of the field.
func (r *Raci) parties(visit func(field string, party *string)) {
	visit("accountable", &r.Accountable)
	for _, x := range []struct {
		field string
		list  []string
	}{{"responsible", r.Responsible}, {"consulted", r.Consulted}, {"informed", r.Informed}} {
		for i := range x.list {
			visit(x.field, &x.list[i])
		}
	}
}

// Dependency is something that a service needs.
type Dependency struct {
	On       string `json:"on" doc:"A service by name, or a configuration item as kind:name" example:"payments"`
	Strength string `json:"strength,omitempty" enum:"hard,soft" doc:"hard: without it this is down; soft: without it this is worse. Default hard"`
	Group    string `json:"group,omitempty" doc:"Dependencies of one group stand in for each other"`
	Need     int    `json:"need,omitempty" minimum:"0" maximum:"1000" doc:"How many of the group are needed; default 1"`
	Why      string `json:"why,omitempty" doc:"What for"`
}

// Hard reports whether the service is down without it.
func (d Dependency) Hard() bool { return d.Strength != "soft" }

// Item reports whether it names a configuration item and not a service.
func (d Dependency) Item() bool { return strings.Contains(d.On, ":") }

// clone copies a portfolio, so that filling in does not reach its origin.
func (p Portfolio) clone() Portfolio {
	p.Users, p.Repositories, p.DependsOn = slices.Clone(p.Users), slices.Clone(p.Repositories), slices.Clone(p.DependsOn)
	if p.Cost != nil {
		c := *p.Cost
		p.Cost = &c
	}
	if p.Sourcing != nil {
		s := *p.Sourcing
		p.Sourcing = &s
	}
	p.Raci = slices.Clone(p.Raci)
	for i := range p.Raci {
		r := &p.Raci[i]
		r.Responsible, r.Consulted, r.Informed = slices.Clone(r.Responsible), slices.Clone(r.Consulted), slices.Clone(r.Informed)
	}
	return p
}
