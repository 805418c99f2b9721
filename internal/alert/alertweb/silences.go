package alertweb

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// SilencesPage lists silences by end.
type SilencesPage struct {
	web.Page
	Tabs  []web.Tab
	Table web.Table
	Pager web.Pager
	Empty web.Empty
	May   bool
}

var silencesPage = web.Parse(files, "silences.html", SilencesPage{})

// Silences handles GET /silences; over=1 adds those that have ended.
func (p *Pages) Silences(w http.ResponseWriter, r *http.Request) error {
	over := r.URL.Query().Get("over") != ""
	list, next, err := p.Alerts.Silences(r.Context(), over, r.URL.Query().Get("after"), 50)
	if err != nil {
		return err
	}
	names, err := p.authors(r.Context(), list)
	if err != nil {
		return err
	}
	page := &SilencesPage{Page: p.Shell.Page(r, "Silences", "alerts")}
	page.May = page.V.May(actor.Respond)
	page.Crumbs = []web.Crumb{{Title: "Alerts", Path: "/alerts"}}
	page.Tabs = []web.Tab{{Title: "In force and coming", Path: "/silences", Current: !over}, {Title: "All", Path: "/silences?over=1", Current: over}}
	page.Table = web.Table{Label: "Silences", V: page.V, Columns: []web.Column{{Title: "Silence", Width: 90, Phone: true}, {Title: "Holds back", Phone: true}, {Title: "State", Width: 110, Phone: true},
		{Title: "Until", Width: 130}, {Title: "Who", Width: 130}, {Title: "Why"}}}
	for _, s := range list {
		page.Table.Rows = append(page.Table.Rows, p.silenceRow(page.V, s, names))
	}
	if next != "" {
		page.Pager.Older = "/silences?after=" + next
		if over {
			page.Pager.Older += "&over=1"
		}
	}
	page.Empty = web.Empty{Icon: "volume-off", Title: "No silence is in force", Text: "A silence holds matching alerts back while somebody works on them. It ends by itself, and what still fires is routed then, so nothing is forgotten."}
	if page.May {
		page.Empty.Button = &web.Button{Title: "Make a silence…", Path: "/silences/new", Icon: "plus"}
	}
	return p.Shell.Render(w, r, silencesPage, page)
}

func (p *Pages) silenceRow(v *web.View, s alert.Silence, names map[int64]string) web.Row {
	state := map[alert.SilenceState]web.Tag{alert.SilenceActive: {Text: "in force", Tone: "accent"}, alert.SilencePending: {Text: "coming"}, alert.SilenceOver: {Text: "over"}}[s.State(v.Now)]
	kind := web.Cell{Text: strings.Join(alert.Texts(s.Matchers), ", "), Path: s.Ref().Path()}
	if s.Kind == alert.Maintenance {
		kind.Tag = &web.Tag{Text: "maintenance", Icon: "tool"}
	}
	who := web.Cell{Text: "Evenkeel"}
	if name := names[s.AuthorID]; s.AuthorID != 0 {
		who = web.Cell{Person: &web.Person{Name: name}}
	}
	return web.Row{Quiet: s.State(v.Now) == alert.SilenceOver, Cells: []web.Cell{{Key: s.Ref().String()}, kind, {Tag: &state}, {At: s.EndsAt}, who, {Text: s.Comment}}}
}

func (p *Pages) authors(ctx context.Context, list []alert.Silence) (map[int64]string, error) {
	if p.People == nil || len(list) == 0 {
		return nil, nil
	}
	var ids []int64
	for _, s := range list {
		if s.AuthorID != 0 {
			ids = append(ids, s.AuthorID)
		}
	}
	return p.People(ctx, ids)
}

// SilencePage is one silence with what it holds back.
type SilencePage struct {
	web.Page
	Key    string
	Defs   []web.Def
	Groups []Row
	State  string
	Expire string
	Hit    web.HTML // what else planned work touches
}

