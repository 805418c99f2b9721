// Package credentialweb is where an integration is given what it needs to call
// its pipeline: the answer of the gate, an approval, the start of a rollback. A
// panel of the integration's page says what there is; a form of its own takes
// it.
//
// Invariants:
//   - What was given is never shown again, also not to whom gave it: the form is
//     always empty, a refused one too, and saving replaces everything.
//   - The form asks for what the kind of integration can use and for nothing
//     else; which system it is follows from the kind.
//   - It is for whoever may configure. Others see that there is something.
package credentialweb

import (
	"context"
	"embed"
	"net/http"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Credentials keeps them: change.Service is one.
type Credentials interface {
	Credentials(ctx context.Context, integration string) (change.CredentialState, error)
	SetCredentials(ctx context.Context, integration string, c change.Credentials) (change.CredentialState, error)
	DropCredentials(ctx context.Context, integration string) error
}

// Pages serves the form and the panel. All fields are needed.
type Pages struct {
	Shell *web.Shell
	Keep  Credentials
	// Kind is what an integration speaks; an error if there is none.
	Kind func(ctx context.Context, integration string) (string, error)
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /settings/integrations/{name}/credentials", p.Show)
	add("POST /settings/integrations/{name}/credentials", p.Set)
	add("POST /settings/integrations/{name}/credentials/drop", p.Drop)
}

// system is what a kind of integration calls, and for what.
type system struct {
	name, title string
	does        []string
	fields      []string
}

// systems are by kind of integration; other kinds call nobody.
var systems = map[string]system{
	"github":  {"github", "GitHub", []string{"answers deployments that wait for a protection rule", "starts the workflow of an automated rollback"}, []string{"app_id", "private_key", "token", "url"}},
	"gitlab":  {"gitlab", "GitLab", []string{"approves or rejects deployments to protected environments", "answers external status checks", "starts the pipeline of an automated rollback"}, []string{"token", "trigger", "url"}},
	"argocd":  {"kubernetes", "the Kubernetes API", []string{"aborts a rollout when it is to be taken back"}, []string{"url", "token", "ca"}},
	"changes": {"webhook", "a webhook", []string{"signs the calls that start an automated rollback, so that your pipeline knows them"}, []string{"secret"}},
}

// names are what the parts of credentials are called.
var names = map[string]string{"token": "a token", "app": "a GitHub App", "trigger": "a trigger token", "ca": "the API's certificates", "secret": "a signing secret"}

func path(name string) string { return "/settings/integrations/" + name + "/credentials" }

type panel struct {
	V     *web.View
	Title string
	Does  []string
	Has   string
	URL   string
	Path  string
	State change.CredentialState
	May   bool
}

var panelPart = web.Parse(files, "panel.html", panel{})

// Panel is the body of the panel on an integration's page; empty for a kind that
// calls nobody.
func (p *Pages) Panel(ctx context.Context, v *web.View, integration, kind string) (web.HTML, error) {
	s, ok := systems[kind]
	if !ok {
		return "", nil
	}
	state, err := p.Keep.Credentials(ctx, integration)
	if err != nil {
		return "", err
	}
	return panelPart.Fragment(&panel{V: v, Title: s.title, Does: s.does, Has: has(state), URL: state.URL, Path: path(integration), State: state, May: v.May(actor.Configure)})
}

func has(state change.CredentialState) string {
	var out []string
	for _, x := range state.Has {
		out = append(out, names[x])
	}
	return strings.Join(out, ", ")
}

// FormPage takes credentials.
type FormPage struct {
	web.Page
	Form   *web.Form
	Fields []web.Field
	Path   string
	Back   string
	System string
	Does   []string
	Has    string
	State  change.CredentialState
}

var formPage = web.Parse(files, "form.html", FormPage{})

// Show handles GET /settings/integrations/{name}/credentials.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	page, _, err := p.page(r, &web.Form{})
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, formPage, page)
}

