// Package score reads Score workload files (score.yaml): one workload a
// document, with its containers, its ports and the resources it needs.
//
// Format: https://docs.score.dev/docs/score-specification/score-spec-reference/
// (apiVersion score.dev/v1b1; schema https://github.com/score-spec/spec).
//
// A workload is an application, named as telemetry will name it. A resource is
// a database, cache, queue … by its type; one with an id is shared between
// workloads of the same type, class and id, others belong to their workload.
// Variables, files, parameters and commands are not kept: they hold secrets.
package score

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

// Options are what is known beside the files.
type Options = sourcefile.Options

// Read reads workloads.
func Read(r io.Reader, opt Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
	f := &file{opt: opt, emit: emit, lines: map[string]int{}}
	n, err := sourcefile.Documents(r, opt, f.workload)
	if err == nil && n == 0 {
		err = sourcefile.Bad(sourcefile.Line(1), "file", "", "there is no workload in it; send a score.yaml")
	}
	for _, rel := range f.relations {
		if err == nil {
			err = emit(cmdb.Record{Relation: &rel})
		}
	}
	return f.remarks.List(), err
}

type file struct {
	opt       Options
	emit      cmdb.Emit
	remarks   sourcefile.Remarks
	lines     map[string]int
	relations []cmdb.SeenRelation
}

// The schema's own patterns.
var (
	label        = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$`)
	resourceType = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]$`)
)

// types are the resource types of the Score community's provisioners
// (https://github.com/score-spec/community-provisioners) and their likes.
var types = map[string]struct {
	kind     string
	relation cmdb.RelationKind
}{
	"postgres": {cmdb.KindDatabase, cmdb.StoresIn}, "postgres-instance": {cmdb.KindDatabase, cmdb.StoresIn}, "postgresql": {cmdb.KindDatabase, cmdb.StoresIn}, "mysql": {cmdb.KindDatabase, cmdb.StoresIn},
	"mysql-instance": {cmdb.KindDatabase, cmdb.StoresIn}, "mariadb": {cmdb.KindDatabase, cmdb.StoresIn}, "mssql": {cmdb.KindDatabase, cmdb.StoresIn}, "mongodb": {cmdb.KindDatabase, cmdb.StoresIn}, "dynamodb": {cmdb.KindDatabase, cmdb.StoresIn},
	"elasticsearch": {cmdb.KindDatabase, cmdb.StoresIn}, "redis": {cmdb.KindCache, cmdb.DependsOn}, "memcached": {cmdb.KindCache, cmdb.DependsOn},
	"amqp": {cmdb.KindQueue, cmdb.DependsOn}, "rabbitmq": {cmdb.KindQueue, cmdb.DependsOn}, "kafka-topic": {cmdb.KindQueue, cmdb.DependsOn}, "kafka": {cmdb.KindQueue, cmdb.DependsOn}, "nats": {cmdb.KindQueue, cmdb.DependsOn}, "sqs": {cmdb.KindQueue, cmdb.DependsOn},
	"s3": {cmdb.KindStorage, cmdb.StoresIn}, "volume": {cmdb.KindStorage, cmdb.StoresIn}, "persistent-volume": {cmdb.KindStorage, cmdb.StoresIn}, "blob-storage": {cmdb.KindStorage, cmdb.StoresIn},
	"dns": {cmdb.KindNetwork, cmdb.DependsOn}, "route": {cmdb.KindBalancer, cmdb.DependsOn}, "k8s-cluster": {cmdb.KindCluster, cmdb.RunsOn}, "k8s-namespace": {cmdb.KindNamespace, cmdb.RunsOn},
}

