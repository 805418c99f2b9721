package cmdbweb

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// SourceFormPage adds a source, or edits one. The settings depend on the
// source, so it is chosen first.
type SourceFormPage struct {
	Base
	Form         *web.Form
	New          bool
	Choose       []web.Door // step one: which source
	Source       string
	SourceTitle  string
	Action, Back string
	Name         web.Field
	Fields       []web.Field
	Complete     web.Field
	Settings     []web.Field
	Secrets      []web.Field
	Clear        []web.Field
	Off          web.Field
	Version      web.Field
	Other        []errs.Field
}

var sourceFormPage = web.Parse(files, "sourceform.html", SourceFormPage{})

func (p *Pages) sourceForm(r *http.Request, d *cmdb.Discovery, form *web.Form) *SourceFormPage {
	page := &SourceFormPage{Base: p.base(r, "Add a source", atRuns, web.Crumb{Title: "Imports", Path: atRuns}, web.Crumb{Title: "Sources", Path: atSources}), Form: form, New: d == nil, Action: atSources + "/new", Back: atSources, Source: form.Get("source")}
	page.Narrow = true
	if d != nil {
		page.Title, page.Back, page.Source = "Edit "+d.Name, d.Ref().Path(), d.Spec.Source
		page.Action, page.Version = page.Back+"/edit", form.Hidden("version")
	}
	reader, ok := p.CMDB.Readers[page.Source]
	if !ok {
		for _, name := range slices.Sorted(maps.Keys(p.CMDB.Readers)) {
			page.Choose = append(page.Choose, web.Door{Title: name, Path: atSources + "/new?source=" + url.QueryEscape(name), Icon: "plug", What: sourceTitle(name)})
		}
		return page
	}
	page.SourceTitle = sourceTitle(page.Source)
	form.Default("every", cmdb.DefaultEvery.String()).Default("complete", "no")
	page.Name = form.Input("name", "Name").Need().First().Limit(63).Say("prod-cluster").Help("1 to 63 of a-z, 0-9 and -; it stays")
	page.Fields = []web.Field{form.Input("title", "Title").Limit(100), form.Input("scope", "Scope").Limit(200).Say("prod/eu-west-1").Help("Which part of the world it looks at"), form.Input("every", "Every").Say("PT1H").Help("Like PT15M, PT1H or P1D"),
		form.Input("share", "Ask before so many % turn stale").As("number").Say("20").Help("1 to 100; 100: never asks")}
	page.Complete = form.Radio("complete", "Does it see all of the scope?", web.Option{Value: "no", Title: "No, a part", Hint: "What it does not see stays as it is"}, web.Option{Value: "yes", Title: "Yes, all of it", Hint: "What it does not see any more turns stale, later retires"}).Need()
	page.Off = form.Check("disabled", "Keep it off")
	for _, name := range reader.Config {
		f := form.Input("config."+name, name).Limit(16 << 10).Help(settingHelp[name])
		if slices.Contains(reader.Need, name) {
			f = f.Need()
		}
		page.Settings = append(page.Settings, f)
	}
	for _, name := range reader.Secrets {
		f := form.Input("secrets."+name, name).As("password").Auto("new-password").Limit(16 << 10)
		f.Value = "" // a secret is never shown again
		if d != nil && slices.Contains(d.Secrets, name) {
			f = f.Say("set; empty keeps it")
			page.Clear = append(page.Clear, form.Check("clear."+name, "Remove "+name))
		}
		page.Secrets = append(page.Secrets, f)
	}
	shown := []string{"name", "title", "scope", "every", "share", "complete", "version", "max_share_percent"}
	for _, f := range slices.Concat(page.Settings, page.Secrets) {
		shown = append(shown, f.Name)
	}
	page.Other = form.Other(shown...)
	return page
}

