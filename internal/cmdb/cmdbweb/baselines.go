package cmdbweb

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// BaselinesPage lists baselines.
type BaselinesPage struct {
	Base
	Table web.Table
	Pager web.Pager
	None  web.Empty
}

var baselinesPage = web.Parse(files, "baselines.html", BaselinesPage{})

// Baselines handles GET /map/baselines.
func (p *Pages) Baselines(w http.ResponseWriter, r *http.Request) error {
	list, more, err := p.CMDB.Baselines(r.Context(), r.URL.Query().Get("after"), perPage)
	if err != nil {
		return err
	}
	page := &BaselinesPage{Base: p.base(r, "Baselines", atBaselines)}
	page.Live = "*"
	page.Table = web.Table{Label: "Baselines", V: page.V, Columns: []web.Column{{Title: "Baseline", Phone: true}, {Title: "Of", Width: 180}, {Title: "Taken", Width: 130}, {Title: "Holds", Width: 220}, {Title: "Drift", Width: 150, Phone: true}}}
	for _, b := range list {
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{Text: cmp.Or(b.Spec.Title, b.Name), Path: b.Ref().Path(), Sub: word(b.Managed != "", "in git", "")}, {Text: word(b.Spec.Service == "", "the whole map", b.Spec.Service)}, {At: b.At},
			{Text: extent(b.Items, b.Relations)}, {Tag: driftTag(b)}}})
	}
	if more {
		page.Pager = web.Pager{Older: atBaselines + "?after=" + url.QueryEscape(list[len(list)-1].Name), Shown: web.Plural(len(list), "baseline", "baselines") + " shown"}
	}
	page.None = web.Empty{Icon: "flag", Title: "No baseline yet", Text: "A baseline is a signed pointer to how the map was at a time. It takes a moment, costs nothing, and what differs from it later is a work list."}
	if page.May {
		page.None.Button = &web.Button{Title: "Take a baseline…", Path: atBaselines + "/new", Icon: "plus", Tone: "primary"}
	}
	return p.Shell.Render(w, r, baselinesPage, page)
}

func extent(items, relations int64) string {
	return web.Plural(int(items), "item", "items") + " and " + web.Plural(int(relations), "relation", "relations")
}

// driftTag says how far the map is from a baseline.
func driftTag(b cmdb.Baseline) *web.Tag {
	switch {
	case b.Looked.IsZero():
		return &web.Tag{Text: "not looked at yet"}
	case b.Drift == 0:
		return &web.Tag{Text: "no drift", Tone: "green", Icon: "check"}
	case b.Drift >= cmdb.MaxDrift:
		return &web.Tag{Text: web.Count(int(b.Drift)) + " or more", Tone: "amber"}
	}
	return &web.Tag{Text: web.Plural(int(b.Drift), "difference", "differences"), Tone: "amber"}
}

// BaselinePage is one baseline with its drift.
type BaselinePage struct {
	Base
	Baseline cmdb.Baseline
	Key      string
	Tag      web.Tag
	Ask      *web.Confirm
	Facts    []web.Def
	Verified *cmdb.Verification
	Over     string // what was verified
	Rows     []differRow
	Pager    web.Pager
	Form     *web.Form
	Note     web.Field
	Edit     bool
	Decide   bool
	Title2   string
	Decided  []web.Def
}

var baselinePage = web.Parse(files, "baseline.html", BaselinePage{})

// Baseline handles GET /map/baselines/{name}; verify works its digest out anew.
func (p *Pages) Baseline(w http.ResponseWriter, r *http.Request) error {
	return p.showBaseline(w, r, &web.Form{}, http.StatusOK)
}

