package client

import (
	"context"
	"net/http"
	"time"
)

// File is one file of a directory as code.
type File struct {
	Path    string `json:"path"` // below the directory, with slashes
	Content string `json:"content"`
}

// Directory is what Plan and Apply are about.
type Directory struct {
	Source string `json:"source,omitempty"` // empty: main
	Commit string `json:"commit,omitempty"` // git commit, with "+dirty" when the tree has changes
	Plan   string `json:"plan,omitempty"`   // for Apply: digest of the plan that was seen
	Files  []File `json:"files"`
}

// Plan is the effect of a directory.
type Plan struct {
	Source  string       `json:"source"`
	Commit  string       `json:"commit,omitempty"`
	Digest  string       `json:"digest"`
	Counts  PlanCounts   `json:"counts"`
	Changes []PlanChange `json:"changes"`
}

// PlanCounts says how many records are touched, and how many are not.
type PlanCounts struct {
	Created   int `json:"created"`
	Changed   int `json:"changed"`
	Adopted   int `json:"adopted"` // unchanged, managed in git from now on
	Removed   int `json:"removed"`
	Unchanged int `json:"unchanged"`
}

// Touched is how many records are not left as they are.
func (c PlanCounts) Touched() int { return c.Created + c.Changed + c.Adopted + c.Removed }

// PlanChange is what happens to one record.
type PlanChange struct {
	Kind   string      `json:"kind"`
	Name   string      `json:"name"`
	Record string      `json:"record"`
	Path   string      `json:"path"`
	Action string      `json:"action"` // create, change, adopt, remove
	Adopt  bool        `json:"adopt,omitempty"`
	Where  string      `json:"where,omitempty"` // file:line:column
	Fields []PlanField `json:"fields,omitempty"`
}

// PlanField is one difference within a record; nil is absent.
type PlanField struct {
	Path   string `json:"path"`
	Before any    `json:"before,omitempty"`
	After  any    `json:"after,omitempty"`
}

// AppliedPlan is one apply that changed something.
type AppliedPlan struct {
	ID     int64      `json:"id"`
	At     time.Time  `json:"at"`
	Actor  string     `json:"actor"`
	Person string     `json:"person,omitempty"`
	Source string     `json:"source"`
	Commit string     `json:"commit,omitempty"`
	Counts PlanCounts `json:"counts"`
}

// Plan says what applying a directory would do. A *Problem of status 422
// names every fault with file:line:column.
func (c *Client) Plan(ctx context.Context, d Directory) (Plan, error) {
	var p Plan
	err := c.Do(ctx, http.MethodPost, "/api/v1/plan", d, &p)
	return p, err
}

// Apply makes the records equal to a directory, in one transaction; 409 when
// d.Plan is not what would happen now.
func (c *Client) Apply(ctx context.Context, d Directory) (Plan, error) {
	var p Plan
	err := c.Do(ctx, http.MethodPost, "/api/v1/apply", d, &p)
	return p, err
}

// Export returns all records as files.
func (c *Client) Export(ctx context.Context) ([]File, error) {
	var list List[File]
	err := c.Get(ctx, "/api/v1/export", &list)
	return list.Items, err
}

// Applies lists applies that changed something, newest first.
func (c *Client) Applies(ctx context.Context, cursor string, limit int) (List[AppliedPlan], error) {
	var list List[AppliedPlan]
	err := c.Get(ctx, "/api/v1/applies"+Query("cursor", cursor, "limit", number(limit)), &list)
	return list, err
}
