// Package aws reads inventories of Amazon Web Services that were exported as
// JSON, plain or packed with gzip:
//
//   - AWS Config snapshots and history files, as delivered to S3
//     (https://docs.aws.amazon.com/config/latest/developerguide/example-s3-snapshot.html)
//   - aws configservice select-resource-config / select-aggregate-resource-config
//     (https://docs.aws.amazon.com/cli/latest/reference/configservice/select-resource-config.html)
//   - aws resource-explorer-2 search
//     (https://docs.aws.amazon.com/cli/latest/reference/resource-explorer-2/search.html)
//   - aws resourcegroupstaggingapi get-resources
//     (https://docs.aws.amazon.com/cli/latest/reference/resourcegroupstaggingapi/get-resources.html)
//
// Only AWS Config knows relations; the others give items. Every resource has
// its ARN as key, so that the formats name the same things alike.
//
// Invariants:
//   - Of "configuration" only the DNS names and the few facts listed in
//     details.go are read: it also holds environment variables and user data.
//   - A resource that Config calls deleted is not emitted.
//   - Both ends tell of a relation; it is emitted once, in the direction of
//     need where there is one.
package aws

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
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

// resource is one of any format.
type resource struct {
	arn, kind       string // kind: "AWS::EC2::Instance" or "ec2:instance"
	id, name        string
	account, region string
	zone            string
	tags            map[string]string
	details         details
	relations       []relationship
	deleted         bool
}

type relationship struct {
	ID    string `json:"resourceId"`
	Name  string `json:"resourceName"`
	Type  string `json:"resourceType"`
	Text  string `json:"name"`             // files in S3
	Text2 string `json:"relationshipName"` // answers of the API
}

type reader struct {
	opt     Options
	emit    cmdb.Emit
	remarks []cmdb.Remark
	keys    map[string]string   // ARN → kind of item
	index   map[string][]string // type|id → ARNs
	pending []pending
	places  map[string]string // zone or region → region, "" for a region
	stands  [][2]string       // ARN, place
	ends    map[string]bool
	deleted int
}

type pending struct {
	from, account, region string
	rel                   relationship
}

// Read reads one export and emits items as they come, relations at the end.
func Read(r io.Reader, opt Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
	if opt.File == "" {
		opt.File = "file"
	}
	b := &reader{opt: opt, emit: emit, keys: map[string]string{}, index: map[string][]string{}, places: map[string]string{}, ends: map[string]bool{}}
	lists := []string{"configurationItems", "Results", "Resources", "ResourceTagMappingList", "ConfigurationItems", "BaseConfigurationItems", "baseConfigurationItems"}
	if _, err := jsonstream.Each(r, opt.File, lists, b.element); err != nil {
		return nil, err
	}
	if b.deleted > 0 {
		b.remark(opt.File, fmt.Sprintf("%d resources are deleted and left out", b.deleted))
	}
	if len(b.keys) == 0 {
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
	fault := func(what string, err error) error {
		return errs.BadField(b.opt.File, "", e.Place+": "+what).Because(err)
	}
	raw := []byte(e.Value)
	if e.List == "Results" { // rows of a query, each a JSON text of its own
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return fault("this is no row of select-resource-config", err)
		}
		raw = []byte(text)
	}
	var r resource
	var err error
	switch {
	case e.List == "Resources":
		r, err = explored(raw)
	case e.List == "ResourceTagMappingList":
		r, err = tagged(raw)
	case e.List == "" && !configured(raw):
		return fault("this is none of the exports that are read: a snapshot of AWS Config, select-resource-config, resource-explorer-2 search, resourcegroupstaggingapi get-resources", nil)
	default:
		r, err = recorded(raw)
	}
	if err != nil {
		return fault("this resource is not as AWS writes it", err)
	}
	if r.deleted {
		b.deleted++
		return nil
	}
	if r.arn == "" && (r.kind == "" || r.id == "") {
		b.remark(e.Place, "has neither an ARN nor a type and id and is left out")
		return nil
	}
	return b.item(e.Place, r)
}

