package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/open-policy-agent/opa/v1/ast"
)

// toTerm turns a Go value into OPA's, as encoding/json would write it, but for
// two things: a nil slice is an empty list, and a fact that has no value (its
// State is not "value") is written without one, and with why. Going by way of JSON text
// takes six times as long.
func toTerm(v any) (*ast.Term, error) {
	switch v := v.(type) {
	case nil:
		return ast.NullTerm(), nil
	case ast.Value:
		return ast.NewTerm(v), nil
	case *ast.Term:
		return v, nil
	case json.RawMessage:
		return fromJSON(v)
	case []byte:
		return fromJSON(v)
	}
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer && !rv.IsNil() {
		rv = rv.Elem()
	}
	if rv.Kind() != reflect.Struct {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		return fromJSON(text)
	}
	return encoderOf(rv.Type())(rv), nil
}

// maxDepth bounds how deep JSON may nest; facts nest six levels.
const maxDepth = 32

// fromJSON reads one JSON value straight into OPA's. (OPA's own way over Go
// maps takes four times as long, which a backtest feels.) A name that stands
// twice in an object is an error.
func fromJSON(text []byte) (*ast.Term, error) { return (&jsonReader{null: ast.NullTerm()}).read(text) }

type jsonReader struct {
	d    *jsontext.Decoder
	null *ast.Term // what null is read as
}

func (r *jsonReader) read(text []byte) (*ast.Term, error) {
	r.d = jsontext.NewDecoder(bytes.NewBuffer(text))
	t, err := r.term(0)
	if err != nil {
		return nil, err
	}
	if _, err := r.d.ReadToken(); err != io.EOF {
		return nil, errors.New("there is more than one value")
	}
	return t, nil
}

func (r *jsonReader) term(depth int) (*ast.Term, error) {
	d := r.d
	tok, err := d.ReadToken()
	switch {
	case err != nil:
		return nil, err
	case depth > maxDepth:
		return nil, fmt.Errorf("it nests deeper than %d levels", maxDepth)
	}
	switch tok.Kind() {
	case 'n':
		return r.null, nil
	case 't', 'f':
		return ast.InternedTerm(tok.Bool()), nil
	case '"':
		return ast.InternedTerm(tok.String()), nil
	case '0':
		return ast.NewTerm(ast.Number(tok.String())), nil
	case '[':
		var list []*ast.Term
		for d.PeekKind() != ']' {
			t, err := r.term(depth + 1)
			if err != nil {
				return nil, err
			}
			list = append(list, t)
		}
		_, err := d.ReadToken()
		return ast.NewTerm(ast.NewArray(list...)), err
	}
	pairs := make([][2]*ast.Term, 0, 24)
	for d.PeekKind() != '}' {
		key, err := r.term(depth + 1)
		if err != nil {
			return nil, err
		}
		value, err := r.term(depth + 1)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, [2]*ast.Term{key, value})
	}
	_, err = d.ReadToken()
	return ast.NewTerm(ast.NewObject(pairs...)), err
}

type encoder func(reflect.Value) *ast.Term

var (
	encoders sync.Map // reflect.Type → encoder
	timeType = reflect.TypeFor[time.Time]()
)

func encoderOf(t reflect.Type) encoder {
	if e, ok := encoders.Load(t); ok {
		return e.(encoder)
	}
	e := makeEncoder(t)
	encoders.Store(t, e)
	return e
}

func makeEncoder(t reflect.Type) encoder {
	if t == timeType {
		return func(v reflect.Value) *ast.Term {
			return ast.NewTerm(ast.String(v.Interface().(time.Time).Format(time.RFC3339Nano)))
		}
	}
	switch t.Kind() {
	case reflect.String:
		return func(v reflect.Value) *ast.Term { return ast.InternedTerm(v.String()) }
	case reflect.Bool:
		return func(v reflect.Value) *ast.Term { return ast.InternedTerm(v.Bool()) }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(v reflect.Value) *ast.Term { return ast.InternedTerm(v.Int()) }
	case reflect.Float64:
		return func(v reflect.Value) *ast.Term {
			f := v.Float()
			if i := int64(f); float64(i) == f {
				return ast.InternedTerm(i)
			}
			return ast.NewTerm(ast.Number(strconv.FormatFloat(f, 'f', -1, 64)))
		}
	case reflect.Slice:
		elem := encoderOf(t.Elem())
		return func(v reflect.Value) *ast.Term {
			terms := make([]*ast.Term, v.Len())
			for i := range terms {
				terms[i] = elem(v.Index(i))
			}
			return ast.NewTerm(ast.NewArray(terms...))
		}
	case reflect.Struct:
		return structEncoder(t)
	}
	return func(v reflect.Value) *ast.Term { // maps and the like, which facts do not have
		text, err := json.Marshal(v.Interface())
		if err == nil {
			if term, err := fromJSON(text); err == nil {
				return term
			}
		}
		return ast.NullTerm()
	}
}

func structEncoder(t reflect.Type) encoder {
	type part struct {
		index int
		key   *ast.Term
		omit  bool
		enc   encoder
	}
	var parts []part
	state, value, why := -1, -1, -1
	for i := range t.NumField() {
		f := t.Field(i)
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		switch name {
		case "state":
			state = i
		case "value":
			value = i
		case "why":
			why = i
		}
		parts = append(parts, part{i, ast.StringTerm(name), strings.Contains(opts, "omit"), encoderOf(f.Type)})
	}
	isFact := state >= 0 && value >= 0 && t.Field(state).Type.Kind() == reflect.String
	return func(v reflect.Value) *ast.Term {
		pairs := make([][2]*ast.Term, 0, 24)
		known := !isFact || v.Field(state).String() == "value"
		for i := range parts {
			p := &parts[i]
			f := v.Field(p.index)
			if !known && p.index == value || p.omit && (known || p.index != why) && f.IsZero() {
				continue
			}
			pairs = append(pairs, [2]*ast.Term{p.key, p.enc(f)})
		}
		return ast.NewTerm(ast.NewObject(pairs...))
	}
}
