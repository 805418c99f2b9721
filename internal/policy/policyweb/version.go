package policyweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// VersionPage is one version: its text, what differs, and what can be done.
type VersionPage struct {
	web.Page
	Version policy.Version
	State   web.Tag
	Facts   []web.Def
	Buttons []web.Button
	Ask     *web.Confirm
	Form    *web.Form
	Rules   []Rule
	Against web.Field
	Differs []Differing
	Beside  string // what it is compared with; empty: nothing
	Change  web.Field
	Trial   *Trial
	Last    web.Field
	May     bool // try and replay
}

// Differing is one file that differs.
type Differing struct {
	File, Kind string
	Lines      []Line
}

// Trial is what a version says about one change.
type Trial struct {
	Change, Path string
	Now          Answer
	Before       *Answer
	Same         bool
	Gaps         []string
}

var versionPage = web.Parse(files, "version.html", VersionPage{})

type verb struct {
	title, button, done, text string
	danger                    bool
	do                        func(*policy.Service, context.Context, int64, string) (policy.Version, error)
}

var verbs = map[string]verb{
	"activate": {"Let this version decide?", "Let it decide", "It decides from now on", "The one that decides now is retired and can be brought back. Changes that are asked about again are decided anew; what was approved stays approved until it starts.", false, (*policy.Service).Activate},
	"shadow":   {"Let it answer beside the one that decides?", "Let it answer", "It answers beside the one that decides", "It decides nothing. Each question of a gate is put to both, and the differences are listed.", false, (*policy.Service).Try},
	"retire":   {"Put this version aside?", "Put aside", "Put aside", "It stays to be read.", true, (*policy.Service).Retire},
}

// Version handles GET /changes/policy/{key}.
func (p *Pages) Version(w http.ResponseWriter, r *http.Request) error {
	if strings.EqualFold(r.PathValue("key"), string(ref.Policy)+"-"+policy.Name) { // as it is named in git: the one that decides
		http.Redirect(w, r, "/changes/policy", http.StatusSeeOther)
		return nil
	}
	form := web.NewForm(r)
	page, err := p.version(r, form.Get("act"), form)
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, versionPage, page)
}

func (p *Pages) version(r *http.Request, act string, form *web.Form) (*VersionPage, error) {
	ctx := r.Context()
	id, err := number(r.PathValue("key"))
	if err != nil {
		return nil, err
	}
	v, err := p.Policies.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	names, err := p.names(r, v)
	if err != nil {
		return nil, err
	}
	page := &VersionPage{Page: p.Shell.Page(r, "Policy "+v.Ref().String(), nav), Version: v, State: stateOf(v), Form: form, Rules: rules(v.Modules), May: true}
	page.Crumbs, page.May = crumbs, page.V.May(actor.Respond)
	page.Facts = about(page.V, v, names)[1:]
	if !v.Created.IsZero() {
		page.Facts = append(page.Facts, web.Def{Term: "Made", HTML: page.V.Time(v.Created), Sub: names[v.MadeBy]})
	}
	if page.V.May(actor.Configure) {
		page.Buttons = buttons(v)
		if x, ok := verbs[act]; ok {
			page.Buttons = nil
			page.Ask = &web.Confirm{Path: v.Ref().Path() + "/" + act, Title: x.title, Text: x.text, Button: x.button, Danger: x.danger, Cancel: v.Ref().Path(),
				Fields: []web.Field{form.Input("reason", "Why").Need().First().Limit(500).Help("It is evidence, and what the next one reads who wonders")}}
		}
	}
	if err := p.compare(r, page, form); err != nil {
		return nil, err
	}
	page.Change = form.Input("change", "Change").Say("CHG-7").Limit(20)
	if key := form.Get("change"); key != "" && page.May {
		c, err := p.Policies.Compiled(ctx, id)
		if err != nil {
			return nil, err
		}
		if page.Trial, err = p.trial(r, c, key); form.Refused(asField(err)) {
			page.Change = form.Input("change", "Change").Say("CHG-7").Limit(20)
		} else if err != nil {
			return nil, err
		}
	}
	page.Last = form.Select("last", "Replay", web.Option{Value: "1000", Title: "the newest 1 000 decisions"}, web.Option{Value: "200", Title: "the newest 200"}, web.Option{Value: "5000", Title: "the newest 5 000"}, web.Option{Value: "20000", Title: "the newest 20 000"}).Need()
	return page, nil
}

