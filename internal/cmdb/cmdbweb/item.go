package cmdbweb

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ItemPage is one item with all that is known of it.
type ItemPage struct {
	Base
	Item         cmdb.Item
	Key          string
	Tags         []web.Tag
	Of           *partOf
	Menu         web.Menu
	Ask          *web.Confirm
	Notice       *web.Notice
	Strip        []web.Def
	Impact       *impactLine
	Relations    []question
	Over         []relRow
	More         bool
	Attributes   []attrRow
	Picture      web.HTML
	Around       string // what the picture shows, or why there is none
	MapPath      string
	Identifiers  []cmdb.Identifier
	Observations []obsRow
	Regroups     []regroupRow
	Pairs        []web.Def
	History      []formRow
	Older        string // path of the page with all of the history
	At           web.Field
	Past         bool // shown as it was at a time
	Split        bool
}

var itemPage = web.Parse(files, "item.html", ItemPage{})

// partOf is the service that an item is part of.
type partOf struct {
	Name, Path, Promise string
	Team                web.Cell
}

// impactLine is what breaks if the item does, in one line.
type impactLine struct {
	Says, Path string
	Teams      string
}

// Item handles GET /map/items/{key}; at shows it as it was then.
func (p *Pages) Item(w http.ResponseWriter, r *http.Request) error {
	id, err := itemID(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	page := &ItemPage{Base: p.base(r, key(id), atItems, web.Crumb{Title: "Items", Path: atItems})}
	form := web.NewForm(r)
	at, err := parseAt("at", form.Get("at"), page.V.Loc)
	var d cmdb.Detail
	switch {
	case err != nil:
	case at.IsZero():
		d, err = p.CMDB.Get(ctx, id)
	default:
		page.Past = true
		d, err = p.CMDB.AsOf(ctx, id, at)
	}
	if form.Refused(err) || errs.Is(err, errs.NotFound) && page.Past { // not known yet at that time
		text := errs.As(err).Text
		if d, err = p.CMDB.Get(ctx, id); err != nil {
			return err
		}
		if form.Text == "" {
			form.Faults = []errs.Field{{Name: "at", Remedy: text}}
		}
		page.Past, at = false, time.Time{}
	}
	if err != nil {
		return err
	}
	if page.Past {
		form.Values.Set("at", at.In(page.V.Loc).Format(atForm))
	}
	page.At = form.Input("at", "As it was").As("datetime-local")
	page.head(d, at)
	if err := p.itemRest(ctx, r, page, d, at); err != nil {
		return err
	}
	status := http.StatusOK
	if form.Faults != nil {
		status = http.StatusUnprocessableEntity
	}
	return p.Shell.RenderStatus(w, r, status, itemPage, page)
}

// itemRest fills in what surrounds an item.
func (p *Pages) itemRest(ctx context.Context, r *http.Request, page *ItemPage, d cmdb.Detail, at time.Time) error {
	page.Relations, page.Over = questions(d, page)
	page.More = d.More
	page.Attributes = attributes(d, page.V)
	page.Observations = observations(d)
	page.MapPath = Look{Focus: []string{page.Key}, Depth: defaultDepth, Direction: "both", At: at}.path(atMap, page.V.Loc)
	for _, f := range []func() error{
		func() error { return p.belongs(ctx, page, at) },
		func() error { return p.breaks(ctx, page, at) },
		func() error { return p.surroundings(ctx, page, at) },
		func() error { return p.past(ctx, r, page) },
		func() error { return p.regrouped(ctx, page) },
		func() error { return p.pairs(ctx, page) },
	} {
		if err := f(); err != nil {
			return err
		}
	}
	p.question(r, page)
	return nil
}

// head is what stands on top: name, state, facts.
func (page *ItemPage) head(d cmdb.Detail, at time.Time) {
	i := d.Item
	page.Item, page.Key, page.Title = i, key(i.ID), nameOf(i)
	page.Live = page.Key
	page.Identifiers = i.Identifiers
	page.Tags = []web.Tag{{Text: kindWord(i.Kind)}}
	if i.Env != "" {
		page.Tags = append(page.Tags, web.Tag{Text: i.Env})
	}
	page.Tags = append(page.Tags, *stateTag(i.State))
	if i.Conflicts > 0 {
		page.Tags = append(page.Tags, web.Tag{Text: web.Plural(i.Conflicts, "conflict", "conflicts"), Tone: "orange"})
	}
	team := teamCell(i.Team)
	page.Strip = []web.Def{{Term: "Owner, as sources say", Text: cmp.Or(team.Text, "nobody says"), Path: team.Path},
		{Term: "First seen", HTML: page.V.Time(i.FirstSeen)}, {Term: "Last seen", HTML: page.V.Time(i.LastSeen)}}
	if len(d.Observations) > 0 {
		page.Strip = append(page.Strip, web.Def{Term: "Told by", Text: web.Plural(len(d.Observations), "source", "sources")})
	}
	switch {
	case i.MergedInto != 0:
		page.Notice = &web.Notice{Tone: "accent", Icon: "git-merge", Fact: "It was merged into " + key(i.MergedInto) + ".", Effect: "What sources say of it belongs to that one now.", Buttons: []web.Button{{Title: "Open " + key(i.MergedInto), Path: itemPath(i.MergedInto), Small: true}}}
	case page.Past:
		page.Notice = &web.Notice{Tone: "accent", Icon: "history", Fact: "As it was " + at.In(page.V.Loc).Format("Mon 2 Jan 2006 15:04") + ".", Effect: "Name, state, attributes and relations are those of that time; identifiers and who said what are today's.", Buttons: []web.Button{{Title: "Now", Path: itemPath(i.ID), Small: true}}}
	case i.State == cmdb.Stale:
		effect := "A complete run of its sources did not see it any more."
		if !i.NextAt.IsZero() {
			effect += " It retires " + i.NextAt.In(page.V.Loc).Format("Mon 2 Jan 15:04") + " unless a source sees it again; nothing is deleted."
		}
		page.Notice = &web.Notice{Icon: "clock", Fact: "Stale since " + page.V.Local(staleSince(d)) + ".", Effect: effect}
	case i.State == cmdb.Retired:
		page.Notice = &web.Notice{Tone: "accent", Icon: "history", Fact: "Retired.", Effect: "It is kept because records name it. It comes back when a source sees it again."}
	}
	if page.May && !page.Past && i.MergedInto == 0 {
		page.menu(d)
	}
}

// staleSince is since when no source sees an item.
func staleSince(d cmdb.Detail) (t time.Time) {
	for _, o := range d.Observations {
		if o.AbsentAt.After(t) {
			t = o.AbsentAt
		}
	}
	if t.IsZero() {
		t = d.Updated
	}
	return t
}

// menu is what one may do to an item.
func (page *ItemPage) menu(d cmdb.Detail) {
	at := itemPath(d.ID)
	items := []web.Button{{Title: "Edit…", Path: at + "/edit", Icon: "edit"}, {Title: "Add a relation…", Path: at + "/relate", Icon: "link"}}
	if d.Kind != cmdb.KindService {
		items = append(items, web.Button{Title: "Merge with…", Path: at + "/merge", Icon: "git-merge"})
		if len(d.Observations) > 1 {
			page.Split = true
			items = append(items, web.Button{Title: "Split…", Path: at + "/split", Icon: "git-branch"})
		}
		if d.State == cmdb.Retired {
			items = append(items, web.Button{Title: "Restore…", Path: at + "?ask=restore", Icon: "arrow-back-up"})
		} else {
			items = append(items, web.Button{Title: "Retire…", Path: at + "?ask=retire", Icon: "ban", Tone: "danger"})
		}
	}
	page.Menu = web.Menu{Title: "Change it", Items: items}
}

// question asks about of what was chosen in the menu.
func (p *Pages) question(r *http.Request, page *ItemPage) {
	if !page.May || page.Past {
		return
	}
	at, form := itemPath(page.Item.ID), &web.Form{}
	keep := []web.Hidden{{Name: "version", Value: count64(page.Item.Version)}}
	switch r.URL.Query().Get("ask") {
	case "retire":
		page.Ask = &web.Confirm{Path: at + "/retire", Title: "Retire " + page.Title + "?", Text: "It is not there any more, and its relations are over. If a source sees it again, it is back; you can restore it.", Button: "Retire", Danger: true, Keep: keep, Cancel: at,
			Fields: []web.Field{form.Input("note", "Why").Need().First().Limit(2000)}}
	case "restore":
		page.Ask = &web.Confirm{Path: at + "/restore", Title: "Restore " + page.Title + "?", Text: "It is there again, with what its sources say of it.", Button: "Restore", Keep: keep, Cancel: at}
	}
}

// Differ marks an attribute on which sources differ.
func (page *ItemPage) Differ() web.Tag { return web.Tag{Text: "sources differ", Tone: "orange"} }
