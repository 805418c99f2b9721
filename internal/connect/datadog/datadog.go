// Package datadog reads entity definitions of Datadog's software catalog, as
// they stand in service.datadog.yaml, entity.datadog.yaml, or come from its API.
//
//	v3          service, datastore, queue, system, api, repository, application, own kinds
//	v2 to v2.2  service definitions
//
// Format: https://docs.datadoghq.com/internal_developer_portal/software_catalog/
// and the schemas of https://github.com/DataDog/schema/tree/main/service-catalog.
// Entities name each other "kind:name". Definitions of APIs, contacts,
// integrations and extensions are not kept.
package datadog

import (
	"cmp"
	"io"
	"regexp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

// Options are what is known beside the files.
type Options = sourcefile.Options

// Scheme names an entity of Datadog's catalog: "service:checkout".
const Scheme = "datadog"

// Read reads entities; relations come after all items.
func Read(r io.Reader, opt Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
	c := &catalog{opt: opt, emit: emit, lines: map[string]int{}, related: map[cmdb.SeenRelation]bool{}}
	n, err := sourcefile.Documents(r, opt, func(doc *sourcefile.Node) error {
		if doc.Is(sourcefile.List) { // a list from the API or of jq -s
			for _, d := range doc.Items {
				if err := c.entity(d); err != nil {
					return err
				}
			}
			return nil
		}
		return c.entity(doc)
	})
	if err != nil {
		return c.remarks.List(), err
	}
	if n == 0 {
		return nil, sourcefile.Bad(sourcefile.Line(1), "file", "", "there is no entity in it; send an entity.datadog.yaml")
	}
	return c.finish()
}

type catalog struct {
	opt     Options
	emit    cmdb.Emit
	remarks sourcefile.Remarks
	lines   map[string]int // of each key
	pending []pending
	related map[cmdb.SeenRelation]bool
}

type pending struct {
	line        int
	field, self string
	ref         string
	relation    cmdb.RelationKind
	back        bool
}

var (
	kindName = regexp.MustCompile(`^[a-z][a-z0-9]{0,40}(-[a-z0-9]{1,20}){0,10}$`) // the schema's own, bounded
	badName  = regexp.MustCompile(`[\s\x00-\x1f]`)
)

// fields are the fields of spec that name other entities; a kind that has one
// of them has it with this meaning.
var fields = []struct {
	name     string
	relation cmdb.RelationKind
	back     bool
}{
	{"dependsOn", cmdb.DependsOn, false}, {"dependencyOf", cmdb.DependsOn, true}, {"componentOf", cmdb.PartOf, false},
	{"components", cmdb.PartOf, true}, {"implementedBy", cmdb.Provides, true},
}

// kinds are the item kinds of entity kinds; others are the organisation's own.
var kinds = map[string]string{"service": cmdb.KindApplication, "ui": cmdb.KindApplication, "frontend": cmdb.KindApplication, "library": cmdb.KindApplication, "function": cmdb.KindApplication,
	"datastore": cmdb.KindDatabase, "queue": cmdb.KindQueue, "system": cmdb.KindSystem, "application": cmdb.KindSystem, "api": cmdb.KindAPI, "endpoint": cmdb.KindAPI,
	"repository": cmdb.KindRepository, "host": cmdb.KindHost, "cluster": cmdb.KindCluster, "external": cmdb.KindExternal, "team": cmdb.KindTeam}

// itemKind narrows a datastore by its type.
func itemKind(kind, what string) string {
	if kind == "datastore" {
		switch w := strings.ToLower(what); {
		case strings.Contains(w, "redis") || strings.Contains(w, "cache") || strings.Contains(w, "valkey"):
			return cmdb.KindCache
		case strings.Contains(w, "s3") || strings.Contains(w, "bucket") || strings.Contains(w, "blob"):
			return cmdb.KindStorage
		}
	}
	return cmp.Or(kinds[kind], cmdb.KindCloud)
}

func (c *catalog) entity(doc *sourcefile.Node) error {
	if !doc.Is(sourcefile.Map) {
		return sourcefile.Bad(doc.Place(), "document", "", "an entity is a mapping with apiVersion, kind and metadata")
	}
	if doc.Get("schema-version") != nil {
		return c.definition(doc)
	}
	api, kind, meta := doc.Get("apiVersion"), doc.Get("kind"), doc.Get("metadata")
	name := meta.Get("name").Text()
	switch {
	case api.Text() != "v3":
		return sourcefile.Bad(orElse(api, doc).Place(), "apiVersion", api.Text(), "entities of apiVersion v3 and service definitions of schema-version v2, v2.1 and v2.2 are read")
	case !kindName.MatchString(kind.Text()):
		return sourcefile.Bad(orElse(kind, doc).Place(), "kind", kind.Text(), "an entity has a kind in lower case: service, datastore, queue, system, api …")
	case name == "" || len(name) > 200 || badName.MatchString(name):
		return sourcefile.Bad(orElse(meta.Get("name"), doc).Place(), "metadata.name", name, "an entity has a name of at most 200 characters without space")
	}
	spec := doc.Get("spec")
	ref := kind.Text() + ":" + name
	item := &cmdb.Seen{Key: ref, Kind: itemKind(kind.Text(), spec.Get("type").Text()), Name: cmp.Or(meta.Get("displayName").Text(), name)}
	item.Name = sourcefile.Cut(item.Name, 200)
	a := c.describe(item, kind.Text(), name, meta.Get("owner").Text())
	a.Set("description", meta.Get("description").Text())
	for _, f := range []string{"type", "lifecycle", "tier"} {
		a.Set(f, spec.Get(f).Text())
	}
	a.Set("languages", spec.Get("languages").Texts())
	a.Set("tags", meta.Get("tags").Texts())
	repositories := links(a, meta.Get("links"), "url")
	for _, l := range doc.Get("datadog", "codeLocations").Each() {
		repositories = append(repositories, l.Get("repositoryURL").Text())
	}
	if err := c.add(doc, item); err != nil {
		return err
	}
	for _, f := range fields {
		for _, n := range spec.Get(f.name).Each() {
			c.refer(n, "spec."+f.name, ref, n.Text(), f.relation, f.back)
		}
	}
	if from := meta.Get("inheritFrom").Text(); from != "" {
		c.remarks.Add(meta.Get("inheritFrom").Place(), "%s inherits from %s; what it inherits is not followed", ref, sourcefile.Cut(from, 120))
	}
	c.own(doc, ref, item.Team)
	return c.code(doc, ref, repositories)
}

func orElse(n, other *sourcefile.Node) *sourcefile.Node {
	if n != nil {
		return n
	}
	return other
}
