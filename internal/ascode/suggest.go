package ascode

import "strings"

// nearest returns the word of the list that s is most likely a slip of, or "".
func nearest(s string, words []string) string {
	best, dist := "", len(s)/3+2
	for _, w := range words {
		if strings.EqualFold(s, w) {
			return w
		}
		if d := distance(lower(s), lower(w), dist); d < dist {
			best, dist = w, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two short words; limit or more once
// it cannot be less.
func distance(a, b string, limit int) int {
	if len(a) > 64 || len(b) > 64 || max(len(a), len(b))-min(len(a), len(b)) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
