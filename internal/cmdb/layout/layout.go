// Package layout computes where the boxes of a map stand, so that every reader
// sees the same picture and no browser has to search for one.
//
// It draws layered pictures from left to right (Sugiyama, Tagawa and Toda,
// "Methods for visual understanding of hierarchical system structures", 1981):
//
//	links that close a cycle are turned → layers → long links get a bend in
//	every layer they pass → order within layers (barycentre sweeps) → places
//
// Boxes may lie in frames, and frames in frames. Each frame is laid out for
// itself and is one box to its surroundings, where the links of what it holds
// count as its own. That is what keeps a picture still: opening a box makes it
// larger and moves what stands below and right of it, but changes neither
// layers nor order around it.
//
// Invariants:
//   - The same input gives the same picture, to the last digit.
//   - Boxes of one surrounding never overlap; a frame holds its boxes.
//   - A line whose Back is false leaves its box to the right and arrives from
//     the left. Back marks those that close a cycle.
//   - Work is bounded: sweeps are counted, not repeated until nothing improves.
//
// The order in which boxes are given decides where nothing else does, so give
// them in an order that means something (by name) and is always the same.
package layout

// Box is something to place: a box with a size, or a frame round others.
type Box struct {
	ID    string
	In    string  // frame that holds it; empty: none. An unknown frame counts as none
	W, H  float64 // of a frame: at least
	Frame bool
	Head  float64 // of a frame: room for its title, above what it holds
	// Column fixes the layer, counted from 1; 0: free. If a box of a
	// surrounding is fixed, all of it should be, and a line that does not lead
	// to a later column is Back.
	Column int
}

// Link leads from one box to another that stands right of it if possible.
// Links between a frame and what it holds are not drawn.
type Link struct{ ID, From, To string }

// Options are distances in pixels; 0 takes the usual ones.
type Options struct {
	Layer   float64 // between layers, 72
	Gap     float64 // between boxes of a layer, 12
	Pad     float64 // within frames, 12
	Abreast int     // boxes of a frame that are not linked and stand beside each other, 3
	Rows    int     // boxes in a layer before it becomes several columns; 0: as many as make the picture about 3:2
}

// Rect is where a box stands: its upper left corner and its size.
type Rect struct{ X, Y, W, H float64 }

// Point is a place in the picture.
type Point struct{ X, Y float64 }

// Line is the way of a link: from the edge of one box, through its bends, to
// the edge of the other. A smooth curve runs level at every point.
type Line struct {
	Points []Point
	Back   bool
}

// Picture is what Compute returns. The upper left corner is 0, 0.
type Picture struct {
	W, H  float64
	Boxes map[string]Rect
	Lines map[string]Line // without links that are not drawn
}

// Compute places boxes and links.
func Compute(boxes []Box, links []Link, opt Options) Picture {
	if opt.Layer == 0 {
		opt.Layer = 72
	}
	if opt.Gap == 0 {
		opt.Gap = 12
	}
	if opt.Pad == 0 {
		opt.Pad = 12
	}
	if opt.Abreast == 0 {
		opt.Abreast = 3
	}
	t := newTree(boxes, opt)
	t.lift(links)
	root := t.solve(-1)
	pic := Picture{W: root.w, H: root.h, Boxes: make(map[string]Rect, len(boxes)), Lines: make(map[string]Line, len(links))}
	t.settle(&pic, -1, 0, 0)
	t.route(&pic, links)
	return pic
}
