package movein

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Files are the draft as files: one a record in the form of evenkeel export,
// REPORT.md, report.json and, when there are any, covers.json.
func (d *Draft) Files() ([]ascode.File, error) {
	var out []ascode.File
	add := func(kind, name string, spec any) error {
		text, err := ascode.Write(kind, name, spec)
		out = append(out, ascode.File{Path: strings.ToLower(kind) + "/" + name + ".yaml", Content: text})
		return err
	}
	if err := all(d.Teams, "Team", add); err != nil {
		return nil, err
	}
	if err := all(d.Services, "Service", add); err != nil {
		return nil, err
	}
	if err := all(d.Schedules, "Schedule", add); err != nil {
		return nil, err
	}
	if err := all(d.Policies, "EscalationPolicy", add); err != nil {
		return nil, err
	}
	if err := all(d.Contacts, "ContactRule", add); err != nil {
		return nil, err
	}
	d.order()
	report, err := json.MarshalIndent(d.summary(), "", "  ")
	if err != nil {
		return nil, err
	}
	out = append(out, ascode.File{Path: "report.json", Content: string(report) + "\n"}, ascode.File{Path: "REPORT.md", Content: d.Report()})
	if len(d.Covers) > 0 {
		covers, err := json.MarshalIndent(d.Covers, "", "  ")
		if err != nil {
			return nil, err
		}
		out = append(out, ascode.File{Path: "covers.json", Content: string(covers) + "\n"})
	}
	return out, nil
}

func all[S any](m map[string]*S, kind string, add func(kind, name string, spec any) error) error {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if err := add(kind, name, m[name]); err != nil {
			return err
		}
	}
	return nil
}

// order makes equal drafts equal files.
func (d *Draft) order() {
	slices.SortStableFunc(d.Notes, func(a, b Note) int { return strings.Compare(a.Record, b.Record) })
	slices.SortStableFunc(d.Covers, func(a, b Cover) int {
		if c := strings.Compare(a.Schedule, b.Schedule); c != 0 {
			return c
		}
		return a.From.Compare(b.From)
	})
}

// Write writes the files into a directory; one that holds other files is
// refused unless force. Errors: Conflict, Invalid.
func (d *Draft) Write(dir string, force bool) (int, error) {
	files, err := d.Files()
	if err != nil {
		return 0, err
	}
	if list, err := os.ReadDir(dir); err == nil && len(list) > 0 && !force {
		return 0, errs.E(errs.Conflict, "%s holds files already; write into an empty directory, or use --force", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, errs.E(errs.Invalid, "the directory cannot be made: %v", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, errs.E(errs.Invalid, "the directory cannot be opened: %v", err)
	}
	defer root.Close()
	for _, f := range files {
		mode := os.FileMode(0o644)
		if f.Path == "report.json" || f.Path == "REPORT.md" {
			mode = 0o600 // e-mail addresses stand in them
		}
		err := root.MkdirAll(filepath.Dir(f.Path), 0o755)
		if err == nil {
			err = root.WriteFile(f.Path, []byte(f.Content), mode)
		}
		if err != nil {
			return 0, errs.E(errs.Invalid, "%s: %v", f.Path, err)
		}
	}
	return len(files), nil
}

// summary is report.json.
type summary struct {
	From    string         `json:"from"`
	Counts  map[string]int `json:"counts"`
	Unknown []*Person      `json:"people_without_account"`
	Notes   []Note         `json:"notes"`
}

func (d *Draft) summary() summary {
	unknown, notes := d.Unknown(), d.Notes
	if unknown == nil {
		unknown = []*Person{}
	}
	if notes == nil {
		notes = []Note{}
	}
	return summary{d.From, map[string]int{"people": len(d.People), "teams": len(d.Teams), "services": len(d.Services), "schedules": len(d.Schedules),
		"escalation_policies": len(d.Policies), "contact_rules": len(d.Contacts), "covers": len(d.Covers)}, unknown, notes}
}

// Report is REPORT.md.
func (d *Draft) Report() string {
	var b strings.Builder
	s := d.summary()
	fmt.Fprintf(&b, "# Moved in from %s\n\n| What | How many |\n|---|---|\n", d.From)
	for _, c := range []struct{ title, key string }{{"people", "people"}, {"teams", "teams"}, {"services", "services"}, {"schedules", "schedules"},
		{"escalation policies", "escalation_policies"}, {"contact rules", "contact_rules"}, {"overrides to come", "covers"}} {
		fmt.Fprintf(&b, "| %s | %d |\n", c.title, s.Counts[c.key])
	}
	b.WriteString("\n## What to do now\n\n")
	n := 1
	step := func(format string, args ...any) {
		fmt.Fprintf(&b, "%d. "+format+"\n", append([]any{n}, args...)...)
		n++
	}
	if len(s.Unknown) > 0 {
		step("Invite the %d people below who have no account: run this again with `--invite`, or add them with these handles.", len(s.Unknown))
	}
	if len(s.Notes) > 0 {
		step("Read what could not be moved as it was, below.")
	}
	step("`evenkeel plan DIR --source=moved-in` shows what would come; `evenkeel apply DIR --source=moved-in` does it, whole or not at all.")
	if s.Counts["covers"] > 0 {
		step("`evenkeel import covers DIR` enters the %d overrides to come.", s.Counts["covers"])
	}
	step("Everybody adds and verifies a phone under *How you are told*: numbers are not moved, since nobody is called at a number that somebody else typed.")
	step("Point the senders here; see docs/integrate. Let both systems run side by side until a page arrived by each way.")
	if len(s.Unknown) > 0 {
		b.WriteString("\n## People without an account\n\n| Handle | Name | E-mail |\n|---|---|---|\n")
		for _, p := range s.Unknown {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", p.Handle, line(p.Name), line(p.Email))
		}
	}
	if len(s.Notes) > 0 {
		b.WriteString("\n## What could not be moved as it was\n\n| Record | Why | What to do |\n|---|---|---|\n")
		for _, x := range s.Notes {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", x.Record, x.Reason, x.Do)
		}
	} else {
		b.WriteString("\nEverything could be moved as it was.\n")
	}
	return b.String()
}
