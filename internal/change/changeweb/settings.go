package changeweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

const settingsPath = "/changes/settings"

// words is a duration as people write it.
func words(d change.Duration) string { return web.Dur(time.Duration(d)) }

// Settings handles GET /changes/settings.
func (p *Pages) Settings(w http.ResponseWriter, r *http.Request) error {
	if n := r.PathValue("name"); n != "" && n != "default" {
		return errs.E(errs.NotFound, "there are no settings %q; there is one set, default", errs.Short(n))
	}
	s, err := p.Changes.Settings(r.Context())
	if err != nil {
		return err
	}
	return p.showSettings(w, r, s, &web.Form{Values: settingsValues(s)}, http.StatusOK)
}

func (p *Pages) showSettings(w http.ResponseWriter, r *http.Request, s change.Practice, f *web.Form, status int) error {
	page := &FormPage{Page: p.Shell.Page(r, "Settings of changes", nav), Form: f, Action: settingsPath, Button: "Save", Back: "/changes", Lead: "What the rules of policy compare with, who the board is, and what happens after a deployment. Every decision keeps the version it stood on."}
	page.Crumbs, page.Narrow, page.Live = crumbs, true, s.Ref().String()
	if s.Managed != "" {
		page.Fixed, page.Button = &web.Notice{Tone: "accent", Icon: "brand-git", Fact: "Managed in git, " + s.Managed + ".", Effect: "Edit them there.", Buttons: []web.Button{{Title: "Everything as code", Small: true, Path: "/settings/as-code"}}}, ""
	} else if !page.V.May(actor.Configure) {
		page.Button = ""
	}
	level := []web.Option{{Value: "low", Title: "Low risk and above"}, {Value: "medium", Title: "Medium risk and above"}, {Value: "high", Title: "High risk"}, {Value: "never", Title: "Never"}}
	page.Groups = []group{
		{Title: "What becomes a change", Fields: []web.Field{f.Hidden("version"), f.Input("environments", "Environments").Help("Deployments to these are changes; those to others are kept as facts about their commit"),
			f.Radio("unknownService", "A service that the catalog does not have", web.Option{Value: change.Propose, Title: "Propose it", Hint: "its team confirms"}, web.Option{Value: change.Refuse, Title: "Refuse", Hint: "the pipeline is told how to register it"}),
			f.Area("pushes", "Pushes that are deployments", 3).Say("harbour/legacy main production").Help("Repository, branch, environment; one a line. For pipelines that report nothing else.")}},
		{Title: "From which risk on who reviews", Fields: []web.Field{f.Input("thresholds.medium", "Medium risk from").As("number").Help("A score of 0 to 100; peers review from here on"), f.Input("thresholds.peers", "So many peers").As("number"),
			f.Input("thresholds.high", "High risk from").As("number").Help("The board reviews from here on"), f.Input("thresholds.board", "So many of the board").As("number"), f.Input("thresholds.reviewTier", "Always a peer for services of tier … and below").As("number").Help("-1: no tier alone asks for one")}},
		{Title: "The change board", Fields: []web.Field{f.Input("board.people", "People").Say("mara, jonas").Help("Handles"), f.Input("board.teams", "Teams").Say("platform")}},
		{Title: "What also asks for a review by the owner", Fields: []web.Field{f.Input("thresholds.lowBudget", "Error budget under so many percent").As("number"), f.Input("thresholds.spentAllows", "When it is spent, these go on").Help("Purposes: feature, fix, security, reliability, rollback"),
			f.Input("thresholds.boundaryServices", "So many other services are hit").As("number"), f.Input("thresholds.boundaryTeams", "So many other teams are hit").As("number"), f.Input("thresholds.incidentPriority", "Open incidents of priority … and above").As("number").Help("1 to 4")}},
		{Title: "Approvals", Fields: []web.Field{f.Input("approvalExpiry", "An approval that is not used holds for").Help("ISO 8601: P7D, PT12H"), f.Input("reviewDays", "Business days until an emergency is reviewed").As("number"), f.Input("remind", "Remind before a planned start").Help("PT15M")}},
		{Title: "After the deployment", Fields: []web.Field{f.Input("verification", "Health is watched for").Help("PT30M; a policy may ask for longer"), f.Check("automaticRollback", "What verification finds unhealthy is rolled back by itself"), f.Select("requireRollbackPlan", "A rollback plan, or an automated one, is required for", level...), f.Input("reworkWithin", "A fix so soon after a failure is rework").Help("P7D"),
			f.Area("metrics", "Metrics compared before and after", 5).Say("Error ratio | sum(rate(errors{service=\"{service}\"}[1m])) / sum(rate(requests{service=\"{service}\"}[1m])) | higher | 10 | 0.01").Help("One a line: name | PromQL with {service} | higher or lower is worse | by so many percent | p. The last three may be left out.")}},
	}
	return p.Shell.RenderStatus(w, r, status, formPage, page)
}

