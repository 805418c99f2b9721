package authweb

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// SetupPage makes the first admin.
type SetupPage struct {
	web.Page
	Form                    *web.Form
	Token                   string
	Handle, Email, Password web.Field
	profileFields
}

var setupPage = web.Parse(files, "setup.html", SetupPage{})

func (p *Pages) setupPage(r *http.Request, form *web.Form) *SetupPage {
	page := &SetupPage{Page: p.Shell.Page(r, "Set up Evenkeel", ""), Form: form, Token: form.Get("token")}
	form.Default("zone", page.V.Loc.String()).Default("vocabulary", string(auth.ITIL))
	page.profileFields = newProfileFields(form)
	page.Display = page.Display.First()
	page.Handle = form.Input("handle", "Short name").Need().Limit(40).Auto("username").Help("You sign in with it and are mentioned by it: lower case, like mara")
	page.Email = form.Input("email", "E-mail").As("email").Limit(254).Auto("email")
	page.Password = secret(form, "password", "Password", "new-password").Help("At least 12 characters; a few unrelated words are good")
	return page
}

// Setup handles GET /setup.
func (p *Pages) Setup(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	if err := p.Door.CheckSetup(r.Context(), form.Get("token")); err != nil {
		return oldSetupLink(err)
	}
	return p.Shell.Render(w, r, setupPage, p.setupPage(r, form))
}

// SetUp handles POST /setup.
func (p *Pages) SetUp(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	in, err := p.Door.SetUp(r.Context(), form.Get("token"), auth.PersonEdit{Handle: form.Get("handle"), Email: form.Get("email"), Profile: profileOf(form)},
		form.Values.Get("password"), auth.ClientOf(r))
	if status := refused(form, err); status != 0 {
		return p.Shell.RenderStatus(w, r, status, setupPage, p.setupPage(r, form))
	} else if err != nil {
		return oldSetupLink(err)
	}
	p.Door.SetCookie(w, r, in)
	return web.Redirect(w, r, "/", "Welcome aboard. Add your colleagues under People")
}

// oldSetupLink says what to do about a link that no longer works: there is no
// admin to ask yet.
func oldSetupLink(err error) error {
	if errs.Is(err, errs.NotFound) {
		return errs.E(errs.NotFound, "this set-up link has been used or is too old; if there is no admin yet, restart the server, and it prints a new one")
	}
	return err
}
