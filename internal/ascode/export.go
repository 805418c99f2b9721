package ascode

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Export returns all records as files, one a record, in a form that plans to
// no change but adoption. Equal records give equal bytes.
func (s *Service) Export(ctx context.Context) ([]File, error) {
	if _, err := actor.Require(ctx, actor.Configure); err != nil {
		return nil, errs.Wrap("ascode.export", err)
	}
	var files []File
	err := s.db.Read(ctx, func(q db.Querier) error {
		files = files[:0]
		for _, k := range s.kinds {
			list, err := k.list(q)
			if err != nil {
				return err
			}
			for _, o := range list {
				text, err := Write(k.Name, o.Name, o.Spec)
				if err != nil {
					return fmt.Errorf("%s %s: %w", k.Name, o.Name, err)
				}
				files = append(files, File{Path: lower(k.Name) + "/" + o.Name + ".yaml", Content: text})
			}
		}
		return nil
	})
	return files, errs.Wrap("ascode.export", err)
}

// Write returns a document as YAML: fields in the order of the spec's struct,
// two spaces, texts quoted as in JSON unless they are plain beyond doubt.
func Write(kind, name string, spec any) (string, error) {
	raw, err := json.Marshal(spec)
	if err != nil {
		return "", err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	v, err := ordered(dec)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n", APIVersion, kind, scalar(name))
	if m, ok := v.(fields); ok && len(m) == 0 {
		b.WriteString("spec: {}\n")
		return b.String(), nil
	}
	b.WriteString("spec:\n")
	block(&b, v, 1)
	return b.String(), nil
}

// fields is a mapping in the order in which it was written.
type fields []struct {
	key   string
	value any
}

// ordered reads one JSON value and keeps the order of mappings.
func ordered(dec *json.Decoder) (any, error) {
	t, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		m := fields{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			v, err := ordered(dec)
			if err != nil {
				return nil, err
			}
			k, ok := key.(string)
			if !ok {
				return nil, io.ErrUnexpectedEOF
			}
			m = append(m, struct {
				key   string
				value any
			}{k, v})
		}
		_, err = dec.Token()
		return m, err
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := ordered(dec)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = dec.Token()
		return list, err
	}
	return t, nil
}

func block(b *strings.Builder, v any, depth int) {
	pad := strings.Repeat("  ", depth)
	switch v := v.(type) {
	case fields:
		for _, f := range v {
			b.WriteString(pad + scalar(f.key) + ":")
			entry(b, f.value, depth)
		}
	case []any:
		for _, e := range v {
			m, ok := e.(fields)
			if !ok || len(m) == 0 {
				b.WriteString(pad + "-")
				entry(b, e, depth)
				continue
			}
			var inner strings.Builder
			block(&inner, m, depth+1)
			b.WriteString(pad + "- " + strings.TrimPrefix(inner.String(), pad+"  "))
		}
	}
}

// entry writes what follows "key:" or "-".
func entry(b *strings.Builder, v any, depth int) {
	switch x := v.(type) {
	case fields:
		if len(x) > 0 {
			b.WriteByte('\n')
			block(b, x, depth+1)
			return
		}
		b.WriteString(" {}\n")
	case []any:
		if len(x) == 0 {
			b.WriteString(" []\n")
			return
		}
		if !slices.ContainsFunc(x, func(e any) bool { return !isScalar(e) }) && len(x) <= 8 {
			parts := make([]string, len(x))
			for i, e := range x {
				parts[i] = scalar(e)
			}
			if line := strings.Join(parts, ", "); len(line) <= 80 {
				b.WriteString(" [" + line + "]\n")
				return
			}
		}
		b.WriteByte('\n')
		block(b, x, depth+1)
	default:
		b.WriteString(" " + scalar(v) + "\n")
	}
}

func isScalar(v any) bool {
	switch v.(type) {
	case fields, []any:
		return false
	}
	return true
}

var (
	plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 _./()+-]*[A-Za-z0-9_./()+]$|^[A-Za-z]$`)
	reserved  = regexp.MustCompile(`^(?i:true|false|null|yes|no|on|off|y|n|[.]?inf|[.]?nan)$`)
)

func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprint(v)
	case json.Number:
		return v.String()
	case string:
		if plainText.MatchString(v) && !reserved.MatchString(v) {
			return v
		}
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(v) // a text always encodes
		return strings.TrimSuffix(b.String(), "\n")
	}
	return ""
}
