package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// MapRun is one report of a source to the map.
type MapRun struct {
	Key        string      `json:"key"` // RUN-7
	Source     string      `json:"source"`
	Scope      string      `json:"scope,omitempty"`
	Complete   bool        `json:"complete,omitempty"`
	DryRun     bool        `json:"dry_run,omitempty"`
	Provenance []string    `json:"provenance,omitempty"`
	State      string      `json:"state"` // reading, asking, applying, applied, refused, failed, dry
	Why        string      `json:"why,omitempty"`
	Actor      string      `json:"actor"`
	Person     string      `json:"person,omitempty"`
	Counts     MapCounts   `json:"counts"`
	Diff       *MapDiff    `json:"diff,omitempty"` // the first hundred of each sort
	Remarks    []MapRemark `json:"remarks,omitempty"`
	Started    time.Time   `json:"started"`
	Finished   *time.Time  `json:"finished,omitempty"`
}

// MapCounts is how much a run does.
type MapCounts struct {
	Items            int `json:"items,omitempty"`
	Relations        int `json:"relations,omitempty"`
	Repeated         int `json:"repeated,omitempty"`
	Created          int `json:"created,omitempty"`
	Changed          int `json:"changed,omitempty"`
	Same             int `json:"same,omitempty"`
	Stale            int `json:"stale,omitempty"`
	Back             int `json:"back,omitempty"`
	RelationsAdded   int `json:"relations_added,omitempty"`
	RelationsChanged int `json:"relations_changed,omitempty"`
	RelationsStale   int `json:"relations_stale,omitempty"`
	Dangling         int `json:"dangling,omitempty"`
	Proposals        int `json:"proposals,omitempty"`
	Chunks           int `json:"chunks,omitempty"`
	Applied          int `json:"applied,omitempty"`
}

// MapDiff is what a run changes.
type MapDiff struct {
	Created          []ItemChange     `json:"created,omitempty"`
	Changed          []ItemChange     `json:"changed,omitempty"`
	Stale            []ItemChange     `json:"stale,omitempty"`
	RelationsAdded   []RelationChange `json:"relations_added,omitempty"`
	RelationsChanged []RelationChange `json:"relations_changed,omitempty"`
	RelationsStale   []RelationChange `json:"relations_stale,omitempty"`
	Dangling         []RelationChange `json:"dangling,omitempty"`
}

// ItemChange is an item in a diff.
type ItemChange struct {
	Item       string   `json:"item,omitempty"` // empty: it is new
	Key        string   `json:"key"`
	Kind       string   `json:"kind"`
	Name       string   `json:"name"`
	Attributes []string `json:"attributes,omitempty"`
}

// RelationChange is a relation in a diff, its ends as the source names them.
type RelationChange struct {
	From string `json:"from"`
	Kind string `json:"kind"`
	To   string `json:"to"`
}

// MapRemark is something that was noticed and did not stop a run.
type MapRemark struct {
	Place string `json:"place"`
	Text  string `json:"text"`
}

// MapRuns lists runs of sources, newest first; source may be empty.
func (c *Client) MapRuns(ctx context.Context, source, cursor string, limit int) (l List[MapRun], err error) {
	return l, c.Get(ctx, mapPath+"/runs"+Query("source", source, "cursor", cursor, "limit", number(limit)), &l)
}

func runPath(run string) string { return mapPath + "/runs/" + url.PathEscape(run) }

// MapRun returns a run, also how far it is.
func (c *Client) MapRun(ctx context.Context, run string) (r MapRun, err error) {
	return r, c.Get(ctx, runPath(run), &r)
}

// ConfirmRun lets a run that asks go on, and applies it.
func (c *Client) ConfirmRun(ctx context.Context, run string) (r MapRun, err error) {
	return r, c.patiently().Do(ctx, http.MethodPost, runPath(run)+"/confirm", nil, &r)
}

// RefuseRun ends a run that asks; nothing changes.
func (c *Client) RefuseRun(ctx context.Context, run string) (r MapRun, err error) {
	return r, c.Do(ctx, http.MethodPost, runPath(run)+"/refuse", nil, &r)
}

// patiently is the client without a time limit but ctx.
func (c *Client) patiently() *Client {
	long := *c
	long.HTTP = &http.Client{}
	if c.HTTP != nil {
		long.HTTP.Transport, long.HTTP.Jar = c.HTTP.Transport, c.HTTP.Jar
	}
	return &long
}
