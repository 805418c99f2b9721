package client

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// Cause is an item that is down or degraded by itself.
type Cause struct {
	Item  string `json:"item"`
	Level string `json:"level,omitempty"` // down (default), degraded
}

// Impact is what breaks.
type Impact struct {
	Down     int          `json:"down"`
	Degraded int          `json:"degraded"`
	AtRisk   int          `json:"at_risk"`
	Exposed  int          `json:"exposed,omitempty"` // only if asked
	Hits     []Hit        `json:"hits"`              // worst first, the causes among them
	Hidden   int          `json:"hidden,omitempty"`
	Services []ServiceHit `json:"services"`
	Teams    []string     `json:"teams"` // that own what is down or degraded
}

// ServiceHit is a service that is touched.
type ServiceHit struct {
	Service string `json:"service"`
	Title   string `json:"title,omitempty"`
	Promise string `json:"promise,omitempty"`
	Tier    *int   `json:"tier,omitempty"`
	Team    string `json:"team,omitempty"`
	Level   string `json:"level"`
	Item    string `json:"item"`
	Cause   bool   `json:"cause,omitempty"`
}

// Hit is an item that is touched, and why.
type Hit struct {
	Item  ItemBrief    `json:"item"`
	Level string       `json:"level"` // down, degraded, at risk, exposed
	Depth int          `json:"depth"`
	Why   []ImpactStep `json:"why,omitempty"`
}

// ImpactStep says why one item has its level.
type ImpactStep struct {
	Item     ItemBrief     `json:"item"`
	Level    string        `json:"level"`
	On       *ItemBrief    `json:"on,omitempty"` // nil: it is a cause itself
	OnLevel  string        `json:"on_level,omitempty"`
	Relation *ItemRelation `json:"relation,omitempty"`
	Group    *ImpactGroup  `json:"group,omitempty"`
}

// ImpactGroup is how a redundancy group stands.
type ImpactGroup struct {
	Name     string   `json:"name"`
	Need     int      `json:"need"`
	Of       int      `json:"of"`
	Gone     int      `json:"gone"`
	Poor     int      `json:"poor,omitempty"`
	Down     []string `json:"down,omitempty"`
	Degraded []string `json:"degraded,omitempty"`
}

// ImpactAsk narrows a question about impact.
type ImpactAsk struct {
	At      time.Time `json:"at,omitzero"` // zero: now
	Exposed bool      `json:"exposed,omitempty"`
	Limit   int       `json:"limit,omitempty"` // most hits; 0: 500
}

// Impact says what breaks if causes do.
func (c *Client) Impact(ctx context.Context, causes []Cause, ask ImpactAsk) (i Impact, err error) {
	in := struct {
		Causes []Cause `json:"causes"`
		ImpactAsk
	}{causes, ask}
	return i, c.Do(ctx, http.MethodPost, mapPath+"/impact", in, &i)
}

// ImpactOf says what breaks if one item is down.
func (c *Client) ImpactOf(ctx context.Context, item string) (i Impact, err error) {
	return i, c.Get(ctx, mapPath+"/impact"+Query("item", item), &i)
}

// Why says why an item is touched by causes, step by step; no steps: it is not.
func (c *Client) Why(ctx context.Context, item string, causes []Cause, at time.Time) (l List[ImpactStep], err error) {
	in := struct {
		Item   string    `json:"item"`
		Causes []Cause   `json:"causes"`
		At     time.Time `json:"at,omitzero"`
	}{item, causes, at}
	return l, c.Do(ctx, http.MethodPost, mapPath+"/why", in, &l)
}

// NeededItem is something that an item needs, or what is contained in it.
type NeededItem struct {
	Item     ItemBrief    `json:"item"`
	Depth    int          `json:"depth"`
	Hard     bool         `json:"hard"` // alone it takes the item down
	Relation ItemRelation `json:"relation"`
}

// NeededItems are nearest first.
type NeededItems struct {
	Items  []NeededItem `json:"items"`
	Hidden int          `json:"hidden,omitempty"` // at least so many more
}

// ItemAsk is a question about what is around an item.
type ItemAsk struct {
	At    time.Time // zero: now
	Depth int       // 0: all the way
	Limit int       // 0: 500
}

func (a ItemAsk) query(more ...string) string {
	return Query(append([]string{"at", moment(a.At), "depth", number(a.Depth), "limit", number(a.Limit)}, more...)...)
}

// ItemNeeds lists what an item needs, directly or not.
func (c *Client) ItemNeeds(ctx context.Context, item string, a ItemAsk) (n NeededItems, err error) {
	return n, c.Get(ctx, itemPath(item)+"/needs"+a.query(), &n)
}

