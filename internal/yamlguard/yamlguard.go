// Package yamlguard looks at YAML before a parser does: nesting costs a parser
// stack, and the keys of a mapping cost it time by their square, so a small
// file could stop the program. It counts marks and parses nothing; marks inside
// quotes count too, because what is quoted only a parser knows, and no honest
// text has that many.
package yamlguard

import (
	"regexp"
	"strings"
)

// Guard is how much a parser is given.
type Guard struct {
	Marks     int  // brackets open at once, or entry marks ("- - -"), tags and anchors one after another
	Keys      int  // of the text, or of each document
	Documents bool // the text holds several: keys are counted anew at each ---
	Blocks    bool // blocks of text ("key: |") hold other languages, such as a dashboard in a ConfigMap, and do not count
}

// block is a line that begins a block of text ("key: |-").
var block = regexp.MustCompile(`^ *(- )*["']?[A-Za-z0-9_./-]+["']?: +[|>][+-]?[1-9]?[+-]? *\r?\n?$`)

// Excess returns the first line, from 1 on, with more than the guard allows; 0
// if there is none.
func (g Guard) Excess(s string) int {
	depth, run, keys, n, text := 0, 0, 0, 0, -1
	for line := range strings.Lines(s) {
		n++
		if g.Documents && strings.HasPrefix(line, "---") {
			keys = 0
		}
		if g.Blocks {
			in := len(line) - len(strings.TrimLeft(line, " "))
			if text >= 0 && (in > text || strings.TrimSpace(line) == "") {
				continue
			}
			if text = -1; block.MatchString(line) {
				text = in
			}
		}
		if keys += strings.Count(line, ": ") + strings.Count(line, ":\n"); keys > g.Keys {
			return n
		}
		for i := 0; i < len(line); i++ {
			switch line[i] {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			}
			if depth > g.Marks {
				return n
			}
		}
		for _, w := range strings.Fields(line) {
			if w == "-" || w == "?" || w == ":" || w[0] == '!' || w[0] == '&' {
				run++
			} else {
				run = 0
			}
			if run > g.Marks {
				return n
			}
		}
		if len(line)-len(strings.TrimLeft(line, " \t")) > 2*g.Marks {
			return n
		}
	}
	return 0
}
