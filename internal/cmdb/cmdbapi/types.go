package cmdbapi

import (
	"encoding/json"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Brief is an item in one line.
type Brief struct {
	Key   string `json:"key" example:"CI-12"`
	Kind  string `json:"kind" example:"database"`
	Name  string `json:"name" example:"checkout-db"`
	Env   string `json:"env,omitempty" example:"production"`
	Team  string `json:"team,omitempty" doc:"As sources say; who owns a service stands in the catalog"`
	State string `json:"state,omitempty" enum:"present,stale,retired"`
}

// Item is an item, as worked out from what sources say.
type Item struct {
	Brief
	Attributes  map[string]json.RawMessage `json:"attributes,omitempty"`
	Identifiers []cmdb.Identifier          `json:"identifiers,omitempty"`
	Conflicts   int                        `json:"conflicts,omitempty" doc:"Attributes on which sources differ"`
	MergedInto  string                     `json:"merged_into,omitempty" doc:"The item that took its place"`
	FirstSeen   time.Time                  `json:"first_seen,omitzero"`
	LastSeen    time.Time                  `json:"last_seen,omitzero"`
	NextAt      time.Time                  `json:"next_at,omitzero" doc:"When its state moves on by itself"`
	Version     int64                      `json:"version"`
	Created     time.Time                  `json:"created,omitzero"`
	Updated     time.Time                  `json:"updated,omitzero"`
}

// Detail is an item with what surrounds it.
type Detail struct {
	Item
	Origins      map[string]cmdb.Origin `json:"origins,omitempty" doc:"Who says each attribute"`
	Relations    []Related              `json:"relations"`
	More         bool                   `json:"more,omitempty" doc:"There are further relations; neighbours and needs page through them"`
	Observations []Observation          `json:"observations,omitempty" doc:"What each source says; not kept of earlier times"`
}

// Relation is what one item is to another.
type Relation struct {
	From       string    `json:"from,omitempty"`
	Kind       string    `json:"kind" enum:"depends_on,runs_on,part_of,calls,stores_in,owned_by,provides,connects_to"`
	To         string    `json:"to,omitempty"`
	Strength   string    `json:"strength,omitempty" enum:"hard,soft"`
	Group      string    `json:"group,omitempty" doc:"Its members stand in for each other"`
	Need       int       `json:"need,omitempty" doc:"How many members of the group must work"`
	Provenance []string  `json:"provenance,omitempty" enum:"declared,observed,inferred"`
	Flow       cmdb.Flow `json:"flow,omitzero"`
	State      string    `json:"state,omitempty" enum:"present,stale,retired"`
	Since      time.Time `json:"since,omitzero"`
	LastSeen   time.Time `json:"last_seen,omitzero"`
}

// Related is a relation of an item with the item at its other end.
type Related struct {
	Out   bool  `json:"out" doc:"The item is its from"`
	Other Brief `json:"other"`
	Relation
}

// Observation is what a source says of an item.
type Observation struct {
	ID        int64      `json:"id" doc:"For splitting the item"`
	Source    string     `json:"source"`
	Scope     string     `json:"scope,omitempty"`
	Key       string     `json:"key" doc:"The source's own name for it"`
	Run       string     `json:"run,omitempty" doc:"The run that last changed it"`
	Pinned    bool       `json:"pinned,omitempty" doc:"A person said that it belongs to the item"`
	Seen      cmdb.Seen  `json:"seen"`
	FirstSeen time.Time  `json:"first_seen"`
	LastSeen  time.Time  `json:"last_seen"`
	AbsentAt  *time.Time `json:"absent_at,omitempty" doc:"Since when complete runs do not see it"`
}

func key(id int64) string {
	if id == 0 {
		return ""
	}
	return ref.N(ref.Item, id).String()
}

func keys(ids []uint32) (out []string) {
	for _, id := range ids {
		out = append(out, key(int64(id)))
	}
	return out
}

func brief(i cmdb.Item) Brief {
	return Brief{key(i.ID), i.Kind, i.Name, i.Env, i.Team, string(i.State)}
}

func item(i cmdb.Item) Item {
	return Item{brief(i), i.Attributes, i.Identifiers, i.Conflicts, key(i.MergedInto), i.FirstSeen, i.LastSeen, i.NextAt, i.Version, i.Created, i.Updated}
}

func detail(d cmdb.Detail) Detail {
	out := Detail{Item: item(d.Item), Origins: d.Origins, More: d.More}
	out.Relations = each(d.Relations, func(r cmdb.Related) Related {
		x := Related{r.Out, brief(r.Other), relation(r.Relation)}
		x.From, x.To = "", "" // the item and the other, by direction
		return x
	})
	for _, o := range d.Observations {
		x := Observation{ID: o.ID, Source: o.Source, Scope: o.Scope, Key: o.Seen.Key, Pinned: o.Pinned, Seen: o.Seen, FirstSeen: o.FirstSeen, LastSeen: o.LastSeen}
		if o.Run != 0 {
			x.Run = ref.N(ref.Run, o.Run).String()
		}
		if !o.AbsentAt.IsZero() {
			x.AbsentAt = &o.AbsentAt
		}
		out.Observations = append(out.Observations, x)
	}
	return out
}

func relation(r cmdb.Relation) Relation {
	return Relation{key(r.From), string(r.Kind), key(r.To), string(r.Strength), r.Group, r.Need, provenance(r.Provenance), r.Flow, string(r.State), r.Since, r.LastSeen}
}

var provenances = []struct {
	bit  cmdb.Provenance
	word string
}{{cmdb.Declared, "declared"}, {cmdb.Observed, "observed"}, {cmdb.Inferred, "inferred"}}

func provenance(p cmdb.Provenance) (out []string) {
	for _, x := range provenances {
		if p&x.bit != 0 {
			out = append(out, x.word)
		}
	}
	return out
}

func provenanceOf(word string) (p cmdb.Provenance) {
	for _, x := range provenances {
		if x.word == word {
			p = x.bit
		}
	}
	return p
}

// levelOf is a cause's level by its word.
func levelOf(word string) graph.Level {
	if word == graph.Degraded.String() {
		return graph.Degraded
	}
	return graph.Down
}
