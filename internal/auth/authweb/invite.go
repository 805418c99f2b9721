package authweb

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/web"
)

// InvitePage sets a password by a one-time link.
type InvitePage struct {
	web.Page
	Form     *web.Form
	Token    string
	Person   auth.Person
	Password web.Field
	New      bool // an invitation, not a forgotten password
}

var invitePage = web.Parse(files, "invite.html", InvitePage{})

func (p *Pages) invitePage(r *http.Request, form *web.Form, who auth.Person) *InvitePage {
	return &InvitePage{Page: p.Shell.Page(r, "Choose a password", ""), Form: form, Token: form.Get("token"), Person: who, New: who.PasswordAt.IsZero(),
		Password: secret(form, "password", "New password", "new-password").First().Help("At least 12 characters; a few unrelated words are good")}
}

// Invite handles GET /invite. Looking uses nothing up: mail scanners follow links.
func (p *Pages) Invite(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	who, err := p.Door.Invited(r.Context(), form.Get("token"))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, invitePage, p.invitePage(r, form, who))
}

// SetPassword handles POST /invite.
func (p *Pages) SetPassword(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	who, err := p.Door.Invited(r.Context(), form.Get("token"))
	if err != nil {
		return err
	}
	in, err := p.Door.SetPassword(r.Context(), form.Get("token"), form.Values.Get("password"), auth.ClientOf(r))
	if status := refused(form, err); status != 0 {
		return p.Shell.RenderStatus(w, r, status, invitePage, p.invitePage(r, form, who))
	} else if err != nil {
		return err
	}
	p.Door.SetCookie(w, r, in)
	return web.Redirect(w, r, "/", "Your password is set")
}
