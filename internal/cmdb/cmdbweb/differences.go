package cmdbweb

import (
	"cmp"
	"net/http"
	"net/url"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// differRow is an item or a relation that is not what it was.
type differRow struct {
	Verb, Icon, Tone  string
	Name, Path, Kind  string
	Link, Other, OthP string // of a relation
	Since             time.Time
	Changes           []cmdb.FieldChange
	Note              string // what somebody explained
	Left              string
	What              string // names it in decisions, with the form that was seen
}

func differ(d cmdb.Difference) differRow {
	row := differRow{Verb: d.Verb, Name: cmp.Or(d.Name, key(d.Item)), Path: itemPath(d.Item), Kind: kindWord(d.Kind), Since: d.Since, Note: d.Note, What: d.What + " " + d.Form}
	if d.Link == "" && d.Verb == cmdb.Changed {
		row.Since = time.Time{} // the practice knows since when the item is, not since when it is so
	}
	row.Icon = map[string]string{cmdb.Added: "plus", cmdb.Removed: "x", cmdb.Changed: "edit"}[d.Verb]
	if d.Link != "" {
		row.Link, row.Other, row.OthP = relationSentence(d.Link, true), cmp.Or(d.OtherN, key(d.Other)), itemPath(d.Other)
	}
	row.Changes = changesOf(d.Changes)
	switch {
	case d.Left && d.Verb == cmdb.Removed:
		row.Left = "it is still on the map, but no longer belongs here"
	case d.Left:
		row.Left = "it was on the map before, and belongs here now"
	}
	return row
}

// changesOf are changes of fields as people read them.
func changesOf(list []cmdb.FieldChange) (out []cmdb.FieldChange) {
	for _, c := range list {
		c.Old, c.New = claimText(c.Field, c.Old), claimText(c.Field, c.New)
		c.Field = fieldWord(c.Field)
		out = append(out, c)
	}
	return out
}

// ChangesPage is what differs between two times.
type ChangesPage struct {
	Base
	Form    *web.Form
	From    web.Field
	To      web.Field
	Service web.Field
	Rows    []differRow
	Pager   web.Pager
	Says    string
	None    web.Empty
	Picks   []web.Tab
}

var changesPage = web.Parse(files, "changes.html", ChangesPage{})

// Changes handles GET /map/changes: all that changed between two times, or of
// one service and what it needs. Without times it is the last day.
func (p *Pages) Changes(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	page := &ChangesPage{Base: p.base(r, "Changes of the map", atBaselines, web.Crumb{Title: "Baselines", Path: atBaselines}), Form: form}
	zone, now := page.V.Loc, page.V.Now
	form.Default("from", now.Add(-24*time.Hour).In(zone).Format(atForm)).Default("to", "")
	fromAt, err := parseAt("from", form.Get("from"), zone)
	to, err2 := parseAt("to", form.Get("to"), zone)
	if err == nil {
		err = err2
	}
	var list []cmdb.Difference
	next := ""
	if err == nil && fromAt.IsZero() {
		err = errs.BadField("from", "", "say since when")
	}
	if err == nil {
		list, next, err = p.CMDB.Differences(r.Context(), cmdb.Span{From: fromAt, To: to, Service: form.Get("service"), Cursor: form.Get("cursor"), Limit: perPage})
	}
	status := http.StatusOK
	if form.Refused(err) {
		status = http.StatusUnprocessableEntity
	} else if err != nil {
		return err
	}
	page.From = form.Input("from", "From").As("datetime-local").Need()
	page.To = form.Input("to", "To").As("datetime-local").Help("Empty: now")
	page.Service = form.Input("service", "Service").Say("all").Help("With what it needs")
	for _, d := range list {
		page.Rows = append(page.Rows, differ(d))
	}
	for _, x := range []struct {
		title string
		ago   time.Duration
	}{{"The last hour", time.Hour}, {"The last day", 24 * time.Hour}, {"The last week", 7 * 24 * time.Hour}, {"The last month", 30 * 24 * time.Hour}} {
		since := now.Add(-x.ago).In(zone).Format(atForm)
		q := url.Values{"from": {since}}
		if s := form.Get("service"); s != "" {
			q.Set("service", s)
		}
		page.Picks = append(page.Picks, web.Tab{Title: x.title, Path: atChanges + "?" + q.Encode(), Current: form.Get("from") == since && form.Get("to") == ""})
	}
	if next != "" {
		q := url.Values{"from": {form.Get("from")}, "to": {form.Get("to")}, "service": {form.Get("service")}, "cursor": {next}}
		page.Pager = web.Pager{Older: atChanges + "?" + q.Encode(), Shown: web.Plural(len(list), "difference", "differences") + " shown"}
	}
	page.Says = web.Plural(len(list), "difference", "differences")
	page.None = web.Empty{Icon: "circle-check", Title: "Nothing is different", Text: "Between these two times nothing changed that the map keeps."}
	if next != "" {
		page.None = web.Empty{Icon: "history", Title: "Nothing in this stretch", Text: "There is more to look through.", Button: &web.Button{Title: "Go on", Path: page.Pager.Older}}
	}
	return p.Shell.RenderStatus(w, r, status, changesPage, page)
}
