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
	"fmt"
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

// definition reads a service definition of schema v2, v2.1 or v2.2.
func (c *catalog) definition(doc *sourcefile.Node) error {
	v := doc.Get("schema-version")
	switch v.Text() {
	case "v2", "v2.1", "v2.2":
	default:
		return sourcefile.Bad(v.Place(), "schema-version", v.Text(), "service definitions of schema-version v2, v2.1 and v2.2 and entities of apiVersion v3 are read")
	}
	name := doc.Get("dd-service").Text()
	if name == "" || len(name) > 200 || badName.MatchString(name) {
		return sourcefile.Bad(orElse(doc.Get("dd-service"), doc).Place(), "dd-service", name, "a service definition names its dd-service, at most 200 characters without space")
	}
	ref, kind := "service:"+name, cmdb.KindApplication
	switch doc.Get("type").Text() {
	case "db":
		kind = cmdb.KindDatabase
	case "cache":
		kind = cmdb.KindCache
	}
	item := &cmdb.Seen{Key: ref, Kind: kind, Name: name}
	a := c.describe(item, "service", name, cmp.Or(doc.Get("team").Text(), doc.Get("dd-team").Text()))
	for _, f := range []string{"description", "type", "lifecycle", "tier"} {
		a.Set(f, doc.Get(f).Text())
	}
	a.Set("languages", doc.Get("languages").Texts())
	a.Set("tags", doc.Get("tags").Texts())
	repositories := links(a, doc.Get("links"), "url")
	for _, r := range doc.Get("repos").Each() {
		repositories = append(repositories, r.Get("url").Text())
	}
	if err := c.add(doc, item); err != nil {
		return err
	}
	if app := doc.Get("application").Text(); app != "" && len(app) <= 200 && !badName.MatchString(app) {
		key := "application:" + app
		if _, known := c.lines[key]; !known {
			group := &cmdb.Seen{Key: key, Kind: cmdb.KindSystem, Name: sourcefile.Cut(app, 200)}
			c.describe(group, "application", app, "")
			if err := c.add(doc, group); err != nil {
				return err
			}
		}
		c.refer(doc.Get("application"), "application", ref, key, cmdb.PartOf, false)
	}
	c.own(doc, ref, item.Team)
	return c.code(doc, ref, repositories)
}

// describe fills in what all kinds have.
func (c *catalog) describe(item *cmdb.Seen, kind, name, owner string) sourcefile.Attributes {
	item.Env, item.Team = c.opt.Env, cmp.Or(strings.ToLower(owner), c.opt.Team)
	if strings.ContainsAny(item.Team, "@: \t\r\n") || len(item.Team) > 100 {
		item.Team = c.opt.Team // a person
	}
	item.Identifiers = []cmdb.Identifier{{Scheme: Scheme, Value: kind + ":" + name}}
	if item.Kind == cmdb.KindApplication && kind != "library" {
		item.Identifiers = append(item.Identifiers, cmdb.Identifier{Scheme: cmdb.SchemeServiceName, Value: name})
	}
	if item.Kind == cmdb.KindRepository {
		if at := sourcefile.Repository(name); at != "" {
			item.Identifiers = append(item.Identifiers, cmdb.Identifier{Scheme: cmdb.SchemeRepository, Value: at})
		}
	}
	a := sourcefile.Attributes{}
	item.Attributes = a
	return a
}

// links keeps the addresses of links; those of repositories are returned.
func links(a sourcefile.Attributes, list *sourcefile.Node, field string) (repositories []string) {
	var out []string
	for _, l := range list.Each() {
		u := l.Get(field).Text()
		if l.Get("type").Text() == "repo" {
			repositories = append(repositories, u)
		} else if u = sourcefile.CleanURL(u); u != "" && len(out) < 20 {
			out = append(out, u)
		}
	}
	a.Set("links", out)
	return repositories
}

func (c *catalog) add(doc *sourcefile.Node, item *cmdb.Seen) error {
	if line, twice := c.lines[item.Key]; twice {
		return sourcefile.Bad(doc.Place(), "name", item.Key, fmt.Sprintf("this entity is there already, on line %d", line))
	}
	if c.lines[item.Key] = doc.Line; len(c.lines) > sourcefile.MaxItems {
		return sourcefile.Bad(doc.Place(), "file", "", "there are too many entities; split the file")
	}
	return c.emit(cmdb.Record{Item: item})
}

func (c *catalog) refer(n *sourcefile.Node, field, self, ref string, relation cmdb.RelationKind, back bool) {
	kind, name, ok := strings.Cut(ref, ":")
	if !ok || !kindName.MatchString(kind) || name == "" || len(name) > 200 || badName.MatchString(name) {
		c.remarks.Add(n.Place(), "%s: %s %q is no reference; write kind:name", self, field, sourcefile.Cut(ref, 120))
		return
	}
	c.pending = append(c.pending, pending{n.Line, field, self, ref, relation, back})
}

// own relates to the owning team, which other sources know.
func (c *catalog) own(doc *sourcefile.Node, self, team string) {
	if team != "" {
		c.pending = append(c.pending, pending{doc.Line, "owner", self, "team:" + team, cmdb.OwnedBy, false})
	}
}

// code emits where the code is; connected, not needed.
func (c *catalog) code(doc *sourcefile.Node, self string, addresses []string) error {
	for _, u := range addresses {
		at := sourcefile.Repository(u)
		if at == "" {
			continue
		}
		key := "repository:" + at
		if _, known := c.lines[key]; !known {
			if err := c.add(doc, &cmdb.Seen{Key: key, Kind: cmdb.KindRepository, Name: at, Identifiers: []cmdb.Identifier{{Scheme: cmdb.SchemeRepository, Value: at}}}); err != nil {
				return err
			}
		}
		c.pending = append(c.pending, pending{doc.Line, "links", self, key, cmdb.ConnectsTo, false})
	}
	return nil
}

func (c *catalog) finish() ([]cmdb.Remark, error) {
	for _, p := range c.pending {
		to := cmdb.ByKey(p.ref)
		if _, known := c.lines[p.ref]; !known {
			kind, name, _ := strings.Cut(p.ref, ":")
			switch kind {
			case "service":
				to = cmdb.By(cmdb.SchemeServiceName, name, cmdb.KindApplication)
			case "team":
				to = cmdb.By(cmdb.SchemeTeam, name, cmdb.KindTeam)
			default:
				to = cmdb.By(Scheme, p.ref, "")
			}
			if kind != "team" {
				c.remarks.Add(sourcefile.Line(p.line), "%s: %s names %s, which is not in these files", p.self, p.field, p.ref)
			}
		}
		r := cmdb.SeenRelation{From: cmdb.ByKey(p.self), To: to, Kind: p.relation, Provenance: cmdb.Declared}
		if p.back {
			r.From, r.To = r.To, r.From
		}
		if r.From == r.To || c.related[r] { // itself, or said from both ends
			continue
		}
		c.related[r] = true
		if err := c.emit(cmdb.Record{Relation: &r}); err != nil {
			return c.remarks.List(), err
		}
	}
	return c.remarks.List(), nil
}
