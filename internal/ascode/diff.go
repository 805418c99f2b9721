package ascode

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Field is one difference within a record. Before is nil for a field that is
// added, After for one that is removed.
type Field struct {
	Path   string `json:"path"` // "links[title=Runbook].url"
	Before any    `json:"before,omitempty"`
	After  any    `json:"after,omitempty"`
}

// plain returns a spec as its JSON says it: maps, lists, texts, numbers.
func plain(spec any) (any, error) {
	raw, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	var v any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return v, dec.Decode(&v)
}

// diff compares two plain values field by field.
func diff(before, after any) []Field {
	var out []Field
	walkDiff("", before, after, &out)
	return out
}

func walkDiff(path string, a, b any, out *[]Field) {
	if reflect.DeepEqual(a, b) {
		return
	}
	// What only one side has is shown field by field as well.
	if am, bm := object(a), object(b); (am != nil || a == nil) && (bm != nil || b == nil) {
		for _, k := range sortedKeys(am, bm) {
			walkDiff(join(path, k), am[k], bm[k], out)
		}
		return
	}
	al, aok := a.([]any)
	bl, bok := b.([]any)
	if key := identity(al, bl); key != "" && (aok || a == nil) && (bok || b == nil) {
		walkRecords(path, key, al, bl, out)
		return
	}
	*out = append(*out, Field{path, a, b})
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func sortedKeys(a, b map[string]any) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// identities are fields by which the entries of a list are told apart, so that
// an entry put in front of others is one addition and not a change of all.
var identities = []string{"date", "person", "name", "title", "url"}

// identity returns the first of them that every entry of both lists has, with
// no value twice; "" if there is none.
func identity(lists ...[]any) string {
	entries := 0
next:
	for _, key := range identities {
		for _, list := range lists {
			seen := map[string]bool{}
			for _, e := range list {
				s, ok := object(e)[key].(string)
				if !ok || seen[s] {
					continue next
				}
				seen[s] = true
				entries++
			}
		}
		if entries > 0 {
			return key
		}
	}
	return ""
}

func walkRecords(path, key string, a, b []any, out *[]Field) {
	of := func(list []any) (map[string]any, []string) {
		m, order := map[string]any{}, []string(nil)
		for _, e := range list {
			id := object(e)[key].(string)
			m[id], order = e, append(order, id)
		}
		return m, order
	}
	am, ao := of(a)
	bm, bo := of(b)
	start := len(*out)
	for _, id := range append(ao, slices.DeleteFunc(slices.Clone(bo), func(id string) bool { return am[id] != nil })...) {
		at := fmt.Sprintf("%s[%s=%s]", path, key, id)
		if am[id] == nil || bm[id] == nil { // a whole entry is one line
			*out = append(*out, Field{at, am[id], bm[id]})
			continue
		}
		walkDiff(at, am[id], bm[id], out)
	}
	if len(*out) == start { // the same entries in another order
		*out = append(*out, Field{path, ids(ao), ids(bo)})
	}
}

func ids(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
