package oncallweb

import (
	"net/http"
	"net/url"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// SwapPage offers one's own shift to others.
type SwapPage struct {
	web.Page
	Action, Back         string
	Form                 *web.Form
	Person, From, Until  web.Field
	ReturnFrom, ReturnTo web.Field
	Note                 web.Field
	InZone               string
	Handles              []oncall.Who
	Shifts               []swapShift
}

// swapShift is one of the viewer's shifts, to start from.
type swapShift struct {
	When, Path string
	Current    bool
}

var swapPage = web.Parse(files, "swap.html", SwapPage{})

func (p *Pages) swapPage(r *http.Request, s oncall.Schedule, form *web.Form) (*SwapPage, error) {
	ctx, loc, path := r.Context(), zoneOf(s.Spec.Zone), s.Ref().Path()
	page := &SwapPage{Page: p.Shell.Page(r, "Offer a shift", nav), Form: form, Action: path + "/swap", Back: path, InZone: s.Spec.Zone}
	page.Crumbs, page.Narrow = crumbsOf(s), true
	shifts, err := p.Oncall.Mine(ctx, page.V.Now, page.V.Now.Add(aheadOf))
	if err != nil {
		return nil, err
	}
	for _, x := range shifts {
		if x.Schedule == s.Name && len(page.Shifts) < 6 {
			page.Shifts = append(page.Shifts, swapShift{when(x.From, x.Until, loc), swapPath(x), x.From.In(loc).Format(localForm) == form.Get("from")})
		}
	}
	page.Person = form.Input("to", "To whom").Limit(64).Say("handle, like jonas").Help("Empty offers it to everybody: who takes it first has it.")
	page.From = form.Input("from", "From").As("datetime-local").Need()
	page.Until = form.Input("until", "To").As("datetime-local").Need()
	page.ReturnFrom = form.Input("return_from", "From").As("datetime-local")
	page.ReturnTo = form.Input("return_to", "To").As("datetime-local")
	page.Note = form.Input("note", "Note").Limit(300).Say("wedding, can take any week in March")
	page.Handles, err = p.suggest(ctx)
	return page, err
}

func swapPath(s oncall.Shift) string {
	q := url.Values{}
	if !s.From.IsZero() {
		q.Set("from", s.From.UTC().Format(time.RFC3339))
	}
	if !s.Until.IsZero() {
		q.Set("until", s.Until.UTC().Format(time.RFC3339))
	}
	return pathOf(s.Schedule) + "/swap?" + q.Encode()
}

// SwapForm handles GET /oncall/schedules/{name}/swap.
func (p *Pages) SwapForm(w http.ResponseWriter, r *http.Request) error {
	s, err := p.responding(r)
	if err != nil {
		return err
	}
	loc, q, form := zoneOf(s.Spec.Zone), r.URL.Query(), &web.Form{Values: url.Values{}}
	local(form, "from", q.Get("from"), loc, time.Time{})
	local(form, "until", q.Get("until"), loc, time.Time{})
	page, err := p.swapPage(r, s, form)
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, swapPage, page)
}

// Offer handles POST /oncall/schedules/{name}/swap.
func (p *Pages) Offer(w http.ResponseWriter, r *http.Request) error {
	s, err := p.responding(r)
	if err != nil {
		return err
	}
	form, loc := web.NewForm(r), zoneOf(s.Spec.Zone)
	o, err := p.Oncall.OfferSwap(r.Context(), s.Name, oncall.NewOffer{To: form.Get("to"), From: instantOf(form, "from", loc), Until: instantOf(form, "until", loc),
		ReturnFrom: instantOf(form, "return_from", loc), ReturnTo: instantOf(form, "return_to", loc), Note: form.Get("note")})
	if form.Refused(err) {
		page, err := p.swapPage(r, s, form)
		if err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, swapPage, page)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, mine, "Offered: "+o.Ref().String())
}

// Accept handles POST /oncall/covers/{id}/accept.
func (p *Pages) Accept(w http.ResponseWriter, r *http.Request) error {
	id, err := coverID(r)
	if err != nil {
		return err
	}
	if _, err := p.Oncall.AcceptSwap(r.Context(), id); err != nil {
		return err
	}
	return web.Redirect(w, r, mine, "The shift is yours")
}

// Decline handles POST /oncall/covers/{id}/decline.
func (p *Pages) Decline(w http.ResponseWriter, r *http.Request) error {
	id, err := coverID(r)
	if err != nil {
		return err
	}
	o, err := p.Oncall.DeclineSwap(r.Context(), id)
	if err != nil {
		return err
	}
	word := "Declined"
	if o.State == oncall.Withdrawn {
		word = "Withdrawn"
	}
	return web.Redirect(w, r, mine, word)
}

// offerRow is an offer in a list.
type offerRow struct {
	Key, Path, Title, When, Return, Note string
	From                                 web.Person
	To                                   string
	Own                                  bool
	Accept, Decline                      string
}

func rowOfOffer(o oncall.Offer, title string, who whos, v *web.View) offerRow {
	row := offerRow{Key: o.Ref().String(), Path: o.Ref().Path(), Title: title, When: when(o.From, o.Until, v.Loc), Note: o.Note, From: who.person(o.Person), To: "everybody", Own: o.Person == v.Actor.Person}
	if o.To != 0 {
		row.To = who.person(o.To).Name
	}
	if !o.ReturnFrom.IsZero() {
		row.Return = when(o.ReturnFrom, o.ReturnTo, v.Loc)
	}
	if o.State != oncall.Offered || !v.May(actor.Respond) {
		return row
	}
	if !row.Own {
		row.Accept = row.Path + "/accept"
	}
	if row.Own || o.To == v.Actor.Person {
		row.Decline = row.Path + "/decline"
	}
	return row
}

// showOffer is the page of an offered swap.
func (p *Pages) showOffer(w http.ResponseWriter, r *http.Request, o oncall.Offer) error {
	who, err := p.names(r.Context(), nil, nil, o.Person, o.To, o.Taker)
	if err != nil {
		return err
	}
	page := &CoverShow{Page: p.Shell.Page(r, "Swap offered by "+who.person(o.Person).Name, nav), Back: pathOf(o.Schedule), DeclineWord: "Decline", Text: o.Note}
	page.Crumbs, page.Live, page.Narrow = crumbs[:1], o.Ref().String(), true
	row := rowOfOffer(o, o.Schedule, who, page.V)
	page.Accept, page.Decline = row.Accept, row.Decline
	if row.Own {
		page.DeclineWord = "Withdraw"
	}
	page.Facts = []web.Def{{Term: "Key", Text: row.Key}, {Term: "Schedule", Text: o.Schedule, Path: page.Back}, {Term: "To", Text: row.To}, {Term: "Shift", Text: row.When}}
	if row.Return != "" {
		page.Facts = append(page.Facts, web.Def{Term: "In return", Text: row.Return})
	}
	page.State = map[oncall.SwapState]web.Tag{oncall.Offered: {Text: "Offered", Tone: "accent"}, oncall.Accepted: {Text: "Accepted", Tone: "green"}, oncall.Declined: {Text: "Declined"}, oncall.Withdrawn: {Text: "Withdrawn"}}[o.State]
	if o.Taker != 0 && o.State == oncall.Accepted {
		page.Facts = append(page.Facts, web.Def{Term: "Taken by", Text: who.person(o.Taker).Name})
	}
	for _, c := range o.Covers {
		x := ref.N(ref.Cover, c)
		page.Facts = append(page.Facts, web.Def{Term: "In force by", Text: x.String(), Path: x.Path()})
	}
	return p.Shell.Render(w, r, coverShow, page)
}
