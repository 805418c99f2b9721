package terraform

import (
	"io"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

// Action is what a plan does to one resource.
type Action string

// The actions. Replace is delete and create in either order; Forget takes the
// resource out of the state and leaves the thing.
const (
	NoOp    Action = "no-op"
	Create  Action = "create"
	Update  Action = "update"
	Delete  Action = "delete"
	Replace Action = "replace"
	Look    Action = "read"
	Forget  Action = "forget"
)

// Change is one line of a plan.
type Change struct {
	Address     string
	Type        string // "aws_instance"
	Kind        string // item kind; empty for a resource that is no item (an attachment, a random number)
	Action      Action
	Reason      string // Terraform's own: "replace_because_cannot_update"
	Identifiers []cmdb.Identifier
	// Items are where the change is felt: the item itself, or what an
	// attachment joins. By key for a resource of the same scope, else by
	// identifier. Empty for what only comes to be.
	Items []cmdb.End
}

// Plan is what a plan changes.
type Plan struct {
	FormatVersion string
	Changes       []Change // in the order of the file, "no-op" and "read" included
	Remarks       []cmdb.Remark
	Errored       bool // planning ended with an error: it is not complete
}

// Felt returns the items that the plan changes, replaces or takes away: the
// causes with which impact is worked out.
func (p Plan) Felt() []cmdb.End {
	var out []cmdb.End
	for _, c := range p.Changes {
		switch c.Action {
		case Update, Delete, Replace:
			for _, e := range c.Items {
				if !slices.Contains(out, e) {
					out = append(out, e)
				}
			}
		}
	}
	return out
}

// ReadPlan reads the resource changes of `terraform show -json PLANFILE`. A
// state is refused, and so is a plan without a known format version.
func ReadPlan(r io.Reader, opt Options) (Plan, error) {
	var p Plan
	// The graph finds what attachments join; nobody wants its items here.
	d := &document{stream: sourcefile.NewStream(r, opt.Limit()), graph: newGraph(opt, func(cmdb.Record) error { return nil })}
	var joined []instance // of each change that is glue
	at := map[string]int{}
	d.changes = func(c *tfjson.ResourceChange) error {
		if c.Address == "" || c.Type == "" {
			return d.stream.Bad("address", c.Address, "a change has an address and a type; write the file again with terraform show -json")
		}
		if c.DeposedKey != "" || c.Mode == tfjson.DataResourceMode {
			return nil
		}
		if len(p.Changes) >= sourcefile.MaxItems {
			return d.stream.Bad("resource_changes", "", "the plan changes too many resources; split it")
		}
		out, in, err := d.change(c)
		if err != nil {
			return err
		}
		if _, twice := at[c.Address]; !twice {
			at[c.Address] = len(p.Changes)
			p.Changes, joined = append(p.Changes, out), append(joined, in)
		}
		return nil
	}
	if err := d.read(); err != nil {
		return Plan{}, err
	}
	if !d.plan && !d.raw && d.version != "" && d.stateLike() {
		return Plan{}, sourcefile.Bad("file", "resource_changes", "", "this is a state, not a plan; run terraform plan -out=plan.bin and terraform show -json plan.bin")
	}
	if d.raw {
		return Plan{}, sourcefile.Bad("file", "resource_changes", "", "this is a state file, not a plan; run terraform plan -out=plan.bin and terraform show -json plan.bin")
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Kind == "" {
			c.Items = d.graph.ends(joined[i])
		}
	}
	p.FormatVersion, p.Errored, p.Remarks = d.version, d.errored, d.graph.remarks.List()
	return p, nil
}

// stateLike tells that there were values, as a state has.
func (d *document) stateLike() bool { return len(d.graph.nodes) > 0 }

func (d *document) change(c *tfjson.ResourceChange) (Change, instance, error) {
	out := Change{Address: c.Address, Type: c.Type, Reason: string(c.ActionReason), Action: NoOp}
	in := instance{address: c.Address, resource: c.Type, name: c.Name, provider: c.ProviderName}
	kind := kindOf(c.Type)
	if c.Change != nil {
		a, err := action(d.stream, c.Change.Actions)
		if err != nil {
			return out, in, err
		}
		out.Action = a
		in.values = values(c.Change.Before, c.Change.BeforeSensitive)
		if in.values == nil {
			in.values = values(c.Change.After, c.Change.AfterSensitive)
		}
	}
	if kind != glue && kind != logical {
		out.Kind, out.Identifiers = kind, in.identifiers(kind, d.graph.opt)
		if out.Action != Create {
			out.Items = []cmdb.End{cmdb.ByKey(in.address)}
			if c.PreviousAddress != "" {
				out.Items = []cmdb.End{cmdb.ByKey(c.PreviousAddress)} // moved: the map knows the old one
			}
		}
	}
	return out, in, nil
}

// action reads the list of actions; combinations that Terraform does not
// write are refused.
func action(s *sourcefile.Stream, a tfjson.Actions) (Action, error) {
	switch {
	case len(a) == 0 || a.NoOp():
		return NoOp, nil
	case a.Create():
		return Create, nil
	case a.Update():
		return Update, nil
	case a.Delete():
		return Delete, nil
	case a.Replace():
		return Replace, nil
	case a.Read():
		return Look, nil
	case len(a) == 1 && a[0] == "forget", len(a) == 2 && a[0] == "create" && a[1] == "forget", len(a) == 2 && a[0] == "forget" && a[1] == "create":
		return Forget, nil
	}
	var words []byte
	for _, x := range a {
		words = append(append(words, ' '), x...)
	}
	return "", s.Bad("actions", string(words), "a change is one of no-op, create, read, update, delete, forget, or delete and create")
}

// values returns one side of a change without its secrets; nil for none.
func values(v, marks any) map[string]any {
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	var left []string
	out, _ := redactValue(m, marks, "", &left).(map[string]any)
	return out
}

// ends are the items that an attachment joins.
func (g *graph) ends(in instance) []cmdb.End {
	var out []cmdb.End
	aws := provider(in.resource) == "aws"
	for _, j := range joints[in.resource] {
		for _, side := range [2][2]string{{j.from, j.fromOf}, {j.to, j.toOf}} {
			for _, v := range texts(in.values, side[0]) {
				if e, ok := g.find(v, side[1], aws); ok && !slices.Contains(out, e) {
					out = append(out, e)
				}
			}
		}
	}
	return out
}
