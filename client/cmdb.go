package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Items of the map are named by number (CI-12), as kind:name, by an identifier
// (arn=arn:aws:…), or by a plain name where that means one, wherever an
// argument is called item.

// ItemBrief is an item of the map in one line.
type ItemBrief struct {
	Key   string `json:"key"` // CI-12
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Env   string `json:"env,omitempty"`
	Team  string `json:"team,omitempty"`
	State string `json:"state,omitempty"` // present, stale, retired
}

// Item is an item of the map, as worked out from what sources say.
type Item struct {
	ItemBrief
	Attributes  map[string]json.RawMessage `json:"attributes,omitempty"`
	Identifiers []Identifier               `json:"identifiers,omitempty"`
	Conflicts   int                        `json:"conflicts,omitempty"` // attributes on which sources differ
	MergedInto  string                     `json:"merged_into,omitempty"`
	FirstSeen   time.Time                  `json:"first_seen,omitzero"`
	LastSeen    time.Time                  `json:"last_seen,omitzero"`
	NextAt      time.Time                  `json:"next_at,omitzero"`
	Version     int64                      `json:"version"`
	Created     time.Time                  `json:"created,omitzero"`
	Updated     time.Time                  `json:"updated,omitzero"`
}

// Identifier is one name by which some system knows an item.
type Identifier struct {
	Scheme string `json:"scheme"`
	Value  string `json:"value"`
}

// ItemDetail is an item with what surrounds it.
type ItemDetail struct {
	Item
	Origins      map[string]ItemOrigin `json:"origins,omitempty"` // who says each attribute
	Relations    []RelatedItem         `json:"relations"`
	More         bool                  `json:"more,omitempty"`
	Observations []Observation         `json:"observations,omitempty"`
}

// ItemOrigin is where an attribute comes from.
type ItemOrigin struct {
	Source string    `json:"source"`
	Scope  string    `json:"scope,omitempty"`
	At     time.Time `json:"at"`
	Other  int       `json:"other,omitempty"` // how many sources say something else
}

// ItemRelation is what one item is to another.
type ItemRelation struct {
	From       string    `json:"from,omitempty"`
	Kind       string    `json:"kind"` // depends_on, runs_on, part_of, calls, stores_in, owned_by, provides, connects_to
	To         string    `json:"to,omitempty"`
	Strength   string    `json:"strength,omitempty"` // hard, soft
	Group      string    `json:"group,omitempty"`    // its members stand in for each other
	Need       int       `json:"need,omitempty"`     // how many of them must work
	Provenance []string  `json:"provenance,omitempty"`
	Flow       ItemFlow  `json:"flow,omitzero"`
	State      string    `json:"state,omitempty"`
	Since      time.Time `json:"since,omitzero"`
	LastSeen   time.Time `json:"last_seen,omitzero"`
}

// ItemFlow is what an observed relation carries.
type ItemFlow struct {
	PerSecond float64   `json:"per_second,omitempty"`
	Errors    float64   `json:"errors,omitempty"` // share 0 to 1
	P95       float64   `json:"p95_seconds,omitempty"`
	At        time.Time `json:"at,omitzero"`
}

// RelatedItem is a relation of an item with the item at its other end.
type RelatedItem struct {
	Out   bool      `json:"out"` // the item is its from
	Other ItemBrief `json:"other"`
	ItemRelation
}

// Observation is what a source says of an item.
type Observation struct {
	ID        int64      `json:"id"`
	Source    string     `json:"source"`
	Scope     string     `json:"scope,omitempty"`
	Key       string     `json:"key"`
	Run       string     `json:"run,omitempty"`
	Pinned    bool       `json:"pinned,omitempty"`
	Seen      SeenItem   `json:"seen"`
	FirstSeen time.Time  `json:"first_seen"`
	LastSeen  time.Time  `json:"last_seen"`
	AbsentAt  *time.Time `json:"absent_at,omitempty"`
}

// SeenItem is an item as one source sees it; also a record of a bulk upload.
type SeenItem struct {
	Key         string                     `json:"key"` // the source's own name for it
	Kind        string                     `json:"kind"`
	Name        string                     `json:"name"`
	Env         string                     `json:"env,omitempty"`
	Team        string                     `json:"team,omitempty"`
	Identifiers []Identifier               `json:"identifiers,omitempty"`
	Attributes  map[string]json.RawMessage `json:"attributes,omitempty"`
}

// ItemForm is how an item was from one time to another.
type ItemForm struct {
	Item
	Since time.Time  `json:"since"`
	Until *time.Time `json:"until,omitempty"`
}

// ItemFilter narrows a list; the zero value lists all that are not retired.
type ItemFilter struct {
	Kind, State, Env, Team, Source, Text string
	All, Conflicts                       bool
}

// NewItem is an item that a person makes.
type NewItem struct {
	Kind        string                     `json:"kind"`
	Name        string                     `json:"name"`
	Env         string                     `json:"env,omitempty"`
	Team        string                     `json:"team,omitempty"`
	Identifiers []Identifier               `json:"identifiers,omitempty"`
	Attributes  map[string]json.RawMessage `json:"attributes,omitempty"`
}

// ItemEdit is what a person sets on an item; nil and absent fields stay, an
// empty text takes back what was set by hand.
type ItemEdit struct {
	Name        *string                    `json:"name,omitempty"`
	Env         *string                    `json:"env,omitempty"`
	Team        *string                    `json:"team,omitempty"`
	Set         map[string]json.RawMessage `json:"set,omitempty"`
	Clear       []string                   `json:"clear,omitempty"`
	Identifiers *[]Identifier              `json:"identifiers,omitempty"` // all that are set by hand
}