func (p *Pages) showBaseline(w http.ResponseWriter, r *http.Request, form *web.Form, status int) error {
	ctx, q := r.Context(), r.URL.Query()
	b, err := p.CMDB.Baseline(ctx, r.PathValue("name"))
	if err != nil {
		return err
	}
	page := &BaselinePage{Base: p.base(r, cmp.Or(b.Spec.Title, b.Name), atBaselines, web.Crumb{Title: "Baselines", Path: atBaselines}), Baseline: b, Key: b.Ref().String(), Tag: *driftTag(b), Form: form}
	page.Live = page.Key
	page.Edit, page.Decide = page.May && b.Managed == "", page.May
	page.Facts = []web.Def{{Term: "Of", Text: word(b.Spec.Service == "", "the whole map", b.Spec.Service+" and what it needs")}, {Term: "Taken", HTML: page.V.Full(b.At)},
		{Term: "Holds", Text: extent(b.Items, b.Relations)},
		{Term: "Last look", HTML: page.V.Time(b.Looked)}, {Term: "Next look", HTML: page.V.Time(b.Next), Sub: "every " + web.Dur(time.Duration(every(b.Spec)))}, {Term: "Drift raises an alert", Text: word(b.Spec.Alert, "yes", "no")},
		{Term: "Digest", HTML: digest(cmp.Or(b.Digest, "is being worked out"))}}
	if b.Spec.Service != "" && ref.IsName(b.Spec.Service) {
		page.Facts[0].Path = ref.S(ref.Service, b.Spec.Service).Path()
	}
	if q.Get("verify") != "" {
		v, err := p.CMDB.Verify(ctx, b.Name)
		if err != nil && !errs.Is(err, errs.Unavailable) {
			return err
		}
		if err == nil {
			page.Verified, page.Over = &v, extent(v.Items, v.Relations)
		} else {
			form.Text = errs.As(err).Text
		}
	}
	list, next, err := p.CMDB.Drift(ctx, b.Name, q.Get("cursor"), perPage)
	if err != nil {
		return err
	}
	for _, d := range list {
		page.Rows = append(page.Rows, differ(d))
	}
	if next == "" && q.Get("cursor") == "" { // all of it is here, and newer than the last look
		b.Looked, b.Drift = page.V.Now, 0
		for _, d := range list {
			b.Drift += int64(one(d.Note == ""))
		}
		page.Tag = *driftTag(b)
		if b.Drift == 0 && len(list) > 0 {
			page.Tag = web.Tag{Text: "all explained", Tone: "green", Icon: "check"}
		}
	}
	if next != "" {
		page.Pager = web.Pager{Older: b.Ref().Path() + "?cursor=" + url.QueryEscape(next), Shown: web.Plural(len(list), "difference", "differences") + " shown"}
	}
	page.Note = form.Input("note", "Why").Limit(2000).Help("Needed to explain; kept with what is accepted")
	p.askBaseline(page, q.Get("ask"))
	return p.Shell.RenderStatus(w, r, status, baselinePage, page)
}

func every(s cmdb.BaselineSpec) cmdb.Duration {
	if s.Every == 0 {
		return cmdb.DefaultLook
	}
	return s.Every
}

func (p *Pages) askBaseline(page *BaselinePage, ask string) {
	at := page.Baseline.Ref().Path()
	switch {
	case !page.May:
	case ask == "move":
		page.Ask = &web.Confirm{Path: at + "/move", Title: "Take it anew, of now?", Text: "All drift is accepted at once, and decisions on it are done with. The earlier baseline stays in the evidence log.", Button: "Take it anew", Cancel: at, Keep: []web.Hidden{{Name: "version", Value: count64(page.Baseline.Version)}}}
	case ask == "delete" && page.Edit:
		page.Ask = &web.Confirm{Path: at + "/delete", Title: "Delete the baseline " + page.Baseline.Name + "?", Text: "The map's history stays.", Button: "Delete", Danger: true, Cancel: at}
	}
}

// MoveBaseline handles POST /map/baselines/{name}/move.
func (p *Pages) MoveBaseline(w http.ResponseWriter, r *http.Request) error {
	version, _ := strconv.ParseInt(web.NewForm(r).Get("version"), 10, 64)
	b, err := p.CMDB.MoveBaseline(r.Context(), r.PathValue("name"), version)
	if errs.Is(err, errs.Conflict) {
		return web.Redirect(w, r, atBaselines+"/"+r.PathValue("name"), "Not done: "+errs.As(err).Text)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, b.Ref().Path(), "Taken anew")
}

// DeleteBaseline handles POST /map/baselines/{name}/delete.
func (p *Pages) DeleteBaseline(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	err := p.CMDB.DeleteBaseline(r.Context(), name)
	if errs.Is(err, errs.Conflict) {
		return web.Redirect(w, r, ref.S(ref.Baseline, name).Path(), "Not done: "+errs.As(err).Text)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, atBaselines, "The baseline "+name+" is deleted")
}