// asField turns a change that is not there into a fault of the field.
func asField(err error) error {
	if errs.Is(err, errs.NotFound) {
		return errs.BadField("change", "", errs.As(err).Text)
	}
	return err
}

func buttons(v policy.Version) (out []web.Button) {
	at := v.Ref().Path() + "?act="
	if v.State != policy.Active {
		out = append(out, web.Button{Title: "Let it decide…", Path: at + "activate", Icon: "check", Tone: "primary"})
		if v.State != policy.Shadow && v.ID != 0 {
			out = append(out, web.Button{Title: "Answer beside…", Path: at + "shadow", Icon: "eye"})
		}
	}
	out = append(out, web.Button{Title: "Write a new one from it", Path: path + "/new?from=" + v.Ref().String(), Icon: "edit"})
	if v.ID != 0 && (v.State == policy.Draft || v.State == policy.Shadow) {
		out = append(out, web.Button{Title: "Put aside…", Path: at + "retire", Tone: "quiet"})
	}
	return out
}

// compare shows what differs from another version: the one that decides, unless
// the address says another.
func (p *Pages) compare(r *http.Request, page *VersionPage, form *web.Form) error {
	list, _, err := p.Policies.Versions(r.Context(), 0, 50)
	if err != nil {
		return err
	}
	chosen := form.Get("against")
	opts := []web.Option{{Value: "", Title: "nothing"}}
	for _, v := range list {
		if v.ID == page.Version.ID {
			continue
		}
		title := v.Ref().String()
		if v.State == policy.Active {
			title += ", which decides"
			if !form.Values.Has("against") {
				chosen = v.Ref().String()
				form.Default("against", chosen)
			}
		}
		opts = append(opts, web.Option{Value: v.Ref().String(), Title: title})
	}
	page.Against = form.Select("against", "Compared with", opts...)
	if chosen == "" {
		return nil
	}
	other, err := number(chosen)
	if err != nil {
		return err
	}
	diff, err := p.Policies.Diff(r.Context(), other, page.Version.ID)
	if err != nil {
		return err
	}
	page.Beside, page.Differs = ref.N(ref.Policy, other).String(), differing(diff)
	return nil
}

func differing(list []policy.FileDiff) (out []Differing) {
	for _, f := range list {
		d := Differing{File: f.File, Kind: f.Kind}
		for _, l := range f.Lines {
			d.Lines = append(d.Lines, Line{N: l.New, Old: l.Old, Op: l.Op, Text: l.Text})
		}
		out = append(out, d)
	}
	return out
}

// trial asks a policy about a change as its gate last knew it.
func (p *Pages) trial(r *http.Request, c *policy.Compiled, key string) (*Trial, error) {
	id, err := ref.ID(ref.Change, key)
	if err != nil {
		return nil, errs.BadField("change", key, err.Error())
	}
	d, err := p.Past.LastDecision(r.Context(), id)
	if err != nil {
		return nil, err
	}
	f := policy.Prepare(d.Input)
	now := c.Decide(r.Context(), f)
	before := answer(d.Result)
	return &Trial{Change: ref.N(ref.Change, id).String(), Path: ref.N(ref.Change, id).Path(), Now: answer(now), Before: &before, Same: policy.Stricter(now, d.Result) == 0, Gaps: f.Gaps()}, nil
}

// Do handles POST /changes/policy/{key}/{verb}.
func (p *Pages) Do(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r.PathValue("key"))
	if err != nil {
		return err
	}
	form, name := web.NewForm(r), r.PathValue("verb")
	if name == "backtest" {
		last, _ := strconv.Atoi(form.Get("last")) // 0 is refused below
		n, err := p.replay(r, id, last)
		if err != nil {
			return err
		}
		return web.Redirect(w, r, path+"/backtests/"+strconv.FormatInt(n, 10), "")
	}
	x, ok := verbs[name]
	if !ok {
		return errs.E(errs.NotFound, "there is no such thing to do")
	}
	v, err := x.do(p.Policies, r.Context(), id, form.Get("reason"))
	if form.Refused(err) {
		page, perr := p.version(r, name, form)
		if perr != nil {
			return perr
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, versionPage, page)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, v.Ref().Path(), x.done)
}
