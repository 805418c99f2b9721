// Package gcp reads inventories of Google Cloud that were exported as JSON,
// plain or packed with gzip:
//
//   - Cloud Asset Inventory exports to Cloud Storage, lines of assets, of the
//     content types RESOURCE and RELATIONSHIP
//     (https://cloud.google.com/asset-inventory/docs/export-asset-metadata)
//   - gcloud asset list --content-type=resource --format=json
//     (https://cloud.google.com/asset-inventory/docs/list-assets)
//   - gcloud asset search-all-resources --format=json
//     (https://cloud.google.com/asset-inventory/docs/search-resources)
//
// Fields come in snake_case from exports and in camelCase from gcloud and the
// API; both are read. Every resource has its full resource name as key
// (https://cloud.google.com/asset-inventory/docs/asset-names).
//
// Invariants:
//   - Of a resource's data only the references and facts of data.go are
//     read: metadata, environment variables and startup scripts hold secrets.
//   - IAM policies, folders and projects make no relations: who may do what is
//     no need of anything.
package gcp

import (
	"encoding/json"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/jsonstream"
)

// Options of one reading.
type Options struct {
	Env, Team string // of what no label says
	File      string // for faults; empty: "file"
}

// asset is one line, in either spelling.
type asset struct {
	Name        string                     `json:"name"`
	Type        string                     `json:"assetType"`
	Type2       string                     `json:"asset_type"`
	Resource    *resource                  `json:"resource"`
	Related     *related                   `json:"relatedAsset"`
	Related2    *related                   `json:"related_asset"`
	Location    string                     `json:"location"`
	Project     string                     `json:"project"`
	DisplayName string                     `json:"displayName"`
	State       string                     `json:"state"`
	Labels      map[string]string          `json:"labels"`
	Parent      string                     `json:"parentFullResourceName"`
	Relations   map[string]json.RawMessage `json:"relationships"`
	Deleted     bool                       `json:"deleted"`
}

type resource struct {
	Parent   string          `json:"parent"`
	Location string          `json:"location"`
	Data     json.RawMessage `json:"data"`
}

type related struct {
	Asset string `json:"asset"`
	Type  string `json:"relationshipType"`
	Type2 string `json:"relationship_type"`
}

type reader struct {
	opt     Options
	emit    cmdb.Emit
	remarks []cmdb.Remark
	keys    map[string]bool
	pending []tie
	places  map[string]string
	ends    map[string]bool
	n       int
}

