package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// SpecArg names a file with a spec.
type SpecArg struct {
	File string `arg:"" help:"YAML or JSON: a document as code, its spec alone, or what show -o yaml printed; - reads standard input."`
}

// read reads the file into spec; the server checks what it says.
func (f SpecArg) read(g *Globals, spec any) (err error) {
	var text []byte
	if f.File == "-" {
		text, err = io.ReadAll(g.In)
	} else {
		text, err = os.ReadFile(f.File)
	}
	if err != nil {
		return errs.BadField("file", f.File, "it cannot be read: "+err.Error())
	}
	data, err := yaml.YAMLToJSON(text)
	if err != nil {
		return errs.BadField("file", f.File, yaml.FormatError(err, false, true))
	}
	var doc struct {
		Spec json.RawMessage `json:"spec"`
	}
	if json.Unmarshal(data, &doc) == nil && len(doc.Spec) > 0 {
		data = doc.Spec
	}
	if err := json.Unmarshal(data, spec); err != nil {
		return errs.BadField("file", f.File, "it does not hold what is asked for: "+err.Error())
	}
	return nil
}

// CmdbKindCmd is kinds of items.
type CmdbKindCmd struct {
	List   CmdbKindListCmd   `cmd:"" default:"1" help:"List kinds of items."`
	Show   CmdbKindShowCmd   `cmd:"" help:"Show a kind of items."`
	Create CmdbKindCreateCmd `cmd:"" help:"Add a kind from a file, or say more of one that is known."`
	Update CmdbKindUpdateCmd `cmd:"" help:"Replace what is written of a kind by what is in a file."`
	Delete CmdbKindDeleteCmd `cmd:"" help:"Remove what is written of a kind."`
}

// CmdbKindListCmd lists kinds.
type CmdbKindListCmd struct{}

// Run reads all pages.
func (CmdbKindListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := pages(0, func(cursor string, n int) (client.List[client.ItemKind], error) {
		return g.Client().ItemKinds(ctx, cursor, n)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NAME", "TITLE", "ATTRIBUTES CHECKED", "IDENTIFIED BY", "FROM"}}
		for _, k := range all {
			checked, from := "", "version "+fmt.Sprint(k.Version)
			if len(k.Schema) > 0 {
				checked = "remarks"
				if k.Strict {
					checked = "strictly"
				}
			}
			if k.Version == 0 {
				from = "the program"
			} else if k.ManagedBy != "" {
				from = k.ManagedBy
			}
			lines = append(lines, []string{k.Name, k.Title, checked, strings.Join(k.Identify, ", "), from})
		}
		return lines
	})
}

// KindArg names a kind.
type KindArg struct {
	Kind string `arg:"" help:"Name of the kind."`
}

// CmdbKindShowCmd shows a kind.
type CmdbKindShowCmd struct{ KindArg }

// Run asks the server.
func (c CmdbKindShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printKind(g.Client().ItemKind(ctx, c.Kind))
}

func (g *Globals) printKind(k client.ItemKind, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(k, func() [][2]string {
		pairs := [][2]string{{"NAME", k.Name}, {"TITLE", k.Title}, {"ICON", k.Icon}, {"STRICT", yesNo(k.Strict)}, {"IDENTIFIED BY", strings.Join(k.Identify, ", ")},
			{"VERSION", fmt.Sprint(k.Version)}, {"MANAGED BY", k.ManagedBy}}
		if len(k.Schema) > 0 {
			pairs = append(pairs, [2]string{"SCHEMA", said(k.Schema)})
		}
		return pairs
	})
}

// CmdbKindCreateCmd adds a kind.
type CmdbKindCreateCmd struct {
	KindArg
	SpecArg
}

// Run asks the server.
func (c CmdbKindCreateCmd) Run(ctx context.Context, g *Globals) error {
	var spec client.ItemKindSpec
	if err := c.read(g, &spec); err != nil {
		return err
	}
	return g.printKind(g.Client().CreateItemKind(ctx, c.Kind, spec))
}

// CmdbKindUpdateCmd replaces a kind.
type CmdbKindUpdateCmd struct {
	KindArg
	SpecArg
}

// Run replaces the version that is there; another edit meanwhile is a conflict.
func (c CmdbKindUpdateCmd) Run(ctx context.Context, g *Globals) error {
	var spec client.ItemKindSpec
	if err := c.read(g, &spec); err != nil {
		return err
	}
	now, err := g.Client().ItemKind(ctx, c.Kind)
	if err != nil {
		return err
	}
	return g.printKind(g.Client().UpdateItemKind(ctx, c.Kind, now.Version, spec))
}

// CmdbKindDeleteCmd removes a kind.
type CmdbKindDeleteCmd struct{ KindArg }

// Run asks the server.
func (c CmdbKindDeleteCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().DeleteItemKind(ctx, c.Kind)
}
