package oncallweb

import (
	"cmp"
	"html/template"
	"net/http"
	"net/url"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// CoverPage puts somebody in for a time.
type CoverPage struct {
	web.Page
	Action, Back          string
	Form                  *web.Form
	Person, Instead, From web.Field
	To, Reason            web.Field
	InZone, Span          string
	Picture               template.HTML
	Handles               []oncall.Who
}

var coverPage = web.Parse(files, "cover.html", CoverPage{})

const localForm = "2006-01-02T15:04"

// local fills a field with an instant of a link, as local time.
func local(form *web.Form, field, value string, loc *time.Location, fallback time.Time) {
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		t = fallback
	}
	if !t.IsZero() {
		form.Default(field, t.In(loc).Format(localForm))
	}
}

// instantOf reads a field with a local time; the zero time when it is none.
func instantOf(form *web.Form, field string, loc *time.Location) time.Time {
	for _, f := range []string{localForm, "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(f, form.Get(field), loc); err == nil {
			return t
		}
	}
	return time.Time{}
}

func (p *Pages) coverPage(r *http.Request, s oncall.Schedule, form *web.Form) (*CoverPage, error) {
	ctx, loc, path := r.Context(), zoneOf(s.Spec.Zone), s.Ref().Path()
	page := &CoverPage{Page: p.Shell.Page(r, "Override", nav), Form: form, Action: path + "/cover", Back: path, InZone: s.Spec.Zone}
	page.Crumbs = crumbsOf(s)
	loads, err := p.Oncall.Fairness(ctx, s.Name, page.V.Now, page.V.Now.Add(time.Hour))
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, l := range loads {
		ids = append(ids, l.Person)
	}
	people, err := p.Oncall.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	who := whos(people)
	everybody := []web.Option{{Value: "", Title: "Everybody on call then"}}
	for _, id := range ids {
		x := who.person(id)
		everybody = append(everybody, web.Option{Value: x.Handle, Title: x.Name})
	}
	page.Person = form.Input("person", "Who comes").Need().Limit(64).Say("handle, like mara").Help("Their handle. You, if you leave it as it is.").First()
	page.Instead = form.Select("instead", "Instead of", everybody...)
	page.From = form.Input("from", "From").As("datetime-local").Need()
	page.To = form.Input("to", "To").As("datetime-local").Need()
	page.Reason = form.Input("reason", "Reason").Limit(300).Say("dentist")
	if page.Handles, err = p.suggest(ctx); err != nil {
		return nil, err
	}
	if len(page.Handles) == 0 {
		for _, id := range ids {
			page.Handles = append(page.Handles, people[id])
		}
	}
	a, b := instantOf(form, "from", loc), instantOf(form, "to", loc)
	if a.IsZero() || b.IsZero() || !a.Before(b) || b.Sub(a) > 60*24*time.Hour {
		return page, nil
	}
	in := days(a.Add(-24*time.Hour), int(b.Sub(a)/(24*time.Hour))+3, loc)
	d, err := p.gather(r, s, in, page.V.Now)
	if err != nil {
		return nil, err
	}
	l := newLanes(in, d.who, d.hues(), page.V.Now)
	l.add("On call", "at present", d.duties, true, d.why)
	l.covers(d.covers)
	l.Mark, l.MarkW = pct(in.x(a)), pct(in.x(b)-in.x(a))
	l.say("At present", d.duties)
	page.Span = in.title()
	page.Picture, err = l.draw()
	return page, err
}

// responding is the schedule of an address that only those who respond may
// use: they are refused before they fill in a form. Errors: Forbidden, NotFound.
func (p *Pages) responding(r *http.Request) (oncall.Schedule, error) {
	if _, err := actor.Require(r.Context(), actor.Respond); err != nil {
		return oncall.Schedule{}, err
	}
	return p.Oncall.Get(r.Context(), r.PathValue("name"))
}

// coverID reads the id of an address; what is none is not found.
func coverID(r *http.Request) (int64, error) {
	id, err := ref.ID(ref.Cover, r.PathValue("id"))
	if err != nil {
		return 0, errs.E(errs.NotFound, "there is no such override or swap")
	}
	return id, nil
}

