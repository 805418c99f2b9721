package authweb

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// TokensPage lists API tokens and makes new ones.
type TokensPage struct {
	web.Page
	Tabs                []web.Tab
	Table               web.Table
	Pager               web.Pager
	Empty               web.Empty
	Form                *web.Form
	Name, Role, Machine web.Field
	Days                web.Field
	Scopes              []web.Option
	ScopeFault          string
	Secret              string // of the token just made; shown this once
	Made                auth.Token
}

var tokensPage = web.Parse(files, "tokens.html", TokensPage{})

func (p *Pages) tokensPage(r *http.Request, form *web.Form) (*TokensPage, error) {
	all := r.URL.Query().Get("all") != ""
	list, next, err := p.Auth.Tokens(r.Context(), all, auth.Page{Cursor: r.URL.Query().Get("after")})
	if err != nil {
		return nil, err
	}
	page := &TokensPage{Page: p.Shell.Page(r, "API tokens", "settings"), Form: form,
		Empty: web.Empty{Icon: "key", Title: "No tokens", Text: "A token lets a program act as you, or as a part of you."}}
	page.Crumbs = []web.Crumb{{Title: "Settings", Path: "/settings"}}
	here := "/settings/tokens"
	if page.V.May(actor.Administer) {
		page.Tabs = []web.Tab{{Title: "Yours", Path: here, Current: !all}, {Title: "Everybody's", Path: here + "?all=1", Current: all}}
	}
	page.Table = tokenTable(page.V, list, all)
	if next != "" {
		page.Pager = web.Pager{Older: here + "?after=" + next, Shown: "oldest first"}
		if all {
			page.Pager.Older += "&all=1"
		}
	}
	p.tokenForm(page, form)
	return page, nil
}

func (p *Pages) tokenForm(page *TokensPage, form *web.Form) {
	page.Name = form.Input("name", "What is it for?").Need().Limit(100).Say("deploy pipeline")
	page.Days = form.Select("days", "Ends after", options(form.Get("days"), [3]string{"90", "90 days"}, [3]string{"7", "7 days"}, [3]string{"30", "30 days"}, [3]string{"366", "a year"})...).Need()
	roles := []web.Option{{Value: ownRole, Title: "Your own role", Chosen: true}}
	for _, role := range actor.Roles {
		if who := (actor.Actor{Role: role}); !slices.ContainsFunc(actor.Permissions, func(x actor.Permission) bool { return who.May(x) && !page.V.May(x) }) {
			roles = append(roles, web.Option{Value: string(role), Title: roleTitles[role]})
		}
	}
	page.Role = form.Select("role", "Acts as", roles...).Need()
	page.Machine = form.Check("machine", "For a machine: it stays when you leave, and needs a role of its own")
	for _, permission := range actor.Permissions {
		if page.V.May(permission) {
			page.Scopes = append(page.Scopes, web.Option{Value: string(permission), Title: string(permission), Hint: scopeHints[permission],
				Chosen: slices.Contains(form.Values["scope"], string(permission))})
		}
	}
	for _, f := range form.Faults {
		if strings.HasPrefix(f.Name, "scopes") {
			page.ScopeFault = f.Remedy
		}
	}
}

// ownRole stands in the form for the role of whoever makes the token.
const ownRole = "own"

var scopeHints = map[actor.Permission]string{
	actor.Read: "see records", actor.Report: "declare incidents, add notes", actor.Respond: "acknowledge, mitigate, silence",
	actor.Configure: "teams, services, rules, channels", actor.Administer: "people and everybody's tokens", actor.Audit: "list and verify evidence",
	actor.Ingest: "post alerts and heartbeats", actor.Self: "your profile, tokens, sessions",
}

