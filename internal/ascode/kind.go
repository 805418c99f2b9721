package ascode

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Object is one stored record, written as code. Spec holds what a person
// writes in a file and nothing else: no versions, times or secrets. Fields
// that equal their default are left zero and carry `json:",omitempty"`, so
// that export is short and a plan of an export is empty.
type Object[S any] struct {
	Name string
	Spec S
}

// Kind is one kind of document. Make it with NewKind.
type Kind struct {
	Name   string   // as in `kind:`, "Service"
	Ref    ref.Kind // key prefix of its records, ref.Service
	Order  int      // dependencies have a lower order; see the Order constants
	Schema []byte   // JSON Schema of the whole document

	list   func(q db.Querier) ([]Object[any], error)
	decode func(spec []byte) (any, error)
	apply  func(tx *db.Tx, name string, spec any, commit string) error
	remove func(tx *db.Tx, name string) error
	settle func(q db.Querier, name string, spec any) error // nil: nothing to look at
	zero   any                                             // a zero Spec, for the test that schema and struct agree
}

// Order of the kinds: a document may name only records of kinds before it.
// Applied in this order; removed in the opposite one, after all is applied.
const (
	OrderCalendar = 10 * (iota + 1)
	OrderTeam
	OrderMatrix
	OrderChannel
	OrderService
	OrderIntegration
	OrderRule
	OrderSchedule
	OrderEscalation
	OrderContact
	OrderItemKind
	OrderReconcile
	OrderDiscovery
	OrderBaseline
	OrderScorecard
	OrderChangePractice
	OrderChangeModel
	OrderChangeWindow
	OrderChangePolicy
)

// NewKind describes a kind whose spec is the Go struct S with json tags.
//
// list returns all records of the kind as code, in any order. apply creates
// the record or makes it equal to spec (absent fields take their defaults);
// it validates spec like any other input, returns errs.Fields whose names are
// paths below spec ("tier", "links[2].url"; "" or "name" for the whole), and
// records evidence if, and only if, it changed something. remove takes the
// record out of use, or refuses with errs.Conflict while others need it.
// apply and remove run inside one transaction over all documents and are also
// run, and rolled back, to check a plan. The actor was checked by ascode.
// Neither calls Guard.
//
// The JSON Schema is schemas/<kind in lower case>.json of this package.
func NewKind[S any](name string, rk ref.Kind, order int,
	list func(q db.Querier) ([]Object[S], error),
	apply func(tx *db.Tx, name string, spec S, commit string) error,
	remove func(tx *db.Tx, name string) error,
) Kind {
	schema, err := schemas.ReadFile("schemas/" + strings.ToLower(name) + ".json")
	if err != nil {
		panic(fmt.Sprintf("ascode: kind %s has no JSON Schema: %v", name, err)) // a fault of the program, seen at first start
	}
	return Kind{
		Name: name, Ref: rk, Order: order, Schema: schema, zero: *new(S), remove: remove,
		list: func(q db.Querier) ([]Object[any], error) {
			typed, err := list(q)
			out := make([]Object[any], len(typed))
			for i, o := range typed {
				out[i] = Object[any]{o.Name, o.Spec}
			}
			slices.SortFunc(out, func(a, b Object[any]) int { return strings.Compare(a.Name, b.Name) })
			return out, err
		},
		decode: func(raw []byte) (any, error) {
			var s S
			dec := json.NewDecoder(bytes.NewReader(raw))
			dec.DisallowUnknownFields()
			err := dec.Decode(&s)
			return s, err
		},
		apply: func(tx *db.Tx, name string, spec any, commit string) error {
			return apply(tx, name, spec.(S), commit)
		},
	}
}

// Settled returns the kind with a look at each of its documents after all
// documents were applied, for what only holds then: records of one kind that
// name each other come one after the other. look returns errs.Fields as apply
// does, and changes nothing.
func Settled[S any](k Kind, look func(q db.Querier, name string, spec S) error) Kind {
	k.settle = func(q db.Querier, name string, spec any) error { return look(q, name, spec.(S)) }
	return k
}

// ByName adapts a list that a practice returns as a map by name.
func ByName[S any](list func(q db.Querier) (map[string]S, error)) func(q db.Querier) ([]Object[S], error) {
	return func(q db.Querier) ([]Object[S], error) {
		m, err := list(q)
		out := make([]Object[S], 0, len(m))
		for name, spec := range m {
			out = append(out, Object[S]{name, spec})
		}
		return out, err
	}
}

// Reporting adapts an apply that also reports whether it changed something.
func Reporting[S any](apply func(tx *db.Tx, name string, spec S, commit string) (bool, error)) func(tx *db.Tx, name string, spec S, commit string) error {
	return func(tx *db.Tx, name string, spec S, commit string) error {
		_, err := apply(tx, name, spec, commit)
		return err
	}
}

// File is the name of the kind's published schema, "service.json".
func (k Kind) File() string { return lower(k.Name) + ".json" }
