package cmdb

import "encoding/json"

// Record is one thing that a source saw: an item or a relation. Exactly one of
// the two is set.
type Record struct {
	Item     *Seen         `json:"item,omitempty"`
	Relation *SeenRelation `json:"relation,omitempty"`
}

// Seen is an item as one source sees it.
type Seen struct {
	// Key is the source's own name for it, unique within source and scope and
	// the same at every run: "aws_instance.web[0]", "prod/Deployment/cart".
	Key         string                     `json:"key"`
	Kind        string                     `json:"kind"`
	Name        string                     `json:"name"`
	Env         string                     `json:"env,omitempty"`
	Team        string                     `json:"team,omitempty"`
	Identifiers []Identifier               `json:"identifiers,omitempty"`
	Attributes  map[string]json.RawMessage `json:"attributes,omitempty"` // JSON values; never secrets
}

// SeenRelation is a relation as one source sees it.
type SeenRelation struct {
	From       End          `json:"from"`
	To         End          `json:"to"`
	Kind       RelationKind `json:"kind"`
	Strength   Strength     `json:"strength,omitempty"` // empty: not said; the rule of the kind decides
	Group      string       `json:"group,omitempty"`
	Need       int          `json:"need,omitempty"`
	Provenance Provenance   `json:"provenance,omitempty"` // 0: Declared
	Flow       Flow         `json:"flow,omitzero"`
}

// End names one end of a relation: by the Key of an item of the same source
// and scope, or by an identifier that any source may know. A relation whose
// end nobody knows is kept, reported as dangling, and joined when the item
// appears.
type End struct {
	Key    string `json:"key,omitempty"`
	Scheme string `json:"scheme,omitempty"`
	Value  string `json:"value,omitempty"`
	Kind   string `json:"kind,omitempty"` // narrows Scheme and Value where several kinds share a scheme
}

// Emit takes what a source sees, one record at a time; a source stops at its
// error and returns it.
type Emit func(Record) error

// Remark is something a source noticed that did not stop it: a reference that
// leads nowhere, a value left out because it is sensitive.
type Remark struct {
	Place string `json:"place"` // "line 12", "resources[3].values.password"
	Text  string `json:"text"`
}

// ByKey and By name ends.
func ByKey(key string) End              { return End{Key: key} }
func By(scheme, value, kind string) End { return End{Scheme: scheme, Value: value, Kind: kind} }