func (f *file) workload(doc *sourcefile.Node) error {
	api, name, containers := doc.Get("apiVersion"), doc.Get("metadata", "name"), doc.Get("containers")
	at := func(n *sourcefile.Node) string {
		if n == nil {
			return doc.Place()
		}
		return n.Place()
	}
	switch {
	case !doc.Is(sourcefile.Map):
		return sourcefile.Bad(doc.Place(), "document", "", "a workload is a mapping with apiVersion, metadata and containers")
	case api.Text() != "score.dev/v1b1":
		return sourcefile.Bad(at(api), "apiVersion", api.Text(), "workloads of score.dev/v1b1 are read")
	case !label.MatchString(name.Text()):
		return sourcefile.Bad(at(name), "metadata.name", name.Text(), "a workload has a name of 2 to 63 characters: a to z, 0 to 9 and - between them")
	case !containers.Is(sourcefile.Map) || len(containers.Entries) == 0:
		return sourcefile.Bad(at(containers), "containers", "", "a workload has at least one container")
	}
	key := "workload/" + name.Text()
	if line, twice := f.lines[key]; twice {
		return sourcefile.Bad(name.Place(), "metadata.name", name.Text(), fmt.Sprintf("this workload is there already, on line %d", line))
	}
	f.lines[key] = name.Line
	a := sourcefile.Attributes{}
	images := map[string]string{}
	for _, c := range containers.Entries {
		if image := c.Value.Get("image").Text(); image != "" && len(images) < 50 {
			images[c.Key] = sourcefile.Cut(image, 300)
		}
	}
	a.Set("images", images)
	ports := map[string]string{}
	for _, p := range doc.Get("service", "ports").Fields() {
		if len(ports) < 50 {
			ports[p.Key] = p.Value.Get("port").Text() + "/" + cmp.Or(p.Value.Get("protocol").Text(), "TCP")
		}
	}
	a.Set("ports", ports)
	item := &cmdb.Seen{Key: key, Kind: cmdb.KindApplication, Name: name.Text(), Env: f.opt.Env, Team: f.opt.Team, Attributes: a,
		Identifiers: []cmdb.Identifier{{Scheme: cmdb.SchemeServiceName, Value: name.Text()}}}
	if err := f.emit(cmdb.Record{Item: item}); err != nil {
		return err
	}
	for _, r := range doc.Get("resources").Fields() {
		if err := f.resource(key, name.Text(), r); err != nil {
			return err
		}
	}
	return nil
}

func (f *file) resource(self, workload string, e sourcefile.Entry) error {
	what, class, id := e.Value.Get("type").Text(), e.Value.Get("class").Text(), e.Value.Get("id").Text()
	if !resourceType.MatchString(what) {
		return sourcefile.Bad(sourcefile.Line(e.Line), "resources."+e.Key+".type", what, "a resource has a type of letters, digits and -")
	}
	if !label.MatchString(e.Key) || len(id) > 63 {
		return sourcefile.Bad(sourcefile.Line(e.Line), "resources."+e.Key, id, "a resource has a name of 2 to 63 characters, a to z, 0 to 9 and - between them, and an id of at most 63")
	}
	r := cmdb.SeenRelation{From: cmdb.ByKey(self), Provenance: cmdb.Declared}
	switch strings.ToLower(what) {
	case "environment": // values for variables: nothing that runs
		return nil
	case "service", "workload": // another workload
		r.To, r.Kind = cmdb.By(cmdb.SchemeServiceName, sourcefile.Cut(cmp.Or(e.Value.Get("params", "workload").Text(), id, e.Key), 200), cmdb.KindApplication), cmdb.Calls
		f.relations = append(f.relations, r)
		return nil
	}
	t, known := types[strings.ToLower(what)]
	if !known {
		t.kind, t.relation = cmdb.KindCloud, cmdb.DependsOn
	}
	class = cmp.Or(class, "default")
	key, name := "resource/"+what+"."+class+"#"+workload+"."+e.Key, workload+" "+e.Key
	if id != "" { // Score: same type, class and id are the same resource
		key, name = "resource/"+what+"."+class+"#"+id, id
	}
	if _, shared := f.lines[key]; !shared {
		if f.lines[key] = e.Line; len(f.lines) > sourcefile.MaxItems {
			return sourcefile.Bad(sourcefile.Line(e.Line), "file", "", "there are too many resources; split the file")
		}
		a := sourcefile.Attributes{}
		a.Set("type", what)
		a.Set("class", class)
		if err := f.emit(cmdb.Record{Item: &cmdb.Seen{Key: key, Kind: t.kind, Name: sourcefile.Cut(name, 200), Env: f.opt.Env, Team: f.opt.Team, Attributes: a}}); err != nil {
			return err
		}
	}
	r.To, r.Kind = cmdb.ByKey(key), t.relation
	if seen := self + "\x00" + key; f.lines[seen] == 0 { // else the same shared resource under two names
		f.lines[seen] = e.Line
		f.relations = append(f.relations, r)
	}
	return nil
}
