// Package csvfile reads items and relations from tables: what is still kept in
// a spreadsheet, or what a tool exports that nothing else here reads.
//
// Form: RFC 4180, separated by comma, semicolon or tab (whichever the header
// has most of), UTF-8 with or without a byte order mark, one header line.
//
//	items      key, kind, name, env, team, identifiers; every other column is an attribute
//	relations  from, relation, to, strength, group, need
//
// Both may stand in one table: a row in which "from" or "to" is filled is a
// relation, of the kind in "relation" or, where there is no such column, in
// "kind". An end is the key of an item, or "scheme=value" for an item that
// another source knows; a key that no row has is refused. identifiers are "scheme=value", several separated by
// space or |. Cells of JSON stay numbers, true or false where they are that.
//
// A table is read row by row. Errors name line and column.
package csvfile

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Options are what is known beside the file; Columns maps its own headers.
type Options = sourcefile.Options

const (
	maxColumns = 200
	maxCell    = 64 << 10 // bytes
	maxUnknown = 20       // faults of this sort that are reported at once
)

// columns are ours, with the words that others use for them. Options.Columns
// comes before.
var columns = map[string]string{
	"key": "key", "id": "key", "ci": "key", "ci id": "key", "asset tag": "key", "sys_id": "key",
	"kind": "kind", "type": "kind", "class": "kind", "ci type": "kind", "sys_class_name": "kind",
	"name": "name", "ci name": "name", "hostname": "name", "display name": "name",
	"env": "env", "environment": "env", "stage": "env",
	"team": "team", "owner": "team", "owning team": "team", "support group": "team", "support_group": "team",
	"identifiers": "identifiers", "identifier": "identifiers",
	"from": "from", "source": "from", "parent": "from", "to": "to", "target": "to", "child": "to",
	"relation": "relation", "relationship": "relation",
	"strength": "strength", "group": "group", "need": "need",
}

// Read reads a table.
func Read(r io.Reader, opt Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
	raw := sourcefile.NewText(r, opt.Limit())
	raw.Mark(0, sourcefile.MaxDocument) // a row is held whole, so its size is bounded
	text := bufio.NewReaderSize(raw, 64<<10)
	t := &table{opt: opt, emit: emit, at: map[string]int{}, keys: map[string]int{}}
	comma, err := separator(text)
	if err != nil {
		return nil, err
	}
	t.csv = csv.NewReader(text)
	t.csv.Comma, t.csv.ReuseRecord, t.csv.FieldsPerRecord = comma, true, -1
	if err := t.header(); err != nil {
		return nil, err
	}
	for {
		raw.Mark(t.csv.InputOffset(), sourcefile.MaxDocument)
		row, err := t.csv.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if t.cells = len(row); err == nil {
			err = t.row(row)
		} else {
			err = fault(err)
		}
		if err != nil {
			return t.remarks.List(), err
		}
	}
	var unknown errs.Fields
	for _, p := range t.pending {
		if _, known := t.keys[p.key]; !known && len(unknown) < maxUnknown {
			unknown = append(unknown, errs.Field{Name: p.column, Value: errs.Short(p.key), Where: p.place, Remedy: "no item of this file has this key; add its row, or name the item by scheme=value as another source knows it"})
		}
	}
	if len(unknown) > 0 {
		return t.remarks.List(), &errs.Error{Kind: errs.Invalid, Text: "the file is not valid", Fields: unknown}
	}
	return t.remarks.List(), nil
}

type table struct {
	opt     Options
	emit    cmdb.Emit
	remarks sourcefile.Remarks
	csv     *csv.Reader
	names   []string       // of the columns, as the file has them
	at      map[string]int // our column → number
	extra   []int          // numbers of the columns that are attributes
	keys    map[string]int // key → line
	cells   int            // of the row that was read last
	pending []pending      // ends that were named before their item
}

type pending struct{ key, place, column string }

// separator looks at the header line.
func separator(r *bufio.Reader) (rune, error) {
	head, err := r.Peek(16 << 10)
	if len(head) == 0 {
		if err == nil || errors.Is(err, io.EOF) {
			err = sourcefile.Bad(sourcefile.Line(1), "file", "", "the file is empty")
		}
		return 0, err
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return 0, err
	}
	line, _, _ := strings.Cut(string(head), "\n")
	best, count := ',', strings.Count(line, ",")
	for _, c := range ";\t" {
		if n := strings.Count(line, string(c)); n > count {
			best, count = c, n
		}
	}
	return best, nil
}

// fault puts a reader's error in our words.
func fault(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return sourcefile.Bad(fmt.Sprintf("line %d, column %d", p.Line, p.Column), "row", "", p.Err.Error()+"; double quotes inside quotes, and quote cells that hold the separator")
	}
	return err
}

func (t *table) header() error {
	row, err := t.csv.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return sourcefile.Bad(sourcefile.Line(1), "file", "", "the file is empty")
		}
		return fault(err)
	}
	if t.cells = len(row); len(row) > maxColumns {
		return t.bad(0, "header", "", fmt.Sprintf("use at most %d columns", maxColumns))
	}
	t.names = slices.Clone(row)
	for i, raw := range t.names {
		name := strings.TrimSpace(raw)
		t.names[i] = name
		ours := cmp.Or(t.opt.Columns[name], columns[strings.ToLower(name)])
		switch _, twice := t.at[ours]; {
		case name == "":
		case ours == "":
			if slices.Contains(t.names[:i], name) {
				return t.bad(i, name, "", "this column is there already; name each column once")
			}
			t.extra = append(t.extra, i)
		case twice && strings.EqualFold(name, ours): // our own word wins; the other one is an attribute
			t.extra = append(t.extra, t.at[ours])
			t.at[ours] = i
		case twice:
			t.extra = append(t.extra, i)
		default:
			t.at[ours] = i
		}
	}
	_, named := t.at["name"]
	_, keyed := t.at["key"]
	_, from := t.at["from"]
	_, to := t.at["to"]
	_, kind := t.at["kind"]
	_, relation := t.at["relation"]
	if !((named || keyed) && kind) && !(from && to && (kind || relation)) {
		return t.bad(0, "header", strings.Join(t.names, ","), "the first line names the columns: key, kind and name for items; from, relation and to for relations")
	}
	return nil
}

// bad is an error in a column of the row that was read last.
func (t *table) bad(column int, field, value, remedy string) error {
	line := 1
	if column < t.cells {
		line, _ = t.csv.FieldPos(column)
	} else if t.cells > 0 { // the row ends before this column
		line, _ = t.csv.FieldPos(0)
	}
	return sourcefile.Bad(fmt.Sprintf("line %d, column %d", line, column+1), field, value, remedy)
}

// cell is a cell of our column, without space around it.
func (t *table) cell(row []string, column string) string {
	i, ok := t.at[column]
	if !ok || i >= len(row) {
		return ""
	}
	return strings.TrimSpace(row[i])
}
