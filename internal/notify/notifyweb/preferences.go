package notifyweb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/web"
)

// PreferencesPage is how one is told.
type PreferencesPage struct {
	web.Page
	Form    *web.Form
	Methods []method
	Fault   string
	Few     bool // there are no channels to choose
}

// method is one line of the form: a contact method and what it is for.
type method struct {
	Value, Title, Hint, Icon string
	Urgent, Other            bool
	Now                      string // what is stored, where others changed it meanwhile
}

var preferencesPage = web.Parse(files, "preferences.html", PreferencesPage{})

// Preferences handles GET /profile/notifications.
func (p *Pages) Preferences(w http.ResponseWriter, r *http.Request) error {
	own, err := p.Notify.Preferences(r.Context())
	if err != nil {
		return err
	}
	form := (&web.Form{}).Default("version", strconv.FormatInt(own.Version, 10))
	page, err := p.preferencesPage(r, form, own, own)
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, preferencesPage, page)
}

// preferencesPage shows what was chosen; what is stored stands beside it where
// it differs because others changed it since the form was opened.
func (p *Pages) preferencesPage(r *http.Request, form *web.Form, own, stored notify.Preferences) (*PreferencesPage, error) {
	page := &PreferencesPage{Page: p.Shell.Page(r, "How you are told", ""), Form: form}
	page.Narrow = true
	page.Crumbs = []web.Crumb{{Title: "Profile", Path: "/profile"}}
	add := func(m method) {
		m.Urgent, m.Other = slices.Contains(own.Urgent, m.Value), slices.Contains(own.Other, m.Value)
		urgent, other := slices.Contains(stored.Urgent, m.Value), slices.Contains(stored.Other, m.Value)
		if stored.Version != own.Version && (urgent != m.Urgent || other != m.Other) {
			m.Now = nowUsed(urgent, other)
		}
		page.Methods = append(page.Methods, m)
	}
	add(method{Value: "email", Title: "E-mail", Hint: "to the address on your profile, with links that act", Icon: "mail"})
	channels, err := p.Notify.Channels(r.Context(), "", 200)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{"email": true}
	for _, c := range channels {
		known["channel:"+c.Name] = true
		add(method{Value: "channel:" + c.Name, Title: c.Name, Hint: kindTitles[c.Spec.Kind] + " of " + c.Spec.Team, Icon: kindIcons[c.Spec.Kind]})
	}
	for _, m := range slices.Concat(own.Urgent, own.Other, stored.Urgent, stored.Other) {
		if !known[m] {
			known[m] = true
			add(method{Value: m, Title: strings.TrimPrefix(m, "channel:"), Hint: "this channel is gone", Icon: "ban"})
		}
	}
	page.Few = len(channels) == 0
	for _, f := range form.Faults {
		page.Fault = f.Remedy
	}
	return page, nil
}

// nowUsed says what a method is stored for.
func nowUsed(urgent, other bool) string {
	switch {
	case urgent && other:
		return "Now it is: urgent and everything else"
	case urgent:
		return "Now it is: urgent"
	case other:
		return "Now it is: everything else"
	}
	return "Now it is: not used"
}

// SavePreferences handles POST /profile/notifications.
func (p *Pages) SavePreferences(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		version = -1
	}
	own := notify.Preferences{Urgent: form.Values["urgent"], Other: form.Values["other"], Version: version}
	_, err = p.Notify.SetPreferences(r.Context(), own)
	if form.Refused(err) {
		now, err := p.Notify.Preferences(r.Context())
		if err != nil {
			return err
		}
		form.Stored((&web.Form{}).Default("version", strconv.FormatInt(now.Version, 10)))
		page, err := p.preferencesPage(r, form, own, now)
		if err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, preferencesPage, page)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, "/profile/notifications", "Saved: this is how you are told from now on")
}
