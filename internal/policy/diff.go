package policy

import (
	"maps"
	"slices"
	"strings"
)

// FileDiff is how one module differs between two versions.
type FileDiff struct {
	File  string     `json:"file"`
	Kind  string     `json:"kind"` // added, removed, changed
	Lines []DiffLine `json:"lines"`
}

// DiffLine is one line of a difference, as in a unified diff.
type DiffLine struct {
	Op   string `json:"op"`            // "+", "-", " ", and "…" for lines that are left out
	Old  int    `json:"old,omitempty"` // its number before
	New  int    `json:"new,omitempty"` // its number after
	Text string `json:"text,omitempty"`
}

// around is how many unchanged lines are shown beside changed ones.
const around = 3

// Compare returns how modules differ, by file name.
func Compare(a, b map[string]string) (out []FileDiff) {
	all := maps.Clone(a)
	maps.Copy(all, b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		old, was := a[name]
		text, is := b[name]
		if was && is && old == text {
			continue
		}
		d := FileDiff{File: name, Kind: "changed", Lines: shorten(diff(split(old), split(text)))}
		switch {
		case !was:
			d.Kind = "added"
		case !is:
			d.Kind = "removed"
		}
		out = append(out, d)
	}
	return out
}

func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// maxTable bounds the work of one comparison: beyond, what differs is shown as
// removed and added as a whole.
const maxTable = 4 << 20

// diff compares lines by their longest common subsequence, after what is equal
// at both ends.
func diff(a, b []string) (out []DiffLine) {
	start, end := 0, 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	for i := range start {
		out = append(out, DiffLine{" ", i + 1, i + 1, a[i]})
	}
	x, y := a[start:len(a)-end], b[start:len(b)-end]
	i, j := 0, 0
	del := func() { out = append(out, DiffLine{Op: "-", Old: start + i + 1, Text: x[i]}); i++ }
	add := func() { out = append(out, DiffLine{Op: "+", New: start + j + 1, Text: y[j]}); j++ }
	if len(x)*len(y) <= maxTable {
		longest := table(x, y)
		for i < len(x) && j < len(y) {
			switch w := len(y) + 1; {
			case x[i] == y[j]:
				out = append(out, DiffLine{" ", start + i + 1, start + j + 1, x[i]})
				i, j = i+1, j+1
			case longest[(i+1)*w+j] >= longest[i*w+j+1]:
				del()
			default:
				add()
			}
		}
	}
	for i < len(x) {
		del()
	}
	for j < len(y) {
		add()
	}
	for k := range end {
		out = append(out, DiffLine{" ", len(a) - end + k + 1, len(b) - end + k + 1, a[len(a)-end+k]})
	}
	return out
}

// table holds the length of the longest common subsequence of x[i:] and y[j:].
func table(x, y []string) []int32 {
	w := len(y) + 1
	t := make([]int32, (len(x)+1)*w)
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				t[i*w+j] = t[(i+1)*w+j+1] + 1
			} else {
				t[i*w+j] = max(t[(i+1)*w+j], t[i*w+j+1])
			}
		}
	}
	return t
}

// shorten leaves out unchanged lines that are far from changed ones.
func shorten(list []DiffLine) (out []DiffLine) {
	near := make([]bool, len(list))
	for i, l := range list {
		if l.Op != " " {
			for k := max(0, i-around); k < min(len(list), i+around+1); k++ {
				near[k] = true
			}
		}
	}
	for i, l := range list {
		switch {
		case near[i]:
			out = append(out, l)
		case len(out) == 0 || out[len(out)-1].Op != "…":
			out = append(out, DiffLine{Op: "…"})
		}
	}
	return out
}