var silencePage = web.Parse(files, "silence.html", SilencePage{})

// Silence handles GET /silences/{key}.
func (p *Pages) Silence(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r, ref.Silence)
	if err != nil {
		return err
	}
	s, err := p.Alerts.SilenceByID(r.Context(), id)
	if err != nil {
		return err
	}
	names, err := p.authors(r.Context(), []alert.Silence{s})
	if err != nil {
		return err
	}
	page := &SilencePage{Page: p.Shell.Page(r, s.Ref().String(), "alerts"), Key: s.Ref().String()}
	page.Crumbs = []web.Crumb{{Title: "Alerts", Path: "/alerts"}, {Title: "Silences", Path: "/silences"}}
	page.Live = page.Key
	state := s.State(page.V.Now)
	page.State = map[alert.SilenceState]string{alert.SilenceActive: "In force", alert.SilencePending: "Not begun", alert.SilenceOver: "Over"}[state]
	page.Defs = []web.Def{{Term: "Holds back", Text: strings.Join(alert.Texts(s.Matchers), ", ")}, {Term: "From", HTML: page.V.Full(s.StartsAt)}, {Term: "Until", HTML: page.V.Full(s.EndsAt)}}
	if name := names[s.AuthorID]; name != "" {
		page.Defs = append(page.Defs, web.Def{Term: "Who", Text: name})
	}
	if s.Comment != "" {
		page.Defs = append(page.Defs, web.Def{Term: "Why", Text: s.Comment})
	}
	if !s.Expired.IsZero() {
		page.Defs = append(page.Defs, web.Def{Term: "Ended early", HTML: page.V.Full(s.Expired)})
	}
	if state == alert.SilenceActive {
		found, err := p.Alerts.List(r.Context(), alert.Filter{Silenced: true, Labels: s.Matchers}, "", 50)
		if err != nil {
			return err
		}
		for i := range found.Alerts {
			if found.Alerts[i].SilenceID == s.ID {
				page.Groups = append(page.Groups, p.row(page.V, &found.Alerts[i], Incident{}))
			}
		}
	}
	if p.Touched != nil && s.Kind == alert.Maintenance && state != alert.SilenceOver {
		if page.Hit, err = p.Touched(r.Context(), page.V, s.Matchers); err != nil {
			return err
		}
	}
	if state != alert.SilenceOver && page.V.May(actor.Respond) {
		page.Expire = s.Ref().Path() + "/expire"
	}
	return p.Shell.Render(w, r, silencePage, page)
}

// ExpireSilence handles POST /silences/{key}/expire.
func (p *Pages) ExpireSilence(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r, ref.Silence)
	if err != nil {
		return err
	}
	s, err := p.Alerts.ExpireSilence(r.Context(), id)
	if err != nil {
		return err
	}
	return web.Redirect(w, r, s.Ref().Path(), "The silence has ended; what still fires is routed")
}

// SilenceFormPage makes a silence.
type SilenceFormPage struct {
	web.Page
	Form                             *web.Form
	Kind, Matchers, Lasts, From, Why web.Field
	Previewed                        bool
	Count                            string
	Rows                             []Row
	Hit                              web.HTML
}

var silenceFormPage = web.Parse(files, "silence_new.html", SilenceFormPage{})

var lengths = []web.Option{{Value: "30m", Title: "30 minutes"}, {Value: "1h", Title: "1 hour", Chosen: true}, {Value: "2h", Title: "2 hours"}, {Value: "4h", Title: "4 hours"},
	{Value: "8h", Title: "8 hours"}, {Value: "24h", Title: "1 day"}, {Value: "72h", Title: "3 days"}, {Value: "168h", Title: "1 week"}}

