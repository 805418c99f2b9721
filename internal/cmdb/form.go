package cmdb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/evidence"
)

// itemForm is what an item was at a time, as far as history keeps it.
type itemForm struct {
	Item       int64
	Kind       string
	Name       string
	Attributes string // JSON, keys sorted at every level
	Since      time.Time
}

// digest says whether two forms are the same; not their time or state, because
// an item that is merely not seen for a while has not changed.
func (f itemForm) digest() string {
	return evidence.Digest(nil, []string{f.Kind, f.Name, f.Attributes})
}

// relationForm is what a relation was at a time.
type relationForm struct {
	ID       int64
	From, To int64
	Kind     RelationKind
	Strength Strength
	Group    string
	Need     int
	Since    time.Time
}

func (f relationForm) digest() string {
	return evidence.Digest(nil, []any{f.From, f.To, f.Kind, f.Strength, f.Group, f.Need})
}

// FieldChange is one field that is not what it was; empty: it was or is not there.
type FieldChange struct {
	Field string `json:"field"` // "name", "attributes.size", "strength"
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`
}

// changes lists the fields in which two forms of an item differ.
func (f itemForm) changes(to itemForm) (out []FieldChange) {
	if f.Kind != to.Kind {
		out = append(out, FieldChange{"kind", f.Kind, to.Kind})
	}
	if f.Name != to.Name {
		out = append(out, FieldChange{"name", f.Name, to.Name})
	}
	if f.Attributes == to.Attributes {
		return out
	}
	var a, b map[string]json.RawMessage
	_, _ = json.Unmarshal([]byte(f.Attributes), &a), json.Unmarshal([]byte(to.Attributes), &b) // both were written by us
	for name, v := range a {
		if w, ok := b[name]; !ok || !bytes.Equal(v, w) {
			out = append(out, FieldChange{"attributes." + name, string(v), string(w)})
		}
	}
	for name, w := range b {
		if _, ok := a[name]; !ok {
			out = append(out, FieldChange{"attributes." + name, "", string(w)})
		}
	}
	slices.SortFunc(out, func(x, y FieldChange) int { return strings.Compare(x.Field, y.Field) })
	return out
}

// changes lists the fields in which two forms of a relation differ.
func (f relationForm) changes(to relationForm) (out []FieldChange) {
	if f.Strength != to.Strength {
		out = append(out, FieldChange{"strength", string(f.Strength), string(to.Strength)})
	}
	if f.Group != to.Group {
		out = append(out, FieldChange{"group", f.Group, to.Group})
	}
	if f.Need != to.Need {
		out = append(out, FieldChange{"need", strconv.Itoa(f.Need), strconv.Itoa(to.Need)})
	}
	return out
}

// canonical is JSON with keys sorted at every level, so that the order in
// which a source writes the fields of an object is no difference. The order of
// a list is.
func canonical(text string) string {
	if len(text) < 2 || !strings.ContainsAny(text[1:], "{[") {
		return text // flat: encoding/json has sorted the only level there is
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return text
	}
	out, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return string(out)
}

// key names an item or relation in differences and decisions.
func (f itemForm) key() string     { return fmt.Sprintf("item:%d", f.Item) }
func (f relationForm) key() string { return fmt.Sprintf("relation:%d", f.ID) }

// parseKey is the reverse of key.
func parseKey(what string) (relation bool, id int64, ok bool) {
	kind, number, found := strings.Cut(what, ":")
	id, err := strconv.ParseInt(number, 10, 64)
	return kind == "relation", id, found && err == nil && (kind == "relation" && id > 0 || kind == "item" && !noNumber(id))
}
