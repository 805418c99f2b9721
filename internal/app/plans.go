package app

import (
	"io"

	"github.com/evenkeel/evenkeel/internal/cmdb/cmdbapi"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/connect/terraform"
)

// connectors are what reads files for the API of the map.
func connectors() cmdbapi.Connectors {
	return cmdbapi.Connectors{Files: FileSources, Plans: map[string]cmdbapi.PlanReader{"terraform": terraformPlan}}
}

// planLevels is what an action does to an item while the plan is applied: what
// goes or is made anew is down meanwhile, what is changed may work worse.
var planLevels = map[terraform.Action]graph.Level{terraform.Delete: graph.Down, terraform.Replace: graph.Down, terraform.Update: graph.Degraded}

func terraformPlan(r io.Reader, opt sourcefile.Options) (cmdbapi.Planned, error) {
	p, err := terraform.ReadPlan(r, opt)
	out := cmdbapi.Planned{FormatVersion: p.FormatVersion, Remarks: p.Remarks}
	for _, c := range p.Changes {
		out.Changes = append(out.Changes, cmdbapi.PlannedChange{Address: c.Address, Type: c.Type, Kind: c.Kind, Action: string(c.Action), Reason: c.Reason, Level: planLevels[c.Action], Items: c.Items})
	}
	return out, err
}
