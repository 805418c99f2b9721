package contactweb

import (
	"net/http"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/web"
)

// MethodPage shows a method: its code, its health, and what came of a test.
type MethodPage struct {
	web.Page
	Key    string // MET-3
	Way    contact.Method
	Tag    web.Tag
	Facts  []web.Def
	Form   *web.Form
	Code   web.Field
	Asked  bool // a code is under way
	Said   *web.Notice
	Delete bool
	Ask    web.Confirm
}

var methodPage = web.Parse(files, "method.html", MethodPage{})

// methodPage builds the page of one's own method.
func (p *Pages) methodPage(r *http.Request, form *web.Form) (*MethodPage, error) {
	id, err := idOf(r)
	if err != nil {
		return nil, err
	}
	list, err := p.Contacts.Methods(r.Context())
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		if m.ID != id {
			continue
		}
		path := m.Ref().Path()
		page := &MethodPage{Page: p.Shell.Page(r, m.Label, ""), Key: m.Ref().String(), Way: m, Tag: *state(m), Form: form, Delete: r.URL.Query().Get("delete") != "", Asked: !m.CodeSent.IsZero()}
		page.Crumbs, page.Narrow = crumbs(back), true
		page.Code = form.Input("code", "Code").Need().Limit(12).Auto("one-time-code").Say("123456").Help("Six digits; they are good for ten minutes.")
		page.Facts = []web.Def{{Term: "Kind", Text: contact.Titles[m.Kind]}, {Term: "To", Text: m.Masked, Sub: "stored sealed"}}
		if m.Usable() {
			page.Facts = append(page.Facts, web.Def{Term: "Verified", HTML: page.V.Time(m.Verified)})
		}
		if !m.Good.IsZero() {
			page.Facts = append(page.Facts, web.Def{Term: "Last sent", HTML: page.V.Time(m.Good)})
		}
		if !m.Bad.IsZero() {
			page.Facts = append(page.Facts, web.Def{Term: "Last failure", HTML: page.V.Time(m.Bad)}, web.Def{Term: "It said", Text: m.Answer})
		}
		page.Ask = web.Confirm{Path: path + "/remove", Title: "Remove " + m.Label + "?", Text: "Nothing is sent to it any more. Rules that name it go on with their next step.", Button: "Remove", Danger: true, Cancel: path}
		return page, nil
	}
	return nil, errs.E(errs.NotFound, "you have no such contact method")
}

// Method handles GET /profile/contact/{key}; the link in a code's message has
// the code.
func (p *Pages) Method(w http.ResponseWriter, r *http.Request) error {
	page, err := p.methodPage(r, web.NewForm(r))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, methodPage, page)
}

// sent shows what came of a message that was sent at once.
func (p *Pages) sent(w http.ResponseWriter, r *http.Request, what string, res notify.TestResult) error {
	page, err := p.methodPage(r, web.NewForm(r))
	if err != nil {
		return err
	}
	page.Said = &web.Notice{Tone: "green", Icon: "circle-check", Fact: what + " was taken in " + seconds(res.Latency) + ".", Effect: "Look whether it arrives. " + res.Answer}
	if !res.Sent {
		page.Said = &web.Notice{Tone: "red", Icon: "alert-triangle", Fact: what + " did not go out:", Effect: res.Error + "."}
	}
	return p.Shell.Render(w, r, methodPage, page)
}

// Code handles POST /profile/contact/{key}/code.
func (p *Pages) Code(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	res, err := p.Contacts.SendCode(r.Context(), id)
	if errs.Is(err, errs.Limited) || errs.Is(err, errs.Conflict) {
		return p.said(w, r, err)
	} else if err != nil {
		return err
	}
	return p.sent(w, r, "The code", res)
}

// said shows the page with what stood in the way.
func (p *Pages) said(w http.ResponseWriter, r *http.Request, why error) error {
	page, err := p.methodPage(r, web.NewForm(r))
	if err != nil {
		return err
	}
	page.Said = &web.Notice{Tone: "amber", Icon: "clock", Fact: "Not sent:", Effect: errs.As(why).Text + "."}
	return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, methodPage, page)
}

// Verify handles POST /profile/contact/{key}/verify.
func (p *Pages) Verify(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	form := web.NewForm(r)
	m, err := p.Contacts.Verify(r.Context(), id, form.Get("code"))
	if form.Refused(err) {
		page, err := p.methodPage(r, form)
		if err != nil {
			return err
		}
		page.Asked = true
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, methodPage, page)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, home, m.Label+" is verified: rules can use it now")
}

