package client

import (
	"context"
	"io"
)

// CommitUpload says which commit an upload is about.
type CommitUpload struct {
	Repository string // "harbour/checkout"
	Commit     string // full hash
	Link       string // the run; may be empty
	Name       string // of the suite, the tool or the workspace; empty: the server's default
}

func (u CommitUpload) query(name string) string {
	return Query("repository", u.Repository, "commit", u.Commit, "link", u.Link, name, u.Name)
}

// TestsTaken is a test report as it was understood.
type TestsTaken struct {
	Suite   string        `json:"suite"`
	Total   int           `json:"total"`
	Passed  int           `json:"passed"`
	Failed  int           `json:"failed"`
	Skipped int           `json:"skipped"`
	Receipt ChangeReceipt `json:"receipt"`
}

// UploadTests tells how the tests of a commit went: a report in JUnit's XML.
func (c *Client) UploadTests(ctx context.Context, u CommitUpload, report io.Reader) (t TestsTaken, err error) {
	return t, c.uploadInto(ctx, changesPath+"/tests"+u.query("suite"), "application/xml", report, &t)
}

// ScanTaken is a scanner's findings as they were understood.
type ScanTaken struct {
	Tool     string        `json:"tool"`
	Errors   int           `json:"errors"`
	Warnings int           `json:"warnings"`
	Notes    int           `json:"notes"`
	Receipt  ChangeReceipt `json:"receipt"`
}

// UploadScan tells what a scanner found in a commit: a log in SARIF 2.1.0.
func (c *Client) UploadScan(ctx context.Context, u CommitUpload, log io.Reader) (s ScanTaken, err error) {
	return s, c.uploadInto(ctx, changesPath+"/scans"+u.query("tool"), "application/sarif+json", log, &s)
}

// PlanTaken is a plan as it was understood.
type PlanTaken struct {
	Tool      string        `json:"tool"`
	Created   int           `json:"created"`
	Updated   int           `json:"updated"`
	Destroyed int           `json:"destroyed"` // deleted and replaced
	Resources []string      `json:"resources,omitempty"`
	Items     []string      `json:"items,omitempty"`
	Schema    bool          `json:"schema,omitempty"`
	Receipt   ChangeReceipt `json:"receipt"`
}

// UploadPlan tells what Terraform is going to do with a commit: what terraform
// show -json PLANFILE wrote.
func (c *Client) UploadPlan(ctx context.Context, u CommitUpload, plan io.Reader) (p PlanTaken, err error) {
	return p, c.uploadInto(ctx, changesPath+"/plans"+u.query("workspace"), "application/json", plan, &p)
}
