package client

import (
	"context"
	"io"
	"net/url"
	"time"
)

// ReportFilter narrows a report. Told and For are of the report "edges" only,
// Kind and Team of all others.
type ReportFilter struct {
	Service, Source, Env, Kind, Team string
	Told                             string // declared, observed
	For                              string // ISO 8601: not seen for so long
}

func (f ReportFilter) query(more ...string) string {
	return Query(append([]string{"service", f.Service, "source", f.Source, "env", f.Env, "kind", f.Kind, "team", f.Team, "told", f.Told, "for", f.For}, more...)...)
}

// ReportItem is an item as reports show it.
type ReportItem struct {
	ItemBrief
	LastSeen time.Time `json:"last_seen,omitzero"`
	Sources  []string  `json:"sources,omitempty"`
}

// ItemTwin is a pair of items that may be one.
type ItemTwin struct {
	A        ReportItem `json:"a"`
	B        ReportItem `json:"b"`
	Why      string     `json:"why"`
	Proposal string     `json:"proposal,omitempty"`
}

// ItemConflict is something on which sources differ.
type ItemConflict struct {
	Item   ReportItem  `json:"item"`
	Field  string      `json:"field"`
	Claims []ItemClaim `json:"claims"`
}

// DanglingRelation is one of which nobody knows an end.
type DanglingRelation struct {
	Source   string    `json:"source"`
	Scope    string    `json:"scope,omitempty"`
	From     string    `json:"from"` // as the source names it
	FromItem string    `json:"from_item,omitempty"`
	Kind     string    `json:"kind"`
	To       string    `json:"to"`
	ToItem   string    `json:"to_item,omitempty"`
	Since    time.Time `json:"since"`
	LastSeen time.Time `json:"last_seen"`
}

// ItemEdge is a dependency that only one side tells of.
type ItemEdge struct {
	From         ReportItem `json:"from"`
	Kind         string     `json:"kind"`
	To           ReportItem `json:"to"`
	Told         string     `json:"told"` // declared: and not seen; observed: and not declared
	Sources      []string   `json:"sources"`
	Since        time.Time  `json:"since,omitzero"`
	LastObserved *time.Time `json:"last_observed,omitempty"`
	Flow         ItemFlow   `json:"flow,omitzero"`
	Unwatched    bool       `json:"unwatched,omitempty"` // nothing was ever seen of the calling end
}

// ItemClaim is what one source says of a field.
type ItemClaim struct {
	Source string    `json:"source"`
	Scope  string    `json:"scope,omitempty"`
	Value  string    `json:"value"`
	Since  time.Time `json:"since"`
	Last   time.Time `json:"last"`
	Used   bool      `json:"used,omitempty"`
}

// ReportCSV streams a whole report as a table; the caller closes it.
func (c *Client) ReportCSV(ctx context.Context, report string, f ReportFilter) (io.ReadCloser, error) {
	return c.patiently().Stream(ctx, mapPath+"/reports/"+url.PathEscape(report)+f.query("format", "csv"))
}

// ReportItems is a page of the report orphans, unowned or stale.
func (c *Client) ReportItems(ctx context.Context, report string, f ReportFilter, cursor string, limit int) (l List[ReportItem], err error) {
	return l, c.Get(ctx, reportPath(report, f, cursor, limit), &l)
}

// ReportDuplicates is a page of pairs that may be one.
func (c *Client) ReportDuplicates(ctx context.Context, f ReportFilter, cursor string, limit int) (l List[ItemTwin], err error) {
	return l, c.Get(ctx, reportPath("duplicates", f, cursor, limit), &l)
}

// ReportConflicts is a page of what sources differ on; limit is in items.
func (c *Client) ReportConflicts(ctx context.Context, f ReportFilter, cursor string, limit int) (l List[ItemConflict], err error) {
	return l, c.Get(ctx, reportPath("conflicts", f, cursor, limit), &l)
}

// ReportDangling is a page of relations of which nobody knows an end.
func (c *Client) ReportDangling(ctx context.Context, f ReportFilter, cursor string, limit int) (l List[DanglingRelation], err error) {
	return l, c.Get(ctx, reportPath("dangling", f, cursor, limit), &l)
}

// ReportEdges is a page of what is declared and not seen, and seen and not
// declared.
func (c *Client) ReportEdges(ctx context.Context, f ReportFilter, cursor string, limit int) (l List[ItemEdge], err error) {
	return l, c.Get(ctx, reportPath("edges", f, cursor, limit), &l)
}

func reportPath(report string, f ReportFilter, cursor string, limit int) string {
	return mapPath + "/reports/" + url.PathEscape(report) + f.query("cursor", cursor, "limit", number(limit))
}
