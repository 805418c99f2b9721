package authweb

import (
	"fmt"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// LoginPage asks who is there.
type LoginPage struct {
	web.Page
	Form           *web.Form
	Name, Password web.Field
	Next           string // where to go afterwards
	Empty          bool   // there is nobody yet
}

var loginPage = web.Parse(files, "login.html", LoginPage{})

func (p *Pages) loginPage(r *http.Request, form *web.Form) *LoginPage {
	page := &LoginPage{Page: p.Shell.Page(r, "Sign in", ""), Form: form, Next: web.LocalPath(form.Get("next"), "/")}
	page.Name = form.Input("login", "Name or e-mail").Need().Auto("username").Limit(254)
	page.Password = secret(form, "password", "Password", "current-password")
	if page.Name.Value == "" {
		page.Name = page.Name.First()
	} else {
		page.Password = page.Password.First()
	}
	return page
}

// Login handles GET /login; whoever is signed in goes on at once.
func (p *Pages) Login(w http.ResponseWriter, r *http.Request) error {
	page := p.loginPage(r, web.NewForm(r))
	if _, known := actor.From(r.Context()); known {
		return web.Redirect(w, r, page.Next, "")
	}
	var err error
	if page.Empty, err = p.Door.Empty(r.Context()); err != nil {
		return err
	}
	return p.Shell.Render(w, r, loginPage, page)
}

// SignIn handles POST /login.
func (p *Pages) SignIn(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	in, err := p.Door.SignIn(r.Context(), form.Get("login"), form.Values.Get("password"), auth.ClientOf(r))
	if status := refused(form, err); status != 0 {
		if wait := errs.As(err).Retry; wait > 0 {
			w.Header().Set("Retry-After", fmt.Sprint(int(wait/time.Second)))
		}
		return p.Shell.RenderStatus(w, r, status, loginPage, p.loginPage(r, form))
	} else if err != nil {
		return err
	}
	p.Door.SetCookie(w, r, in)
	return web.Redirect(w, r, web.LocalPath(form.Get("next"), "/"), "")
}

// SignOut handles POST /logout.
func (p *Pages) SignOut(w http.ResponseWriter, r *http.Request) error {
	if err := p.Door.SignOut(r.Context(), p.Door.Cookie(r)); err != nil {
		return err
	}
	p.Door.ClearCookie(w, r)
	return web.Redirect(w, r, "/login", "You are signed out")
}

// NobodyYet says what to do on a new installation.
func (*LoginPage) NobodyYet() web.Notice {
	return web.Notice{Tone: "accent", Icon: "info-circle", Fact: "There is nobody here yet.", Effect: "The server printed a set-up link when it started; open that first."}
}