// ItemContents lists what is part of an item or runs on it; with up what it is
// part of or runs on.
func (c *Client) ItemContents(ctx context.Context, item string, up bool, a ItemAsk) (n NeededItems, err error) {
	return n, c.Get(ctx, itemPath(item)+"/contents"+a.query("up", flag(up)), &n)
}

// ItemReach counts what needs an item, without regard to redundancy.
func (c *Client) ItemReach(ctx context.Context, item string, hard bool, at time.Time) (int, error) {
	var out struct {
		Items int `json:"items"`
	}
	err := c.Get(ctx, itemPath(item)+"/reach"+Query("hard", flag(hard), "at", moment(at)), &out)
	return out.Items, err
}

// Surroundings are the items around one and their relations.
type Surroundings struct {
	Items     []ItemBrief    `json:"items"`
	Relations []ItemRelation `json:"relations"`
	Hidden    int            `json:"hidden,omitempty"`
}

// ItemNeighbours lists what is around an item.
func (c *Client) ItemNeighbours(ctx context.Context, item string, a ItemAsk) (s Surroundings, err error) {
	return s, c.Get(ctx, itemPath(item)+"/neighbours"+a.query(), &s)
}

// Hop is one relation on a way.
type Hop struct {
	From     ItemBrief    `json:"from"`
	Relation ItemRelation `json:"relation"`
	To       ItemBrief    `json:"to"`
}

// ItemWay finds a shortest way by which one item needs another; no hops: it
// does not.
func (c *Client) ItemWay(ctx context.Context, from, to string, at time.Time) (l List[Hop], err error) {
	return l, c.Get(ctx, mapPath+"/path"+Query("from", from, "to", to, "at", moment(at)), &l)
}

// Roots are items whose trouble would explain alerting ones, likeliest first.
type Roots struct {
	Items   []Root `json:"items"`
	Partial bool   `json:"partial,omitempty"`
}

// Root is one of them.
type Root struct {
	Item      ItemBrief `json:"item"`
	Covers    int       `json:"covers"`
	Unhealthy bool      `json:"unhealthy"`
	Depth     int       `json:"depth"`
	Ways      []RootWay `json:"ways,omitempty"`
}

// RootWay is a chain of needs from an alerting item to a root.
type RootWay struct {
	From ItemBrief `json:"from"`
	Hops []Hop     `json:"hops"`
}

// Roots finds the deepest unhealthy common dependencies of alerting items.
func (c *Client) Roots(ctx context.Context, alerting, unhealthy []string, at time.Time) (r Roots, err error) {
	in := struct {
		Alerting  []string  `json:"alerting"`
		Unhealthy []string  `json:"unhealthy,omitempty"`
		At        time.Time `json:"at,omitzero"`
	}{alerting, unhealthy, at}
	return r, c.Do(ctx, http.MethodPost, mapPath+"/roots", in, &r)
}

// MapDifference is one item or relation that is not what it was.
type MapDifference struct {
	What      string        `json:"what"` // item:12, relation:7
	Verb      string        `json:"verb"` // added, removed, changed
	Item      string        `json:"item"` // the item, or the relation's from
	Kind      string        `json:"kind"`
	Name      string        `json:"name"`
	Relation  string        `json:"relation,omitempty"` // its kind; empty for an item
	Other     string        `json:"other,omitempty"`
	OtherKind string        `json:"other_kind,omitempty"`
	OtherName string        `json:"other_name,omitempty"`
	Since     *time.Time    `json:"since,omitempty"`
	Changes   []FieldChange `json:"changes,omitempty"`
	Form      string        `json:"form,omitempty"`
	Left      bool          `json:"left,omitempty"`
	Note      string        `json:"note,omitempty"`
}

// FieldChange is one field that is not what it was.
type FieldChange struct {
	Field string `json:"field"`
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`
}

// MapSpan says what to compare, and when.
type MapSpan struct {
	From, To time.Time // To zero: now
	Item     string    // only this item and its relations
	Service  string    // only this service and everything it needs
}

// MapDifferences lists what differs between two times.
func (c *Client) MapDifferences(ctx context.Context, s MapSpan, cursor string, limit int) (l List[MapDifference], err error) {
	return l, c.Get(ctx, mapPath+"/diff"+Query("from", moment(s.From), "to", moment(s.To), "item", s.Item, "service", s.Service, "cursor", cursor, "limit", number(limit)), &l)
}

// share is a number in a query; empty for 0.
func share(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