func settingsValues(s change.Practice) url.Values {
	t := s.Thresholds
	tier := -1
	if t.ReviewTier != nil {
		tier = *t.ReviewTier
	}
	var pushes, metrics []string
	for _, p := range s.Pushes {
		pushes = append(pushes, p.Repository+" "+p.Branch+" "+p.Environment)
	}
	for _, m := range s.Metrics {
		line := m.Name + " | " + m.Query
		if m.Worse != "" || m.Effect != 0 || m.P != 0 {
			worse := m.Worse
			if worse == "" {
				worse = "higher"
			}
			line += " | " + worse + " | " + number(m.Effect*100) + " | " + number(m.P)
		}
		metrics = append(metrics, line)
	}
	v := url.Values{"version": {strconv.FormatInt(s.Version, 10)}, "environments": {strings.Join(s.Environments, ", ")}, "unknownService": {s.UnknownService}, "pushes": {strings.Join(pushes, "\n")},
		"thresholds.medium": {strconv.Itoa(t.Medium)}, "thresholds.peers": {strconv.Itoa(t.Peers)}, "thresholds.high": {strconv.Itoa(t.High)}, "thresholds.board": {strconv.Itoa(t.Board)}, "thresholds.reviewTier": {strconv.Itoa(tier)},
		"board.people": {strings.Join(s.Board.People, ", ")}, "board.teams": {strings.Join(s.Board.Teams, ", ")}, "thresholds.lowBudget": {number(t.LowBudget * 100)}, "thresholds.spentAllows": {strings.Join(t.SpentAllows, ", ")},
		"thresholds.boundaryServices": {strconv.Itoa(t.BoundaryServices)}, "thresholds.boundaryTeams": {strconv.Itoa(t.BoundaryTeams)}, "thresholds.incidentPriority": {strconv.Itoa(t.IncidentPriority)},
		"approvalExpiry": {s.ApprovalExpiry.String()}, "reviewDays": {strconv.Itoa(s.ReviewDays)}, "remind": {s.Remind.String()}, "verification": {s.Verification.String()}, "requireRollbackPlan": {s.RequireRollbackPlan}, "reworkWithin": {s.ReworkWithin.String()}, "metrics": {strings.Join(metrics, "\n")}}
	if s.AutomaticRollback {
		v.Set("automaticRollback", "on")
	}
	return v
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', 6, 64) }

// SaveSettings handles POST /changes/settings.
func (p *Pages) SaveSettings(w http.ResponseWriter, r *http.Request) error {
	f := web.NewForm(r)
	version, err := strconv.ParseInt(f.Get("version"), 10, 64)
	if err != nil {
		return errs.BadField("version", f.Get("version"), "open the form again")
	}
	spec, err := settingsSpec(f)
	if err == nil {
		_, err = p.Changes.Configure(r.Context(), version, spec)
	}
	if f.Refused(err) {
		unindex(f)
		now, err := p.Changes.Settings(r.Context())
		if err != nil {
			return err
		}
		return p.showSettings(w, r, now, f.Stored(&web.Form{Values: settingsValues(now)}), http.StatusUnprocessableEntity)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, settingsPath, "Saved. Decisions from now on stand on them")
}

// settingsSpec reads the form.
func settingsSpec(f *web.Form) (s change.Settings, err error) {
	var bad errs.Fields
	whole := func(name string) int {
		n, err := strconv.Atoi(f.Get(name))
		if err != nil && f.Get(name) != "" {
			bad.Add(name, errs.Short(f.Get(name)), "give a whole number")
		}
		return n
	}
	length := func(name string) (d change.Duration) {
		if f.Get(name) == "" {
			return 0
		}
		if err := d.UnmarshalText([]byte(f.Get(name))); err != nil {
			bad.Add(name, errs.Short(f.Get(name)), "write it like P7D or PT30M")
		}
		return d
	}
	s = change.Settings{Environments: wordsIn(f.Get("environments")), UnknownService: f.Get("unknownService"), Board: change.Authority{People: wordsIn(f.Get("board.people")), Teams: wordsIn(f.Get("board.teams"))},
		ApprovalExpiry: length("approvalExpiry"), Verification: length("verification"), ReviewDays: whole("reviewDays"), ReworkWithin: length("reworkWithin"), Remind: length("remind"), RequireRollbackPlan: f.Get("requireRollbackPlan"), AutomaticRollback: f.Get("automaticRollback") != "",
		Thresholds: change.Levels{Medium: whole("thresholds.medium"), High: whole("thresholds.high"), Peers: whole("thresholds.peers"), Board: whole("thresholds.board"), LowBudget: percent(f, "thresholds.lowBudget", &bad), SpentAllows: wordsIn(f.Get("thresholds.spentAllows")),
			BoundaryServices: whole("thresholds.boundaryServices"), BoundaryTeams: whole("thresholds.boundaryTeams"), IncidentPriority: whole("thresholds.incidentPriority")}}
	if f.Get("thresholds.reviewTier") != "" {
		tier := whole("thresholds.reviewTier")
		s.Thresholds.ReviewTier = &tier
	}
	for _, line := range lines(f.Get("pushes")) {
		parts := strings.Fields(line)
		if len(parts) != 3 {
			bad.Add("pushes", errs.Short(line), "write repository, branch and environment, like: harbour/legacy main production")
			continue
		}
		s.Pushes = append(s.Pushes, change.Push{Repository: parts[0], Branch: parts[1], Environment: parts[2]})
	}
	for _, line := range lines(f.Get("metrics")) {
		m, err := metricOf(line)
		if err != nil {
			bad.Add("metrics", errs.Short(line), err.Error())
		}
		s.Metrics = append(s.Metrics, m)
	}
	return s, bad.Err()
}

func lines(s string) (out []string) {
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// metricOf reads one line. PromQL has "|" only in regular expressions, so that
// the last parts are looked for from the end.
func metricOf(line string) (m change.Metric, err error) {
	name, rest, ok := strings.Cut(line, "|")
	if !ok {
		return m, fmt.Errorf("write a name and a query with “|” between")
	}
	m.Name, m.Query = strings.TrimSpace(name), strings.TrimSpace(rest)
	for _, worse := range []string{"higher", "lower"} {
		query, tail, found := strings.Cut(m.Query, "| "+worse)
		if !found {
			continue
		}
		m.Query, m.Worse = strings.TrimSpace(query), worse
		for i, part := range strings.Split(strings.TrimPrefix(strings.TrimSpace(tail), "|"), "|") {
			part = strings.TrimSpace(part)
			if part == "" {
				continue
			}
			x, err := strconv.ParseFloat(strings.TrimSuffix(part, "%"), 64)
			if err != nil {
				return m, fmt.Errorf("“%s” is no number", part)
			}
			switch i {
			case 0:
				m.Effect = x / 100
			case 1:
				m.P = x
			}
		}
		break
	}
	return m, nil
}
