package cmdbweb

import (
	"cmp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/web"
)

// runView is what a run saw and changes, as a part of a page.
type runView struct {
	Figures []runFigure
	Lists   []changeList
	Remarks []cmdb.Remark
	Future  bool // nothing of it has happened
	Quiet   string
}

type runFigure struct {
	Label, Says string
	N           int
}

// changeList is one sort of changes, the first of them.
type changeList struct {
	Title, Icon, Tone string
	N, More           int
	Rows              []changeRow
}

type changeRow struct {
	Kind, Name, Path, Note string
	From, To, Verb         string // of a relation
}

var runPart = web.Parse(files, "runview.html", runView{})

// viewOf renders what a run saw.
func viewOf(r cmdb.Run) (web.HTML, error) {
	c, future := r.Counts, r.State == cmdb.RunDry || r.State == cmdb.RunAsking || r.State == cmdb.RunReading || r.State == cmdb.RunRefused || r.State == cmdb.RunFailed
	v := runView{Future: future, Remarks: r.Remarks}
	v.Figures = []runFigure{{"Items read", web.Count(c.Same) + " say nothing new", c.Items}, {word(future, "New", "Were new"), "items", c.Created}, {word(future, "Different", "Became different"), "items", c.Changed}, {word(future, "Turn stale", "Turned stale"), "not seen any more", c.Stale},
		{"Relations read", web.Count(c.Repeated) + " twice", c.Relations}, {word(future, "New", "Were new"), "relations", c.RelationsAdded}, {word(future, "End", "Ended"), "relations", c.RelationsStale}, {"Lead nowhere", "nobody knows an end", c.Dangling}}
	v.Lists = append(v.Lists, items("New items", "plus", "green", r.Diff.Created, c.Created), items("Different", "edit", "", r.Diff.Changed, c.Changed), items("Turn stale", "clock", "amber", r.Diff.Stale, c.Stale),
		relations("New relations", "plus", "green", r.Diff.RelationsAdded, c.RelationsAdded), relations("Different relations", "edit", "", r.Diff.RelationsChanged, c.RelationsChanged), relations("Relations that end", "clock", "amber", r.Diff.RelationsStale, c.RelationsStale),
		relations("Lead nowhere yet", "alert-triangle", "amber", r.Diff.Dangling, c.Dangling))
	kept := v.Lists[:0]
	for _, l := range v.Lists {
		if len(l.Rows) > 0 {
			kept = append(kept, l)
		}
	}
	v.Lists = kept
	if len(kept) == 0 && (r.State == cmdb.RunDry || r.State == cmdb.RunApplied) {
		v.Quiet = "It says nothing that the map did not know."
	}
	return runPart.Fragment(&v)
}

func word(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func items(title, icon, tone string, list []cmdb.ItemChange, n int) changeList {
	out := changeList{Title: title, Icon: icon, Tone: tone, N: max(n, len(list)), More: max(n-len(list), 0)}
	for _, c := range list {
		row := changeRow{Kind: kindWord(c.Kind), Name: cmp.Or(c.Name, c.Key)}
		if c.Item != 0 {
			row.Path = itemPath(c.Item)
		}
		var notes []string
		for _, a := range c.Attributes {
			notes = append(notes, fieldWord(a))
		}
		if len(notes) > 6 {
			notes = append(notes[:6], "…")
		}
		if row.Note = strings.Join(notes, ", "); row.Note == "" && c.Key != row.Name {
			row.Note = c.Key
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func relations(title, icon, tone string, list []cmdb.RelationChange, n int) changeList {
	out := changeList{Title: title, Icon: icon, Tone: tone, N: max(n, len(list)), More: max(n-len(list), 0)}
	for _, c := range list {
		out.Rows = append(out.Rows, changeRow{From: strings.TrimPrefix(c.From, "key:"), To: strings.TrimPrefix(c.To, "key:"), Verb: relationSentence(c.Kind, true)})
	}
	return out
}
