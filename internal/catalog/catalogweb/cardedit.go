package catalogweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// CardEditPage edits a scorecard, or with New adds one. Beside the form stand
// the facts that rules can ask, with their values of one service, and how that
// service would come out.
type CardEditPage struct {
	web.Page
	New                    bool
	Action, Back           string
	Form                   *web.Form
	Name, Heading, Applies web.Field
	About                  web.Field
	Checks                 []checkForm
	Service                web.Field // on which the card is tried
	Services               []string
	NoService              bool // there is none to try it on
	Trial                  *trial
	Facts                  []scorecard.Said
	Of                     string // whose values the facts have
}

// checkForm is one check in the form.
type checkForm struct {
	N                  int
	Title, Rule, Level web.Field
	ID, Link           web.Field
	Why, Next          web.Field
	Open               bool       // what most checks leave empty is in sight
	Out                *scoreRow  // how it came out when it was tried
	Drop               web.Button // takes it away; empty: the last one stays
}

var cardEditPage = web.Parse(files, "cardedit.html", CardEditPage{})

// suggested bounds the services offered to try a card on.
const suggested = 200

func (p *Pages) cardEditPage(r *http.Request, name string, form *web.Form, t *trial) (*CardEditPage, error) {
	page := &CardEditPage{Page: p.Shell.Page(r, "New scorecard", "services"), New: name == "", Form: form, Action: "/scorecards/new", Back: "/scorecards", Trial: t}
	page.Crumbs = []web.Crumb{{Title: "Services", Path: "/services"}, {Title: "Scorecards", Path: "/scorecards"}}
	if !page.New {
		page.Back = ref.S(ref.Scorecard, name).Path()
		page.Action, page.Title = page.Back+"/edit", "Edit"
		page.Crumbs = append(page.Crumbs, web.Crumb{Title: name, Path: page.Back})
	}
	page.Name = form.Input("name", "Name").Need().Limit(63).Say("payments").Help("Lower case and dashes. It never changes.")
	faults := form.Faults // what is wrong with a title of a check is not wrong with the card's
	form.Faults = slices.DeleteFunc(slices.Clone(faults), func(f errs.Field) bool { return strings.HasPrefix(f.Name, "checks[") })
	page.Heading = form.Input("title", "Title").Limit(100).Help("What people call it; the name when left out")
	form.Faults = faults
	if page.New {
		page.Name = page.Name.First()
	}
	page.About = form.Area("description", "For which services, and why", 2).Limit(1000)
	page.Applies = form.Input("applies", "Applies when").Limit(2000).Say("service.tier <= 1").Help("A rule over what a service is: its name, team, tier and lifecycle. Empty: every service that is not retired")
	page.checks(form)
	return page, p.beside(r.Context(), page, form)
}

// beside fills the facts of the service on which the card is tried; without a
// choice the first one by name.
func (p *Pages) beside(ctx context.Context, page *CardEditPage, form *web.Form) error {
	list, _, err := p.Catalog.List(ctx, catalog.Filter{}, "", suggested)
	if err != nil {
		return err
	}
	for _, s := range list {
		page.Services = append(page.Services, s.Name)
	}
	if len(list) > 0 {
		form.Default("service", list[0].Name)
	}
	page.Service = form.Input("service", "Service to try it on").Limit(200).Help("The values below are of this one")
	page.Of = form.Get("service")
	if page.NoService = page.Of == ""; !page.NoService {
		page.Facts, err = p.Scorecards.FactsOf(ctx, page.Of)
		if errs.Is(err, errs.NotFound) {
			page.Service.Fault, page.Of, err = "There is no such service", "", nil
		}
	}
	if page.Of == "" { // then the facts stand without values
		facts, _ := p.Scorecards.KnownFacts()
		for _, f := range facts {
			page.Facts = append(page.Facts, scorecard.Said{Fact: f})
		}
	}
	return err
}

// NewCard handles GET /scorecards/new; from names a card to begin with.
func (p *Pages) NewCard(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	form := web.NewForm(r)
	if from := form.Get("from"); from != "" {
		c, err := p.Scorecards.Get(r.Context(), from)
		if err != nil {
			return err
		}
		c.Spec.Title = ""
		form.Values = storedCard(c).Values
		form.Values.Del("version")
	}
	page, err := p.cardEditPage(r, "", form, nil)
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, cardEditPage, page)
}

// EditCard handles GET /scorecards/{name}/edit.
func (p *Pages) EditCard(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	c, err := p.Scorecards.Get(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if c.Managed != "" {
		return errs.E(errs.Conflict, "it is managed in git (%s): change it there and run evenkeel apply", c.Managed).On(c.Ref().String())
	}
	form := storedCard(c)
	if s := r.URL.Query().Get("service"); s != "" {
		form.Values.Set("service", s)
	}
	page, err := p.cardEditPage(r, c.Name, form, nil)
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, cardEditPage, page)
}

// CreateCard handles POST /scorecards/new.
func (p *Pages) CreateCard(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	return p.submitCard(w, r, "", form, func(sp scorecard.Spec) (scorecard.Card, error) {
		return p.Scorecards.Put(r.Context(), form.Get("name"), 0, sp)
	})
}

// SaveCard handles POST /scorecards/{name}/edit.
func (p *Pages) SaveCard(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	name, form := r.PathValue("name"), web.NewForm(r)
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil || version < 1 {
		return errs.BadField("version", form.Get("version"), "open the form again")
	}
	return p.submitCard(w, r, name, form, func(sp scorecard.Spec) (scorecard.Card, error) {
		return p.Scorecards.Put(r.Context(), name, version, sp)
	})
}

// submitCard does what the pressed button says: save, try, or one line of
// checks more or less. All but a save show the form again.
func (p *Pages) submitCard(w http.ResponseWriter, r *http.Request, name string, form *web.Form, save func(scorecard.Spec) (scorecard.Card, error)) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	var t *trial
	var err error
	sp := readCard(form)
	switch verb := form.Get("do"); {
	case form.Get("drop") != "":
		n, _ := strconv.Atoi(form.Get("drop"))
		dropCheck(form, n)
	case verb == "more":
		form.Values.Set("spare", "1")
	case verb == "try":
		t, err = p.try(r.Context(), sp, form.Get("service"))
	default:
		var c scorecard.Card
		if c, err = save(sp); err == nil {
			return web.Redirect(w, r, c.Ref().Path(), "Saved; services are measured by it now")
		}
	}
	status := http.StatusOK
	switch {
	case err == nil:
	case form.Refused(err):
		status = http.StatusUnprocessableEntity
		if name != "" {
			now, err := p.Scorecards.Get(r.Context(), name)
			if err != nil {
				return err
			}
			form.Stored(aligned(storedCard(now), form))
		}
	default:
		return err
	}
	page, err := p.cardEditPage(r, name, form, t)
	if err != nil {
		return err
	}
	return p.Shell.RenderStatus(w, r, status, cardEditPage, page)
}

// DeleteCard handles POST /scorecards/{name}/delete.
func (p *Pages) DeleteCard(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := p.Scorecards.Delete(r.Context(), name); err != nil {
		return err
	}
	if _, err := p.Scorecards.Get(r.Context(), name); err == nil {
		return web.Redirect(w, r, ref.S(ref.Scorecard, name).Path(), "Taken away; the one that comes with Evenkeel counts again")
	}
	return web.Redirect(w, r, "/scorecards", "The scorecard is deleted")
}
