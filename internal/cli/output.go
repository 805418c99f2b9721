package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/goccy/go-yaml"
)

// Print writes v as -o asks: for table it calls rows, which returns the lines
// of a table with its heading first; for json and yaml it encodes v.
func (g *Globals) Print(v any, rows func() [][]string) error {
	switch g.Output {
	case "json":
		enc := json.NewEncoder(g.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	case "yaml":
		data, err := json.Marshal(v) // the JSON names are the API's names
		if err != nil {
			return err
		}
		out, err := yaml.JSONToYAML(data)
		if err != nil {
			return err
		}
		_, err = g.Out.Write(out)
		return err
	}
	lines := rows()
	if len(lines) == 1 {
		_, err := fmt.Fprintln(g.Out, "nothing found")
		return err
	}
	w := tabwriter.NewWriter(g.Out, 0, 4, 2, ' ', 0)
	for _, line := range lines {
		fmt.Fprintln(w, strings.TrimRight(strings.Join(line, "\t"), "\t"))
	}
	return w.Flush()
}

// PrintOne writes one record: name and value a line for table.
func (g *Globals) PrintOne(v any, pairs func() [][2]string) error {
	return g.Print(v, func() [][]string {
		var lines [][]string
		for _, p := range pairs() {
			if p[1] != "" {
				lines = append(lines, []string{p[0], p[1]})
			}
		}
		return append(lines, nil)
	})
}

// long shows a duration in whole minutes from a minute on; "-" for none.
func long(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	if d < time.Minute {
		return d.Round(time.Second).String()
	}
	text := strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Say writes a line for people, and nothing for json and yaml.
func (g *Globals) Say(format string, args ...any) {
	if g.Output == "table" {
		fmt.Fprintf(g.Out, format+"\n", args...)
	}
}

// when shows a time in local short form; empty for the zero time.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05 MST")
}
