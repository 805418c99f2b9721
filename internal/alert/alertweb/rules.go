package alertweb

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// RulesPage lists the rules in the order in which they are tried.
type RulesPage struct {
	web.Page
	Rules []RuleRow
	Names []string // in order, for the buttons that move one
	Empty web.Empty
	May   bool
}

// RuleRow is one rule in words.
type RuleRow struct {
	alert.Rule
	Path string
	When string
	Does []string
	Up   string // the order with this rule one place up, names joined by commas; empty: first
	Down string
}

var rulesPage = web.Parse(files, "rules.html", RulesPage{})

// Rules handles GET /rules.
func (p *Pages) Rules(w http.ResponseWriter, r *http.Request) error {
	list, err := p.Alerts.Rules(r.Context())
	if err != nil {
		return err
	}
	page := &RulesPage{Page: p.Shell.Page(r, "Alert rules", "alerts")}
	page.May = page.V.May(actor.Configure)
	page.Crumbs = []web.Crumb{{Title: "Alerts", Path: "/alerts"}}
	page.Sub = "the first that matches decides"
	names := make([]string, len(list))
	for i, rule := range list {
		names[i] = rule.Name
	}
	for i, rule := range list {
		row := RuleRow{Rule: rule, Path: rule.Ref().Path(), When: strings.Join(alert.Texts(rule.Matchers), " and "), Does: does(page.V, &rule)}
		if row.When == "" {
			row.When = "every alert"
		}
		// What is managed in git has its position there.
		if i > 0 && rule.Managed == "" && list[i-1].Managed == "" {
			row.Up = swapped(names, i-1)
		}
		if i < len(list)-1 && rule.Managed == "" && list[i+1].Managed == "" {
			row.Down = swapped(names, i)
		}
		page.Rules = append(page.Rules, row)
	}
	page.Empty = web.Empty{Icon: "route", Title: "No rule yet", Text: "A rule says which alerts belong together, what they are worth and whom they wake. Without one, critical and error alerts of a service open one incident and page its team; the rest waits in the unrouted list."}
	if page.May {
		page.Empty.Button = &web.Button{Title: "Make a rule…", Path: "/rules/new", Icon: "plus", Tone: "primary"}
	}
	return p.Shell.Render(w, r, rulesPage, page)
}

// swapped is the order with the rules at i and i+1 exchanged.
func swapped(names []string, i int) string {
	c := slices.Clone(names)
	c[i], c[i+1] = c[i+1], c[i]
	return strings.Join(c, ",")
}

// does says a rule's effect in words.
func does(v *web.View, r *alert.Rule) []string {
	if r.Quiet {
		return []string{"keeps them quiet: shown, no " + strings.ToLower(v.Term("Incident"))}
	}
	var out []string
	group := "one " + strings.ToLower(v.Term("Incident")) + " for all"
	switch {
	case len(r.GroupBy) == 1 && r.GroupBy[0] == alert.GroupAlone:
		group = "each alone"
	case len(r.GroupBy) > 0:
		group = "grouped by " + strings.Join(r.GroupBy, ", ")
	}
	out = append(out, group)
	if r.Service != "" {
		out = append(out, "service "+r.Service)
	}
	if r.Priority > 0 {
		out = append(out, fmt.Sprintf("P%d", r.Priority))
	} else {
		out = append(out, "priority by severity and tier")
	}
	switch {
	case r.PageOnJoin:
		out = append(out, "pages for every new alert")
	case r.Page:
		out = append(out, "pages")
	default:
		out = append(out, "pages nobody")
	}
	if r.AutoClose {
		out = append(out, "resolves itself")
	}
	return out
}

// OrderRules handles POST /rules/order: names, joined by commas.
func (p *Pages) OrderRules(w http.ResponseWriter, r *http.Request) error {
	err := p.Alerts.ReorderRules(r.Context(), strings.Split(web.NewForm(r).Get("names"), ","))
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) {
		return web.Redirect(w, r, "/rules", "Not moved: "+errs.As(err).Text)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, "/rules", "")
}

