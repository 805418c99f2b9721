package yamlguard

import (
	"strings"
	"testing"
)

func TestExcess(t *testing.T) {
	keys := strings.Repeat("a: 1\n", 6)
	for name, c := range map[string]struct {
		guard Guard
		text  string
		want  int
	}{
		"nothing":              {Guard{Marks: 3, Keys: 5}, "a: [1, {b: 2}]\n", 0},
		"brackets":             {Guard{Marks: 3, Keys: 5}, "a: 1\nb: [[[[\n", 2},
		"entries":              {Guard{Marks: 3, Keys: 5}, "- - - - a\n", 1},
		"anchors":              {Guard{Marks: 3, Keys: 5}, "&a\n&b\n!c\n&d\n", 4},
		"indent":               {Guard{Marks: 3, Keys: 5}, "       a\n", 1},
		"keys":                 {Guard{Marks: 3, Keys: 5}, keys, 6},
		"keys of two":          {Guard{Marks: 3, Keys: 5, Documents: true}, keys[:25] + "---\n" + keys[:25], 0},
		"keys of one in two":   {Guard{Marks: 3, Keys: 5}, keys[:25] + "---\n" + keys[:25], 7},
		"block":                {Guard{Marks: 3, Keys: 5, Blocks: true}, "a: |\n  [[[[[[\n\n  {{{{{{\nb: 1\n", 0},
		"block that counts":    {Guard{Marks: 3, Keys: 5}, "a: |\n  [[[[[[\n", 2},
		"behind the block":     {Guard{Marks: 3, Keys: 5, Blocks: true}, "a: |\n  [[[[[[\nb: [[[[\n", 3},
		"block within a block": {Guard{Marks: 3, Keys: 5, Blocks: true}, "a:\n  b: >-\n    [[[[\n  c: {{{{\n", 4},
	} {
		if got := c.guard.Excess(c.text); got != c.want {
			t.Errorf("%s: line %d, want %d", name, got, c.want)
		}
	}
}
