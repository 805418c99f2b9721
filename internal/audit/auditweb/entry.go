package auditweb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// EntryPage is one entry with its proof.
type EntryPage struct {
	web.Page
	Entry  audit.Detail
	Facts  []web.Def
	Pretty string // the entry for reading
	Tree   *Tree  // nil while no checkpoint covers it
	Key    string
	Newer  string
	Older  string
}

var entryPage = web.Parse(files, "entry.html", EntryPage{})

// Tree is the drawing of an audit path: the way from the leaf at the bottom to
// the root at the top, with a sibling at every step.
type Tree struct {
	Height int
	RootY  int
	LeafY  int
	Root   string
	Leaf   string
	Steps  []TreeStep
}

// TreeStep is one step: two children at Y, their parent at Up.
type TreeStep struct {
	Y, Up   int
	X       int    // of the sibling
	TextX   int    // of its label
	Anchor  string // of its label
	Hash    string
	Covers  string // the entries the sibling stands for
	Sibling string // left or right
}

const (
	stepHeight = 40
	centre     = 230
	aside      = 56
)

func drawing(d audit.Detail) *Tree {
	if d.Proof == nil {
		return nil
	}
	t := &Tree{Height: 60 + stepHeight*len(d.Path), RootY: 24, Root: short(d.Checkpoint.Root), Leaf: short(d.Hash)}
	t.LeafY = t.RootY + stepHeight*len(d.Path)
	for i, s := range d.Path {
		y := t.LeafY - stepHeight*i
		step := TreeStep{Y: y, Up: y - stepHeight, Hash: short(s.Hash.String()), Covers: number(s.From), Sibling: "right", X: centre + aside, TextX: centre + aside + 12, Anchor: "start"}
		if s.To > s.From+1 {
			step.Covers += " to " + number(s.To-1)
		}
		if s.Left {
			step.Sibling, step.X, step.TextX, step.Anchor = "left", centre-aside, centre-aside-12, "end"
		}
		t.Steps = append(t.Steps, step)
	}
	return t
}

// short is the beginning of a hash, enough to tell hashes apart by eye.
func short(hash string) string {
	if len(hash) > 10 {
		return hash[:10] + "…"
	}
	return hash
}

// Entry handles GET /evidence/entries/{index}.
func (p *Pages) Entry(w http.ResponseWriter, r *http.Request) error {
	index, err := strconv.ParseInt(r.PathValue("index"), 10, 64)
	if err != nil {
		return errs.E(errs.NotFound, "entries are numbered; %q is no number", errs.Short(r.PathValue("index")))
	}
	d, err := p.Audit.Entry(r.Context(), index)
	if err != nil {
		return err
	}
	page := &EntryPage{Page: p.Shell.Page(r, "Entry "+number(index), "evidence"), Entry: d, Key: p.Audit.Key().String(), Tree: drawing(d)}
	if d.Checkpoint != nil { // the key of the time when it was signed
		if page.Key, err = p.Audit.KeyOf(r.Context(), d.Checkpoint.Epoch); err != nil {
			return err
		}
	}
	page.Crumbs, page.Newer = []web.Crumb{{Title: crumb, Path: "/evidence"}}, entryPath(index+1)
	if index > 0 {
		page.Older = entryPath(index - 1)
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, []byte(d.Canonical), "", "  ") == nil {
		page.Pretty = pretty.String()
	}
	who := p.actor(r.Context(), d.Actor)
	name := who.Text
	if who.Person != nil {
		name = who.Person.Name + " (" + d.Actor + ")"
	}
	page.Facts = []web.Def{{Term: "What", Text: d.Action, Sub: d.Reason}, {Term: "Record", Text: d.Record, Path: recordPath(d.Record)},
		{Term: "When", HTML: page.V.Full(d.At)}, {Term: "Who", Text: name, Sub: d.Via}}
	if d.Version > 0 {
		page.Facts = append(page.Facts, web.Def{Term: "Version", Text: fmt.Sprint(d.Version)})
	}
	page.Facts = append(page.Facts, web.Def{Term: "Hash", Text: d.Hash})
	if d.Checkpoint != nil {
		page.Facts = append(page.Facts, web.Def{Term: "Signed under", Text: ref.N(ref.Checkpoint, d.Checkpoint.Size).String(), Path: checkpointPath(d.Checkpoint.Size)})
	}
	return p.Shell.Render(w, r, entryPage, page)
}
