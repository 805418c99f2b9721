package cmdbweb

import (
	"context"
	"net/http"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ImpactPage answers one question: what breaks, what it needs, how one comes
// from one item to another, or what is behind what alerts.
type ImpactPage struct {
	Base
	Tabs           []web.Tab
	Ask            string
	Form           *web.Form
	Down, Degraded web.Field
	Item, From, To web.Field
	Answer         *answer
	MapPath        string
	Needs          []needRow
	More           string
	Path           []whyStep
	PathSays       string
	Start          *whyStep
	Why            []whyStep
	WhySays        string
	Roots          []rootRow
	Alerting       int
	Partial        bool
	Asked          bool
	Teach          web.Empty
}

var impactPage = web.Parse(files, "impact.html", ImpactPage{})

// The questions.
const (
	askHits  = "hits"
	askNeeds = "needs"
	askPath  = "path"
	askRoots = "roots"
)

// Impact handles GET /map/impact.
func (p *Pages) Impact(w http.ResponseWriter, r *http.Request) error {
	page := &ImpactPage{Base: p.base(r, "What breaks, and why", atHits), Form: web.NewForm(r)}
	page.Ask = page.Form.Get("ask")
	if item := page.Form.Get("item"); item != "" && page.Ask == "" { // as links of other pages have it
		page.Form.Default("down", item)
	}
	for _, t := range []struct{ ask, title string }{{askHits, "What breaks"}, {askNeeds, "What it needs"}, {askPath, "From one to another"}, {askRoots, "What is behind it"}} {
		at := atHits
		if t.ask != askHits {
			at += "?ask=" + t.ask
		}
		page.Tabs = append(page.Tabs, web.Tab{Title: t.title, Path: at, Current: t.ask == page.Ask || t.ask == askHits && !page.knows()})
	}
	if !page.knows() {
		page.Ask = askHits
	}
	err := p.ask(r, page)
	status := http.StatusOK
	switch {
	case err == nil:
	case page.Form.Refused(err):
		status = http.StatusUnprocessableEntity
	case errs.Is(err, errs.NotFound):
		page.Form.Text = err.Error()
		status = http.StatusNotFound
	default:
		return err
	}
	f := page.Form
	page.Down = f.Input("down", "What is down").Say("payments-db, CI-12").Help("Items or services, with commas between them")
	page.Degraded = f.Input("degraded", "What is degraded").Say("none")
	page.Item = f.Input("item", "Item or service").Say("checkout")
	page.From = f.Input("from", "From").Say("checkout")
	page.To = f.Input("to", "To").Say("payments-db")
	return p.Shell.RenderStatus(w, r, status, impactPage, page)
}

// Unwell marks a root that is known to be in trouble itself.
func (page *ImpactPage) Unwell() web.Tag { return web.Tag{Text: "unwell", Tone: "red"} }

func (page *ImpactPage) knows() bool {
	return page.Ask == askHits || page.Ask == askNeeds || page.Ask == askPath || page.Ask == askRoots
}

func (p *Pages) ask(r *http.Request, page *ImpactPage) error {
	ctx, f := r.Context(), page.Form
	switch page.Ask {
	case askNeeds:
		page.Teach = web.Empty{Icon: "sitemap", Title: "What does it need?", Text: "Name an item or a service: everything it needs is listed, nearest first, and what it cannot work without is marked."}
		if f.Get("item") == "" {
			return nil
		}
		item, err := p.CMDB.Find(ctx, f.Get("item"))
		if err != nil {
			return err
		}
		page.Asked = true
		page.MapPath = Look{Focus: []string{item.Ref().String()}, Depth: 4, Direction: "needs"}.path(atMap, nil)
		page.Needs, page.More, err = p.needs(ctx, item)
		return err
	case askPath:
		page.Teach = web.Empty{Icon: "route", Title: "Does one need the other?", Text: "Name two: the shortest chain of needs between them is shown, if there is one."}
		if f.Get("from") == "" || f.Get("to") == "" {
			return nil
		}
		return p.path(r, page)
	case askRoots:
		var err error
		page.Asked = true
		page.Roots, page.Alerting, page.Partial, err = p.roots(ctx)
		page.Teach = web.Empty{Icon: "circle-check", Title: "Nothing alerts that the map knows", Text: "When several things alert, what they all need stands here: the deepest first that is unwell itself."}
		return err
	}
	page.Teach = web.Empty{Icon: "urgent", Title: "What breaks if it does?", Text: "Name what is down or degraded, one or several: services and items that are hit are listed with the reason, and whom to tell."}
	l, err := readLook(f.Values, page.V.Loc)
	if err != nil || !l.Impact() {
		return err
	}
	causes, err := p.causes(ctx, l)
	if err != nil {
		return err
	}
	page.Asked = true
	page.MapPath = Look{Down: l.Down, Degraded: l.Degraded}.path(atMap, nil)
	page.Answer, err = p.answer(ctx, causes)
	if err != nil || f.Get("why") == "" {
		return err
	}
	return p.why(r, page, causes)
}

// causes are what a look takes for down and degraded.
func (p *Pages) causes(ctx context.Context, l Look) (out []cmdb.Cause, err error) {
	for i, list := range [][]string{l.Down, l.Degraded} {
		found, err := p.find(ctx, list)
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			out = append(out, cmdb.Cause{Item: int64(id), Level: []graph.Level{graph.Down, graph.Degraded}[i]})
		}
	}
	return out, nil
}

// path answers whether one item needs another.
func (p *Pages) path(r *http.Request, page *ImpactPage) error {
	ctx := r.Context()
	a, err := p.CMDB.Find(ctx, page.Form.Get("from"))
	if err != nil {
		return err
	}
	b, err := p.CMDB.Find(ctx, page.Form.Get("to"))
	if err != nil {
		return err
	}
	page.Asked = true
	list, err := p.CMDB.Path(ctx, a.ID, b.ID, cmdb.Ask{})
	if err != nil {
		return err
	}
	switch {
	case a.ID == b.ID:
		page.PathSays = "These are the same: " + nameOf(a) + "."
		return nil
	case len(list) == 0:
		page.PathSays = nameOf(a) + " does not need " + nameOf(b) + ", directly or through others."
		back, err := p.CMDB.Path(ctx, b.ID, a.ID, cmdb.Ask{})
		if len(back) > 0 {
			page.PathSays += " It is the other way round: " + nameOf(b) + " needs " + nameOf(a) + "."
		}
		return err
	}
	page.Start = &whyStep{Name: nameOf(a), Path: a.Ref().Path()}
	page.Path = hops(list)
	page.PathSays = nameOf(a) + " needs " + nameOf(b) + ", " + web.Plural(len(list), "step", "steps") + " away."
	page.MapPath = Look{Focus: []string{a.Ref().String()}, Depth: min(len(list), mostDepth), Direction: "needs"}.path(atMap, nil)
	return nil
}

// why answers why one item is hit.
func (p *Pages) why(r *http.Request, page *ImpactPage, causes []cmdb.Cause) error {
	item, err := p.CMDB.Find(r.Context(), page.Form.Get("why"))
	if err != nil {
		return err
	}
	list, err := p.CMDB.Why(r.Context(), item.ID, causes, cmdb.Ask{})
	if err != nil {
		return err
	}
	if len(list) == 0 {
		page.WhySays = nameOf(item) + " is not hit."
		return nil
	}
	page.WhySays = nameOf(item) + " is " + levelWord(list[0].Level)
	if page.Why = steps(list); len(page.Why) == 0 {
		page.WhySays += ", as was said."
	}
	return nil
}
