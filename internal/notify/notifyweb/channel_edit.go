package notifyweb

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// EditChannelPage edits a channel, or with New adds one.
type EditChannelPage struct {
	web.Page
	New, Managed                   bool
	Kind                           notify.ChannelKind
	Kinds                          []web.Tab
	Action, Back                   string
	Form                           *web.Form
	Name, Team, Urgency, Disabled  web.Field
	Addresses, URL, Secret, AtMost web.Field
}

var editChannelPage = web.Parse(files, "channel_edit.html", EditChannelPage{})

// IsEmail and HasSecret say which fields the kind has.
func (p *EditChannelPage) IsEmail() bool { return p.Kind == notify.Email }
func (p *EditChannelPage) HasSecret() bool {
	return p.Kind == notify.Webhook || p.Kind == notify.Ntfy
}

// hints say how to come by the address.
var hints = map[notify.ChannelKind]string{
	notify.Slack: "In Slack: make an app, turn on incoming webhooks, add one for the channel, and paste its address here.",
	notify.Teams: "In Teams: beside the channel choose Workflows, “Send webhook alerts to a channel”, let anyone trigger it, and paste its address here.",
	notify.Ntfy:  "Server and topic as one address, like https://ntfy.sh/harbour-payments-7f3a. Whoever knows a topic can read it: choose one that nobody guesses, or protect it with a token.",
}

// Hint is how to come by the address of the kind.
func (p *EditChannelPage) Hint() string { return hints[p.Kind] }

// editChannelPage builds the form; old is nil for a new channel.
func (p *Pages) editChannelPage(r *http.Request, form *web.Form, old *notify.Channel) *EditChannelPage {
	page := &EditChannelPage{Page: p.Shell.Page(r, "Add a channel", "settings"), New: old == nil, Form: form, Action: "/settings/channels/new", Back: "/settings/channels"}
	page.Narrow = true
	page.Crumbs = []web.Crumb{{Title: "Settings", Path: "/settings"}, {Title: "Channels", Path: "/settings/channels"}}
	page.Kind = notify.ChannelKind(form.Get("kind"))
	if kindTitles[page.Kind] == "" {
		page.Kind = notify.Email
		form.Default("kind", string(page.Kind))
	}
	urlHelp, secretHelp := "", "Leave it empty to have one made and shown once. Form: whsec_ and base64."
	if old != nil {
		page.Title, page.Managed = "Edit", old.Managed != ""
		page.Back = old.Ref().Path()
		page.Action = page.Back + "/edit"
		page.Crumbs = append(page.Crumbs, web.Crumb{Title: old.Name, Path: page.Back})
		if old.Host != "" {
			urlHelp = "One at " + old.Host + " is stored; leave this empty to keep it. "
		}
		secretHelp = "Leave it empty to keep the stored one. Form: whsec_ and base64."
	} else {
		for _, k := range []notify.ChannelKind{notify.Email, notify.Slack, notify.Teams, notify.Ntfy, notify.Webhook} {
			page.Kinds = append(page.Kinds, web.Tab{Title: kindTitles[k], Path: "/settings/channels/new?kind=" + string(k), Current: k == page.Kind})
		}
	}
	page.Name = form.Input("name", "Name").Need().Limit(63).Say("payments-slack").Help("As in git and in addresses: small letters, digits and hyphens. It never changes.")
	if page.New {
		page.Name = page.Name.First()
	}
	page.Team = form.Input("team", "Team").Need().Limit(63).Say("payments").Help("Whose notices it gets")
	page.Urgency = form.Select("urgency", "Takes", web.Option{Value: "all", Title: urgencyTitles[notify.TakesAll], Chosen: true},
		web.Option{Value: "urgent", Title: urgencyTitles[notify.TakesUrgent]}, web.Option{Value: "quiet", Title: urgencyTitles[notify.TakesQuiet]}).Need()
	page.Disabled = form.Check("disabled", "Off: keep the settings, send nothing")
	if page.Disabled.Fault != "" && old != nil { // others switched it meanwhile
		page.Disabled.Fault = "Now it is on"
		if old.Spec.Disabled {
			page.Disabled.Fault = "Now it is off"
		}
	}
	page.Addresses = form.Area("addresses", "Addresses", 3).Need().Say("payments-list@harbour.example").Help("One a line, at most 50")
	for _, f := range form.Faults {
		if strings.HasPrefix(f.Name, "addresses[") {
			page.Addresses.Fault = "“" + f.Value + "”: " + f.Remedy
		}
	}
	page.URL = form.Input("url", "Address").As("url").Limit(2000).Help(urlHelp + "It is a secret: it is stored sealed and never shown again.")
	if page.New {
		page.URL = page.URL.Need()
	}
	page.Secret = form.Input("secret", "Signing secret").As("password").Auto("off").Limit(200).Help(secretHelp)
	if page.Kind == notify.Ntfy {
		page.Secret = form.Input("secret", "Access token").As("password").Auto("off").Limit(200).Help("Where the topic needs one: tk_… Leave it empty otherwise, or to keep the stored one.")
	}
	for _, x := range []*web.Field{&page.URL, &page.Secret} {
		if x.Value != "" && x.Fault == "" && form.Text != "" {
			x.Fault = "Type it again: a secret is not sent back to the page"
		}
		x.Value = ""
	}
	page.AtMost = form.Input("per_minute", "Most messages a minute").As("number").Help("More are delayed, never dropped; urgent ones go first. Empty: the default of the kind.")
	return page
}

