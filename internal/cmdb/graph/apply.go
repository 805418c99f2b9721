package graph

import (
	"fmt"
	"slices"
)

// Apply takes a delta in. Nothing changes when it returns an error, which
// names what is wrong. Deltas may come twice and in any order.
func (g *Graph) Apply(d Delta) error {
	if err := d.check(); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	old := g.view.Load()
	w := &change{View: *old}
	w.pages = slices.Clone(old.pages)
	for _, n := range d.Nodes {
		w.node(n, g.kind(&w.View, n.Kind))
	}
	groups := make([]uint32, len(d.Groups)+1)
	for i, text := range d.Groups {
		groups[i+1] = g.group(&w.View, text)
	}
	forms := make([]owned, len(d.Edges))
	for i, e := range d.Edges {
		forms[i].item, forms[i].form = packed(e, groups[e.Group])
	}
	w.edges(forms)
	g.view.Store(&w.View)
	g.packSoon(&w.View)
	return nil
}

// check tells what of a delta cannot be taken in.
func (d Delta) check() error {
	for i, n := range d.Nodes {
		if n.ID == 0 || n.ID > ItemMost || n.State > Retired {
			return fmt.Errorf("graph: node %d: item %d, state %d: items are 1 to %d, states 0 to %d", i, n.ID, n.State, ItemMost, Retired)
		}
	}
	for i, e := range d.Edges {
		switch {
		case e.From == 0 || e.To == 0 || e.From > ItemMost || e.To > ItemMost:
			return fmt.Errorf("graph: relation %d (%d): from %d to %d: items are 1 to %d", i, e.ID, e.From, e.To, ItemMost)
		case e.Kind >= kindMost || e.Provenance >= hardMark:
			return fmt.Errorf("graph: relation %d (%d): kind %d, provenance %d: below %d and %d", i, e.ID, e.Kind, e.Provenance, kindMost, hardMark)
		case int(e.Group) > len(d.Groups):
			return fmt.Errorf("graph: relation %d (%d): group %d of %d", i, e.ID, e.Group, len(d.Groups))
		case e.Since < 0 || e.Until < 0 || e.Revision < 0 || e.Revision == 0 && e.Until == 0:
			return fmt.Errorf("graph: relation %d (%d): since %d, until %d, revision %d: none is negative, and an open form has a revision", i, e.ID, e.Since, e.Until, e.Revision)
		}
	}
	return nil
}

// kind and group intern a text; the caller holds the lock. Views before w do
// not see what is appended.
func (g *Graph) kind(w *View, text string) uint16 {
	n, ok := g.kinds[text]
	if !ok && len(w.kinds) < 1<<16 {
		n = uint16(len(w.kinds))
		g.kinds[text] = n
		w.kinds = append(w.kinds, text)
	}
	return n
}

func (g *Graph) group(w *View, text string) uint32 {
	n, ok := g.groups[text]
	if !ok {
		n = uint32(len(w.groups))
		g.groups[text] = n
		w.groups = append(w.groups, text)
	}
	return n
}
