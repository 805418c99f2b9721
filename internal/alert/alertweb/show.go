package alertweb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ShowPage is one alert: what it says, where it went and why, and its history.
type ShowPage struct {
	web.Page
	Alert       alert.Alert
	Key         string
	State       string
	Spark       *web.Spark
	Lasts       string
	Notice      *web.Notice
	Went        []web.Def
	Facts       []web.Def
	Labels      []Pair
	Annotations []Pair
	Links       []Address
	Details     string
	Episodes    []EpisodeRow
	Older       string
	Silence     string // path to the form that silences it
	LinkTo      string // path to the form that links it
}

// Pair is one label or annotation; Path searches alerts that share it.
type Pair struct{ Name, Value, Path string }

// Address is a link of the sender that is safe to follow.
type Address struct{ Href, Text string }

// EpisodeRow is one firing in the history.
type EpisodeRow struct {
	alert.Episode
	Lasts    string
	End      string
	Incident string
	Path     string
}

var showPage = web.Parse(files, "show.html", ShowPage{})

// Show handles GET /alerts/{key}; the query may have before, to page through
// episodes.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r, ref.Alert)
	if err != nil {
		return err
	}
	a, err := p.Alerts.Get(r.Context(), id)
	if err != nil {
		return err
	}
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64) // anything else is the newest
	eps, more, err := p.Alerts.Episodes(r.Context(), id, before, 20)
	if err != nil {
		return err
	}
	page := &ShowPage{Page: p.Shell.Page(r, a.Summary, "alerts"), Alert: a, Key: a.Ref().String(), State: string(a.Status)}
	page.Crumbs = []web.Crumb{{Title: "Alerts", Path: "/alerts"}}
	page.Live = page.Key
	row := p.row(page.V, &a, Incident{})
	page.Spark, page.Lasts = row.Spark, row.Lasts
	if err := p.went(r, page); err != nil {
		return err
	}
	page.Facts = facts(&a)
	page.Labels, page.Annotations = pairsOf(a.Labels, true), pairsOf(a.Annotations, false)
	page.Links = addresses(a.Links)
	var pretty bytes.Buffer
	if json.Indent(&pretty, a.Details, "", "  ") == nil {
		page.Details = pretty.String()
	}
	for _, e := range eps {
		page.Episodes = append(page.Episodes, p.episode(page.V, e))
	}
	if more != 0 {
		page.Older = fmt.Sprintf("%s?before=%d", a.Ref().Path(), more)
	}
	if page.V.May(actor.Respond) && a.Firing() {
		page.Silence = "/silences/new?" + url.Values{"matchers": {strings.Join(alert.Texts(silenceFor([]alert.Alert{a})), "\n")}}.Encode()
		if p.Incidents != nil {
			page.LinkTo = "/alerts/link?alert=" + page.Key
		}
	}
	return p.Shell.Render(w, r, showPage, page)
}

// went says where the alert went, and why there.
func (p *Pages) went(r *http.Request, page *ShowPage) error {
	a := &page.Alert
	if a.IncidentID != 0 {
		in := ref.N(ref.Incident, a.IncidentID)
		d := web.Def{Term: page.V.Term("Incident"), Text: in.String(), Path: in.Path()}
		if p.Incidents != nil {
			known, err := p.Incidents(r.Context(), []int64{a.IncidentID})
			if err != nil {
				return err
			}
			d.Text += " " + known[a.IncidentID].Title
		}
		page.Went = append(page.Went, d)
	}
	switch {
	case a.Rule != "":
		page.Went = append(page.Went, web.Def{Term: "Rule", Text: a.Rule, Path: ref.S(ref.AlertRule, a.Rule).Path()})
		if a.Quiet {
			page.Went = append(page.Went, web.Def{Term: "Effect", Text: "Kept quiet: it opens no incident"})
		}
	default:
		page.Went = append(page.Went, web.Def{Term: "Rule", Text: "None matched", Sub: "the catch-all: critical and error open an incident"})
	}
	if a.SilenceID != 0 {
		s := ref.N(ref.Silence, a.SilenceID)
		sil, err := p.Alerts.SilenceByID(r.Context(), a.SilenceID)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		page.Notice = &web.Notice{Tone: "accent", Icon: "volume-off", Fact: "It is silenced.", Effect: fmt.Sprintf("%s holds it back until %s; if it still fires then, it is routed.", s, page.V.Local(sil.EndsAt)),
			Buttons: []web.Button{{Title: "Open the silence", Path: s.Path(), Small: true}}}
		page.Went = append(page.Went, web.Def{Term: "Silence", Text: s.String(), Path: s.Path()})
	} else if a.Firing() && a.Unrouted && a.IncidentID == 0 {
		page.Notice = &web.Notice{Fact: "No rule matches it.", Effect: "Nobody was told, because it is no more than a warning. A rule would say where such alerts go."}
		if page.V.May(actor.Configure) {
			page.Notice.Buttons = []web.Button{{Title: "Make a rule…", Path: "/rules/new?" + url.Values{"matchers": {strings.Join(ruleFor(a), "\n")}}.Encode(), Small: true}}
		}
	}
	if a.Flapping(page.V.Now) && page.Notice == nil {
		page.Notice = &web.Notice{Icon: "refresh", Fact: "It is flapping.", Effect: "It fired for the third time within half an hour: look at its threshold, or at what comes and goes."}
	}
	return nil
}