// RulePage makes or edits a rule.
type RulePage struct {
	web.Page
	Form    *web.Form
	Name    web.Field
	Fields  []web.Field
	Flags   []web.Field
	Version web.Field
	Made    string // name of the rule that is edited; empty: a new one
	Managed string
	May     bool
	Action  string
}

var rulePage = web.Parse(files, "rule.html", RulePage{})

func (p *Pages) rulePage(r *http.Request, form *web.Form, made *alert.Rule) *RulePage {
	page := &RulePage{Page: p.Shell.Page(r, "Make a rule", "alerts"), Form: form, Action: "/rules/new"}
	page.Narrow, page.Crumbs = true, []web.Crumb{{Title: "Alerts", Path: "/alerts"}, {Title: "Alert rules", Path: "/rules"}}
	page.May = page.V.May(actor.Configure)
	page.Name = form.Input("name", "Name").Need().First().Say("payments-critical").Limit(63).Help("1 to 63 of a-z, 0-9 and -; it stays")
	if made != nil {
		page.Title, page.Made, page.Managed, page.Action = made.Name, made.Name, made.Managed, made.Ref().Path()
		page.May = page.May && made.Managed == ""
		page.Version = form.Hidden("version")
	}
	page.Fields = []web.Field{
		form.Input("description", "What it is for").Limit(2000),
		form.Area("matchers", "Which alerts", 4).Say("severity=~\"critical|error\"\nalertname=~\"Queue.*\"").Help("One condition a line, all must hold: a label or severity, service, integration, source, summary, dedup; then =, !=, =~ or !~. None: every alert"),
		form.Input("position", "Position").As("number").Help("1 is tried first; empty: last"),
		form.Input("service", "Set the service").Say("orders-queue").Help("Empty: the one that the alert names"),
		form.Input("team", "Team").Help("When the service has no owner"),
		form.Select("priority", "Priority", web.Option{Value: "", Title: "by severity and the service's tier"}, web.Option{Value: "P1", Title: "P1 Critical"},
			web.Option{Value: "P2", Title: "P2 High"}, web.Option{Value: "P3", Title: "P3 Medium"}, web.Option{Value: "P4", Title: "P4 Low"}),
		form.Input("group_by", "Group by").Say("alertname, service").Help("Labels that join alerts to one incident, separated by commas; empty: all of them in one; ... keeps each alone"),
		form.Input("window", "A new alert joins for").Say("PT2H").Help("After the last alert; PT0S: as long as the incident is open"),
		form.Input("reopen", "Reopen for").Say("PT30M").Help("How soon after its resolution a new firing reopens the incident"),
	}
	page.Flags = []web.Field{form.Check("page", "Page people when it opens an incident"), form.Check("page_on_join", "Page also for an alert that joins one"),
		form.Check("auto_close", "Resolve the incident with its last alert"), form.Check("quiet", "Keep quiet: show them, but open nothing"), form.Check("disabled", "Skip this rule")}
	return page
}

// NewRule handles GET /rules/new; the query may fill in the form.
func (p *Pages) NewRule(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r).Default("page", "on").Default("auto_close", "on").Default("window", alert.Duration(alert.DefaultWindow).String()).
		Default("reopen", alert.Duration(alert.DefaultReopen).String()).Default("group_by", "service")
	return p.Shell.Render(w, r, rulePage, p.rulePage(r, form, nil))
}

// EditRule handles GET /rules/{name}.
func (p *Pages) EditRule(w http.ResponseWriter, r *http.Request) error {
	rule, err := p.Alerts.RuleByName(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, rulePage, p.rulePage(r, storedRule(rule), &rule))
}

