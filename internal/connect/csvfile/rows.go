package csvfile

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

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
		} else if _, known := t.keys[text]; !known && len(t.pending) < sourcefile.MaxItems {
			line, _ := t.csv.FieldPos(t.at[column])
			t.pending = append(t.pending, pending{text, fmt.Sprintf("line %d, column %d", line, t.at[column]+1), column})
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
