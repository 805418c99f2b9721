package oncallweb

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// EditPage edits a schedule, or with New adds one.
type EditPage struct {
	web.Page
	New                       bool
	Action, Back              string
	Form                      *web.Form
	Name, Heading, Team, Zone web.Field
	About                     web.Field
	Layers                    []layerFields
	Count                     int
	Handles                   []oncall.Who
}

// layerFields is one fieldset.
type layerFields struct {
	N                                           int // of people, from 1
	I                                           int
	Legend                                      string
	Name, Start, End, Every, Unit, Shifts, Only web.Field
	Beside                                      web.Field
	First, Last, Lonely                         bool
}

var editPage = web.Parse(files, "edit.html", EditPage{})

func (p *Pages) editPage(r *http.Request, name string, form *web.Form) (*EditPage, error) {
	page := &EditPage{Page: p.Shell.Page(r, "Make a schedule", nav), New: name == "", Form: form, Action: base + "/new", Back: base}
	page.Crumbs, page.Narrow = crumbs, true
	if !page.New {
		page.Back = ref.S(ref.Schedule, name).Path()
		page.Title, page.Action = "Edit "+cmp.Or(form.Get("title"), name), page.Back+"/edit"
	}
	page.Name = form.Input("name", "Name").Need().Limit(63).Say("payments-primary").Help("As policies and files call it: lower case and dashes. It never changes.")
	page.Heading = form.Input("title", "Title").Limit(100).Say("Payments, primary")
	page.About = form.Input("description", "What it is for").Limit(1000)
	page.Zone = form.Input("zone", "Time zone").Need().Limit(64).Say("Europe/Berlin").Help("IANA name. Hand-offs follow its daylight saving.")
	page.Team = form.Input("team", "Team").Limit(63).Say("payments")
	if p.Teams != nil {
		teams, err := p.Teams(r.Context())
		if err != nil {
			return nil, err
		}
		page.Team = form.Select("team", "Team", append([]web.Option{{Value: "", Title: "None"}}, teams...)...)
	}
	people, err := p.suggest(r.Context())
	if err != nil {
		return nil, err
	}
	page.Handles = people
	d := readDraft(form)
	page.Count = len(d.layers)
	for i := range d.layers {
		page.Layers = append(page.Layers, fieldsOf(form, i, len(d.layers)))
	}
	return page, nil
}

// suggest are people to name, if it is known who there is.
func (p *Pages) suggest(ctx context.Context) ([]oncall.Who, error) {
	if p.People == nil {
		return nil, nil
	}
	return p.People(ctx)
}

func fieldsOf(form *web.Form, i, n int) layerFields {
	at := func(field string) string { return fmt.Sprintf("layer.%d.%s", i, field) }
	units := []web.Option{{Value: "w", Title: "weeks"}, {Value: "d", Title: "days"}, {Value: "h", Title: "hours"}}
	if form.Get(at("unit")) == "m" {
		units = append(units, web.Option{Value: "m", Title: "minutes"})
	}
	l := layerFields{N: i + 1, I: i, Legend: fmt.Sprintf("Layer %d", i+1), First: i == 0, Last: i == n-1, Lonely: n == 1,
		Name:   form.Input(at("name"), "Name").Limit(100).Say("weekdays"),
		Start:  form.Input(at("start"), "First shift begins").As("datetime-local").Need().Help("Local time; its hour is that of every hand-off."),
		End:    form.Input(at("end"), "Ends").As("datetime-local"),
		Every:  form.Input(at("n"), "Hand-off every").As("number").Need(),
		Unit:   form.Select(at("unit"), "Unit", units...).Need(),
		Shifts: form.Area(at("shifts"), "People in turn", 5).Need().Limit(40_000).Say("mara\njonas, priya").Help("One shift a line, by handle; several on one line are on call together."),
		Only:   form.Area(at("only"), "Only at these hours", 2).Limit(10_000).Say("mon-fri 08:00-20:00").Help("One a line; empty is always. 20:00-08:00 goes over midnight; a zone may follow."),
		Beside: form.Check(at("beside"), "Together with the layers below, instead of in their place"),
	}
	switch {
	case n == 1:
		l.Legend = "Rotation"
	case i == 0:
		l.Legend += " · at the bottom"
	case i == n-1:
		l.Legend += " · on top"
	}
	return l
}

