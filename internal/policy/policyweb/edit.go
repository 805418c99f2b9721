package policyweb

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/web"
)

// EditPage writes a new version from another one.
type EditPage struct {
	web.Page
	Form    *web.Form
	From    string
	Files   []File
	Name    web.Field // of one more file
	Text    web.Field
	Note    web.Field
	Change  web.Field
	Faults  []Fault
	Tests   []policy.Result
	Tested  string
	Passed  bool
	Trial   *Trial
	Changed []Differing
	Asked   bool
	MayKeep bool
}

// File is one module in the editor.
type File struct {
	ID, Name, Text string
	Rows           int
	Says           string
	Open, Changed  bool
}

// Fault is what is wrong, with the line that it is in.
type Fault struct{ Where, Text, Line string }

var editPage = web.Parse(files, "edit.html", EditPage{})

// New handles GET /changes/policy/new.
func (p *Pages) New(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	page, _, err := p.edit(r, form)
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, editPage, page)
}

// prefix of the fields that hold files.
const prefix = "file:"

// edit is the editor with what was written, and all its modules.
func (p *Pages) edit(r *http.Request, form *web.Form) (*EditPage, map[string]string, error) {
	if _, err := actor.Require(r.Context(), actor.Respond); err != nil {
		return nil, nil, err
	}
	page := &EditPage{Page: p.Shell.Page(r, "A new version of the policy", nav), Form: form}
	page.Crumbs, page.From, page.MayKeep = crumbs, form.Get("from"), page.V.May(actor.Configure)
	if page.From == "" {
		page.From = "POLICY-0"
	}
	id, err := number(page.From)
	if err != nil {
		return nil, nil, err
	}
	from, err := p.Policies.Get(r.Context(), id)
	if err != nil {
		return nil, nil, err
	}
	page.From = from.Ref().String()
	modules := maps.Clone(from.Modules)
	for name := range form.Values { // what was written takes the place of what was
		if file, ok := strings.CutPrefix(name, prefix); ok {
			if text := written(form.Values.Get(name)); text != "" {
				modules[file] = text
			} else {
				delete(modules, file)
			}
		}
	}
	name := form.Get("name")
	if text := written(form.Values.Get("text")); text != "" && name != "" {
		if !strings.HasSuffix(name, ".rego") {
			name += ".rego"
		}
		modules[name] = text
		form.Values.Del("name")
		form.Values.Del("text")
	}
	for n, x := range rules(modules) {
		f := File{ID: fmt.Sprintf("f-file-%d", n), Name: x.File, Text: modules[x.File], Says: x.Text, Changed: from.Modules[x.File] != modules[x.File]}
		f.Rows, f.Open = min(max(len(x.Lines)+1, 6), 32), f.Changed
		page.Files = append(page.Files, f)
	}
	page.Changed = differing(policy.Compare(from.Modules, modules))
	page.Name = form.Input("name", "One more file").Say("no-friday.rego").Limit(60)
	page.Text = form.Area("text", "Its text", 8).Say("# Nothing ships on Friday afternoon.\npackage evenkeel.change\n\ndeny contains {…} if {…}")
	page.Note = form.Input("note", "What it is for").Limit(500).Help("One sentence; it stands in the list of versions")
	page.Change = form.Input("change", "Ask about a change").Say("CHG-7").Limit(20).Help("On the facts of its last decision")
	return page, modules, nil
}

// written is a text as browsers send it, with the line ends that files have.
func written(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return strings.TrimRight(text, "\n") + "\n"
}

// Write handles POST /changes/policy/new: it tests, asks about a change, or
// keeps the draft.
func (p *Pages) Write(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	page, modules, err := p.edit(r, form)
	if err != nil {
		return err
	}
	if form.Get("do") == "keep" {
		v, err := p.Policies.Put(r.Context(), modules, form.Get("note"))
		if form.Refused(err) {
			page.refused(err, modules)
			page.Note = form.Input("note", "What it is for").Limit(500)
			return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, editPage, page)
		} else if err != nil {
			return err
		}
		return web.Redirect(w, r, v.Ref().Path(), "Kept as a draft; it decides nothing")
	}
	c, err := p.Policies.Draft(r.Context(), modules)
	if form.Refused(err) {
		page.refused(err, modules)
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, editPage, page)
	} else if err != nil {
		return err
	}
	page.test(c.Test(r.Context()))
	if key := form.Get("change"); key != "" && form.Get("do") == "ask" {
		if page.Trial, err = p.trial(r, c, key); form.Refused(asField(err)) {
			page.Change = form.Input("change", "Ask about a change").Say("CHG-7").Limit(20)
			return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, editPage, page)
		} else if err != nil {
			return err
		}
	}
	return p.Shell.Render(w, r, editPage, page)
}

func (page *EditPage) test(list []policy.Result) {
	page.Asked, page.Passed, page.Tests = true, true, nil
	for _, t := range list {
		if !t.Passed {
			page.Passed = false
			page.Tests = append(page.Tests, t)
		}
	}
	page.Tested = fmt.Sprintf("%s of %s passed", web.Count(len(list)-len(page.Tests)), web.Plural(len(list), "test", "tests"))
	if len(list) == 0 {
		page.Tested = "There is no test: write rules named test_ in a file …_test.rego"
	}
}

var place = regexp.MustCompile(`^(.+?):(\d+)`)

// refused shows each fault with its line, and opens its file.
func (page *EditPage) refused(err error, modules map[string]string) {
	for _, f := range errs.As(err).Fields {
		x := Fault{Where: f.Where, Text: f.Remedy}
		if x.Where == "" {
			x.Where = f.Name
		}
		if m := place.FindStringSubmatch(f.Where); m != nil {
			list := strings.Split(modules[m[1]], "\n")
			if n, _ := strconv.Atoi(m[2]); n >= 1 && n <= len(list) {
				x.Line = strings.TrimSpace(list[n-1])
			}
			if i := slices.IndexFunc(page.Files, func(f File) bool { return f.Name == m[1] }); i >= 0 {
				page.Files[i].Open = true
			}
		}
		page.Faults = append(page.Faults, x)
	}
	if len(page.Faults) == 0 {
		page.Faults = []Fault{{Where: "Policy", Text: errs.As(err).Text}}
	}
}
