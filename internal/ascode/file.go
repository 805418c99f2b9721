package ascode

import (
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// File is one file of a directory, as the client read it.
type File struct {
	Path    string `json:"path"` // below the directory, with slashes: "services/checkout.yaml"
	Content string `json:"content"`
}

// Limits of one plan or apply; far beyond any directory seen, and low enough
// that checking one cannot take the server down.
const (
	MaxFiles     = 5_000
	MaxFile      = 1 << 20 // bytes of one file
	MaxAll       = 6 << 20 // bytes of all files; with what JSON adds they fit a request
	MaxDocuments = 20_000
	maxFaults    = 200 // reported at once
)

// pos is a place in a file; lines and columns count from 1, columns in
// characters.
type pos struct{ line, column int }

func (p pos) in(file string) string {
	return fmt.Sprintf("%s:%d:%d", file, max(p.line, 1), max(p.column, 1))
}

// faults collects what is wrong with a directory.
type faults struct {
	list errs.Fields
	cut  int
}

func (f *faults) add(where, name, value, remedy string) {
	if len(f.list) >= maxFaults {
		f.cut++
		return
	}
	f.list = append(f.list, errs.Field{Name: name, Value: errs.Short(value), Remedy: remedy, Where: where})
}

func (f *faults) err() error {
	n := len(f.list) + f.cut
	switch {
	case n == 0:
		return nil
	case f.cut > 0:
		return &errs.Error{Kind: errs.Invalid, Text: fmt.Sprintf("the files have %d faults; the first %d are shown", n, len(f.list)), Fields: f.list}
	case n == 1:
		return &errs.Error{Kind: errs.Invalid, Text: "the files have one fault", Fields: f.list}
	}
	return &errs.Error{Kind: errs.Invalid, Text: fmt.Sprintf("the files have %d faults", n), Fields: f.list}
}

func lower(s string) string { return strings.ToLower(s) }