// specOf reads the form.
func specOf(form *web.Form) (notify.ChannelSpec, error) {
	s := notify.ChannelSpec{Kind: notify.ChannelKind(form.Get("kind")), Team: form.Get("team"), Urgency: notify.Urgency(form.Get("urgency")), Disabled: form.Get("disabled") != "",
		URL: form.Get("url"), Secret: form.Get("secret"), Addresses: strings.FieldsFunc(form.Get("addresses"), func(r rune) bool { return r == '\n' || r == '\r' || r == ',' || r == ' ' })}
	if n := form.Get("per_minute"); n != "" {
		var err error
		if s.PerMinute, err = strconv.Atoi(n); err != nil {
			return s, errs.BadField("per_minute", n, "write a whole number, or leave it empty")
		}
	}
	return s, nil
}

// NewChannel handles GET /settings/channels/new; team and kind may be given.
func (p *Pages) NewChannel(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	return p.Shell.Render(w, r, editChannelPage, p.editChannelPage(r, web.NewForm(r), nil))
}

// CreateChannel handles POST /settings/channels/new; it shows the channel, with
// the secret if one was made.
func (p *Pages) CreateChannel(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	name := form.Get("name")
	spec, err := specOf(form)
	var secret string
	if err == nil {
		_, secret, err = p.Notify.CreateChannel(r.Context(), name, spec)
	}
	if form.Refused(err) {
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, editChannelPage, p.editChannelPage(r, form, nil))
	} else if err != nil {
		return err
	}
	if secret == "" {
		return web.Redirect(w, r, ref.S(ref.Channel, name).Path(), "The channel is added; send a test message")
	}
	page, err := p.channelPage(r, name)
	if err != nil {
		return err
	}
	page.Secret = secret
	return p.Shell.Render(w, r, channelPage, page)
}

// EditChannel handles GET /settings/channels/{name}/edit.
func (p *Pages) EditChannel(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	c, err := p.Notify.Channel(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, editChannelPage, p.editChannelPage(r, storedChannel(c), &c))
}

// storedChannel is a channel as the form holds it; what is secret stays out.
func storedChannel(c notify.Channel) *web.Form {
	disabled, most := "", ""
	if c.Spec.Disabled {
		disabled = "on"
	}
	if c.Spec.PerMinute > 0 {
		most = strconv.Itoa(c.Spec.PerMinute)
	}
	return (&web.Form{}).Default("kind", string(c.Spec.Kind)).Default("team", c.Spec.Team).Default("urgency", string(c.Spec.Urgency)).Default("disabled", disabled).
		Default("addresses", strings.Join(c.Spec.Addresses, "\n")).Default("per_minute", most).Default("version", strconv.FormatInt(c.Version, 10))
}

// SaveChannel handles POST /settings/channels/{name}/edit.
func (p *Pages) SaveChannel(w http.ResponseWriter, r *http.Request) error {
	name, form := r.PathValue("name"), web.NewForm(r)
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil || version < 1 {
		version = -1 // never fits: a form without its version must not overwrite
	}
	spec, err := specOf(form)
	if err == nil {
		_, err = p.Notify.EditChannel(r.Context(), name, version, spec)
	}
	if form.Refused(err) {
		c, err := p.Notify.Channel(r.Context(), name)
		if err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, editChannelPage, p.editChannelPage(r, form.Stored(storedChannel(c)), &c))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, ref.S(ref.Channel, name).Path(), "The channel is saved")
}