func (p *Pages) page(r *http.Request, form *web.Form) (*FormPage, system, error) {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return nil, system{}, err
	}
	name := r.PathValue("name")
	kind, err := p.Kind(r.Context(), name)
	if err != nil {
		return nil, system{}, err
	}
	s, ok := systems[kind]
	if !ok {
		return nil, s, errs.E(errs.NotFound, "an integration of the kind %s calls nobody, so it needs no credentials", kind).On(ref.S(ref.Integration, name).String())
	}
	page := &FormPage{Page: p.Shell.Page(r, "Credentials", "alerts"), Form: form, Path: path(name), Back: ref.S(ref.Integration, name).Path(), System: s.title, Does: s.does}
	page.Narrow, page.Crumbs = true, []web.Crumb{{Title: "Integrations", Path: "/integrations"}, {Title: name, Path: page.Back}}
	if page.State, err = p.Keep.Credentials(r.Context(), name); err != nil {
		return nil, s, err
	}
	page.Has = has(page.State)
	for _, f := range s.fields {
		page.Fields = append(page.Fields, field(form, f, s.name))
	}
	return page, s, nil
}

// field is one part. Secrets are passwords to browsers, and never filled in.
func field(form *web.Form, name, system string) web.Field {
	secret := func(x web.Field) web.Field { x.Value = ""; return x.Auto("off") }
	switch name {
	case "url":
		x := form.Input("url", "Address of the API")
		switch system {
		case "kubernetes":
			return x.Need().Say("https://kubernetes.harbour.example:6443")
		case "gitlab":
			return x.Say("https://gitlab.example.org/api/v4").Help("Empty: gitlab.com")
		}
		return x.Say("https://github.example.org/api/v3").Help("Empty: github.com")
	case "app_id":
		return form.Input("app_id", "App ID").Say("123456").Help("Of a GitHub App with the permissions Deployments and Actions, read and write. Protection rules need one.").Auto("off")
	case "private_key":
		return secret(form.Area("private_key", "Private key of the app", 5).Say("-----BEGIN RSA PRIVATE KEY-----"))
	case "trigger":
		return secret(form.Input("trigger", "Trigger token").As("password").Help("Starts pipelines, for automated rollbacks"))
	case "ca":
		return secret(form.Area("ca", "Certificates of the API", 5).Say("-----BEGIN CERTIFICATE-----").Help("Empty: those that this server trusts"))
	case "secret":
		return secret(form.Input("secret", "Signing secret").As("password").Need().Help("Calls carry an HMAC made with it"))
	}
	x := secret(form.Input("token", "Access token").As("password"))
	switch system {
	case "kubernetes":
		return x.Need().Help("Of a service account that may patch rollouts, and nothing else")
	case "gitlab":
		return x.Help("Of a project or group, with the scope api; its role may approve deployments")
	}
	return x.Help("In place of an app: a fine-grained token. It cannot answer protection rules.")
}

// Set handles POST /settings/integrations/{name}/credentials.
func (p *Pages) Set(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	_, s, err := p.page(r, form)
	if err != nil {
		return err
	}
	of := func(name string) string {
		if !slices.Contains(s.fields, name) {
			return ""
		}
		return form.Get(name)
	}
	_, err = p.Keep.SetCredentials(r.Context(), r.PathValue("name"), change.Credentials{System: s.name, URL: of("url"), Token: of("token"), AppID: of("app_id"), PrivateKey: of("private_key"), Trigger: of("trigger"), CA: of("ca"), Secret: of("secret")})
	if form.Refused(err) {
		page, _, err := p.page(r, form)
		if err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, formPage, page)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, ref.S(ref.Integration, r.PathValue("name")).Path(), "Kept, sealed; nobody can read it again")
}

// Drop handles POST /settings/integrations/{name}/credentials/drop.
func (p *Pages) Drop(w http.ResponseWriter, r *http.Request) error {
	if err := p.Keep.DropCredentials(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	return web.Redirect(w, r, ref.S(ref.Integration, r.PathValue("name")).Path(), "Forgotten: calls to the pipeline fail from now on")
}