// New handles GET /oncall/schedules/new.
func (p *Pages) New(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	v := p.Shell.View(r)
	d := draft{zone: v.Loc.String(), layers: []draftLayer{freshLayer(v)}}
	form := &web.Form{Values: d.values()}
	for _, name := range []string{"name", "title", "team"} { // a link can fill these in
		if s := r.URL.Query().Get(name); s != "" {
			form.Values.Set(name, s)
		}
	}
	page, err := p.editPage(r, "", form)
	if err != nil {
		return err
	}
	page.Name = page.Name.First()
	return p.Shell.Render(w, r, editPage, page)
}

// freshLayer is a week that hands over on Mondays at nine, from this week on.
func freshLayer(v *web.View) draftLayer {
	y, m, d := v.Now.In(v.Loc).Date()
	back := int(v.Now.In(v.Loc).Weekday()+6) % 7
	return draftLayer{n: "1", unit: "w", start: time.Date(y, m, d-back, 9, 0, 0, 0, time.UTC).Format("2006-01-02T15:04")}
}

// Edit handles GET /oncall/schedules/{name}/edit.
func (p *Pages) Edit(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	s, err := p.Oncall.Get(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if s.Managed != "" {
		return errs.E(errs.Conflict, "it is managed in git (%s): change it there and run evenkeel apply", s.Managed).On(s.Ref().String())
	}
	page, err := p.editPage(r, s.Name, &web.Form{Values: draftOf(s).values()})
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, editPage, page)
}

// Create handles POST /oncall/schedules/new.
func (p *Pages) Create(w http.ResponseWriter, r *http.Request) error { return p.post(w, r, "") }

// Save handles POST /oncall/schedules/{name}/edit.
func (p *Pages) Save(w http.ResponseWriter, r *http.Request) error {
	return p.post(w, r, r.PathValue("name"))
}

// post does what the pressed button says: change the form's layers, show the
// preview, or save.
func (p *Pages) post(w http.ResponseWriter, r *http.Request, name string) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, actor.Configure); err != nil {
		return err
	}
	form := web.NewForm(r)
	d := readDraft(form)
	do, at, _ := strings.Cut(form.Get("do"), ".")
	i, _ := strconv.Atoi(at)
	again := func(status int) error {
		page, err := p.editPage(r, name, form)
		if err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, status, editPage, page)
	}
	if d.change(do, i, p.Shell.View(r)) {
		form.Values = d.values()
		return again(http.StatusOK)
	}
	if do == "edit" {
		return again(http.StatusOK)
	}
	if do != "save" {
		err := p.preview(w, r, name, d)
		if !form.Refused(err) {
			return err
		}
		place(form)
		return again(http.StatusUnprocessableEntity)
	}
	s, err := p.save(ctx, name, d)
	switch {
	case err == nil:
		return web.Redirect(w, r, s.Ref().Path(), "Saved")
	case !form.Refused(err):
		return err
	}
	if name != "" {
		now, err := p.Oncall.Get(ctx, name)
		if err != nil {
			return err
		}
		form.Stored(&web.Form{Values: draftOf(now).values()})
	}
	place(form)
	return again(http.StatusUnprocessableEntity)
}

func (p *Pages) save(ctx context.Context, name string, d draft) (oncall.Schedule, error) {
	if name == "" {
		return p.Oncall.Create(ctx, d.name, d.spec())
	}
	version, err := strconv.ParseInt(d.version, 10, 64)
	if err != nil {
		return oncall.Schedule{}, errs.BadField("version", d.version, "open the form again")
	}
	return p.Oncall.Edit(ctx, name, version, d.spec())
}

// change does what a layer's buttons say; false: it was another button.
func (d *draft) change(do string, i int, v *web.View) bool {
	n := len(d.layers)
	switch {
	case do == "add" && n < mostLayers:
		d.layers = append(d.layers, freshLayer(v))
	case do == "remove" && i >= 0 && i < n:
		d.layers = append(d.layers[:i], d.layers[i+1:]...)
	case do == "up" && i >= 0 && i+1 < n:
		d.layers[i], d.layers[i+1] = d.layers[i+1], d.layers[i]
	case do == "down" && i > 0 && i < n:
		d.layers[i], d.layers[i-1] = d.layers[i-1], d.layers[i]
	default:
		return false
	}
	return true
}
