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
