package terraform

import (
	"io"
	"slices"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Limits of a plan that a pipeline uploads for a change.
const (
	MaxPlan  = 256 << 20 // bytes; read as a stream, so the memory is that of one resource and of what is kept
	maxNamed = 100       // resources and items that are named; all are counted
)

// PlanSignal reads what a plan is going to do, as the practice of changes takes
// it: how much is created, updated and destroyed (replacing something destroys
// it), which items of the map it touches, and whether tables or schemas of
// databases are among it. What a plan only looks at, forgets, or leaves as it is
// is no change. Named first is what is destroyed, then what is updated. The
// caller names tool, workspace and commit. Errors are Invalid, with the place; so
// is a plan that ended with an error, for it does not say all.
func PlanSignal(r io.Reader) (out change.Plan, err error) {
	p, err := ReadPlan(r, Options{Max: MaxPlan})
	if err != nil {
		return out, err
	}
	if p.Errored {
		return out, errs.BadField("errored", "true", "planning ended with an error, so the plan does not say all that is going to change; mend it and plan again")
	}
	slices.SortStableFunc(p.Changes, func(a, b Change) int { return weight(a.Action) - weight(b.Action) })
	for _, c := range p.Changes {
		switch c.Action {
		case Create:
			out.Created++
		case Update:
			out.Updated++
		case Delete, Replace:
			out.Destroyed++
		default:
			continue
		}
		if len(out.Resources) < maxNamed {
			out.Resources = append(out.Resources, c.Address)
		}
		out.Schema = out.Schema || schemas[c.Type]
		if c.Action == Create {
			continue
		}
		for _, end := range c.Items {
			name := end.Key
			if name == "" {
				name = end.Scheme + "=" + end.Value
			}
			if len(out.Items) < maxNamed && !slices.Contains(out.Items, name) {
				out.Items = append(out.Items, name)
			}
		}
	}
	return out, nil
}

func weight(a Action) int { return slices.Index([]Action{Delete, Replace, Update, Create}, a) & 7 }

// schemas are the types of resources that are tables and schemas of databases.
var schemas = map[string]bool{
	"aws_dynamodb_table": true, "aws_glue_catalog_table": true, "aws_keyspaces_table": true, "aws_timestreamwrite_table": true,
	"google_bigquery_table": true, "google_bigtable_table": true, "google_spanner_database": true,
	"azurerm_storage_table": true, "azurerm_cosmosdb_sql_container": true, "azurerm_cosmosdb_cassandra_table": true,
	"postgresql_schema": true, "postgresql_extension": true, "snowflake_table": true, "snowflake_schema": true, "databricks_sql_table": true,
}
