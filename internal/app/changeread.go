package app

import (
	"io"
	"strings"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/changeapi"
	"github.com/evenkeel/evenkeel/internal/connect/junit"
	"github.com/evenkeel/evenkeel/internal/connect/sarif"
	"github.com/evenkeel/evenkeel/internal/connect/terraform"
)

// changeReaders are what reads uploads about commits for the API of changes.
func changeReaders() changeapi.Readers {
	return changeapi.Readers{Tests: junitTests, Scan: sarifScan, Plan: terraformSize}
}

func junitTests(r io.Reader) (change.Tests, error) {
	rep, err := junit.Read(r)
	return change.Tests{Total: rep.Total, Passed: rep.Passed, Failed: rep.Failed, Skipped: rep.Skipped}, err
}

func sarifScan(r io.Reader) (change.Scan, error) {
	rep, err := sarif.Read(r)
	return change.Scan{Tool: strings.Join(rep.Tools, ", "), Errors: rep.Errors, Warnings: rep.Warnings, Notes: rep.Notes}, err
}

// terraformSize is how much a plan changes, and on which items of the map.
func terraformSize(r io.Reader) (out change.Plan, err error) {
	p, err := terraform.ReadPlan(r, terraform.Options{})
	if err != nil {
		return out, err
	}
	for _, c := range p.Changes {
		switch c.Action {
		case terraform.Create:
			out.Created++
		case terraform.Update:
			out.Updated++
		case terraform.Delete, terraform.Replace:
			out.Destroyed++
		default: // it looks, forgets, or leaves as it is
			continue
		}
		out.Resources = append(out.Resources, c.Address)
		out.Schema = out.Schema || schemaTypes[c.Type]
	}
	for _, end := range p.Felt() {
		name := end.Key
		if name == "" {
			name = end.Scheme + "=" + end.Value
		}
		out.Items = append(out.Items, name)
	}
	return out, nil
}

// schemaTypes are the resources that are tables and schemas of databases.
var schemaTypes = map[string]bool{
	"aws_dynamodb_table": true, "aws_glue_catalog_table": true, "google_bigquery_table": true, "google_spanner_database": true,
	"azurerm_storage_table": true, "postgresql_schema": true, "snowflake_table": true, "snowflake_schema": true,
}