// storedRule is a rule as the form holds it.
func storedRule(rule alert.Rule) *web.Form {
	form := (&web.Form{}).Default("name", rule.Name).Default("description", rule.Description).Default("matchers", strings.Join(alert.Texts(rule.Matchers), "\n")).
		Default("position", strconv.Itoa(rule.Position)).Default("service", rule.Service).Default("team", rule.Team).Default("group_by", strings.Join(rule.GroupBy, ", ")).
		Default("window", alert.Duration(rule.Window).String()).Default("reopen", alert.Duration(rule.Reopen).String()).Default("version", strconv.FormatInt(rule.Version, 10))
	if rule.Priority > 0 {
		form.Default("priority", fmt.Sprintf("P%d", rule.Priority))
	}
	for name, on := range map[string]bool{"page": rule.Page, "page_on_join": rule.PageOnJoin, "auto_close": rule.AutoClose, "quiet": rule.Quiet, "disabled": rule.Disabled} {
		if on {
			form.Default(name, "on")
		}
	}
	return form
}

func readRule(form *web.Form) (alert.Rule, error) {
	on := func(name string) bool { return form.Get(name) != "" }
	page, auto := on("page") && !on("quiet"), on("auto_close")
	sp := alert.RuleSpec{Description: form.Get("description"), Matchers: lines(form.Get("matchers")), Service: form.Get("service"), Team: form.Get("team"),
		Priority: form.Get("priority"), Page: &page, PageOnJoin: on("page_on_join") && !on("quiet"), AutoClose: &auto, Quiet: on("quiet"), Disabled: on("disabled")}
	var f errs.Fields
	if pos := form.Get("position"); pos != "" {
		n, err := strconv.Atoi(pos)
		if err != nil {
			f.Add("position", pos, "use 1 for the first rule tried")
		}
		sp.Position = n
	}
	sp.GroupBy = []string{} // a field that was emptied means: all together
	for _, g := range strings.Split(form.Get("group_by"), ",") {
		if g = strings.TrimSpace(g); g != "" {
			sp.GroupBy = append(sp.GroupBy, g)
		}
	}
	for name, to := range map[string]**alert.Duration{"window": &sp.Window, "reopen": &sp.Reopen} {
		if form.Get(name) == "" {
			continue
		}
		var d alert.Duration
		if err := d.UnmarshalText([]byte(form.Get(name))); err != nil {
			f.Add(name, form.Get(name), "write it like PT2H or 2h")
		}
		*to = &d
	}
	rule, err := sp.Rule(form.Get("name"))
	for _, x := range errs.As(orNil(err)).Fields { // the form has one field for all conditions
		name, _, _ := strings.Cut(x.Name, "[")
		f.Add(name, x.Value, x.Remedy)
	}
	return rule, f.Err()
}

func orNil(err error) error {
	if err == nil {
		return errs.E(errs.Invalid, "")
	}
	return err
}

// CreateRule handles POST /rules/new.
func (p *Pages) CreateRule(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	rule, err := readRule(form)
	if err == nil {
		_, err = p.Alerts.CreateRule(r.Context(), rule)
	}
	if form.Refused(err) {
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, rulePage, p.rulePage(r, form, nil))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, "/rules", "The rule "+rule.Name+" decides from now on")
}

// UpdateRule handles POST /rules/{name}.
func (p *Pages) UpdateRule(w http.ResponseWriter, r *http.Request) error {
	form, name := web.NewForm(r), r.PathValue("name")
	rule, err := readRule(form)
	if err == nil {
		version, _ := strconv.ParseInt(form.Get("version"), 10, 64) // a wrong one is a stale one
		_, err = p.Alerts.UpdateRule(r.Context(), name, version, rule)
	}
	if form.Refused(err) {
		made, err := p.Alerts.RuleByName(r.Context(), name)
		if err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, rulePage, p.rulePage(r, form.Stored(storedRule(made)), &made))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, "/rules", "Saved; firings that began before keep their routing")
}

// DeleteRule handles POST /rules/{name}/delete.
func (p *Pages) DeleteRule(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := p.Alerts.DeleteRule(r.Context(), name); errs.Is(err, errs.Conflict) {
		return web.Redirect(w, r, ref.S(ref.AlertRule, name).Path(), errs.As(err).Text)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, "/rules", "The rule "+name+" is deleted")
}