// Read reads one export and emits items as they come, relations at the end.
func Read(r io.Reader, opt Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
	if opt.File == "" {
		opt.File = "file"
	}
	b := &reader{opt: opt, emit: emit, keys: map[string]bool{}, places: map[string]string{}, ends: map[string]bool{}}
	if _, err := jsonstream.Each(r, opt.File, []string{"assets", "results"}, b.element); err != nil {
		return nil, err
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
	var a asset
	if err := json.Unmarshal(e.Value, &a); err != nil {
		return errs.BadField(b.opt.File, "", e.Place+": this asset is not as Google writes it").Because(err)
	}
	if a.unify(); a.Name == "" || a.Type == "" {
		return errs.BadField(b.opt.File, "", e.Place+": an asset needs a name and an assetType; send an export of Cloud Asset Inventory")
	}
	if !strings.HasPrefix(a.Name, "//") {
		return errs.BadField(b.opt.File, a.Name, e.Place+".name: use the full resource name, //service.googleapis.com/…")
	}
	if a.Deleted || a.State == "DELETED" || a.State == "DELETE_REQUESTED" {
		return nil
	}
	if a.Related != nil {
		b.pending = append(b.pending, relation(a.Name, a.Related.Type, a.Related.Asset))
	}
	for _, kind := range slices.Sorted(maps.Keys(a.Relations)) {
		var list struct {
			Related []struct {
				Name string `json:"fullResourceName"`
			} `json:"relatedResources"`
		}
		if err := json.Unmarshal(a.Relations[kind], &list); err != nil {
			b.remark(e.Place+".relationships."+kind, "cannot be read and is left out")
			continue
		}
		for _, r := range list.Related {
			b.pending = append(b.pending, relation(a.Name, kind, r.Name))
		}
	}
	if a.Related != nil && a.Resource == nil {
		return nil // a line of the content type RELATIONSHIP: the asset has one of its own
	}
	if b.keys[a.Name] {
		b.remark(e.Place, errs.Short(a.Name)+" stands there twice; the first one counts")
		return nil
	}
	return b.item(a)
}

// unify brings both spellings into one.
func (a *asset) unify() {
	if a.Type == "" {
		a.Type = a.Type2
	}
	if a.Related == nil {
		a.Related = a.Related2
	}
	if a.Related != nil && a.Related.Type == "" {
		a.Related.Type = a.Related.Type2
	}
}

func (b *reader) item(a asset) error {
	b.n++
	b.keys[a.Name] = true
	var d data
	location, parent := a.Location, a.Parent
	if a.Resource != nil {
		d = facts(a.Resource.Data)
		if a.Resource.Location != "" {
			location = a.Resource.Location
		}
		if a.Resource.Parent != "" {
			parent = a.Resource.Parent
		}
	}
	labels := map[string]string{}
	maps.Copy(labels, d.Labels)
	maps.Copy(labels, d.UserLabels())
	maps.Copy(labels, a.Labels)
	s := cmdb.Seen{Key: a.Name, Kind: kindOf(a.Type), Name: a.Name[strings.LastIndexByte(a.Name, '/')+1:], Env: label(labels, b.opt.Env, "env", "environment"), Team: label(labels, b.opt.Team, "team", "owner"),
		Identifiers: []cmdb.Identifier{{Scheme: cmdb.SchemeGCP, Value: a.Name}}}
	if a.DisplayName != "" {
		s.Name = a.DisplayName
	}
	// What a Kubernetes node says of its machine: gce://project/zone/name.
	if m := instance.FindStringSubmatch(a.Name); m != nil {
		s.Identifiers = append(s.Identifiers, cmdb.Identifier{Scheme: cmdb.SchemeProviderID, Value: "gce:" + m[1] + "/" + m[2] + "/" + m[3]})
	}
	for _, n := range d.dns() {
		s.Identifiers = append(s.Identifiers, cmdb.Identifier{Scheme: cmdb.SchemeDNS, Value: n})
	}
	attrs := map[string]json.RawMessage{}
	for n, v := range map[string]string{"type": a.Type, "location": location, "project": project(a.Name, a.Project), "size": d.size(), "engine": d.DatabaseVersion} {
		if v != "" {
			attrs[n], _ = json.Marshal(v) // text always has a JSON form
		}
	}
	s.Attributes = attrs
	if err := b.emit(cmdb.Record{Item: &s}); err != nil {
		return err
	}
	if strings.HasPrefix(parent, "//") && !strings.HasPrefix(parent, "//cloudresourcemanager.") {
		b.pending = append(b.pending, tie{from: a.Name, to: parent, kind: cmdb.RunsOn})
	}
	b.pending = append(b.pending, d.ties(a.Name)...)
	if region := b.place(location); region != "" {
		b.pending = append(b.pending, tie{from: a.Name, to: "place/" + region, kind: cmdb.RunsOn})
	}
	return nil
}

var (
	instance = regexp.MustCompile(`^//compute\.googleapis\.com/projects/([^/]+)/zones/([^/]+)/instances/([^/]+)$`)
	zone     = regexp.MustCompile(`^([a-z]+-[a-z]+[0-9]+)-[a-z]$`)
	inName   = regexp.MustCompile(`/projects/([^/]+)`)
)

// place notes a zone or region.
func (b *reader) place(location string) string {
	l := strings.ToLower(location)
	switch m := zone.FindStringSubmatch(l); {
	case m != nil:
		b.places[l], b.places[m[1]] = m[1], ""
	case l == "" || l == "global":
		return ""
	default:
		if _, ok := b.places[l]; !ok {
			b.places[l] = ""
		}
	}
	return l
}

func project(name, number string) string {
	if m := inName.FindStringSubmatch(name); m != nil {
		return m[1]
	}
	return strings.TrimPrefix(number, "projects/")
}

func label(labels map[string]string, otherwise string, names ...string) string {
	for _, n := range names {
		if v := labels[n]; v != "" {
			return v
		}
	}
	return otherwise
}