// CoverForm handles GET /oncall/schedules/{name}/cover.
func (p *Pages) CoverForm(w http.ResponseWriter, r *http.Request) error {
	s, err := p.responding(r)
	if err != nil {
		return err
	}
	v, q, loc := p.Shell.View(r), r.URL.Query(), zoneOf(s.Spec.Zone)
	form := &web.Form{Values: url.Values{"instead": {q.Get("instead")}}}
	form.Default("person", cmp.Or(q.Get("person"), v.Handle, "me"))
	start := v.Now.Truncate(time.Hour).Add(time.Hour)
	local(form, "from", q.Get("from"), loc, start)
	local(form, "to", q.Get("to"), loc, start.Add(4*time.Hour))
	page, err := p.coverPage(r, s, form)
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, coverPage, page)
}

// AddCover handles POST /oncall/schedules/{name}/cover.
func (p *Pages) AddCover(w http.ResponseWriter, r *http.Request) error {
	s, err := p.responding(r)
	if err != nil {
		return err
	}
	form, loc := web.NewForm(r), zoneOf(s.Spec.Zone)
	c, err := p.Oncall.Cover(r.Context(), s.Name, oncall.NewCover{Person: form.Get("person"), Instead: form.Get("instead"), From: instantOf(form, "from", loc), To: instantOf(form, "to", loc), Reason: form.Get("reason")})
	if form.Refused(err) {
		page, err := p.coverPage(r, s, form)
		if err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, coverPage, page)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, s.Ref().Path()+"?date="+c.From.In(loc).Format(time.DateOnly)+"#calendar", "The override is in force: "+c.Ref().String())
}

// CoverShow is one cover or offered swap.
type CoverShow struct {
	web.Page
	Facts                []web.Def
	State                web.Tag
	Text                 string
	End, Accept, Decline string // paths; empty: not there
	EndWord              string
	DeclineWord          string
	Back                 string
}

var coverShow = web.Parse(files, "covershow.html", CoverShow{})

// ShowCover handles GET /oncall/covers/{id}.
func (p *Pages) ShowCover(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, err := coverID(r)
	if err != nil {
		return err
	}
	c, err := p.Oncall.CoverOf(ctx, id)
	if errs.Is(err, errs.NotFound) {
		o, err := p.Oncall.SwapOf(ctx, id)
		if err != nil {
			return err
		}
		return p.showOffer(w, r, o)
	} else if err != nil {
		return err
	}
	who, err := p.names(ctx, nil, []oncall.Cover{c})
	if err != nil {
		return err
	}
	page := &CoverShow{Page: p.Shell.Page(r, coverWords(c, who), nav), Back: mine}
	page.Crumbs, page.Live, page.Narrow = crumbs[:1], c.Ref().String(), true
	row := rowOfCover(c, who, page.V, page.V.Loc)
	page.Facts = []web.Def{{Term: "Key", Text: c.Ref().String()}, {Term: "Kind", Text: string(c.Kind)}}
	if c.Schedule != "" {
		page.Back = pathOf(c.Schedule)
		page.Facts = append(page.Facts, web.Def{Term: "Schedule", Text: c.Schedule, Path: page.Back})
	}
	page.Facts = append(page.Facts, web.Def{Term: "From", HTML: page.V.Full(c.From)}, web.Def{Term: "To", HTML: page.V.Full(c.To)})
	if c.Reason != "" {
		page.Facts = append(page.Facts, web.Def{Term: "Reason", Text: c.Reason})
	}
	by := "a machine"
	if c.By != 0 {
		by = who.person(c.By).Name
	}
	page.Facts = append(page.Facts, web.Def{Term: "Said by", Text: by}, web.Def{Term: "Since", HTML: page.V.Full(c.Created)})
	page.End, page.EndWord = row.End, "Take it back"
	switch {
	case !c.Removed.IsZero():
		page.State = web.Tag{Text: "Taken back"}
	case !c.To.After(page.V.Now):
		page.State = web.Tag{Text: "Over"}
	case row.Now:
		page.State, page.EndWord = web.Tag{Text: "In force", Tone: "green"}, "End it now"
	default:
		page.State = web.Tag{Text: "To come", Tone: "accent"}
	}
	return p.Shell.Render(w, r, coverShow, page)
}

// EndCover handles POST /oncall/covers/{id}/end.
func (p *Pages) EndCover(w http.ResponseWriter, r *http.Request) error {
	id, err := coverID(r)
	if err != nil {
		return err
	}
	c, err := p.Oncall.Uncover(r.Context(), id)
	if err != nil {
		return err
	}
	to := mine
	if c.Schedule != "" {
		to = pathOf(c.Schedule)
	}
	return web.Redirect(w, r, to, c.Ref().String()+" is taken back")
}
