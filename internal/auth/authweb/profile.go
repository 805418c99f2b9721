package authweb

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ProfilePage is oneself: how one reads pages, password, sessions.
type ProfilePage struct {
	web.Page
	Person auth.Person
	Form   *web.Form
	profileFields
	PasswordForm      *web.Form
	Current, Password web.Field
	Sessions          web.Table
	Others            bool
	Told              string
}

var profilePage = web.Parse(files, "profile.html", ProfilePage{})

// profilePage builds the page; a nil form takes the person's data.
func (p *Pages) profilePage(r *http.Request, form, password *web.Form) (*ProfilePage, error) {
	me, err := p.Auth.Me(r.Context())
	if err != nil {
		return nil, err
	}
	sessions, err := p.Auth.Sessions(r.Context())
	if err != nil {
		return nil, err
	}
	stored := (&web.Form{}).Default("display", me.Display).Default("zone", me.Zone).Default("vocabulary", string(me.Vocabulary)).Default("theme", string(me.Theme)).
		Default("version", strconv.FormatInt(me.Version, 10))
	if form == nil {
		form = stored
	}
	form.Stored(stored)
	if password == nil {
		password = &web.Form{}
	}
	page := &ProfilePage{Page: p.Shell.Page(r, "Profile", ""), Person: me, Form: form, profileFields: newProfileFields(form), PasswordForm: password, Told: p.Told}
	page.Narrow = true
	page.Current = secret(password, "current", "Present password", "current-password")
	page.Password = secret(password, "password", "New password", "new-password").Help("At least 12 characters; a few unrelated words are good")
	page.Sessions = web.Table{Label: "Sessions", V: page.V, Columns: []web.Column{{Title: "Browser", Phone: true}, {Title: "From", Width: 150}, {Title: "Last used", Width: 120, Phone: true}, {Title: "", Width: 90, Right: true, Phone: true}}}
	for _, s := range sessions {
		row := web.Row{Cells: []web.Cell{{Icon: device(s.Agent), Text: browser(s.Agent)}, {Text: s.Address, Mono: true}, {At: s.Seen}, {}}}
		if s.Current {
			row.Cells[3].Tag = &web.Tag{Text: "This one", Tone: "green"}
		} else {
			page.Others = true
			row.Cells[3].Buttons = []web.Button{{Title: "End", Path: "/profile/sessions/" + s.ID + "/end", Post: true, Small: true}}
		}
		page.Sessions.Rows = append(page.Sessions.Rows, row)
	}
	return page, nil
}

// browser is a browser's own long words in short ones: only to tell one's own
// sessions apart, so the common names are enough.
func browser(agent string) string {
	name, system := "Browser", ""
	for _, b := range [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}} {
		if strings.Contains(agent, b[0]) {
			name = b[1]
			break
		}
	}
	for _, s := range [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, s[0]) {
			system = " on " + s[1]
			break
		}
	}
	return name + system
}

func device(agent string) string {
	if strings.Contains(agent, "Mobile") || strings.Contains(agent, "Android") {
		return "device-mobile"
	}
	return "device-desktop"
}

// Profile handles GET /profile.
func (p *Pages) Profile(w http.ResponseWriter, r *http.Request) error {
	page, err := p.profilePage(r, nil, nil)
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, profilePage, page)
}

// SaveProfile handles POST /profile.
func (p *Pages) SaveProfile(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	_, err := p.Auth.UpdateMe(r.Context(), version(form), profileOf(form))
	if form.Refused(err) {
		return p.refusedProfile(w, r, form, nil)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, "/profile", "Your profile is saved")
}

func (p *Pages) refusedProfile(w http.ResponseWriter, r *http.Request, form, password *web.Form) error {
	page, err := p.profilePage(r, form, password)
	if err != nil {
		return err
	}
	return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, profilePage, page)
}

// version is the version a form was made from; one that was not sent never fits.
func version(f *web.Form) int64 {
	n, err := strconv.ParseInt(f.Get("version"), 10, 64)
	if err != nil || n < 1 {
		return -1
	}
	return n
}

// ChangePassword handles POST /profile/password.
func (p *Pages) ChangePassword(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	err := p.Auth.ChangePassword(r.Context(), form.Values.Get("current"), form.Values.Get("password"))
	if refused(form, err) != 0 {
		return p.refusedProfile(w, r, nil, form)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, "/profile", "Your password is changed; your other sessions are ended")
}

// EndSession handles POST /profile/sessions/{id}/end.
func (p *Pages) EndSession(w http.ResponseWriter, r *http.Request) error {
	if err := p.Auth.EndSession(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	return web.Redirect(w, r, "/profile#sessions", "The session is ended")
}

// EndOthers handles POST /profile/sessions/end-others.
func (p *Pages) EndOthers(w http.ResponseWriter, r *http.Request) error {
	if err := p.Auth.EndOtherSessions(r.Context()); err != nil {
		return err
	}
	return web.Redirect(w, r, "/profile#sessions", "All other sessions are ended")
}

// Who is the person with their avatar.
func (p *ProfilePage) Who() web.Person {
	return web.Person{Handle: p.Person.Handle, Name: p.Person.Display, You: true}
}

// Admin reports whether the person may change their own address: it is a way
// in, so only admins change one.
func (p *ProfilePage) Admin() bool { return p.V.May(actor.Administer) }

// RoleTag is one's role in the organisation.
func (p *ProfilePage) RoleTag() web.Tag { return web.Tag{Text: roleTitles[p.Person.Role]} }
