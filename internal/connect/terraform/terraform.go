// Package terraform reads what Terraform and OpenTofu know: the JSON of
// `terraform show -json` for a state or a plan, and raw state files.
//
//	show -json   format_version 0.1 to 1.x   https://developer.hashicorp.com/terraform/internals/json-format
//	tfstate      version 4 (since 0.12)      refused below: upgrade, or run show -json
//
// The structures are those of github.com/hashicorp/terraform-json. A file is
// read as a stream: one resource is in memory at a time, then only its address,
// its names and whom it refers to, so that a gigabyte of state needs about
// 2 KB for each resource. Fields of the top level may come in any order.
//
// What becomes what:
//
//   - A managed resource is an item under its address; types.go maps its type
//     to a kind. Data sources are read over: they only look at what others
//     manage.
//   - Attachments, rules and associations are no things but relations
//     (references.go, joints); random numbers, triggers and local files are
//     nothing, and dependencies lead through them to what lies behind.
//   - Relations come from the names of others that a resource holds (its
//     subnet, its role, its targets), which say what kind of relation it is,
//     and from depends_on and the references of a plan's configuration, which
//     only say that there is one. Where an attribute explains two resources,
//     the bare dependency between them is left out. The state of Terraform 0.13
//     and later lists dependencies of dependencies too; those are left out.
//   - A name that leads out of the file (the network is another team's state)
//     becomes a relation to that ARN, id or address, and is joined when the
//     item appears.
//
// Secrets never leave this package: values marked as sensitive and values
// named like a secret are taken out before anything looks at a resource, and
// of what is left only the attributes listed in attributes.go are kept.
package terraform

import (
	"fmt"
	"io"
	"regexp"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

// Options are what is known beside the file. Scope makes the addresses
// unique ("prod/network") and should be the name of the state.
type Options = sourcefile.Options

// Read reads a state or a plan. Of a plan it emits what would be there after
// it; for what it changes see ReadPlan.
func Read(r io.Reader, opt Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
	d := &document{stream: sourcefile.NewStream(r, opt.Limit()), graph: newGraph(opt, emit)}
	if err := d.read(); err != nil {
		return d.graph.remarks.List(), err
	}
	if d.config != nil {
		d.graph.configure(d.config)
	}
	return d.graph.finish(!d.plan)
}

// document is one file while it is read.
type document struct {
	stream  *sourcefile.Stream
	graph   *graph
	version string // format_version
	state   int    // version of a raw state
	plan    bool
	errored bool
	raw     bool
	config  *tfjson.Config
	changes func(*tfjson.ResourceChange) error // nil: changes are read over
}

// maxConfig is the size in bytes of a plan's configuration, which is read whole.
const maxConfig = 128 << 20

func (d *document) read() error {
	ok, err := d.stream.Object(d.field)
	if err == nil {
		err = d.stream.End()
	}
	switch {
	case err != nil:
		return err
	case d.raw && d.state == 0:
		return d.stream.Bad("version", "", "a state file names its version; run terraform show -json and send its output")
	case !ok || !d.raw && d.version == "":
		return d.stream.Bad("format_version", "", "this is neither the output of terraform show -json nor a state file; run terraform show -json on the state or the plan file")
	}
	return nil
}

func (d *document) field(key string) error {
	s := d.stream
	switch key {
	case "format_version":
		if err := s.Decode(&d.version); err != nil {
			return err
		}
		return checkVersion(s, d.version)
	case "version":
		d.raw = true
		if err := s.Decode(&d.state); err != nil {
			return err
		}
		if d.state != 4 {
			return s.Bad("version", fmt.Sprint(d.state), "state files of version 4 are read (Terraform 0.12 and later); run terraform show -json, or upgrade the state with terraform init and terraform apply -refresh-only")
		}
		return nil
	case "modules": // version 3 and before
		return s.Bad("modules", "", "this is a state of Terraform 0.11 or older; upgrade it with Terraform 0.12 or later, then run terraform show -json")
	case "provider_schemas", "valid", "modules_dir":
		return s.Bad(key, "", "this is another output of Terraform; run terraform show -json on the state or the plan file")
	case "resources":
		d.raw = true
		return d.rawResources()
	case "values":
		return d.values()
	case "planned_values":
		d.plan = true
		return d.values()
	case "resource_changes":
		d.plan = true
		if d.changes == nil {
			return s.Skip()
		}
		return s.List(func(int) error {
			var c *tfjson.ResourceChange
			if err := s.Decode(&c); err != nil || c == nil {
				return err
			}
			return d.changes(c)
		})
	case "configuration":
		return s.DecodeUpTo(&d.config, maxConfig)
	case "errored":
		if err := s.Decode(&d.errored); err != nil {
			return err
		}
		if d.errored {
			d.graph.remarks.Add(s.Path(), "planning ended with an error, so this plan is not complete")
		}
		return nil
	}
	return s.Skip() // outputs, variables, prior_state, checks …: nothing of them is an item, and they may be secret
}

var majors = regexp.MustCompile(`^(0\.[1-9][0-9]*|1\.[0-9]+)(\.[0-9]+)?$`)

// checkVersion follows terraform-json's constraint ">= 0.1, < 2.0".
func checkVersion(s *sourcefile.Stream, v string) error {
	if majors.MatchString(v) {
		return nil
	}
	return s.Bad("format_version", v, "formats 0.1 to 1.x are read; use Terraform 0.12 or later, or OpenTofu, or a later Evenkeel for a later format")
}

// values reads the common representation of state and planned values.
func (d *document) values() error {
	_, err := d.stream.Object(func(key string) error {
		if key != "root_module" {
			return d.stream.Skip() // outputs
		}
		return d.module()
	})
	return err
}

func (d *document) module() error {
	_, err := d.stream.Object(func(key string) error {
		switch key {
		case "resources":
			return d.stream.List(func(int) error {
				var r *tfjson.StateResource
				if err := d.stream.Decode(&r); err != nil || r == nil {
					return err
				}
				return d.resource(r)
			})
		case "child_modules":
			return d.stream.List(func(int) error { return d.module() })
		}
		return d.stream.Skip()
	})
	return err
}

func (d *document) resource(r *tfjson.StateResource) error {
	if r.Address == "" || r.Type == "" {
		return d.stream.Bad("address", r.Address, "a resource has an address and a type; write the file again with terraform show -json")
	}
	if r.DeposedKey != "" {
		return nil // on its way out; the one that took its place has the same address
	}
	values, left := redact(r.AttributeValues, r.SensitiveValues)
	return d.graph.add(d.stream.Path(), instance{address: r.Address, resource: r.Type, name: r.Name, provider: r.ProviderName,
		data: r.Mode == tfjson.DataResourceMode, values: values, left: left, deps: r.DependsOn, tainted: r.Tainted})
}
