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
// another source knows. identifiers are "scheme=value", several separated by
// space or |. Cells of JSON stay numbers, true or false where they are that.
//
// A table is read row by row. Errors name line and column.
package csvfile

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

// Options are what is known beside the file; Columns maps its own headers.
type Options = sourcefile.Options

const (
	maxColumns = 200
	maxCell    = 64 << 10 // bytes
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
	text := bufio.NewReaderSize(sourcefile.NewText(r, opt.Limit()), 64<<10)
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
	for _, d := range t.dangling {
		if _, known := t.keys[d.key]; !known {
			t.remarks.Add(sourcefile.Line(d.line), "there is no item of the key %q in this file; the relation is kept until one appears in this scope", d.key)
		}
	}
	return t.remarks.List(), nil
}

type table struct {
	opt      Options
	emit     cmdb.Emit
	remarks  sourcefile.Remarks
	csv      *csv.Reader
	names    []string       // of the columns, as the file has them
	at       map[string]int // our column → number
	extra    []int          // numbers of the columns that are attributes
	keys     map[string]int // key → line
	cells    int            // of the row that was read last
	dangling []struct {
		key  string
		line int
	}
}

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

func (t *table) row(row []string) error {
	if !slices.ContainsFunc(row, func(s string) bool { return strings.TrimSpace(s) != "" }) {
		return nil
	}
	if len(row) > len(t.names) {
		return t.bad(len(t.names)-1, "row", "", fmt.Sprintf("the row has %d cells, the header %d; quote cells that hold the separator", len(row), len(t.names)))
	}
	for i, c := range row {
		if len(c) > maxCell {
			return t.bad(i, t.names[i], "", fmt.Sprintf("a cell has at most %d bytes", maxCell))
		}
	}
	if t.cell(row, "from") != "" || t.cell(row, "to") != "" {
		return t.relation(row)
	}
	return t.item(row)
}

var (
	kindName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	scheme   = regexp.MustCompile(`^[a-z][a-z0-9._-]{0,59}$`)
)

func (t *table) item(row []string) error {
	kind := strings.ToLower(strings.ReplaceAll(t.cell(row, "kind"), " ", "-"))
	if !kindName.MatchString(kind) {
		return t.bad(t.at["kind"], "kind", t.cell(row, "kind"), "write a kind of items: "+strings.Join(cmdb.Kinds, ", ")+", or one of your own")
	}
	name := t.cell(row, "name")
	key := cmp.Or(t.cell(row, "key"), kind+"/"+name)
	switch {
	case name == "" && t.cell(row, "key") == "":
		return t.bad(t.at["name"], "name", "", "an item has a key or a name")
	case len(key) > cmdb.MaxKey:
		return t.bad(t.at["key"], "key", key, fmt.Sprintf("a key has at most %d bytes", cmdb.MaxKey))
	}
	for _, column := range []string{"env", "team"} {
		if v := t.cell(row, column); len(v) > 200 {
			return t.bad(t.at[column], column, v, "use at most 200 bytes")
		}
	}
	line, _ := t.csv.FieldPos(0)
	if first, twice := t.keys[key]; twice {
		return t.bad(t.at["key"], "key", key, fmt.Sprintf("this item is there already, on line %d; give each a key of its own", first))
	}
	if t.keys[key] = line; len(t.keys) > sourcefile.MaxItems {
		return t.bad(0, "file", "", fmt.Sprintf("a file has at most %d items; split it", sourcefile.MaxItems))
	}
	item := &cmdb.Seen{Key: key, Kind: kind, Name: sourcefile.Cut(cmp.Or(name, key), 200), Env: cmp.Or(t.cell(row, "env"), t.opt.Env), Team: cmp.Or(t.cell(row, "team"), t.opt.Team)}
	for _, s := range strings.FieldsFunc(t.cell(row, "identifiers"), func(r rune) bool { return r == ' ' || r == '|' || r == '\n' }) {
		sch, value, ok := strings.Cut(s, "=")
		if !ok || !scheme.MatchString(sch) || value == "" || len(value) > cmdb.MaxIdentifier || len(item.Identifiers) >= cmdb.MaxIdentifiers {
			return t.bad(t.at["identifiers"], "identifiers", s, "write scheme=value: arn=arn:aws:…, dns=db.harbour.example, service.name=cart")
		}
		item.Identifiers = append(item.Identifiers, cmdb.Identifier{Scheme: sch, Value: value})
	}
	a := sourcefile.Attributes{}
	secret := 0
	for _, i := range t.extra {
		if i >= len(row) || strings.TrimSpace(row[i]) == "" {
			continue
		}
		if sourcefile.SecretName(t.names[i]) {
			secret++
			continue
		}
		a.Set(t.names[i], value(strings.TrimSpace(row[i])))
	}
	if secret > 0 && len(t.keys) == 1 {
		t.remarks.Add(sourcefile.Line(1), "columns that are named like a secret are left out")
	}
	item.Attributes = a
	return t.emit(cmdb.Record{Item: item})
}