// Test handles POST /profile/contact/{key}/test.
func (p *Pages) Test(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	res, err := p.Contacts.Test(r.Context(), id)
	if errs.Is(err, errs.Limited) || errs.Is(err, errs.Conflict) {
		return p.said(w, r, err)
	} else if err != nil {
		return err
	}
	return p.sent(w, r, "The test message", res)
}

// Remove handles POST /profile/contact/{key}/remove.
func (p *Pages) Remove(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	if err := p.Contacts.Remove(r.Context(), id); err != nil {
		return err
	}
	return web.Redirect(w, r, home, "The contact method is removed")
}

// NewPage adds a method.
type NewPage struct {
	web.Page
	Kind                   notify.ChannelKind
	Kinds                  []web.Tab
	Push                   bool // a browser subscribes by itself
	Phone                  string
	Off                    bool // this server cannot send by it
	Form                   *web.Form
	Label, Address, Secret web.Field
	Ntfy                   bool
}

var newPage = web.Parse(files, "new.html", NewPage{})

var hints = map[notify.ChannelKind]struct{ label, say, help string }{
	notify.SMS:   {"Number", "+49 40 1234567", "With the country code."},
	notify.Voice: {"Number", "+49 40 1234567", "With the country code. It reads the message and asks: 1 acknowledge, 2 escalate."},
	notify.Email: {"Address", "mara@harbour.example", "Besides the address on your profile, which is always there."},
	notify.Ntfy:  {"Topic", "https://ntfy.sh/a-name-nobody-guesses", "Whoever knows a topic can read it: choose one that nobody guesses, or one that needs a token."},
}

func (p *Pages) newPage(r *http.Request, form *web.Form) *NewPage {
	page := &NewPage{Page: p.Shell.Page(r, "Add a contact method", ""), Form: form, Kind: notify.ChannelKind(form.Get("kind")), Phone: p.Phone}
	page.Crumbs, page.Narrow = crumbs(back), true
	if contact.Titles[page.Kind] == "" { // the first that would arrive
		page.Kind = notify.Email
		if i := slices.IndexFunc(contact.Kinds, func(k notify.ChannelKind) bool { return notify.Can(p.Notify, k) }); i >= 0 {
			page.Kind = contact.Kinds[i]
		}
	}
	for _, k := range contact.Kinds {
		page.Kinds = append(page.Kinds, web.Tab{Title: contact.Titles[k], Path: home + "/new?kind=" + string(k), Current: k == page.Kind})
	}
	page.Push, page.Ntfy, page.Off = page.Kind == notify.WebPush, page.Kind == notify.Ntfy, !notify.Can(p.Notify, page.Kind)
	h := hints[page.Kind]
	page.Address = form.Input("address", h.label).Need().First().Say(h.say).Help(h.help).Limit(4000)
	page.Label = form.Input("label", "Name").Limit(40).Say("Work phone").Help("What you call it, where you have several.")
	page.Secret = form.Input("secret", "Access token").As("password").Auto("off").Limit(500).Help("If the topic needs one. It is stored sealed and never shown again.")
	page.Secret.Value = ""
	return page
}

// New handles GET /profile/contact/new.
func (p *Pages) New(w http.ResponseWriter, r *http.Request) error {
	return p.Shell.Render(w, r, newPage, p.newPage(r, web.NewForm(r)))
}

// Add handles POST /profile/contact/new: it stores the method, sends the code,
// and leads to where it is typed.
func (p *Pages) Add(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	m, err := p.Contacts.Add(r.Context(), contact.NewMethod{Kind: notify.ChannelKind(form.Get("kind")), Label: form.Get("label"), Address: form.Get("address"), Secret: form.Get("secret")})
	if form.Refused(err) {
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, newPage, p.newPage(r, form))
	} else if err != nil {
		return err
	}
	if m.Usable() {
		return web.Redirect(w, r, home, m.Label+" is there already")
	}
	res, err := p.Contacts.SendCode(r.Context(), m.ID)
	said := "A code is on its way to " + m.Masked
	switch {
	case errs.Is(err, errs.Limited):
		said = "Added; a code was sent a moment ago"
	case err != nil:
		return err
	case !res.Sent:
		said = "Added, but the code did not go out: " + res.Error
	}
	return web.Redirect(w, r, m.Ref().Path(), said)
}
