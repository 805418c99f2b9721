package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// configFile finds --config in the arguments or EVENKEEL_CONFIG, before the
// arguments are parsed, because the file gives defaults to the parsing.
func configFile(args []string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--config="); ok {
			return v
		}
		if a == "--config" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return os.Getenv("EVENKEEL_CONFIG")
}

// fileResolver reads a YAML file of flag names, with - or _ between words. A
// name that no flag has is an error: it is most likely mistyped.
func fileResolver(path string, k *kong.Kong) (kong.Resolver, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the configuration file cannot be read: %w", err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil {
		return nil, fmt.Errorf("%s: %s", path, yaml.FormatError(err, false, true))
	}
	known := flagNames(k.Model.Node)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if flag := strings.ReplaceAll(name, "_", "-"); !known[flag] {
			return nil, errs.BadField(name, fmt.Sprint(values[name]), "there is no such setting in "+path+"; evenkeel serve --help lists all")
		}
	}
	data, err := json.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return kong.JSON(bytes.NewReader(data))
}

// flagNames are the names of all flags of all commands.
func flagNames(n *kong.Node) map[string]bool {
	names := map[string]bool{}
	for _, f := range n.Flags {
		names[f.Name] = true
	}
	for _, child := range n.Children {
		maps.Copy(names, flagNames(child))
	}
	return names
}