func configured(raw []byte) bool {
	var t struct {
		Type string `json:"resourceType"`
	}
	return json.Unmarshal(raw, &t) == nil && t.Type != ""
}

// recorded is a configuration item of AWS Config, of a file or of a query.
func recorded(raw []byte) (resource, error) {
	var c struct {
		ARN       string          `json:"arn"` // also "ARN": names match without regard to case
		Account   string          `json:"accountId"`
		Status    string          `json:"configurationItemStatus"`
		Type      string          `json:"resourceType"`
		ID        string          `json:"resourceId"`
		Name      string          `json:"resourceName"`
		Region    string          `json:"awsRegion"`
		Zone      string          `json:"availabilityZone"`
		Tags      json.RawMessage `json:"tags"`
		Relations []relationship  `json:"relationships"`
		Config    json.RawMessage `json:"configuration"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return resource{}, err
	}
	r := resource{arn: c.ARN, kind: c.Type, id: c.ID, name: c.Name, account: c.Account, region: c.Region, zone: c.Zone, relations: c.Relations,
		deleted: strings.HasPrefix(c.Status, "ResourceDeleted")}
	var err error
	if r.tags, err = tags(c.Tags); err != nil {
		return r, err
	}
	r.details = read(c.Config)
	return r, nil
}

// explored is a result of Resource Explorer.
func explored(raw []byte) (resource, error) {
	var c struct {
		ARN        string `json:"Arn"`
		Account    string `json:"OwningAccountId"`
		Region     string `json:"Region"`
		Type       string `json:"ResourceType"`
		Properties []struct {
			Name string          `json:"Name"`
			Data json.RawMessage `json:"Data"`
		} `json:"Properties"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return resource{}, err
	}
	r := resource{arn: c.ARN, kind: c.Type, account: c.Account, region: c.Region}
	for _, p := range c.Properties {
		if p.Name == "tags" {
			t, err := tags(p.Data)
			if err != nil {
				return r, err
			}
			r.tags = t
		}
	}
	return r, nil
}

