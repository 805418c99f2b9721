package cmdbweb

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// RulesPage is the rules of reconciliation, in words and as code.
type RulesPage struct {
	Base
	Rules    cmdb.RulesRecord
	Built    bool // those built in
	Ask      *web.Confirm
	Busy     bool
	Percent  int
	Doing    string
	Sources  []string
	Own      []ownRule
	Identify []identifyRow
	Times    []web.Def
	Code     string
	Edit     bool
}

// ownRule is an attribute with an order of its own.
type ownRule struct{ Name, Kind, Order, Fresh string }

// identifyRow is what makes two items of a kind one.
type identifyRow struct{ Kind, Sure, Perhaps string }

var rulesPage = web.Parse(files, "rules.html", RulesPage{})

// RulesByName handles GET /map/rules/{name}: links to the record of the rules
// lead to the one page of them.
func (p *Pages) RulesByName(w http.ResponseWriter, r *http.Request) error {
	if r.PathValue("name") != cmdb.RulesName {
		return errs.E(errs.NotFound, "there is one record of rules")
	}
	http.Redirect(w, r, atRules, http.StatusSeeOther)
	return nil
}

// Rules handles GET /map/rules.
func (p *Pages) Rules(w http.ResponseWriter, r *http.Request) error {
	rec, err := p.CMDB.Rules(r.Context())
	if err != nil {
		return err
	}
	page := &RulesPage{Base: p.base(r, "Rules of the map", atReports, web.Crumb{Title: "Reports", Path: atReports}), Rules: rec}
	page.Live = rec.Ref().String()
	page.Edit = page.May && rec.Managed == ""
	if !rec.Replay.Done() {
		page.Busy, page.Percent = true, rec.Replay.Percent()
		page.Doing = fmt.Sprintf("The rules changed, and all items are worked out again: %d %%, %s different so far.", page.Percent, web.Plural(int(rec.Replay.Changed), "item", "items"))
	}
	x := rec.Rules
	for _, s := range x.Sources {
		page.Sources = append(page.Sources, sourceWord(s))
	}
	for _, a := range x.Attributes {
		order := make([]string, len(a.Sources))
		for i, s := range a.Sources {
			order[i] = sourceWord(s)
		}
		row := ownRule{Name: a.Name, Kind: "every kind", Order: cmp.Or(strings.Join(order, ", then "), "as above")}
		if a.Kind != "" {
			row.Kind = kindWord(a.Kind)
		}
		if a.Freshness > 0 {
			row.Fresh = web.Dur(time.Duration(a.Freshness))
		}
		page.Own = append(page.Own, row)
	}
	for _, k := range x.Identify {
		row := identifyRow{Kind: "every other kind"}
		if k.Kind != "" {
			row.Kind = kindWord(k.Kind)
		}
		var sure, perhaps []string
		for _, by := range k.By {
			if by.Weak {
				perhaps = append(perhaps, by.Scheme)
			} else {
				sure = append(sure, by.Scheme)
			}
		}
		row.Sure, row.Perhaps = strings.Join(sure, ", "), cmp.Or(strings.Join(perhaps, ", "), "nothing")
		page.Identify = append(page.Identify, row)
	}
	fresh := "for ever"
	if x.Freshness > 0 {
		fresh = web.Dur(time.Duration(x.Freshness)) + " after it was last said"
	}
	page.Times = []web.Def{{Term: "A source's word counts", Text: fresh}, {Term: "A stale item retires", Text: "after " + web.Dur(time.Duration(x.Grace))}, {Term: "A dependency that was seen counts", Text: web.Dur(time.Duration(x.Forget)) + " without being seen again"}}
	if page.Code, err = ascode.Write("ReconciliationRules", cmdb.RulesName, x); err != nil {
		return err
	}
	built, err := ascode.Write("ReconciliationRules", cmdb.RulesName, cmdb.DefaultRules())
	if err != nil {
		return err
	}
	page.Built = page.Code == built
	if page.Edit && !page.Built && r.URL.Query().Get("ask") == "reset" {
		page.Ask = &web.Confirm{Path: atRules + "/reset", Title: "Go back to the rules that are built in?", Text: "All items are worked out again by them, which can be watched here.", Button: "Go back to them", Danger: true, Cancel: atRules}
	}
	return p.Shell.Render(w, r, rulesPage, page)
}

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

// ResetRules handles POST /map/rules/reset.
func (p *Pages) ResetRules(w http.ResponseWriter, r *http.Request) error {
	err := p.CMDB.ResetRules(r.Context())
	if errs.Is(err, errs.Conflict) || errs.Is(err, errs.NotFound) {
		return web.Redirect(w, r, atRules, "Not done: "+errs.As(err).Text)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, ref.S(ref.Reconcile, cmdb.RulesName).Path(), "The rules that are built in are in force")
}
