package cmdbweb

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// formRow is a form of an item, and what became different when it began.
type formRow struct {
	Since   time.Time
	Path    string // the item as it was then
	Changes []cmdb.FieldChange
	First   bool // nothing older is known
	More    int
}

const (
	formsShown  = 10
	formsMost   = 200
	changesMost = 12 // of one form
)

// past lists the forms of an item.
func (p *Pages) past(ctx context.Context, r *http.Request, page *ItemPage) error {
	most := formsShown
	if r.URL.Query().Get("history") == "all" {
		most = formsMost
	}
	forms, err := p.CMDB.History(ctx, page.Item.ID, most+1)
	if err != nil {
		return err
	}
	for i, f := range forms[:min(len(forms), most)] {
		row := formRow{Since: f.Since, Path: itemPath(page.Item.ID) + "?at=" + f.Since.UTC().Add(time.Second).Format("2006-01-02T15:04:05Z")}
		if i+1 < len(forms) {
			row.Changes = formChanges(forms[i+1].Item, f.Item)
		} else {
			row.First = true
		}
		if n := len(row.Changes); n > changesMost {
			row.Changes, row.More = row.Changes[:changesMost], n-changesMost
		}
		page.History = append(page.History, row)
	}
	if len(forms) > most && most == formsShown {
		page.Older = itemPath(page.Item.ID) + "?history=all#history"
	}
	return nil
}

// formChanges is what differs between two forms of an item.
func formChanges(old, now cmdb.Item) (out []cmdb.FieldChange) {
	add := func(field, a, b string) {
		if a != b {
			out = append(out, cmdb.FieldChange{Field: field, Old: errs.Short(a), New: errs.Short(b)})
		}
	}
	add("kind", old.Kind, now.Kind)
	add("name", old.Name, now.Name)
	add("state", string(old.State), string(now.State))
	names := map[string]bool{}
	for n := range old.Attributes {
		names[n] = true
	}
	for n := range now.Attributes {
		names[n] = true
	}
	for _, n := range slices.Sorted(maps.Keys(names)) {
		add(n, valueText(old.Attributes[n]), valueText(now.Attributes[n]))
	}
	return out
}

// regroupRow is a merge, a split or a retirement.
type regroupRow struct {
	ID        int64
	Says      string
	OtherPath string
	Other     string
	Note      string
	At        time.Time
	Undone    time.Time
	Undo      string // where to take it back; empty: not from here
}

// regrouped lists what people merged, split and retired.
func (p *Pages) regrouped(ctx context.Context, page *ItemPage) error {
	list, _, err := p.CMDB.Regroups(ctx, page.Item.ID, 0, 20)
	if err != nil {
		return err
	}
	for _, g := range list {
		row := regroupRow{ID: g.ID, Note: g.Note, At: g.At, Undone: g.Undone}
		other := g.Other
		if other == page.Item.ID {
			other = g.Item
		}
		switch {
		case g.Verb == cmdb.RegroupMerge && g.Item == page.Item.ID:
			row.Says = "merged with"
		case g.Verb == cmdb.RegroupMerge:
			row.Says = "merged into"
		case g.Verb == cmdb.RegroupSplit && g.Item == page.Item.ID:
			row.Says = "split off"
		case g.Verb == cmdb.RegroupSplit:
			row.Says = "split from"
		default:
			row.Says = "retired"
		}
		if other != 0 && g.Verb != cmdb.RegroupRetire {
			row.Other, row.OtherPath = key(other), itemPath(other)
		}
		if page.May && g.Undone.IsZero() && g.Verb != cmdb.RegroupRetire {
			row.Undo = itemPath(page.Item.ID) + "/undo"
		}
		page.Regroups = append(page.Regroups, row)
	}
	return nil
}

// pairs lists what the item may be one with.
func (p *Pages) pairs(ctx context.Context, page *ItemPage) error {
	list, err := p.CMDB.ProposalsOf(ctx, page.Item.ID)
	if err != nil {
		return err
	}
	for _, x := range list {
		if x.State != cmdb.ProposalOpen {
			continue
		}
		other := x.A
		if other == page.Item.ID {
			other = x.B
		}
		page.Pairs = append(page.Pairs, web.Def{Term: x.Ref().String(), Text: "the same as " + key(other) + "?", Path: x.Ref().Path(), Sub: x.Why})
	}
	return nil
}
