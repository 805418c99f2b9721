// Package cloudformation reads AWS CloudFormation: what a stack holds and how
// its template joins it.
//
//	aws cloudformation describe-stack-resources --stack-name S    StackResources
//	aws cloudformation list-stack-resources --stack-name S        StackResourceSummaries
//	a template, JSON or YAML, or the output of get-template       Resources
//
// Formats: https://docs.aws.amazon.com/cli/latest/reference/cloudformation/ and
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/.
// Send resources and template of a stack together, `jq -s . resources.json
// template.json` or as YAML documents: the first knows what things are called
// in AWS, the second what needs what. Resources are matched by logical id.
//
// Ref, Fn::GetAtt, Fn::Sub and DependsOn are relations; the property in which
// one stands says which (references.go). Resources that only join others
// (attachments, rules, permissions) are relations themselves. Of a template's
// properties a few harmless ones are kept; parameters, environment, user data
// and everything else are not.
package cloudformation

import (
	"cmp"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

// Options are what is known beside the files.
type Options = sourcefile.Options

// Read reads resources and templates of one stack, or resources of several.
func Read(r io.Reader, opt Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
	s := &stack{opt: opt, emit: emit, at: map[string]*resource{}}
	n, err := sourcefile.Documents(r, opt, func(doc *sourcefile.Node) error {
		if doc.Is(sourcefile.List) {
			for _, d := range doc.Items {
				if err := s.document(d); err != nil {
					return err
				}
			}
			return nil
		}
		return s.document(doc)
	})
	if err == nil && n == 0 {
		err = sourcefile.Bad(sourcefile.Line(1), "file", "", "there is nothing in it; send resources of a stack or a template")
	}
	if err == nil {
		err = s.finish()
	}
	return s.remarks.List(), err
}

type stack struct {
	opt       Options
	emit      cmdb.Emit
	remarks   sourcefile.Remarks
	at        map[string]*resource // by key
	order     []*resource
	templates int
	stacks    []string // names
	imports   int
}

// resource is one logical resource, from resources, template, or both.
type resource struct {
	key, logical, what, physical, status string
	account, region                      string
	line                                 int
	listed                               bool             // a list of resources has it: it is there
	body                                 *sourcefile.Node // in the template
	kind                                 string
}

var logicalID = regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)

func (s *stack) document(doc *sourcefile.Node) error {
	if !doc.Is(sourcefile.Map) {
		return sourcefile.Bad(doc.Place(), "document", "", "send the output of describe-stack-resources or list-stack-resources, or a template")
	}
	body := doc.Get("TemplateBody") // of get-template
	if body.Is(sourcefile.String) {
		return sourcefile.Bad(body.Place(), "TemplateBody", "", "the template is text inside JSON; send it by itself: aws cloudformation get-template --query TemplateBody --output text")
	}
	for _, n := range []*sourcefile.Node{doc.Get("StackResources"), doc.Get("StackResourceSummaries")} {
		if n == nil {
			continue
		}
		if !n.Is(sourcefile.List) {
			return sourcefile.Bad(n.Place(), "StackResources", "", "a list of resources should stand here")
		}
		for _, r := range n.Items {
			if err := s.listed(r); err != nil {
				return err
			}
		}
		return nil
	}
	if body == nil {
		body = doc
	}
	resources := body.Get("Resources")
	if !resources.Is(sourcefile.Map) {
		return sourcefile.Bad(doc.Place(), "Resources", "", "this is neither a list of stack resources nor a template with Resources")
	}
	if s.templates++; s.templates > 1 {
		return sourcefile.Bad(doc.Place(), "Resources", "", "send the template of one stack at a time: logical ids are unique in their stack only")
	}
	for _, e := range resources.Entries {
		what := e.Value.Get("Type").Text()
		if strings.HasPrefix(e.Key, "Fn::ForEach") {
			s.remarks.Add(sourcefile.Line(e.Line), "%s is not written out; send the processed template: get-template --template-stage Processed", e.Key)
			continue
		}
		if !logicalID.MatchString(e.Key) || what == "" {
			return sourcefile.Bad(sourcefile.Line(e.Line), "Resources."+e.Key, what, "a resource has a logical id of letters and digits and a Type")
		}
		r := s.byLogical(e.Key)
		if r == nil {
			r = s.add(&resource{key: e.Key, logical: e.Key, what: what})
		}
		if r.body != nil {
			return sourcefile.Bad(sourcefile.Line(e.Line), "Resources."+e.Key, "", "this resource is there already")
		}
		r.body, r.line = e.Value, e.Line
	}
	return s.full(doc)
}

func (s *stack) byLogical(id string) *resource {
	if r := s.at[id]; r != nil {
		return r
	}
	if len(s.stacks) == 1 {
		return s.at[s.stacks[0]+"/"+id]
	}
	return nil
}

func (s *stack) add(r *resource) *resource {
	s.at[r.key] = r
	s.order = append(s.order, r)
	return r
}

func (s *stack) full(n *sourcefile.Node) error {
	if len(s.order) > sourcefile.MaxItems {
		return sourcefile.Bad(n.Place(), "file", "", "there are too many resources; split the file")
	}
	return nil
}

