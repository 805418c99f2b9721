package cmdbweb

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

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