// tagged is a row of the tagging API.
func tagged(raw []byte) (resource, error) {
	var c struct {
		ARN  string          `json:"ResourceARN"`
		Tags json.RawMessage `json:"Tags"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return resource{}, err
	}
	t, err := tags(c.Tags)
	return resource{arn: c.ARN, tags: t}, err
}

// tags are a mapping, or a list of pairs.
func tags(raw json.RawMessage) (map[string]string, error) {
	out := map[string]string{}
	if len(raw) == 0 || string(raw) == "null" {
		return out, nil
	}
	if raw[0] == '{' {
		return out, json.Unmarshal(raw, &out)
	}
	var list []struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	for _, t := range list {
		out[t.Key] = t.Value
	}
	return out, nil
}

// arnParts cuts arn:partition:service:region:account:resource
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html).
func arnParts(arn string) (service, region, account, kind, id string, ok bool) {
	p := strings.SplitN(arn, ":", 6)
	if len(p) != 6 || p[0] != "arn" || p[5] == "" {
		return
	}
	service, region, account, id, ok = p[2], p[3], p[4], p[5], true
	if i := strings.IndexAny(id, "/:"); i > 0 {
		kind, id = id[:i], id[i+1:]
	}
	return
}

// short is an id that AWS made up and gives only once: i-0abc, vol-0abc.
var short = regexp.MustCompile(`^[a-z]+(-[a-z]+)?-[0-9a-f]{8,17}$`)

func (b *reader) item(place string, r resource) error {
	service, region, account, kind, id, ok := arnParts(r.arn)
	if r.arn != "" && !ok {
		b.remark(place, errs.Short(r.arn)+" is no ARN; the resource is left out")
		return nil
	}
	if r.arn == "" {
		r.arn = strings.Join([]string{r.kind, r.account, r.region, r.id}, "/")
	} else {
		if r.kind == "" {
			r.kind = service + ":" + kind
			if service == "s3" && kind == "" {
				r.kind = "s3:bucket"
			}
		}
		if r.id == "" {
			r.id = id
		}
		if r.account == "" {
			r.account = account
		}
		if r.region == "" {
			r.region = region
		}
	}
	if _, again := b.keys[r.arn]; again {
		b.remark(place, errs.Short(r.arn)+" stands there twice; the first one counts")
		return nil
	}
	s := cmdb.Seen{Key: r.arn, Kind: kindOf(r.kind), Name: r.name, Env: tag(r.tags, b.opt.Env, "evenkeel.dev/env", "environment", "env", "stage"), Team: tag(r.tags, b.opt.Team, "evenkeel.dev/team", "team", "owner")}
	if n := r.tags["Name"]; n != "" {
		s.Name = n
	}
	if s.Name == "" {
		s.Name = r.id
	}
	if ok {
		s.Identifiers = append(s.Identifiers, cmdb.Identifier{Scheme: cmdb.SchemeARN, Value: r.arn})
	}
	if short.MatchString(r.id) {
		s.Identifiers = append(s.Identifiers, cmdb.Identifier{Scheme: cmdb.SchemeProviderID, Value: "aws:" + r.id})
	}
	for _, n := range r.details.dns {
		s.Identifiers = append(s.Identifiers, cmdb.Identifier{Scheme: cmdb.SchemeDNS, Value: n})
	}
	a := map[string]json.RawMessage{}
	for n, v := range map[string]string{"type": r.kind, "account": r.account, "region": r.region, "zone": r.zone, "size": r.details.size, "engine": r.details.engine, "engine_version": r.details.version, "runtime": r.details.runtime} {
		if v != "" {
			a[n], _ = json.Marshal(v) // text always has a JSON form
		}
	}
	s.Attributes = a
	b.keys[r.arn] = s.Kind
	for _, n := range slices.Compact([]string{r.id, r.name}) {
		if n != "" {
			k := r.kind + "|" + n
			b.index[k] = append(b.index[k], r.arn)
		}
	}
	for _, rel := range r.relations {
		b.pending = append(b.pending, pending{r.arn, r.account, r.region, rel})
	}
	b.stand(r)
	if err := b.emit(cmdb.Record{Item: &s}); err != nil {
		return err
	}
	if svc := tag(r.tags, "", "evenkeel.dev/service"); svc != "" {
		return b.relate(cmdb.SeenRelation{From: cmdb.ByKey(r.arn), To: cmdb.By(cmdb.SchemeService, svc, cmdb.KindService), Kind: cmdb.PartOf})
	}
	return nil
}

// zoned are "eu-central-1a" and, in the group, its region.
var zoned = regexp.MustCompile(`^([a-z]{2}(?:-[a-z]+)+-[0-9]+)[a-z]$`)

// stand notes in which zone or region a resource is.
func (b *reader) stand(r resource) {
	if m := zoned.FindStringSubmatch(r.zone); m != nil {
		b.places[r.zone], b.places[m[1]] = m[1], ""
		b.stands = append(b.stands, [2]string{r.arn, r.zone})
	} else if r.region != "" && r.region != "global" && r.region != "aws-global" {
		b.places[r.region] = ""
		b.stands = append(b.stands, [2]string{r.arn, r.region})
	}
}

// tag is the value of the first of the names, whatever case they are in.
func tag(tags map[string]string, otherwise string, names ...string) string {
	for _, n := range names {
		best := ""
		for k, v := range tags {
			if strings.EqualFold(k, n) && v != "" && (best == "" || v < best) {
				best = v
			}
		}
		if best != "" {
			return best
		}
	}
	return otherwise
}