// HandRelation is a relation that a person says there is.
type HandRelation struct {
	From     string `json:"from"`
	Kind     string `json:"kind"`
	To       string `json:"to"`
	Strength string `json:"strength,omitempty"`
	Group    string `json:"group,omitempty"`
	Need     int    `json:"need,omitempty"`
}

const mapPath = "/api/v1/cmdb"

func itemPath(item string) string { return mapPath + "/items/" + url.PathEscape(item) }

// moment is a time in a query; empty for the zero time.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// Items lists items of the map.
func (c *Client) Items(ctx context.Context, f ItemFilter, cursor string, limit int) (l List[Item], err error) {
	return l, c.Get(ctx, mapPath+"/items"+Query("kind", f.Kind, "state", f.State, "env", f.Env, "team", f.Team, "source", f.Source, "text", f.Text,
		"all", flag(f.All), "conflicts", flag(f.Conflicts), "cursor", cursor, "limit", number(limit)), &l)
}

// FindItem returns the item that a text means; 422 with the candidates when it
// means several.
func (c *Client) FindItem(ctx context.Context, text string) (i Item, err error) {
	return i, c.Get(ctx, mapPath+"/find"+Query("text", text), &i)
}

// Item returns an item with its relations, as it was at a time; zero: now.
func (c *Client) Item(ctx context.Context, item string, at time.Time) (d ItemDetail, err error) {
	return d, c.Get(ctx, itemPath(item)+Query("at", moment(at)), &d)
}

// ItemHistory lists what an item was, newest first.
func (c *Client) ItemHistory(ctx context.Context, item string, limit int) (l List[ItemForm], err error) {
	return l, c.Get(ctx, itemPath(item)+"/history"+Query("limit", number(limit)), &l)
}

// CreateItem adds an item by hand.
func (c *Client) CreateItem(ctx context.Context, n NewItem) (d ItemDetail, err error) {
	return d, c.Do(ctx, http.MethodPost, mapPath+"/items", n, &d)
}

// UpdateItem sets or takes back what a person says of an item; 409 when version
// is not the present one.
func (c *Client) UpdateItem(ctx context.Context, item string, version int64, e ItemEdit) (d ItemDetail, err error) {
	_, err = c.Edit(ctx, http.MethodPatch, itemPath(item), etag(version), e, &d)
	return d, err
}

type itemVerb struct {
	Version int64  `json:"version"`
	Note    string `json:"note,omitempty"`
}

// RetireItem says that an item is not there any more.
func (c *Client) RetireItem(ctx context.Context, item string, version int64, note string) (d ItemDetail, err error) {
	return d, c.Do(ctx, http.MethodPost, itemPath(item)+"/retire", itemVerb{version, note}, &d)
}

// RestoreItem takes back that an item was retired by hand.
func (c *Client) RestoreItem(ctx context.Context, item string, version int64) (d ItemDetail, err error) {
	return d, c.Do(ctx, http.MethodPost, itemPath(item)+"/restore", itemVerb{Version: version}, &d)
}

// PutRelation says by hand that there is a relation, or how strong it is.
func (c *Client) PutRelation(ctx context.Context, r HandRelation) (out ItemRelation, err error) {
	return out, c.Do(ctx, http.MethodPut, mapPath+"/relations", r, &out)
}

// DeleteRelation takes back what people said of a relation.
func (c *Client) DeleteRelation(ctx context.Context, from, kind, to string) error {
	return c.Do(ctx, http.MethodDelete, mapPath+"/relations"+Query("from", from, "kind", kind, "to", to), nil, nil)
}

// Regroup is a merge, a split or a retirement that somebody made.
type Regroup struct {
	ID     int64      `json:"id"`
	Verb   string     `json:"verb"` // merge, split, retire
	Item   string     `json:"item"`
	Other  string     `json:"other,omitempty"`
	Note   string     `json:"note,omitempty"`
	Actor  string     `json:"actor"`
	At     time.Time  `json:"at"`
	Undone *time.Time `json:"undone,omitempty"`
}

// Regroups lists merges, splits and retirements of an item, newest first.
func (c *Client) Regroups(ctx context.Context, item, cursor string, limit int) (l List[Regroup], err error) {
	return l, c.Get(ctx, itemPath(item)+"/regroups"+Query("cursor", cursor, "limit", number(limit)), &l)
}

// MergeItems says that other is the same as keep, which stays.
func (c *Client) MergeItems(ctx context.Context, keep, other, note string) (g Regroup, err error) {
	return g, c.Do(ctx, http.MethodPost, itemPath(keep)+"/merge", map[string]string{"other": other, "note": note}, &g)
}

// SplitItem makes a new item of what some observations of one say.
func (c *Client) SplitItem(ctx context.Context, item string, observations []int64, note string) (g Regroup, err error) {
	in := struct {
		Observations []int64 `json:"observations"`
		Note         string  `json:"note"`
	}{observations, note}
	return g, c.Do(ctx, http.MethodPost, itemPath(item)+"/split", in, &g)
}

// UndoRegroup takes a merge, a split or a retirement back.
func (c *Client) UndoRegroup(ctx context.Context, id int64) (g Regroup, err error) {
	return g, c.Do(ctx, http.MethodPost, mapPath+"/regroups/"+strconv.FormatInt(id, 10)+"/undo", nil, &g)
}
