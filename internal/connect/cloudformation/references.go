package cloudformation

import (
	"regexp"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

// meaning is what it means that a property names another resource.
type meaning struct {
	kind  cmdb.RelationKind
	group string // redundancy group of which one must work
	back  bool   // the named one needs this one
}

// properties by which resources name others; in any other one, and in
// DependsOn, it is a plain dependency.
var properties = map[string]meaning{
	"VpcId": {kind: cmdb.RunsOn}, "VPCId": {kind: cmdb.RunsOn}, "SubnetId": {kind: cmdb.RunsOn}, "Cluster": {kind: cmdb.RunsOn}, "HostedZoneId": {kind: cmdb.RunsOn},
	"SubnetIds": {kind: cmdb.RunsOn, group: "subnets"}, "Subnets": {kind: cmdb.RunsOn, group: "subnets"}, "VPCZoneIdentifier": {kind: cmdb.RunsOn, group: "subnets"},
	"DBSubnetGroupName": {kind: cmdb.RunsOn}, "CacheSubnetGroupName": {kind: cmdb.RunsOn},
	"DBClusterIdentifier": {kind: cmdb.DependsOn, group: "instances", back: true}, "TargetGroupARNs": {kind: cmdb.DependsOn, group: "targets", back: true}, "TargetGroupArn": {kind: cmdb.DependsOn, group: "targets", back: true},
	"Targets": {kind: cmdb.DependsOn, group: "targets"}, "Instances": {kind: cmdb.DependsOn, group: "instances"},
	"SourceSecurityGroupId": {kind: cmdb.ConnectsTo, back: true}, "DestinationSecurityGroupId": {kind: cmdb.ConnectsTo},
}

// ends of resources that join others: which property needs which.
var ends = map[string][]struct {
	from, to string
	kind     cmdb.RelationKind
}{
	"AWS::EC2::SecurityGroupIngress":        {{"SourceSecurityGroupId", "GroupId", cmdb.ConnectsTo}},
	"AWS::EC2::SecurityGroupEgress":         {{"GroupId", "DestinationSecurityGroupId", cmdb.ConnectsTo}},
	"AWS::EC2::VPCGatewayAttachment":        {{"VpcId", "InternetGatewayId", cmdb.ConnectsTo}},
	"AWS::EC2::Route":                       {{"RouteTableId", "GatewayId", cmdb.DependsOn}, {"RouteTableId", "NatGatewayId", cmdb.DependsOn}},
	"AWS::EC2::SubnetRouteTableAssociation": {{"SubnetId", "RouteTableId", cmdb.DependsOn}},
	"AWS::EC2::VolumeAttachment":            {{"InstanceId", "VolumeId", cmdb.StoresIn}},
	"AWS::EC2::EIPAssociation":              {{"AllocationId", "InstanceId", cmdb.ConnectsTo}},
	"AWS::ElasticLoadBalancingV2::Listener": {{"LoadBalancerArn", "DefaultActions", cmdb.DependsOn}, {"LoadBalancerArn", "Certificates", cmdb.DependsOn}},
	"AWS::Lambda::EventSourceMapping":       {{"FunctionName", "EventSourceArn", cmdb.DependsOn}},
	"AWS::Lambda::Permission":               {{"SourceArn", "FunctionName", cmdb.ConnectsTo}},
	"AWS::SNS::Subscription":                {{"TopicArn", "Endpoint", cmdb.ConnectsTo}},
	"AWS::EFS::MountTarget":                 {{"FileSystemId", "SubnetId", cmdb.RunsOn}},
}

var variable = regexp.MustCompile(`\$\{([A-Za-z0-9]+)(\.[A-Za-z0-9.]+)?\}`)

// mention is a reference with the innermost property that is no function.
type mention struct{ property, logical string }

// mentions collects the references of a value.
func (s *stack) mentions(n *sourcefile.Node, property string, depth int, out *[]mention) {
	if n == nil || depth > 64 || len(*out) > 10_000 {
		return
	}
	refer := func(text string, sub bool) {
		if sub {
			for _, m := range variable.FindAllStringSubmatch(text, 100) {
				*out = append(*out, mention{property, m[1]})
			}
			return
		}
		id, _, _ := strings.Cut(text, ".")
		*out = append(*out, mention{property, id})
	}
	function := func(name string, v *sourcefile.Node) bool {
		switch name {
		case "Ref":
			refer(v.Value, false)
		case "Fn::GetAtt":
			if v.Is(sourcefile.List) {
				if len(v.Items) > 0 {
					refer(v.Items[0].Value, false)
				}
			} else {
				refer(v.Value, false)
			}
		case "Fn::Sub":
			text := v
			if v.Is(sourcefile.List) && len(v.Items) > 0 {
				text = v.Items[0]
				for _, x := range v.Items[1:] {
					s.mentions(x, property, depth+1, out)
				}
			}
			refer(text.Text(), true)
		case "Fn::ImportValue":
			s.imports++
		default:
			return false
		}
		return true
	}
	if tag := strings.TrimPrefix(n.Tag, "!"); tag != n.Tag { // YAML's short form
		if tag != "Ref" && tag != "Condition" {
			tag = "Fn::" + tag
		}
		if function(tag, n) {
			return
		}
	}
	for _, v := range n.Items {
		s.mentions(v, property, depth+1, out)
	}
	for _, e := range n.Entries {
		if len(n.Entries) == 1 && function(e.Key, e.Value) {
			return
		}
		next := e.Key
		if strings.HasPrefix(e.Key, "Fn::") || e.Key == "Id" || e.Key == "CertificateArn" && property == "Certificates" || property == "DefaultActions" {
			next = property // a function, or an entry of a list of blocks
		}
		s.mentions(e.Value, next, depth+1, out)
	}
}

// relate emits the relations of the template.
func (s *stack) relate() error {
	type edge struct {
		from, to string
		kind     cmdb.RelationKind
	}
	seen := map[edge]bool{}
	pairs := map[[2]string]bool{} // of which more is known than a dependency
	tell := func(from, to *resource, m meaning) error {
		if m.back {
			from, to = to, from
		}
		e := edge{from.key, to.key, m.kind}
		if from == to || seen[e] {
			return nil
		}
		seen[e] = true
		pairs[[2]string{from.key, to.key}], pairs[[2]string{to.key, from.key}] = true, true
		r := cmdb.SeenRelation{From: cmdb.ByKey(from.key), To: cmdb.ByKey(to.key), Kind: m.kind, Group: m.group, Provenance: cmdb.Declared}
		if m.group != "" {
			r.Need = 1
		}
		return s.emit(cmdb.Record{Relation: &r})
	}
	plain := map[*resource][]*resource{}
	for _, r := range s.order {
		var all []mention
		s.mentions(r.body.Get("Properties"), "", 0, &all)
		for _, d := range r.body.Get("DependsOn").Each() {
			if other := s.byLogical(d.Text()); other != nil {
				plain[r] = append(plain[r], other)
			} else {
				s.remarks.Add(d.Place(), "%s: DependsOn names %s, which is not in the template", r.logical, sourcefile.Cut(d.Text(), 100))
			}
		}
		by := map[string][]*resource{}
		for _, m := range all {
			other := s.byLogical(m.logical) // else a parameter or AWS::Region
			if other == nil || other == r {
				continue
			}
			plain[r] = append(plain[r], other)
			by[m.property] = append(by[m.property], other)
			if what, ok := properties[m.property]; ok && s.thing(r) && s.thing(other) {
				if err := tell(r, other, what); err != nil {
					return err
				}
			}
		}
		for _, e := range ends[r.what] {
			for _, from := range by[e.from] {
				for _, to := range by[e.to] {
					if s.thing(from) && s.thing(to) {
						if err := tell(from, to, meaning{kind: e.kind}); err != nil {
							return err
						}
					}
				}
			}
		}
	}
	for _, r := range s.order {
		if !s.thing(r) {
			continue
		}
		for _, other := range s.through(plain, r) {
			if !pairs[[2]string{r.key, other.key}] && !seen[edge{r.key, other.key, cmdb.DependsOn}] {
				seen[edge{r.key, other.key, cmdb.DependsOn}] = true
				if err := s.emit(cmdb.Record{Relation: &cmdb.SeenRelation{From: cmdb.ByKey(r.key), To: cmdb.ByKey(other.key), Kind: cmdb.DependsOn, Provenance: cmdb.Declared}}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *stack) thing(r *resource) bool { return r.kind != joins && r.kind != nothing }

// through follows references over what is no thing.
func (s *stack) through(plain map[*resource][]*resource, r *resource) []*resource {
	var out []*resource
	seen := map[*resource]bool{r: true}
	todo := slices.Clone(plain[r])
	for len(todo) > 0 && len(out) < 1000 {
		next := todo[0]
		todo = todo[1:]
		if seen[next] {
			continue
		}
		seen[next] = true
		if s.thing(next) {
			out = append(out, next)
		} else {
			todo = append(todo, plain[next]...)
		}
	}
	return out
}
