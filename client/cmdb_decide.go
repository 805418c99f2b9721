package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Proposal says that two items may be one and the same.
type Proposal struct {
	Key     string     `json:"key"` // PAIR-3
	A       ItemBrief  `json:"a"`
	B       ItemBrief  `json:"b"`
	Why     string     `json:"why"`
	State   string     `json:"state"` // open, merged, refused
	Actor   string     `json:"actor,omitempty"`
	Created time.Time  `json:"created"`
	Decided *time.Time `json:"decided,omitempty"`

	Compare []Compared   `json:"compare,omitempty"` // absent in lists
	Shared  []Identifier `json:"shared,omitempty"`  // absent in lists
}

// Compared is one field of both items of a proposal.
type Compared struct {
	Field string `json:"field"`
	A     string `json:"a,omitempty"`
	B     string `json:"b,omitempty"`
	Same  bool   `json:"same,omitempty"`
}

func pairPath(pair string) string { return mapPath + "/proposals/" + url.PathEscape(pair) }

// Proposals lists pairs that may be one: the open ones, or all, or those of an
// item.
func (c *Client) Proposals(ctx context.Context, all bool, item, cursor string, limit int) (l List[Proposal], err error) {
	return l, c.Get(ctx, mapPath+"/proposals"+Query("all", flag(all), "item", item, "cursor", cursor, "limit", number(limit)), &l)
}

// Proposal returns a proposal with both sides compared.
func (c *Client) Proposal(ctx context.Context, pair string) (p Proposal, err error) {
	return p, c.Get(ctx, pairPath(pair), &p)
}

// MergeProposal says that the two are one; keep may be empty: the older one.
func (c *Client) MergeProposal(ctx context.Context, pair, keep, note string) (g Regroup, err error) {
	in := struct {
		Keep string `json:"keep,omitempty"`
		Note string `json:"note,omitempty"`
	}{keep, note}
	return g, c.Do(ctx, http.MethodPost, pairPath(pair)+"/merge", in, &g)
}

// RefuseProposal says that the two are two.
func (c *Client) RefuseProposal(ctx context.Context, pair string) (p Proposal, err error) {
	return p, c.Do(ctx, http.MethodPost, pairPath(pair)+"/refuse", nil, &p)
}

// ItemKindSpec is what can be written of a kind of items.
type ItemKindSpec struct {
	Title    string         `json:"title,omitempty"`
	Icon     string         `json:"icon,omitempty"`
	Schema   map[string]any `json:"schema,omitempty"` // JSON Schema of the attributes
	Strict   bool           `json:"strict,omitempty"`
	Identify []string       `json:"identify,omitempty"`
}

// ItemKind is a kind of items.
type ItemKind struct {
	Name string `json:"name"`
	ItemKindSpec
	Known     bool      `json:"known,omitempty"` // from the start
	Version   int64     `json:"version"`         // 0: nothing is written of it
	Created   time.Time `json:"created,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	ManagedBy string    `json:"managed_by,omitempty"`
}

func kindPath(name string) string { return mapPath + "/kinds/" + url.PathEscape(name) }

// ItemKinds lists kinds of items by name.
func (c *Client) ItemKinds(ctx context.Context, cursor string, limit int) (l List[ItemKind], err error) {
	return l, c.Get(ctx, mapPath+"/kinds"+Query("cursor", cursor, "limit", number(limit)), &l)
}

// ItemKind returns a kind of items.
func (c *Client) ItemKind(ctx context.Context, name string) (k ItemKind, err error) {
	return k, c.Get(ctx, kindPath(name), &k)
}

// CreateItemKind adds a kind of items, or says more of one that is known from the start.
func (c *Client) CreateItemKind(ctx context.Context, name string, spec ItemKindSpec) (k ItemKind, err error) {
	in := struct {
		Name string `json:"name"`
		ItemKindSpec
	}{name, spec}
	return k, c.Do(ctx, http.MethodPost, mapPath+"/kinds", in, &k)
}

// UpdateItemKind replaces what is written of a kind; 409 when version is not the present one.
func (c *Client) UpdateItemKind(ctx context.Context, name string, version int64, spec ItemKindSpec) (k ItemKind, err error) {
	_, err = c.Edit(ctx, http.MethodPut, kindPath(name), etag(version), spec, &k)
	return k, err
}

// DeleteItemKind removes what is written of a kind.
func (c *Client) DeleteItemKind(ctx context.Context, name string) error {
	return c.Do(ctx, http.MethodDelete, kindPath(name), nil, nil)
}

// ReconciliationSpec is how items are worked out of what sources say.
// Durations are ISO 8601, like P30D.
type ReconciliationSpec struct {
	Sources    []string          `json:"sources,omitempty"` // most trusted first
	Attributes []AttributeRule   `json:"attributes,omitempty"`
	Freshness  string            `json:"freshness,omitempty"`
	Identify   []IdentifyingRule `json:"identify,omitempty"`
	Grace      string            `json:"grace,omitempty"`  // from stale to retired
	Forget     string            `json:"forget,omitempty"` // how long an observed relation counts unseen
}

// AttributeRule is whom to believe about one attribute.
type AttributeRule struct {
	Kind      string   `json:"kind,omitempty"`
	Name      string   `json:"name"`
	Sources   []string `json:"sources,omitempty"`
	Freshness string   `json:"freshness,omitempty"`
}

// IdentifyingRule is how items of a kind are recognised.
type IdentifyingRule struct {
	Kind string         `json:"kind,omitempty"`
	By   []IdentifiedBy `json:"by"`
}

// IdentifiedBy is one scheme of identifiers; weak ones only propose.
type IdentifiedBy struct {
	Scheme string `json:"scheme"`
	Weak   bool   `json:"weak,omitempty"`
}

// Reconciliation are the rules in force.
type Reconciliation struct {
	ReconciliationSpec
	Replay struct {
		Done    bool  `json:"done"`
		Percent int   `json:"percent"`
		Changed int64 `json:"changed"`
	} `json:"replay"`
	Version   int64     `json:"version"` // 0: those that come with the program
	Created   time.Time `json:"created,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	ManagedBy string    `json:"managed_by,omitempty"`
}

// ReconciliationPreview is what rules would change.
type ReconciliationPreview struct {
	Looked     int  `json:"looked"`
	All        bool `json:"all"`
	Items      int  `json:"items"`
	Attributes int  `json:"attributes"`
	Examples   []struct {
		Item    ItemBrief     `json:"item"`
		Changes []FieldChange `json:"changes"`
	} `json:"examples"`
}

// Reconciliation returns the rules in force, and how far their replay is.
func (c *Client) Reconciliation(ctx context.Context) (r Reconciliation, err error) {
	return r, c.Get(ctx, mapPath+"/rules", &r)
}

// PutReconciliation replaces the rules; version is the one that was read, 0 for
// those that come with the program.
func (c *Client) PutReconciliation(ctx context.Context, version int64, spec ReconciliationSpec) (r Reconciliation, err error) {
	_, err = c.Edit(ctx, http.MethodPut, mapPath+"/rules", etag(version), spec, &r)
	return r, err
}

// ResetReconciliation goes back to the rules that come with the program.
func (c *Client) ResetReconciliation(ctx context.Context) error {
	return c.Do(ctx, http.MethodDelete, mapPath+"/rules", nil, nil)
}

// PreviewReconciliation says what rules would change; nothing is changed.
func (c *Client) PreviewReconciliation(ctx context.Context, spec ReconciliationSpec) (p ReconciliationPreview, err error) {
	return p, c.Do(ctx, http.MethodPost, mapPath+"/rules/preview", spec, &p)
}
