package change

import (
	"strings"
	"unicode"
)

// maxWords and maxWord bound what one title adds to the index of words.
const (
	maxWords = 10
	maxWord  = 32 // bytes
)

// titleWords are the searchable words of a title: lower case, letters and
// digits, two bytes or more, each once.
func titleWords(text string) (out []string) {
	seen := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		for len(w) > maxWord {
			w = strings.ToValidUTF8(w[:maxWord], "")
		}
		if len(w) < 2 || seen[w] {
			continue
		}
		seen[w] = true
		if out = append(out, w); len(out) == maxWords {
			break
		}
	}
	return out
}

// prefixRange is the range of words that begin with w: [lo, hi).
func prefixRange(w string) (lo, hi []byte) {
	return []byte(w), append([]byte(w), 0xff) // no UTF-8 text has this byte
}

// looksLikeCommit reports whether a text can be the beginning of a hash.
func looksLikeCommit(s string) bool {
	return len(s) >= 6 && len(s) <= 64 && strings.Trim(s, "0123456789abcdef") == ""
}
