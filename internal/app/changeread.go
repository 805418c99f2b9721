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
	return changeapi.Readers{Tests: junitTests, Scan: sarifScan, Plan: terraform.PlanSignal}
}

func junitTests(r io.Reader) (change.Tests, error) {
	rep, err := junit.Read(r)
	return change.Tests{Total: rep.Total, Passed: rep.Passed, Failed: rep.Failed, Skipped: rep.Skipped}, err
}

func sarifScan(r io.Reader) (change.Scan, error) {
	rep, err := sarif.Read(r)
	return change.Scan{Tool: strings.Join(rep.Tools, ", "), Errors: rep.Errors, Warnings: rep.Warnings, Notes: rep.Notes}, err
}
