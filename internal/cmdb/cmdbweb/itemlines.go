package cmdbweb

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// readAttributes reads lines of "name = value".
func readAttributes(text string) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	var bad errs.Fields
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !ok || name == "":
			bad.Add("attributes", errs.Short(line), "line "+strconv.Itoa(n)+": write a name, = and the value, like size = large")
		case out[name] != nil:
			bad.Add("attributes", name, "line "+strconv.Itoa(n)+": it stands here twice; keep one")
		case json.Valid([]byte(value)):
			out[name] = json.RawMessage(value)
		default:
			out[name], _ = json.Marshal(value) // a text always can be written
		}
	}
	return out, bad.Err()
}

// attributeLines writes what readAttributes reads.
func attributeLines(list map[string]json.RawMessage) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(list)) {
		text := valueText(list[name])
		if json.Valid([]byte(text)) || strings.ContainsAny(text, "\r\n") || strings.TrimSpace(text) != text { // "3" is a text only with its quotes
			text = string(list[name])
		}
		b.WriteString(name + " = " + text + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// readIdentifiers reads lines of "scheme=value".
func readIdentifiers(text string) (out []cmdb.Identifier, err error) {
	var bad errs.Fields
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		scheme, value, ok := strings.Cut(line, "=")
		if !ok || strings.TrimSpace(scheme) == "" || strings.TrimSpace(value) == "" {
			bad.Add("identifiers", errs.Short(line), "write scheme=value, like dns=db-1.harbour.example")
			continue
		}
		out = append(out, cmdb.Identifier{Scheme: strings.TrimSpace(scheme), Value: strings.TrimSpace(value)})
	}
	return out, bad.Err()
}

func identifierLines(list []cmdb.Identifier) string {
	lines := make([]string, len(list))
	for i, x := range list {
		lines[i] = x.String()
	}
	return strings.Join(lines, "\n")
}