// value keeps numbers, true and false.
func value(s string) any {
	switch s {
	case "true", "false":
		return s == "true"
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && json.Valid([]byte(s)) && len(s) < 16 && !strings.ContainsAny(s, "eE") && f == f {
		return json.Number(s)
	}
	return s
}

func (t *table) relation(row []string) error {
	r := cmdb.SeenRelation{Group: t.cell(row, "group"), Provenance: cmdb.Declared, Strength: cmdb.Strength(strings.ToLower(t.cell(row, "strength")))}
	column := "relation"
	if _, ok := t.at["relation"]; !ok {
		column = "kind"
	}
	r.Kind = cmdb.RelationKind(strings.ToLower(strings.NewReplacer(" ", "_", "-", "_").Replace(t.cell(row, column))))
	if !slices.Contains(cmdb.RelationKinds, r.Kind) {
		return t.bad(t.at[column], column, t.cell(row, column), fmt.Sprintf("write a kind of relations: %v", cmdb.RelationKinds))
	}
	if len(r.Group) > cmdb.MaxGroup {
		return t.bad(t.at["group"], "group", r.Group, fmt.Sprintf("use at most %d bytes", cmdb.MaxGroup))
	}
	if r.Strength != "" && r.Strength != cmdb.Hard && r.Strength != cmdb.Soft {
		return t.bad(t.at["strength"], "strength", string(r.Strength), "write hard or soft, or nothing for what the kind of relation says")
	}
	if need := t.cell(row, "need"); need != "" {
		n, err := strconv.Atoi(need)
		if err != nil || n < 1 || n > cmdb.MaxNeed || r.Group == "" {
			return t.bad(t.at["need"], "need", need, "write how many of the group must work, from 1, and the group")
		}
		r.Need = n
	}
	for _, column := range []string{"from", "to"} {
		text := t.cell(row, column)
		if len(text) > cmdb.MaxKey {
			return t.bad(t.at[column], column, text, fmt.Sprintf("use at most %d bytes", cmdb.MaxKey))
		}
		if text == "" {
			return t.bad(t.at[column], column, "", "a relation has two ends: the key of an item, or scheme=value")
		}
		end := cmdb.ByKey(text)
		if s, v, ok := strings.Cut(text, "="); ok && scheme.MatchString(s) && v != "" {
			end = cmdb.By(s, v, "")
		} else if _, known := t.keys[text]; !known && len(t.dangling) < sourcefile.MaxItems {
			line, _ := t.csv.FieldPos(0)
			t.dangling = append(t.dangling, struct {
				key  string
				line int
			}{text, line})
		}
		if column == "from" {
			r.From = end
		} else {
			r.To = end
		}
	}
	if r.From == r.To {
		return t.bad(t.at["to"], "to", t.cell(row, "to"), "an item has no relation to itself")
	}
	return t.emit(cmdb.Record{Relation: &r})
}
