// Package authweb is the pages of people, teams and the way in: sign-in,
// set-up, invitations, one's own profile, API tokens, people and teams.
//
// Pages call auth.Service, or auth.Door where nobody is known yet, and decide
// nothing. Passwords are never put back into a form. What is shown once, a
// token's secret and a password link, is the answer to the POST itself and
// not a redirect, because a redirect would have to keep it somewhere.
package authweb

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves the pages.
type Pages struct {
	Shell *web.Shell
	Auth  *auth.Service
	Door  *auth.Door
	// Told is the path of one's notification preferences; empty: there are none.
	Told string
	// TeamPanels are what other practices show on a team's page; an empty one is left out.
	TeamPanels []func(ctx context.Context, v *web.View, team string) (template.HTML, error)
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /login", p.Login)
	add("POST /login", p.SignIn)
	add("POST /logout", p.SignOut)
	add("GET /setup", p.Setup)
	add("POST /setup", p.SetUp)
	add("GET /invite", p.Invite)
	add("POST /invite", p.SetPassword)

	add("GET /profile", p.Profile)
	add("POST /profile", p.SaveProfile)
	add("POST /profile/password", p.ChangePassword)
	add("POST /profile/sessions/{id}/end", p.EndSession)
	add("POST /profile/sessions/end-others", p.EndOthers)

	add("GET /settings/tokens", p.Tokens)
	add("POST /settings/tokens", p.CreateToken)
	add("GET /settings/tokens/{key}", p.Token)
	add("POST /settings/tokens/{key}/revoke", p.RevokeToken)

	add("GET /people", p.People)
	add("GET /people/new", p.NewPerson)
	add("POST /people/new", p.CreatePerson)
	add("GET /people/{key}", p.Person)
	add("POST /people/{key}", p.SavePerson)
	add("POST /people/{key}/{verb}", p.PersonVerb)

	add("GET /teams", p.Teams)
	add("GET /teams/new", p.NewTeam)
	add("POST /teams/new", p.CreateTeam)
	add("GET /teams/{name}", p.Team)
	add("GET /teams/{name}/edit", p.EditTeam)
	add("POST /teams/{name}/edit", p.SaveTeam)
	add("POST /teams/{name}/delete", p.DeleteTeam)
}

// Profiles gives the page shell the viewer's profile.
type Profiles struct{ Auth *auth.Service }

// Profile returns the profile of the actor; a machine has a name and nothing else.
func (p Profiles) Profile(ctx context.Context) (web.Profile, error) {
	if who, ok := actor.From(ctx); !ok || who.Person == 0 {
		return web.Profile{Name: who.Name}, nil
	}
	me, err := p.Auth.Me(ctx)
	if err != nil {
		return web.Profile{}, err
	}
	return web.Profile{Name: me.Display, Handle: me.Handle, Zone: me.Zone, Theme: web.Theme(me.Theme), Vocabulary: web.Vocabulary(me.Vocabulary)}, nil
}

// SavePreferences changes what is not empty.
func (p Profiles) SavePreferences(ctx context.Context, zone string, theme web.Theme, vocabulary web.Vocabulary) error {
	_, err := p.Auth.SetPreferences(ctx, zone, auth.Theme(theme), auth.Vocabulary(vocabulary))
	return err
}

// secret is a password field; what was typed never comes back.
func secret(f *web.Form, name, label, complete string) web.Field {
	x := f.Input(name, label).As("password").Auto(complete).Limit(256).Need()
	x.Value = ""
	return x
}

// refused notes faults that the person can correct, those of signing in too,
// and returns the status to answer with; 0: it is another kind of error.
func refused(f *web.Form, err error) int {
	if f.Refused(err) {
		return http.StatusUnprocessableEntity
	}
	var e *errs.Error
	if errors.As(err, &e) && (e.Kind == errs.Unauthenticated || e.Kind == errs.Limited) {
		f.Text = strings.ToUpper(e.Text[:1]) + e.Text[1:]
		return errs.Table[e.Kind].HTTP
	}
	return 0
}

func options(chosen string, pairs ...[3]string) []web.Option {
	out := make([]web.Option, len(pairs))
	for i, p := range pairs {
		out[i] = web.Option{Value: p[0], Title: p[1], Hint: p[2], Chosen: p[0] == chosen}
	}
	return out
}

var roleTitles = map[actor.Role]string{
	actor.Admin: "Admin", actor.Manager: "Manager", actor.Responder: "Responder", actor.Requester: "Requester", actor.Auditor: "Auditor", actor.Machine: "Integration",
}

// person resolves the path's {key}: USR-17, or a handle.
func (p *Pages) person(r *http.Request) (auth.Person, error) {
	key := r.PathValue("key")
	if id, err := ref.ID(ref.Person, key); err == nil {
		key = ref.N(ref.Person, id).String()
	}
	return p.Auth.Person(r.Context(), key)
}

func profileOf(f *web.Form) auth.Profile {
	return auth.Profile{Display: f.Get("display"), Zone: f.Get("zone"), Vocabulary: auth.Vocabulary(f.Get("vocabulary")), Theme: auth.Theme(f.Get("theme"))}
}

// profileFields are the fields of a profile, filled in from the form.
type profileFields struct{ Display, Zone, Vocabulary, Theme web.Field }

func newProfileFields(f *web.Form) profileFields {
	return profileFields{
		Display: f.Input("display", "Name").Need().Limit(100).Auto("name"),
		Zone:    f.Input("zone", "Time zone").Need().Limit(64).Help("IANA name, such as Europe/Berlin or UTC. Times are stored in UTC and shown in this zone."),
		Vocabulary: f.Radio("vocabulary", "Words", options(f.Get("vocabulary"), [3]string{"itil", "ITIL", "Incident, known error, CMDB"},
			[3]string{"engineering", "Engineering", "Outage, documented bug, inventory"})...).Need(),
		Theme: f.Radio("theme", "Appearance", options(f.Get("theme"), [3]string{"auto", "As the device", ""}, [3]string{"light", "Light", ""}, [3]string{"dark", "Dark", ""})...).Need(),
	}
}

// zone is a person's time zone; what the tables do not know shows as UTC.
func zone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}
