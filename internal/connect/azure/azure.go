// Package azure reads inventories of Microsoft Azure that were exported as
// JSON, plain or packed with gzip:
//
//   - az graph query (Azure Resource Graph, the table Resources and those that
//     hold resources beside it), also pages joined with cat, and the answers of
//     its REST API
//     (https://learn.microsoft.com/rest/api/azureresourcegraph/resourcegraph/resources/resources)
//   - az resource list
//     (https://learn.microsoft.com/cli/azure/resource#az-resource-list), which
//     has no properties and so few relations
//
// Every resource has its resource id in lower case as key: Azure writes the
// same id in several spellings.
//
// Invariants:
//   - Of "properties" only the references and facts of refs.go are read: it
//     also holds settings, connection strings and certificates' data.
//   - A reference counts only when it is a resource id, wherever it leads.
package azure

import (
	"encoding/json"
	"io"
	"regexp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/jsonstream"
)

// Options of one reading.
type Options struct {
	Env, Team string // of what no tag says
	File      string // for faults; empty: "file"
}

// row is one resource.
type row struct {
	ID           string                     `json:"id"`
	Name         string                     `json:"name"`
	Type         string                     `json:"type"`
	Location     string                     `json:"location"`
	Group        string                     `json:"resourceGroup"`
	Subscription string                     `json:"subscriptionId"`
	ManagedBy    string                     `json:"managedBy"`
	Kind         string                     `json:"kind"`
	SKU          json.RawMessage            `json:"sku"`
	Zones        []string                   `json:"zones"`
	Tags         map[string]json.RawMessage `json:"tags"`
	Properties   json.RawMessage            `json:"properties"`
}

type reader struct {
	opt     Options
	emit    cmdb.Emit
	remarks []cmdb.Remark
	keys    map[string]bool
	pending []tie
	places  map[string]bool
	ends    map[string]bool
	n       int
}

// tie is a relation to be, between keys.
type tie struct {
	from, to string
	kind     cmdb.RelationKind
	group    string
}

// Read reads one export and emits items as they come, relations at the end.
func Read(r io.Reader, opt Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
	if opt.File == "" {
		opt.File = "file"
	}
	b := &reader{opt: opt, emit: emit, keys: map[string]bool{}, places: map[string]bool{}, ends: map[string]bool{}}
	h, err := jsonstream.Each(r, opt.File, []string{"data", "value"}, b.element)
	if err != nil {
		return nil, err
	}
	if h.Text("resultTruncated") == "true" || h.Text("result_truncated") == "true" {
		b.remark(opt.File, "says that rows were cut off; query all pages before calling a run complete")
	}
	for _, n := range []string{"skip_token", "$skipToken", "nextLink"} {
		if h.Text(n) != "" {
			b.remark(opt.File, "names a next page ("+n+") that is not in it; query all pages before calling a run complete")
		}
	}
	if b.n == 0 {
		b.remark(opt.File, "holds no resource")
	}
	return b.remarks, b.finish()
}

func (b *reader) remark(place, text string) {
	if len(b.remarks) < 1000 {
		b.remarks = append(b.remarks, cmdb.Remark{Place: place, Text: text})
	}
}

func (b *reader) element(e jsonstream.Element) error {
	var r row
	if err := json.Unmarshal(e.Value, &r); err != nil {
		return errs.BadField(b.opt.File, "", e.Place+": this resource is not as Azure writes it").Because(err)
	}
	if r.ID == "" || r.Type == "" {
		return errs.BadField(b.opt.File, "", e.Place+": a resource needs id and type; project both in the query")
	}
	id := key(r.ID)
	if !isID(id) {
		return errs.BadField(b.opt.File, r.ID, e.Place+".id: use the whole resource id, /subscriptions/…")
	}
	if b.keys[id] {
		b.remark(e.Place, errs.Short(id)+" stands there twice; the first one counts")
		return nil
	}
	return b.item(id, r)
}

func key(id string) string { return strings.TrimRight(strings.ToLower(strings.TrimSpace(id)), "/") }

func isID(s string) bool {
	return strings.HasPrefix(s, "/subscriptions/") || strings.HasPrefix(s, "/providers/") || strings.HasPrefix(s, "/tenants/")
}

func (b *reader) item(id string, r row) error {
	b.n++
	b.keys[id] = true
	tags := map[string]string{}
	for k, v := range r.Tags {
		var s string
		if json.Unmarshal(v, &s) == nil { // a tag is text; another shape is no tag of Azure's
			tags[strings.ToLower(k)] = s
		}
	}
	p := facts(r.Properties)
	s := cmdb.Seen{Key: id, Kind: kindOf(r.Type), Name: r.Name, Env: tag(tags, b.opt.Env, "evenkeel.dev-env", "environment", "env"), Team: tag(tags, b.opt.Team, "evenkeel.dev-team", "team", "owner"),
		Identifiers: []cmdb.Identifier{{Scheme: cmdb.SchemeAzure, Value: id}}}
	if s.Name == "" {
		s.Name = id[strings.LastIndexByte(id, '/')+1:]
	}
	for _, n := range p.dns() {
		s.Identifiers = append(s.Identifiers, cmdb.Identifier{Scheme: cmdb.SchemeDNS, Value: n})
	}
	group, subscription := r.Group, r.Subscription
	if m := parts.FindStringSubmatch(id); m != nil {
		subscription = m[1]
		if group == "" {
			group = m[2]
		}
	}
	a := map[string]json.RawMessage{}
	for n, v := range map[string]string{"type": strings.ToLower(r.Type), "location": place(r.Location), "resource_group": strings.ToLower(group), "subscription": subscription, "variant": r.Kind, "size": p.size(r.SKU), "version": p.Version,
		"zones": strings.Join(r.Zones, ",")} {
		if v != "" {
			a[n], _ = json.Marshal(v) // text always has a JSON form
		}
	}
	s.Attributes = a
	if err := b.emit(cmdb.Record{Item: &s}); err != nil {
		return err
	}
	if l := place(r.Location); l != "" && l != "global" {
		b.places[l] = true
		b.pending = append(b.pending, tie{from: id, to: "place/" + l, kind: cmdb.RunsOn})
	}
	if up := parent(id); up != "" {
		b.pending = append(b.pending, tie{from: id, to: up, kind: cmdb.RunsOn})
	}
	if m := key(r.ManagedBy); isID(m) {
		if kindOf(r.Type) == cmdb.KindStorage { // a disk names its machine
			b.pending = append(b.pending, tie{from: m, to: id, kind: cmdb.StoresIn})
		} else {
			b.pending = append(b.pending, tie{from: id, to: m, kind: cmdb.RunsOn})
		}
	}
	b.pending = append(b.pending, p.ties(id)...)
	if svc := tag(tags, "", "evenkeel.dev-service"); svc != "" {
		return b.emit(cmdb.Record{Relation: &cmdb.SeenRelation{From: cmdb.ByKey(id), To: cmdb.By(cmdb.SchemeService, svc, cmdb.KindService), Kind: cmdb.PartOf, Provenance: cmdb.Declared}})
	}
	return nil
}

var parts = regexp.MustCompile(`^/subscriptions/([^/]+)(?:/resourcegroups/([^/]+))?`)

// place is a location in one form: "West Europe" and "westeurope" alike.
func place(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "")) }

func tag(tags map[string]string, otherwise string, names ...string) string {
	for _, n := range names {
		if v := tags[n]; v != "" {
			return v
		}
	}
	return otherwise
}
