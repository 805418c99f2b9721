package terraform

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

// redact returns the values without those that are marked as sensitive or
// named like a secret, and the names of what was taken out. Marks that cannot
// be read mark everything.
func redact(values map[string]any, marks json.RawMessage) (map[string]any, []string) {
	var m any
	if len(marks) > 0 && json.Unmarshal(marks, &m) != nil {
		m = true
	}
	var left []string
	v, _ := redactValue(values, m, "", &left).(map[string]any)
	slices.Sort(left)
	return v, left
}

func redactValue(v, marks any, path string, left *[]string) any {
	if marks == true {
		if !empty(v) {
			*left = append(*left, orAll(path))
		}
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		m, _ := marks.(map[string]any)
		out := make(map[string]any, len(v))
		for k, x := range v {
			p := k
			if path != "" {
				p = path + "." + k
			}
			if _, isBool := x.(bool); sourcefile.SecretName(k) && !isBool && !empty(x) {
				*left = append(*left, p)
				continue
			}
			if x = redactValue(x, m[k], p, left); x != nil {
				out[k] = x
			}
		}
		return out
	case []any:
		m, _ := marks.([]any)
		out := make([]any, 0, len(v))
		for i, x := range v {
			var mark any
			if i < len(m) {
				mark = m[i]
			}
			if x = redactValue(x, mark, path+"["+strconv.Itoa(i)+"]", left); x != nil {
				out = append(out, x)
			}
		}
		return out
	}
	return v
}

func orAll(path string) string {
	if path == "" {
		return "everything"
	}
	return path
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
