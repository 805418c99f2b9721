package terraform

import "slices"

// mentions collects what a resource says of others.
func mentions(resource string, values map[string]any) []mention {
	own := special[resource]
	var out []mention
	var walk func(v any, name string, depth int, egress bool)
	walk = func(v any, name string, depth int, egress bool) {
		switch v := v.(type) {
		case map[string]any:
			keys := make([]string, 0, len(v))
			for k := range v {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				if k != "tags" && k != "tags_all" && k != "labels" && depth < 8 {
					walk(v[k], k, depth+1, egress || k == "egress")
				}
			}
		case []any:
			for _, x := range v {
				walk(x, name, depth, egress)
			}
		case string:
			ref, ok := own[name]
			if !ok {
				ref, ok = references[name]
			}
			if ok && v != "" && len(v) <= 900 && (ref.of != "dns" || depth > 1) {
				out = append(out, mention{ref, v, egress})
			}
		}
	}
	walk(values, "", 0, false)
	return out
}

// texts returns the texts under a name, wherever it stands.
func texts(v any, name string) []string {
	var out []string
	var walk func(v any, at string, depth int)
	walk = func(v any, at string, depth int) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				if depth < 8 {
					walk(x, k, depth+1)
				}
			}
		case []any:
			for _, x := range v {
				walk(x, at, depth)
			}
		case string:
			if at == name && v != "" && len(v) <= 900 {
				out = append(out, v)
			}
		}
	}
	walk(v, "", 0)
	slices.Sort(out)
	return slices.Compact(out)
}
