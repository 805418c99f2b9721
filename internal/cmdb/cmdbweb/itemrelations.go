package cmdbweb

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/web"
)

// question is the relations of an item that answer one question.
type question struct {
	ID, Title, None string
	N               int
	Rows            []relRow
}

// relRow is a relation in words, or a redundancy group with its members.
type relRow struct {
	Says, Name, Path, Kind string
	Tags                   []web.Tag
	Note                   string
	Change                 string // path of the form
	Group                  string // "needs 2 of 3"; then Members are meant
	Members                []relRow
}

// asks are the questions, in order.
var asks = []question{
	{ID: "needs", Title: "Needs", None: "It uses nothing that the map knows of."},
	{ID: "needed", Title: "Is needed by", None: "Nobody uses it, as far as the map knows."},
	{ID: "contains", Title: "Contains"},
	{ID: "within", Title: "Is in"},
	{ID: "others", Title: "Otherwise"},
}

// questions sorts an item's relations by the question they answer; over are
// those that are kept for history.
func questions(d cmdb.Detail, page *ItemPage) (out []question, over []relRow) {
	out = slices.Clone(asks)
	groups := map[string]int{}
	for _, rel := range d.Relations {
		row := relation(rel, page)
		if rel.State == cmdb.Retired {
			over = append(over, row)
			continue
		}
		n := questionOf(rel)
		q := &out[n]
		q.N++
		// A group is one of the needs of the item: of what it uses, or its parts.
		mine := rel.Out == (rel.Kind.Need() == cmdb.FromNeedsTo)
		switch {
		case rel.Group != "" && mine:
			at, ok := groups[rel.Group]
			if !ok {
				at = len(q.Rows)
				groups[rel.Group] = at
				q.Rows = append(q.Rows, relRow{Name: rel.Group})
			}
			q.Rows[at].Members = append(q.Rows[at].Members, row)
			q.Rows[at].Note = fmt.Sprint(max(rel.Need, 1, number(q.Rows[at].Note)))
		case rel.Group != "":
			row.Tags = append(row.Tags, web.Tag{Text: fmt.Sprintf("one of %s, %d needed", rel.Group, max(rel.Need, 1))})
			q.Rows = append(q.Rows, row)
		default:
			q.Rows = append(q.Rows, row)
		}
	}
	for i := range out {
		for j := range out[i].Rows {
			if g := &out[i].Rows[j]; g.Members != nil {
				k := min(number(g.Note), len(g.Members))
				g.Note, g.Group = "", fmt.Sprintf("needs %d of %d", k, len(g.Members))
				if spare := len(g.Members) - k; spare > 0 {
					g.Group += ", " + web.Plural(spare, "spare", "spares")
				} else {
					g.Group += ", no spare"
				}
			}
		}
		slices.SortStableFunc(out[i].Rows, func(a, b relRow) int {
			return cmp.Or(one(b.Members != nil)-one(a.Members != nil), strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)))
		})
	}
	return slices.DeleteFunc(out, func(q question) bool { return q.N == 0 && q.None == "" }), over
}

func number(s string) (n int) {
	_, _ = fmt.Sscan(s, &n) // nothing yet is 0
	return n
}

// questionOf is the position in asks: containment and use are different
// questions, though both may be needs.
func questionOf(r cmdb.Related) int {
	switch {
	case r.Kind == cmdb.PartOf || r.Kind == cmdb.RunsOn:
		return 2 + one(r.Out)
	case r.Kind.Need() == cmdb.NoNeed:
		return 4
	}
	return one(r.Out != (r.Kind.Need() == cmdb.FromNeedsTo))
}

func relation(r cmdb.Related, page *ItemPage) relRow {
	row := relRow{Says: relationSentence(r.Kind, r.Out), Name: nameOf(r.Other), Path: itemPath(r.Other.ID), Kind: kindWord(r.Other.Kind)}
	if r.Other.ID == 0 {
		row.Name, row.Path = "an item that is not on the map any more", ""
	}
	if r.Other.Env != "" && r.Other.Env != page.Item.Env {
		row.Kind += ", " + r.Other.Env
	}
	if r.Kind.Need() != cmdb.NoNeed {
		row.Tags = append(row.Tags, web.Tag{Text: string(r.Strength), Tone: map[cmdb.Strength]string{cmdb.Hard: "accent"}[r.Strength]})
	}
	if r.State != cmdb.Present {
		row.Tags = append(row.Tags, *stateTag(r.State))
	}
	notes := []string{provenanceWord(r.Provenance)}
	if flow := flowWord(r.Flow); flow != "" {
		notes = append(notes, flow)
	}
	if !r.Since.IsZero() {
		notes = append(notes, "since "+page.V.Local(r.Since))
	}
	if r.Provenance&cmdb.Observed != 0 && !r.LastSeen.IsZero() {
		notes = append(notes, "seen "+page.V.Local(r.LastSeen))
	}
	row.Note = strings.Join(slices.DeleteFunc(notes, func(s string) bool { return s == "" }), " · ")
	if page.May && !page.Past && r.State != cmdb.Retired && r.Other.ID != 0 {
		way := "out"
		if !r.Out {
			way = "in"
		}
		row.Change = fmt.Sprintf("%s/relate?other=%s&kind=%s&way=%s", itemPath(page.Item.ID), key(r.Other.ID), r.Kind, way)
	}
	return row
}
