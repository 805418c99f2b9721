package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
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

// fileResolver reads a YAML file of flag names, with - or _ between words.
func fileResolver(path string) (kong.Resolver, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the configuration file cannot be read: %w", err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil {
		return nil, fmt.Errorf("%s: %s", path, yaml.FormatError(err, false, true))
	}
	data, err := json.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return kong.JSON(bytes.NewReader(data))
}
