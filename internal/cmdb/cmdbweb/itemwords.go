package cmdbweb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// itemID is the item that an address names.
func itemID(r *http.Request) (int64, error) { return numberIn(r, ref.Item) }

// numberIn is the number in the address of a record's page.
func numberIn(r *http.Request, kind ref.Kind) (int64, error) {
	id, err := ref.ID(kind, r.PathValue("key"))
	if err != nil {
		return 0, errs.E(errs.NotFound, "there is no such page").Because(err)
	}
	return id, nil
}

// key is an item as people say it.
func key(id int64) string { return ref.N(ref.Item, id).String() }

// itemPath is the page of an item.
func itemPath(id int64) string { return ref.N(ref.Item, id).Path() }

// stateTag is an item's state as a word; nothing is said of what is there.
func stateTag(s cmdb.State) *web.Tag {
	switch s {
	case cmdb.Stale:
		return &web.Tag{Text: "stale", Tone: "amber", Icon: "clock"}
	case cmdb.Retired:
		return &web.Tag{Text: "retired"}
	}
	return &web.Tag{Text: "present"}
}

// valueText is a JSON value as people read it: texts without quotes, the rest
// as it is written.
func valueText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

// sourceWord is a source as people call it.
func sourceWord(source string) string {
	switch source {
	case cmdb.SourceHand:
		return "a person"
	case cmdb.SourceCatalog:
		return "the catalog"
	case cmdb.SourceRule:
		return "a rule"
	}
	return source
}

// from is a source with its scope: "terraform (prod/network)".
func from(source, scope string) string {
	if scope == "" || source == cmdb.SourceCatalog {
		return sourceWord(source)
	}
	return sourceWord(source) + " (" + scope + ")"
}

// provenanceWord says how a relation is known.
func provenanceWord(p cmdb.Provenance) string {
	var out []string
	for _, x := range []struct {
		bit  cmdb.Provenance
		word string
	}{{cmdb.Declared, "declared"}, {cmdb.Observed, "observed"}, {cmdb.Inferred, "inferred"}} {
		if p&x.bit != 0 {
			out = append(out, x.word)
		}
	}
	return strings.Join(out, ", ")
}

// flowWord says what is measured on a relation; empty when nothing is.
func flowWord(f cmdb.Flow) string {
	var out []string
	if f.PerSecond > 0 {
		out = append(out, strconv.FormatFloat(f.PerSecond, 'g', 3, 64)+"/s")
	}
	if f.Errors > 0 {
		out = append(out, strconv.FormatFloat(100*f.Errors, 'g', 2, 64)+" % errors")
	}
	if f.P95 > 0 {
		out = append(out, "p95 "+strconv.FormatFloat(1000*f.P95, 'g', 3, 64)+" ms")
	}
	return strings.Join(out, ", ")
}

// relationSentence is what an item is to another, read from the first.
func relationSentence(k cmdb.RelationKind, out bool) string {
	words := map[cmdb.RelationKind][2]string{
		cmdb.DependsOn: {"depends on", "is depended on by"}, cmdb.RunsOn: {"runs on", "runs"}, cmdb.PartOf: {"is part of", "contains"}, cmdb.Calls: {"calls", "is called by"},
		cmdb.StoresIn: {"stores in", "stores data of"}, cmdb.OwnedBy: {"is owned by", "owns"}, cmdb.Provides: {"provides", "is provided by"}, cmdb.ConnectsTo: {"is connected to", "is connected to"},
	}[k]
	if out {
		return words[0]
	}
	return words[1]
}

// fieldWord is a field of a change as people call it: "attributes.size" is "size".
func fieldWord(field string) string { return strings.TrimPrefix(field, "attributes.") }

// parseAt reads a time as datetime-local inputs and addresses give it.
func parseAt(field, s string, zone *time.Location) (time.Time, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(atForm, s, zone)
	if err != nil {
		t, err = time.Parse(time.RFC3339, s)
	}
	if err != nil {
		return time.Time{}, errs.BadField(field, s, "write a time as 2026-11-13T18:00")
	}
	return t, nil
}

// kindOptions are the kinds to choose from, those of the organisation too.
func (p *Pages) kindOptions(r *http.Request, first string) ([]web.Option, error) {
	out := []web.Option{{Title: first}}
	list, _, err := p.CMDB.ItemKinds(r.Context(), "", 500)
	if err != nil {
		return nil, err
	}
	for _, k := range list {
		title := kindWord(k.Name)
		if k.Spec.Title != "" {
			title = k.Spec.Title
		}
		out = append(out, web.Option{Value: k.Name, Title: title})
	}
	return out, nil
}

// moved makes the faults of one field those of the field the form has:
// "attributes.size" → "attributes", with the part in the remedy.
func moved(form *web.Form, names ...string) {
	for i, f := range form.Faults {
		for _, n := range names {
			rest, ok := strings.CutPrefix(f.Name, n)
			if !ok || rest == "" || rest[0] != '.' && rest[0] != '[' {
				continue
			}
			what := strings.Trim(rest, ".")
			if f.Value != "" {
				what += " " + f.Value
			}
			form.Faults[i].Name, form.Faults[i].Value, form.Faults[i].Remedy = n, "", fmt.Sprintf("%s: %s", what, f.Remedy)
		}
	}
}

// teamCell names a team, with its page where it is one of ours.
func teamCell(team string) web.Cell {
	if team == "" {
		return web.Cell{Sub: "nobody"}
	}
	if !ref.IsName(team) {
		return web.Cell{Text: team}
	}
	return web.Cell{Text: team, Path: ref.S(ref.Team, team).Path()}
}

func count64(n int64) string { return strconv.FormatInt(n, 10) }

// digest shows a digest short, whole on hover.
func digest(s string) web.HTML {
	if len(s) <= 20 {
		return web.HTML(html.EscapeString(s))
	}
	return web.HTML(`<span class="ek-mono" title="` + html.EscapeString(s) + `">` + html.EscapeString(s[:16]) + `…</span>`)
}

// sentence begins a text with a capital and ends it with a stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}