// listed reads an entry of describe-stack-resources or list-stack-resources.
func (s *stack) listed(n *sourcefile.Node) error {
	id, what, name := n.Get("LogicalResourceId").Text(), n.Get("ResourceType").Text(), n.Get("StackName").Text()
	if !logicalID.MatchString(id) || what == "" {
		return sourcefile.Bad(n.Place(), "LogicalResourceId", id, "a resource of a stack has a LogicalResourceId and a ResourceType")
	}
	if len(name) > 128 {
		return sourcefile.Bad(n.Place(), "StackName", name, "a stack's name has at most 128 characters")
	}
	if name != "" && !slices.Contains(s.stacks, name) {
		if s.stacks = append(s.stacks, name); len(s.stacks) > 1 && s.templates > 0 {
			return sourcefile.Bad(n.Place(), "StackName", name, "send resources of one stack when its template is among the files")
		}
	}
	status := n.Get("ResourceStatus").Text()
	if strings.HasPrefix(status, "DELETE_COMPLETE") || strings.HasPrefix(status, "CREATE_FAILED") {
		return nil // it is not there
	}
	key := id
	if name != "" {
		key = name + "/" + id
	}
	r := s.at[id] // the template came before
	if r == nil || r.listed {
		if s.at[key] != nil {
			return sourcefile.Bad(n.Place(), "LogicalResourceId", key, "this resource is there already; send each stack once")
		}
		r = s.add(&resource{logical: id, what: what})
	}
	delete(s.at, r.key)
	r.key, r.listed, r.line, r.status, r.physical = key, true, n.Line, status, n.Get("PhysicalResourceId").Text()
	s.at[key] = r
	// arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID
	if part := strings.Split(n.Get("StackId").Text(), ":"); len(part) >= 6 && part[2] == "cloudformation" {
		r.region, r.account = part[3], part[4]
	}
	return s.full(n)
}

// kept are the properties that are stored when they are plain values.
var kept = strings.Fields(`AllocatedStorage Architecture AvailabilityZone BillingMode CacheNodeType CidrBlock DBInstanceClass DBName DeletionProtection Description
	DesiredCapacity DesiredCount Engine EngineVersion FifoQueue Handler ImageId InstanceType LaunchType MaxSize MemorySize MessageRetentionPeriod MinSize MultiAZ NumCacheNodes Port
	Protocol PubliclyAccessible Runtime Scheme StorageEncrypted StorageType Timeout VisibilityTimeout VolumeType`)

// names are the properties that name a thing.
var names = strings.Fields(`Name BucketName FunctionName QueueName TopicName TableName DBInstanceIdentifier DBClusterIdentifier ClusterName ServiceName LoadBalancerName RoleName GroupName RepositoryName DomainName`)

func (s *stack) item(r *resource) *cmdb.Seen {
	item := &cmdb.Seen{Key: r.key, Kind: r.kind, Name: r.logical, Env: s.opt.Env, Team: s.opt.Team}
	a := sourcefile.Attributes{}
	a.Set("resource_type", r.what)
	a.Set("logical_id", r.logical)
	a.Set("status", r.status)
	a.Set("region", cmp.Or(r.region, s.opt.Region))
	a.Set("account", r.account)
	p := r.body.Get("Properties")
	for _, f := range kept {
		if v := p.Get(f); v != nil && v.Tag == "" && v.Kind != sourcefile.Map && v.Kind != sourcefile.List {
			a.Set(f, v.Plain())
		}
	}
	for _, f := range names {
		if v := p.Get(f); v != nil && v.Tag == "" && v.Text() != "" {
			item.Name = v.Text()
		}
	}
	tags := map[string]string{}
	for _, t := range p.Get("Tags").Each() { // a list of Key and Value, or a mapping
		if v := t.Get("Value"); v != nil && v.Tag == "" && v.Text() != "" {
			tags[t.Get("Key").Text()] = v.Text()
		}
	}
	for _, e := range p.Get("Tags").Fields() {
		if e.Value.Tag == "" && e.Value.Text() != "" {
			tags[e.Key] = e.Value.Text()
		}
	}
	shown := map[string]string{}
	for k, v := range tags {
		switch {
		case k == "" || sourcefile.SecretName(k) || len(shown) >= 50:
			continue
		case k == "Name":
			item.Name = v
		case strings.EqualFold(k, "environment") || strings.EqualFold(k, "env"):
			item.Env = strings.ToLower(sourcefile.Cut(v, 100))
		case (strings.EqualFold(k, "team") || strings.EqualFold(k, "owner")) && !strings.Contains(v, "@"):
			item.Team = strings.ToLower(sourcefile.Cut(v, 100))
		}
		shown[k] = sourcefile.Cut(v, 256)
	}
	a.Set("tags", shown)
	item.Name, item.Attributes, item.Identifiers = sourcefile.Cut(item.Name, 200), a, r.identifiers(s.opt.Scope)
	return item
}

func (s *stack) finish() error {
	if len(s.stacks) == 1 { // what only the template has belongs to the stack too
		for _, r := range s.order {
			if key := s.stacks[0] + "/" + r.logical; !r.listed && s.at[key] == nil {
				delete(s.at, r.key)
				r.key = key
				s.at[key] = r
			}
		}
	}
	for _, r := range s.order {
		r.kind = kindOf(r.what)
		if r.kind == nothing || r.kind == joins {
			continue
		}
		if err := s.emit(cmdb.Record{Item: s.item(r)}); err != nil {
			return err
		}
	}
	if s.templates > 0 && len(s.stacks) == 0 && !slices.ContainsFunc(s.order, func(r *resource) bool { return r.listed }) {
		s.remarks.Add("file", "a template alone does not know what things are called in AWS; send describe-stack-resources with it")
	}
	if err := s.relate(); err != nil {
		return err
	}
	if s.imports > 0 {
		s.remarks.Add("file", "%d values come from other stacks (Fn::ImportValue) and are not followed", s.imports)
	}
	return nil
}
