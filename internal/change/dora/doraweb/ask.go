package doraweb

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// Asked is what an address asks for, with the choices of the bar.
type Asked struct {
	dora.Query
	From, To string // any two days, in place of a period
	Action   string // where the bar leads
	Teams    []web.Option
	Periods  []web.Option
	Fault    string
	Width    string // of the trend, when it was chosen: day, week, month
	view     *web.View
}

var barPage = web.Parse(files, "bar.html", Asked{})

// periods are offered; addresses may name others.
var periods = []struct{ name, title string }{{"7d", "Last 7 days"}, {"30d", "Last 30 days"}, {"90d", "Last 90 days"}, {"12m", "Last 12 months"}}

// read takes the question from an address.
func (p *Pages) read(r *http.Request, v *web.View, action string) (a *Asked, err error) {
	q := r.URL.Query()
	a = &Asked{Action: action, view: v}
	a.Query = dora.Query{Filter: dora.Filter{Team: q.Get("team"), Service: q.Get("service"), Environment: q.Get("environment"), Kind: q.Get("kind")}, Period: q.Get("period"), Zone: v.Loc}
	if a.Period == "" {
		a.Period = "30d"
	}
	a.Width = q.Get("width")
	if q.Has("from") || q.Has("to") {
		from, err1 := time.Parse(time.RFC3339, q.Get("from"))
		to, err2 := time.Parse(time.RFC3339, q.Get("to"))
		if err1 != nil || err2 != nil {
			return nil, errs.BadField("from", q.Get("from"), "give from and to as RFC 3339 times, like 2026-11-20T00:00:00Z")
		}
		a.Query.From, a.Query.To = from, to
		a.From, a.To = q.Get("from"), q.Get("to")
	}
	a.widen()
	if p.Teams != nil {
		if a.Teams, err = p.Teams(r.Context()); err != nil {
			return nil, err
		}
		for i := range a.Teams {
			a.Teams[i].Chosen = a.Teams[i].Value == a.Team
		}
	}
	found := false
	add := func(name, title string) {
		a.Periods = append(a.Periods, web.Option{Value: name, Title: title, Chosen: name == a.Period})
		found = found || name == a.Period
	}
	for _, x := range periods {
		add(x.name, x.title)
	}
	month := v.Now.In(v.Loc)
	for range 3 {
		add(month.Format("2006-01"), month.Format("January 2006"))
		month = time.Date(month.Year(), month.Month(), 0, 12, 0, 0, 0, v.Loc)
	}
	if !found {
		add(a.Period, a.Period)
	}
	return a, nil
}

// widen chooses the trend: days are too restless to see where things go, so
// that short periods get the weeks that lead up to them.
func (a *Asked) widen() {
	short := a.From == "" && (a.Period == "7d" || a.Period == "30d")
	a.By, a.Trend = dora.Width(a.Width), ""
	switch {
	case a.Width == "" && short, a.Width == string(dora.Week) && short:
		a.By, a.Trend = dora.Week, "12w"
	case a.Width == string(dora.Month) && a.From == "":
		a.Trend = "12m"
	}
}

// values is the question as an address holds it.
func (a *Asked) values() url.Values {
	v := url.Values{}
	for name, s := range map[string]string{"period": a.Period, "team": a.Team, "service": a.Service, "environment": a.Environment, "kind": a.Kind, "from": a.From, "to": a.To, "width": a.Width} {
		if s != "" && (name != "period" || a.From == "" && s != "30d") {
			v.Set(name, s)
		}
	}
	return v
}

// to is an address that asks the same, with further parameters in pairs; an
// empty value takes one away.
func (a *Asked) to(path string, pairs ...string) string {
	v := a.values()
	for i := 0; i+1 < len(pairs); i += 2 {
		if v.Del(pairs[i]); pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// records leads to the changes behind a figure.
func (a *Asked) records(figure string, pairs ...string) string {
	return a.to(measuresPath+"/records", append([]string{"figure", figure}, pairs...)...)
}

// Without is the address without one of the choices.
func (a *Asked) Without(name string) string { return a.to(a.Action, name, "") }

// Who says whose changes are measured.
func (a *Asked) Who() string {
	out := "all teams"
	switch {
	case a.Service != "":
		out = a.Service
	case a.Team != "":
		out = "team " + a.Team
	}
	switch a.Environment {
	case "", "production":
	case dora.AnyEnvironment:
		out += ", all environments"
	default:
		out += ", in " + a.Environment
	}
	if a.Kind != "" {
		out += ", " + a.Kind + " changes"
	}
	return out
}

// refused turns a wrong question into a sentence and asks the usual one
// instead; false: the error is another one.
func (a *Asked) refused(err error) bool {
	var e *errs.Error
	if !errors.As(err, &e) || e.Kind != errs.Invalid {
		return false
	}
	a.Fault = "This cannot be asked: " + e.Error()
	if len(e.Fields) > 0 {
		f := e.Fields[0]
		a.Fault = fmt.Sprintf("“%s” is no %s: %s", shorten(f.Value), f.Name, f.Remedy)
	}
	a.Period, a.From, a.To = "30d", "", ""
	a.Query, a.Width = dora.Query{Period: "30d", Zone: a.view.Loc}, ""
	a.widen()
	return true
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