// ruleFor proposes the conditions of a rule for an alert.
func ruleFor(a *alert.Alert) []string {
	if name := a.Labels["alertname"]; name != "" {
		return []string{alert.Matcher{Name: "alertname", Op: alert.Equal, Value: name}.String()}
	}
	return []string{alert.Matcher{Name: "integration", Op: alert.Equal, Value: a.Integration}.String(),
		alert.Matcher{Name: "severity", Op: alert.Equal, Value: string(a.Severity)}.String()}
}

func facts(a *alert.Alert) []web.Def {
	defs := []web.Def{{Term: "Integration", Text: a.Integration, Path: ref.S(ref.Integration, a.Integration).Path()}, {Term: "Speaks", Text: kindTitles[a.Kind]}}
	if a.Service != "" {
		defs = append(defs, web.Def{Term: "Service", Text: a.Service, Path: ref.S(ref.Service, a.Service).Path()})
	}
	if a.Team != "" {
		defs = append(defs, web.Def{Term: "Team", Text: a.Team, Path: ref.S(ref.Team, a.Team).Path()})
	}
	if a.Source != "" {
		defs = append(defs, web.Def{Term: "Source", Text: a.Source})
	}
	return append(defs, web.Def{Term: "Dedup key", Text: a.Dedup}, web.Def{Term: "Events", Text: web.Count(int(a.Count)) + " in this firing", Sub: web.Count(int(a.Total)) + " ever"})
}

func pairsOf(m map[string]string, search bool) []Pair {
	out := make([]Pair, 0, len(m))
	for _, k := range sorted(m) {
		p := Pair{Name: k, Value: m[k]}
		if search {
			p.Path = "/alerts?" + url.Values{"q": {"is:firing", alert.Matcher{Name: k, Op: alert.Equal, Value: m[k]}.String()}}.Encode()
		}
		out = append(out, p)
	}
	return out
}

func sorted(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// addresses keeps links to web pages; a sender's javascript: link is text.
func addresses(links []alert.Link) (out []Address) {
	for _, l := range links {
		u, err := url.Parse(l.Href)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			continue
		}
		a := Address{Href: l.Href, Text: l.Text}
		if a.Text == "" {
			a.Text = errs.Short(u.Host + u.Path)
		}
		out = append(out, a)
	}
	return out
}

func (p *Pages) episode(v *web.View, e alert.Episode) EpisodeRow {
	r := EpisodeRow{Episode: e}
	until := v.Now
	if !e.EndsAt.IsZero() {
		until = e.EndsAt
		r.End = map[string]string{alert.EndedBySender: "resolved by its sender", alert.EndedByTimer: "its announced end passed", alert.EndedByNewer: "fired anew"}[e.EndedBy]
	}
	r.Lasts = web.Dur(until.Sub(e.StartsAt))
	if e.IncidentID != 0 {
		in := ref.N(ref.Incident, e.IncidentID)
		r.Incident, r.Path = in.String(), in.Path()
	}
	return r
}
