package cmdbweb

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// RulesFormPage edits the rules as code, with a preview.
type RulesFormPage struct {
	Base
	Form    *web.Form
	Code    web.Field
	Version web.Field
	Preview *rulesPreview
}

// rulesPreview is what rules would do.
type rulesPreview struct {
	Says string
	Rows []formPreview
	None bool
}

type formPreview struct {
	Name, Path, Kind string
	Changes          []cmdb.FieldChange
}

var rulesFormPage = web.Parse(files, "rulesform.html", RulesFormPage{})

func (p *Pages) rulesForm(r *http.Request, form *web.Form) *RulesFormPage {
	page := &RulesFormPage{Base: p.base(r, "Edit the rules", atReports, web.Crumb{Title: "Reports", Path: atReports}, web.Crumb{Title: "Rules", Path: atRules}), Form: form}
	page.Code = form.Area("code", "Rules, as code", 32).Limit(codeMost).Need().First().Help("YAML, as evenkeel export writes it; what is left out is as built in")
	page.Version = form.Hidden("version")
	return page
}

func (p *Pages) storedRules(r *http.Request) (*web.Form, cmdb.RulesRecord, error) {
	rec, err := p.CMDB.Rules(r.Context())
	if err != nil {
		return nil, rec, err
	}
	code, err := ascode.Write("ReconciliationRules", cmdb.RulesName, rec.Rules)
	return (&web.Form{}).Default("code", code).Default("version", count64(rec.Version)), rec, err
}

// EditRules handles GET and POST /map/rules/edit; do=preview shows what would
// change and saves nothing.
func (p *Pages) EditRules(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, actor.Configure); err != nil {
		return err
	}
	now, rec, err := p.storedRules(r)
	if err != nil {
		return err
	}
	if rec.Managed != "" {
		return inGit(rec.Managed, rec.Ref())
	}
	if r.Method != http.MethodPost {
		return p.Shell.Render(w, r, rulesFormPage, p.rulesForm(r, now))
	}
	form := web.NewForm(r)
	var rules cmdb.Rules
	err = readCode("code", form.Values.Get("code"), &rules)
	var preview cmdb.RulesPreview
	look := form.Get("do") == "preview"
	switch {
	case err != nil:
	case look:
		preview, err = p.CMDB.PreviewRules(ctx, rules)
	default:
		version, _ := strconv.ParseInt(form.Get("version"), 10, 64) // a wrong one is a stale one
		_, err = p.CMDB.PutRules(ctx, version, rules)
	}
	if form.Refused(err) {
		for i, f := range form.Faults { // one field for all of it: its path goes into the remedy
			if f.Name != "code" {
				form.Faults[i] = errs.Field{Name: "code", Remedy: strings.TrimSpace(f.Name+" "+f.Value) + ": " + f.Remedy}
			}
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, rulesFormPage, p.rulesForm(r, form.Stored(now)))
	} else if err != nil {
		return err
	}
	if !look {
		return web.Redirect(w, r, atRules, "Saved; all items are worked out again")
	}
	page := p.rulesForm(r, form)
	page.Preview = previewOf(preview)
	return p.Shell.Render(w, r, rulesFormPage, page)
}

func previewOf(x cmdb.RulesPreview) *rulesPreview {
	out := &rulesPreview{None: x.Items == 0}
	out.Says = fmt.Sprintf("Of %s %s would look different, in %s.", web.Plural(x.Looked, "item", "items"), web.Count(x.Items), web.Plural(x.Attributes, "field", "fields"))
	if x.Items == 0 {
		out.Says = fmt.Sprintf("None of %s would look different.", web.Plural(x.Looked, "item", "items"))
	}
	if !x.All {
		out.Says += " The rest was not looked at: there are too many for a preview."
	}
	for _, e := range x.Examples {
		out.Rows = append(out.Rows, formPreview{Name: cmp.Or(e.Name, key(e.Item)), Path: itemPath(e.Item), Kind: kindWord(e.Kind), Changes: changesOf(e.Changes)})
	}
	return out
}