func (p *Pages) silenceForm(r *http.Request, form *web.Form) (*SilenceFormPage, error) {
	page := &SilenceFormPage{Page: p.Shell.Page(r, "Make a silence", "alerts"), Form: form}
	page.Narrow, page.Crumbs = true, []web.Crumb{{Title: "Alerts", Path: "/alerts"}, {Title: "Silences", Path: "/silences"}}
	page.Kind = form.Radio("kind", "Why are they held back", web.Option{Value: "silence", Title: "Known fault", Hint: "somebody works on it", Chosen: true},
		web.Option{Value: "maintenance", Title: "Maintenance", Hint: "planned work"}).Need()
	page.Matchers = form.Area("matchers", "Which alerts", 4).Need().First().Say("service=\"checkout\"\nalertname=~\"Queue.*\"").
		Help("One condition a line, all must hold: a label or severity, service, integration, source, summary, dedup; then =, !=, =~ or !~")
	page.Lasts = form.Select("for", "How long", lengths...).Need()
	page.From = form.Input("from", "Beginning").As("datetime-local").Help("In " + page.V.ZoneName() + "; empty: now")
	page.Why = form.Input("comment", "Why").Say("Moving the orders queue, CHG-314").Limit(2000)
	lines := lines(form.Get("matchers"))
	if len(lines) > 0 && len(form.Faults) == 0 {
		var f errs.Fields
		if ms := alert.ParseMatchers("matchers", lines, &f); len(f) == 0 {
			list, n, more, err := p.Alerts.Preview(r.Context(), ms, 10)
			if err != nil {
				return nil, err
			}
			page.Previewed = true
			page.Count = web.Plural(n, "firing alert matches", "firing alerts match")
			if more {
				page.Count = "More than " + page.Count
			}
			for i := range list {
				page.Rows = append(page.Rows, p.row(page.V, &list[i], Incident{}))
			}
			if p.Touched != nil && form.Get("kind") == string(alert.Maintenance) {
				if page.Hit, err = p.Touched(r.Context(), page.V, ms); err != nil {
					return nil, err
				}
			}
		}
	}
	return page, nil
}

func lines(text string) (out []string) {
	for l := range strings.Lines(text) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// NewSilence handles GET /silences/new; the query may fill in the form.
func (p *Pages) NewSilence(w http.ResponseWriter, r *http.Request) error {
	page, err := p.silenceForm(r, web.NewForm(r))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, silenceFormPage, page)
}

// CreateSilence handles POST /silences/new; with preview it only shows what
// would be held back.
func (p *Pages) CreateSilence(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	if form.Get("preview") == "" {
		s, err := p.makeSilence(r, form)
		if err == nil {
			return web.Redirect(w, r, s.Ref().Path(), "Silenced; it ends by itself")
		}
		if !form.Refused(err) {
			return err
		}
	}
	page, err := p.silenceForm(r, form)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if form.Text != "" {
		status = http.StatusUnprocessableEntity
	}
	return p.Shell.RenderStatus(w, r, status, silenceFormPage, page)
}

func (p *Pages) makeSilence(r *http.Request, form *web.Form) (alert.Silence, error) {
	var f errs.Fields
	var found errs.Fields
	s := alert.Silence{Kind: alert.SilenceKind(form.Get("kind")), Matchers: alert.ParseMatchers("matchers", lines(form.Get("matchers")), &found), Comment: form.Get("comment")}
	if len(found) > 0 { // the form has one field for all conditions
		f.Add("matchers", found[0].Value, found[0].Remedy)
	}
	v := p.Shell.View(r)
	begin := v.Now
	if from := form.Get("from"); from != "" {
		at, err := time.ParseInLocation("2006-01-02T15:04", from, v.Loc)
		if err != nil {
			f.Add("from", from, "choose day and time")
		}
		s.StartsAt, begin = at, at
	}
	lasts, err := time.ParseDuration(form.Get("for"))
	if err != nil || lasts <= 0 {
		f.Add("for", form.Get("for"), "choose how long")
	}
	s.EndsAt = begin.Add(lasts)
	if err := f.Err(); err != nil {
		return s, err
	}
	return p.Alerts.CreateSilence(r.Context(), s)
}
