package api

import "strings"

// remedies say what huma expected as what to do: how its message begins, and
// the words that take that place, before what follows.
var remedies = []struct{ begins, words, after string }{
	{"expected value to be one of ", "use one of ", ""},
	{"expected string to match pattern ", "write it to match the pattern ", ""},
	{"expected string to be ", "write it as ", ""},
	{"expected length <= ", "at most ", " characters"},
	{"expected length >= ", "at least ", " characters"},
	{"expected array length <= ", "at most ", " items"},
	{"expected array length >= ", "at least ", " items"},
	{"expected number <= ", "at most ", ""},
	{"expected number >= ", "at least ", ""},
	{"expected array items to be unique", "name each only once", ""},
	{"expected string", "send a string", ""},
	{"expected integer", "send a whole number", ""},
	{"expected number", "send a number", ""},
	{"expected boolean", "send true or false", ""},
	{"expected array", "send an array", ""},
	{"expected object", "send an object", ""},
	{"invalid integer", "write a whole number", ""},
	{"invalid float", "write a number", ""},
	{"invalid boolean", "write true or false", ""},
}

// remedy turns what was expected into what to do; what is not known here is
// said as it is.
func remedy(message string) string {
	for _, r := range remedies {
		if rest, ok := strings.CutPrefix(message, r.begins); ok {
			return r.words + rest + r.after
		}
	}
	return message
}