// settingHelp says what settings mean that several sources have.
var settingHelp = map[string]string{"url": "Where the file is fetched from", "file": "A path below the server's discovery directory, in place of url", "env": "Environment of what does not name one", "team": "Owner of what does not name one", "region": "Region of what does not name one",
	"cluster": "Name of the cluster", "kubeconfig": "A path below the server's discovery directory; empty with url or file", "namespace": "Only this one", "context": "Of the kubeconfig", "insecure": "true: do not check the certificate", "without": "Resources to leave out, with commas between them"}

// NewSource handles GET /map/sources/new; source says which.
func (p *Pages) NewSource(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	return p.Shell.Render(w, r, sourceFormPage, p.sourceForm(r, nil, web.NewForm(r)))
}

func readSource(form *web.Form, source string) (s cmdb.DiscoverySpec, err error) {
	s = cmdb.DiscoverySpec{Title: form.Get("title"), Source: source, Scope: form.Get("scope"), Complete: form.Get("complete") == "yes", Disabled: form.Get("disabled") != "", Config: map[string]string{}, Secrets: map[string]string{}}
	if s.Every, err = readDuration(form, "every"); err != nil {
		return s, err
	}
	if n := form.Get("share"); n != "" {
		if s.MaxSharePercent, err = strconv.Atoi(n); err != nil || s.MaxSharePercent < 1 || s.MaxSharePercent > 100 {
			return s, errs.BadField("share", n, "write 1 to 100")
		}
	}
	for name := range form.Values {
		if k, ok := strings.CutPrefix(name, "config."); ok && form.Get(name) != "" {
			s.Config[k] = form.Get(name)
		}
		if k, ok := strings.CutPrefix(name, "secrets."); ok && form.Get(name) != "" {
			s.Secrets[k] = form.Get(name)
		}
		if k, ok := strings.CutPrefix(name, "clear."); ok && form.Get(name) != "" {
			s.Secrets[k] = ""
		}
	}
	return s, nil
}

// CreateSource handles POST /map/sources/new.
func (p *Pages) CreateSource(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	form := web.NewForm(r)
	spec, err := readSource(form, form.Get("source"))
	var d cmdb.Discovery
	if err == nil {
		d, err = p.CMDB.PutDiscovery(r.Context(), form.Get("name"), 0, spec)
	}
	if form.Refused(err) {
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, sourceFormPage, p.sourceForm(r, nil, form))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, d.Ref().Path(), "Added; it runs now")
}

func storedSource(d cmdb.Discovery) *web.Form {
	form := (&web.Form{}).Default("title", d.Spec.Title).Default("scope", d.Spec.Scope).Default("every", everySource(d.Spec).String()).Default("complete", word(d.Spec.Complete, "yes", "no")).Default("version", count64(d.Version))
	if d.Spec.MaxSharePercent > 0 {
		form.Default("share", strconv.Itoa(d.Spec.MaxSharePercent))
	}
	if d.Spec.Disabled {
		form.Default("disabled", "on")
	}
	for k, v := range d.Spec.Config {
		form.Default("config."+k, v)
	}
	return form
}

// EditSource handles GET and POST /map/sources/{name}/edit.
func (p *Pages) EditSource(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	d, err := p.CMDB.Discovery(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if d.Managed != "" {
		return inGit(d.Managed, d.Ref())
	}
	if r.Method != http.MethodPost {
		return p.Shell.Render(w, r, sourceFormPage, p.sourceForm(r, &d, storedSource(d)))
	}
	form := web.NewForm(r)
	spec, err := readSource(form, d.Spec.Source)
	if err == nil {
		version, _ := strconv.ParseInt(form.Get("version"), 10, 64) // a wrong one is a stale one
		_, err = p.CMDB.PutDiscovery(r.Context(), d.Name, version, spec)
	}
	if form.Refused(err) {
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, sourceFormPage, p.sourceForm(r, &d, form.Stored(storedSource(d))))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, d.Ref().Path(), "Saved; it runs now")
}
