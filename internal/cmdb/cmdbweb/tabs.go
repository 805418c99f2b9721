package cmdbweb

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/web"
)

// The pages below the map, by what they are about.
const (
	atItems     = "/map/items"
	atReports   = "/map/reports"
	atRuns      = "/map/runs"
	atImport    = "/map/import"
	atProposals = "/map/proposals"
	atBaselines = "/map/baselines"
	atChanges   = "/map/changes"
	atSources   = "/map/sources"
	atKinds     = "/map/kinds"
	atRules     = "/map/rules"
)

// sections are the tabs that all pages of the map share; current is the path of
// the one that a page belongs to.
func sections(current string) []web.Tab {
	out := []web.Tab{{Title: "Map", Path: atMap}, {Title: "Items", Path: atItems}, {Title: "Impact", Path: atHits}, {Title: "Reports", Path: atReports}, {Title: "Imports", Path: atRuns}, {Title: "Baselines", Path: atBaselines}}
	for i := range out {
		out[i].Current = out[i].Path == current
	}
	return out
}

// Base is what all pages below the map have.
type Base struct {
	web.Page
	Sections []web.Tab
	May      bool // the viewer may change the map by hand
}

// base starts a page of a section.
func (p *Pages) base(r *http.Request, title, section string, crumbs ...web.Crumb) Base {
	b := Base{Page: p.Shell.Page(r, title, nav), Sections: sections(section)}
	b.Crumbs = append([]web.Crumb{{Title: "Map", Path: atMap}}, crumbs...)
	b.May = b.V.May(actor.Configure)
	return b
}

// itemRoutes lists the pages of what stands on the map and how it came there.
func (p *Pages) itemRoutes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /map/items", p.Items)
	add("GET /map/items/new", p.NewItem)
	add("POST /map/items/new", p.CreateItem)
	add("GET /map/items/{key}", p.Item)
	add("GET /map/items/{key}/edit", p.EditItem)
	add("POST /map/items/{key}/edit", p.SaveItem)
	add("GET /map/items/{key}/relate", p.Relate)
	add("POST /map/items/{key}/relate", p.AddRelation)
	add("POST /map/items/{key}/unrelate", p.RemoveRelation)
	add("GET /map/items/{key}/merge", p.MergeForm)
	add("POST /map/items/{key}/merge", p.Merge)
	add("GET /map/items/{key}/split", p.SplitForm)
	add("POST /map/items/{key}/split", p.Split)
	add("POST /map/items/{key}/retire", p.Retire)
	add("POST /map/items/{key}/restore", p.Restore)
	add("POST /map/items/{key}/undo", p.Undo)
	add("GET /map/runs", p.Runs)
	add("GET /map/runs/{key}", p.Run)
	add("POST /map/runs/{key}/confirm", p.ConfirmRun)
	add("POST /map/runs/{key}/refuse", p.RefuseRun)
	add("GET /map/import", p.ImportForm)
	add("POST /map/import", p.Import)
	add("GET /map/reports", p.Reports)
	add("GET /map/reports/{name}", p.Report)
	add("GET /map/reports/{name}/csv", p.ReportCSV)
	add("GET /map/proposals", p.Proposals)
	add("GET /map/proposals/{key}", p.Proposal)
	add("POST /map/proposals/{key}", p.DecideProposal)
	add("GET /map/changes", p.Changes)
	add("GET /map/baselines", p.Baselines)
	add("GET /map/baselines/new", p.NewBaseline)
	add("POST /map/baselines/new", p.CreateBaseline)
	add("GET /map/baselines/{name}", p.Baseline)
	add("GET /map/baselines/{name}/edit", p.EditBaseline)
	add("POST /map/baselines/{name}/edit", p.EditBaseline)
	add("POST /map/baselines/{name}/move", p.MoveBaseline)
	add("POST /map/baselines/{name}/delete", p.DeleteBaseline)
	add("POST /map/baselines/{name}/drift", p.DecideDrift)
	add("GET /map/sources", p.Sources)
	add("GET /map/sources/new", p.NewSource)
	add("POST /map/sources/new", p.CreateSource)
	add("GET /map/sources/{name}", p.Source)
	add("GET /map/sources/{name}/edit", p.EditSource)
	add("POST /map/sources/{name}/edit", p.EditSource)
	add("POST /map/sources/{name}/run", p.RunSource)
	add("POST /map/sources/{name}/try", p.TrySource)
	add("POST /map/sources/{name}/delete", p.DeleteSource)
	add("GET /map/kinds", p.KindsPage)
	add("GET /map/kinds/new", p.NewKind)
	add("POST /map/kinds/new", p.CreateKind)
	add("GET /map/kinds/{name}", p.Kind)
	add("GET /map/kinds/{name}/edit", p.EditKind)
	add("POST /map/kinds/{name}/edit", p.EditKind)
	add("POST /map/kinds/{name}/delete", p.DeleteKind)
	add("GET /map/rules", p.Rules)
	add("GET /map/rules/{name}", p.RulesByName)
	add("GET /map/rules/edit", p.EditRules)
	add("POST /map/rules/edit", p.EditRules)
	add("POST /map/rules/reset", p.ResetRules)
}
