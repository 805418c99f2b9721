package cli

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// values reads name=value arguments: JSON where it is JSON, else a text.
func values(args []string) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	for _, a := range args {
		name, text, ok := strings.Cut(a, "=")
		if !ok || name == "" {
			return nil, errs.BadField("attribute", a, "write it as name=value, like size=db.m6g.large or ports=[5432]")
		}
		raw := json.RawMessage(text)
		if !json.Valid(raw) {
			raw, _ = json.Marshal(text) // a text cannot fail
		}
		out[name] = raw
	}
	return out, nil
}

func identifiers(args []string) ([]client.Identifier, error) {
	out := []client.Identifier{}
	for _, a := range args {
		scheme, value, ok := strings.Cut(a, "=")
		if !ok || scheme == "" || value == "" {
			return nil, errs.BadField("known-as", a, "write it as scheme=value, like dns=db-1.harbour.example")
		}
		out = append(out, client.Identifier{Scheme: scheme, Value: value})
	}
	return out, nil
}

// CmdbAddCmd adds an item.
type CmdbAddCmd struct {
	Kind       string   `arg:"" help:"Its kind; evenkeel cmdb kinds lists them."`
	Name       string   `arg:"" help:"Its name."`
	Attributes []string `arg:"" optional:"" help:"Attributes as name=value; JSON where it is JSON, else a text."`
	Env        string   `help:"Its environment."`
	Team       string   `help:"Its team."`
	KnownAs    []string `help:"An identifier as scheme=value; repeat it." sep:"none"`
}

// Run asks the server.
func (c CmdbAddCmd) Run(ctx context.Context, g *Globals) error {
	n := client.NewItem{Kind: c.Kind, Name: c.Name, Env: c.Env, Team: c.Team}
	var err error
	if n.Attributes, err = values(c.Attributes); err != nil {
		return err
	}
	if n.Identifiers, err = identifiers(c.KnownAs); err != nil {
		return err
	}
	return g.printItem(g.Client().CreateItem(ctx, n))
}

// CmdbSetCmd sets attributes.
type CmdbSetCmd struct {
	ItemArg
	Attributes []string `arg:"" optional:"" help:"Attributes as name=value; JSON where it is JSON, else a text."`
	Name       *string  `help:"Its name."`
	Env        *string  `help:"Its environment."`
	Team       *string  `help:"Its team."`
	KnownAs    []string `help:"An identifier as scheme=value; repeat it. Replaces all that were set by hand." sep:"none"`
}

// Run edits the version that is there; another edit meanwhile is a conflict.
func (c CmdbSetCmd) Run(ctx context.Context, g *Globals) error {
	set, err := values(c.Attributes)
	if err != nil {
		return err
	}
	e := client.ItemEdit{Name: c.Name, Env: c.Env, Team: c.Team, Set: set}
	if c.KnownAs != nil {
		ids, err := identifiers(c.KnownAs)
		if err != nil {
			return err
		}
		e.Identifiers = &ids
	}
	return g.editItem(ctx, c.Item, e)
}

func (g *Globals) editItem(ctx context.Context, item string, e client.ItemEdit) error {
	now, err := g.Client().Item(ctx, item, time.Time{})
	if err != nil {
		return err
	}
	return g.printItem(g.Client().UpdateItem(ctx, now.Key, now.Version, e))
}

// CmdbUnsetCmd takes back what was set by hand.
type CmdbUnsetCmd struct {
	ItemArg
	Attributes []string `arg:"" help:"Attributes; also name, env and team, unless an attribute is called so."`
}

// Run asks the server; sources say again what the values are.
func (c CmdbUnsetCmd) Run(ctx context.Context, g *Globals) error {
	now, err := g.Client().Item(ctx, c.Item, time.Time{})
	if err != nil {
		return err
	}
	var e client.ItemEdit
	own := map[string]**string{"name": &e.Name, "env": &e.Env, "team": &e.Team}
	for _, a := range c.Attributes {
		if field, ok := own[a]; ok && now.Attributes[a] == nil {
			*field = new(string)
			continue
		}
		e.Clear = append(e.Clear, a)
	}
	return g.printItem(g.Client().UpdateItem(ctx, now.Key, now.Version, e))
}

// CmdbRetireCmd retires an item.
type CmdbRetireCmd struct {
	ItemArg
	Note string `short:"m" help:"Why."`
}

// Run asks the server.
func (c CmdbRetireCmd) Run(ctx context.Context, g *Globals) error {
	now, err := g.Client().Item(ctx, c.Item, time.Time{})
	if err != nil {
		return err
	}
	return g.printItem(g.Client().RetireItem(ctx, now.Key, now.Version, c.Note))
}

// CmdbRestoreCmd takes that back.
type CmdbRestoreCmd struct{ ItemArg }

// Run asks the server.
func (c CmdbRestoreCmd) Run(ctx context.Context, g *Globals) error {
	now, err := g.Client().Item(ctx, c.Item, time.Time{})
	if err != nil {
		return err
	}
	return g.printItem(g.Client().RestoreItem(ctx, now.Key, now.Version))
}

// RelationArgs name a relation as a sentence.
type RelationArgs struct {
	From string `arg:"" help:"An item."`
	Kind string `arg:"" help:"depends_on, runs_on, part_of, calls, stores_in, owned_by, provides or connects_to." enum:"depends_on,runs_on,part_of,calls,stores_in,owned_by,provides,connects_to"`
	To   string `arg:"" help:"Another item."`
}

// CmdbRelateCmd adds a relation.
type CmdbRelateCmd struct {
	RelationArgs
	Strength string `help:"hard: it cannot work without; soft: it works worse." enum:",hard,soft" default:""`
	Group    string `help:"Relations of one group stand in for each other."`
	Need     int    `help:"How many of the group must work."`
}

// Run asks the server.
func (c CmdbRelateCmd) Run(ctx context.Context, g *Globals) error {
	r, err := g.Client().PutRelation(ctx, client.HandRelation{From: c.From, Kind: c.Kind, To: c.To, Strength: c.Strength, Group: c.Group, Need: c.Need})
	if err != nil {
		return err
	}
	return g.PrintOne(r, func() [][2]string {
		return [][2]string{{"FROM", r.From}, {"RELATION", r.Kind}, {"TO", r.To}, {"HOW", strings.Trim(how(r), " ()")}, {"SINCE", when(r.Since)}}
	})
}

// CmdbUnrelateCmd removes one.
type CmdbUnrelateCmd struct{ RelationArgs }

// Run asks the server.
func (c CmdbUnrelateCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().DeleteRelation(ctx, c.From, c.Kind, c.To)
}
