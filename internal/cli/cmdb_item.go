package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
)

// CmdbListCmd lists items.
type CmdbListCmd struct {
	Kind      string `help:"Of this kind."`
	State     string `help:"present, stale or retired; else all that are not retired." enum:",present,stale,retired" default:""`
	Env       string `help:"In this environment."`
	Team      string `help:"Of this team, as sources say."`
	Source    string `help:"Seen by this source."`
	Text      string `help:"The name begins with it."`
	All       bool   `help:"Also retired ones."`
	Conflicts bool   `help:"Only those on which sources differ."`
	Limit     int    `help:"Most items to list; 0: all." default:"1000"`
}

// Run reads as many pages as it takes.
func (c CmdbListCmd) Run(ctx context.Context, g *Globals) error {
	f := client.ItemFilter{Kind: c.Kind, State: c.State, Env: c.Env, Team: c.Team, Source: c.Source, Text: c.Text, All: c.All, Conflicts: c.Conflicts}
	all, err := pages(c.Limit, func(cursor string, n int) (client.List[client.Item], error) {
		return g.Client().Items(ctx, f, cursor, n)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"ITEM", "KIND", "NAME", "ENV", "TEAM", "STATE", "LAST SEEN"}}
		for _, i := range all {
			lines = append(lines, []string{i.Key, i.Kind, i.Name, i.Env, i.Team, i.State, when(i.LastSeen)})
		}
		return lines
	})
}

// CmdbShowCmd shows an item.
type CmdbShowCmd struct{ ItemArg }

// Run asks the server.
func (c CmdbShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printItem(g.Client().Item(ctx, c.Item, time.Time{}))
}

// CmdbAsOfCmd shows an item as it was.
type CmdbAsOfCmd struct {
	ItemArg
	Time Past `arg:"" help:"When: 2026-11-13T18:00, or how long ago: 7d."`
}

// Run asks the server.
func (c CmdbAsOfCmd) Run(ctx context.Context, g *Globals) error {
	return g.printItem(g.Client().Item(ctx, c.Item, c.Time.Time))
}

func (g *Globals) printItem(d client.ItemDetail, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(d, func() [][2]string {
		pairs := [][2]string{{"ITEM", d.Key}, {"KIND", d.Kind}, {"NAME", d.Name}, {"ENV", d.Env}, {"TEAM", d.Team}, {"STATE", d.State}, {"MERGED INTO", d.MergedInto},
			{"FIRST SEEN", when(d.FirstSeen)}, {"LAST SEEN", when(d.LastSeen)}, {"VERSION", fmt.Sprint(d.Version)}}
		for _, id := range d.Identifiers {
			pairs = append(pairs, [2]string{"KNOWN AS", id.Scheme + "=" + id.Value})
		}
		for _, name := range slices.Sorted(maps.Keys(d.Attributes)) {
			text := name + " = " + string(d.Attributes[name])
			if o, ok := d.Origins[name]; ok {
				text += "  (" + o.Source
				if o.Other > 0 {
					text += fmt.Sprintf("; %d other sources differ", o.Other)
				}
				text += ")"
			}
			pairs = append(pairs, [2]string{"ATTRIBUTE", text})
		}
		for _, r := range d.Relations {
			pairs = append(pairs, [2]string{"RELATION", relatedText(r)})
		}
		if d.More {
			pairs = append(pairs, [2]string{"", "and more: evenkeel cmdb neighbours " + d.Key})
		}
		for _, o := range d.Observations {
			text := fmt.Sprintf("%d %s %s %s, seen %s", o.ID, o.Source, o.Scope, o.Key, when(o.LastSeen))
			if o.AbsentAt != nil {
				text += ", not any more since " + when(*o.AbsentAt)
			}
			pairs = append(pairs, [2]string{"OBSERVATION", text})
		}
		return pairs
	})
}

// relatedText is a relation as seen from one of its ends.
func relatedText(r client.RelatedItem) string {
	other := itemText(r.Other)
	if r.Out {
		return r.Kind + " " + other + how(r.ItemRelation)
	}
	return other + " " + r.Kind + " it" + how(r.ItemRelation)
}

// how says what else is known of a relation.
func how(r client.ItemRelation) string {
	var words []string
	for _, w := range append([]string{r.Strength}, r.Provenance...) {
		if w != "" {
			words = append(words, w)
		}
	}
	if r.Group != "" {
		words = append(words, fmt.Sprintf("needs %d of group %s", max(r.Need, 1), r.Group))
	}
	if r.State != "" && r.State != "present" {
		words = append(words, r.State)
	}
	if r.Flow.PerSecond > 0 {
		words = append(words, fmt.Sprintf("%.3g/s, %.2g%% errors", r.Flow.PerSecond, 100*r.Flow.Errors))
	}
	if len(words) == 0 {
		return ""
	}
	return "  (" + strings.Join(words, ", ") + ")"
}

// itemText names an item for people.
func itemText(i client.ItemBrief) string {
	text := i.Kind + " " + i.Name
	if i.Env != "" {
		text += "@" + i.Env
	}
	return text + " " + i.Key
}

// CmdbFindCmd finds an item.
type CmdbFindCmd struct {
	Text []string `arg:"" help:"CI-12, kind:name, scheme=value, or a name; quotes are not needed."`
}

// Run asks the server.
func (c CmdbFindCmd) Run(ctx context.Context, g *Globals) error {
	i, err := g.Client().FindItem(ctx, strings.Join(c.Text, " "))
	return g.printItem(client.ItemDetail{Item: i}, err)
}

// CmdbHistoryCmd lists what an item was.
type CmdbHistoryCmd struct {
	ItemArg
	Limit int `help:"Most forms to list." default:"100"`
}

// Run asks the server.
func (c CmdbHistoryCmd) Run(ctx context.Context, g *Globals) error {
	l, err := g.Client().ItemHistory(ctx, c.Item, c.Limit)
	if err != nil {
		return err
	}
	return g.Print(l.Items, func() [][]string {
		lines := [][]string{{"SINCE", "UNTIL", "STATE", "NAME", "CHANGED"}}
		for i, f := range l.Items {
			until, changed := "now", "first seen"
			if f.Until != nil {
				until = when(*f.Until)
			}
			if i+1 < len(l.Items) {
				changed = changedAttributes(l.Items[i+1], f)
			}
			lines = append(lines, []string{when(f.Since), until, f.State, f.Name, changed})
		}
		return lines
	})
}

// changedAttributes says in which attributes two forms differ.
func changedAttributes(old, is client.ItemForm) string {
	var out []string
	names := maps.Clone(is.Attributes)
	if names == nil {
		names = map[string]json.RawMessage{}
	}
	maps.Copy(names, old.Attributes)
	for _, n := range slices.Sorted(maps.Keys(names)) {
		if a, b := string(old.Attributes[n]), string(is.Attributes[n]); a != b {
			out = append(out, fmt.Sprintf("%s: %s → %s", n, orNothing(a), orNothing(b)))
		}
	}
	return strings.Join(out, ", ")
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
