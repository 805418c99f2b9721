package aws

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

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