func tokenTable(v *web.View, list []auth.Token, all bool) web.Table {
	t := web.Table{Label: "API tokens", V: v, Columns: []web.Column{{Title: "Token", Phone: true}, {Title: "Acts as", Width: 110}, {Title: "May", Width: 220}, {Title: "Last used", Width: 110}, {Title: "Ends", Width: 110, Phone: true}, {Width: 90, Right: true, Phone: true}}}
	for _, k := range list {
		may := "all of the role"
		if len(k.Scopes) > 0 {
			words := make([]string, len(k.Scopes))
			for i, s := range k.Scopes {
				words[i] = string(s)
			}
			may = strings.Join(words, ", ")
		}
		name := web.Cell{Key: k.Ref().String(), Text: k.Name}
		switch {
		case k.Person == 0:
			name.Sub = "machine"
		case all:
			name.Sub = ref.N(ref.Person, k.Person).String()
		}
		used := web.Cell{At: k.Used}
		if k.Used.IsZero() {
			used.Text = "never"
		}
		row := web.Row{ID: k.Ref().Key, Cells: []web.Cell{name, {Text: roleTitles[k.Role]}, {Text: may}, used, {At: k.Expires}, {}}}
		switch {
		case !k.Revoked.IsZero():
			row.Quiet, row.Cells[4] = true, web.Cell{Tag: &web.Tag{Text: "Revoked"}}
		case !k.Alive(v.Now):
			row.Quiet, row.Cells[4] = true, web.Cell{Tag: &web.Tag{Text: "Expired"}}
		default:
			row.Cells[5].Buttons = []web.Button{{Title: "Revoke", Path: "/settings/tokens/" + k.Ref().String() + "/revoke", Tone: "danger", Post: true, Small: true}}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// Tokens handles GET /settings/tokens; all=1 shows everybody's.
func (p *Pages) Tokens(w http.ResponseWriter, r *http.Request) error {
	page, err := p.tokensPage(r, &web.Form{})
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, tokensPage, page)
}

// CreateToken handles POST /settings/tokens and shows the secret.
func (p *Pages) CreateToken(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	n := auth.NewToken{Name: form.Get("name"), Role: actor.Role(strings.TrimPrefix(form.Get("role"), ownRole)), Machine: form.Get("machine") != "", Life: days(form.Get("days"))}
	for _, s := range form.Values["scope"] {
		n.Scopes = append(n.Scopes, actor.Permission(s))
	}
	t, secret, err := p.Auth.CreateToken(r.Context(), n)
	status := http.StatusOK
	if form.Refused(err) {
		status = http.StatusUnprocessableEntity
	} else if err != nil {
		return err
	} else {
		form = &web.Form{}
	}
	page, err := p.tokensPage(r, form)
	if err != nil {
		return err
	}
	page.Secret, page.Made = secret, t
	return p.Shell.RenderStatus(w, r, status, tokensPage, page)
}

func days(s string) time.Duration {
	d, err := time.ParseDuration(s + "h")
	if err != nil || d < 0 || d > 10_000*time.Hour {
		return -1 // the service says what is right
	}
	return 24 * d
}

// Token handles GET /settings/tokens/{key}: the token's row in the list.
func (p *Pages) Token(w http.ResponseWriter, r *http.Request) error {
	id, err := tokenID(r)
	if err != nil {
		return err
	}
	query := ""
	if who, _ := actor.From(r.Context()); who.May(actor.Administer) {
		query = "?all=1"
	}
	return web.Redirect(w, r, "/settings/tokens"+query+"#TOK-"+ref.N(ref.Token, id).Key, "")
}

// RevokeToken handles POST /settings/tokens/{key}/revoke.
func (p *Pages) RevokeToken(w http.ResponseWriter, r *http.Request) error {
	id, err := tokenID(r)
	if err != nil {
		return err
	}
	if err := p.Auth.RevokeToken(r.Context(), id); err != nil {
		return err
	}
	return web.Redirect(w, r, "/settings/tokens", ref.N(ref.Token, id).String()+" is revoked")
}

func tokenID(r *http.Request) (int64, error) {
	id, err := ref.ID(ref.Token, r.PathValue("key"))
	if err != nil {
		return 0, errs.E(errs.NotFound, "there is no such token")
	}
	return id, nil
}

// Admin reports whether the viewer may make tokens for machines.
func (p *TokensPage) Admin() bool { return p.V.May(actor.Administer) }
