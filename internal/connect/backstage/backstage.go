// Package backstage reads Backstage catalogs: catalog-info.yaml and whatever
// else holds entities, several documents in a file, several files joined.
//
// Format: https://backstage.io/docs/features/software-catalog/descriptor-format
// (apiVersion backstage.io/v1alpha1 and v1beta1). References are written
// [kind:][namespace/]name; which kind and namespace is meant when they are
// left out depends on the field, as in Backstage's own processor
// (BuiltinKindsEntityProcessor): ownedBy a Group, partOf a System, and so on.
// All of a reference is compared in lower case.
//
//	Component  application; service.name when it runs, which joins it with traces
//	API        api                Resource  database, queue, … by its type
//	System     system             Domain    system
//	Group      team               Location, User, Template …: read over
//
// A reference to an entity that is not in the files is a relation to its name,
// joined when another file brings it, and a remark. Definitions of APIs,
// profiles of people and annotations that are not listed here are not kept.
package backstage

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

// Options are what is known beside the files.
type Options = sourcefile.Options

// Read reads entities; relations come after all items.
func Read(r io.Reader, opt Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
	c := &catalog{opt: opt, emit: emit, entities: map[string]bool{}, lines: map[string]int{}, repositories: map[string]bool{}, related: map[cmdb.SeenRelation]bool{}}
	n, err := sourcefile.Documents(r, opt, func(doc *sourcefile.Node) error {
		if !doc.Is(sourcefile.List) {
			return c.entity(doc)
		}
		for _, d := range doc.Items { // the answer of Backstage's API
			if err := c.entity(d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return c.remarks.List(), err
	}
	if n == 0 {
		return nil, sourcefile.Bad(sourcefile.Line(1), "file", "", "there is no entity in it; send a catalog-info.yaml")
	}
	return c.finish()
}

type catalog struct {
	opt          Options
	emit         cmdb.Emit
	remarks      sourcefile.Remarks
	entities     map[string]bool // references that are items here
	lines        map[string]int
	repositories map[string]bool
	pending      []pending
	related      map[cmdb.SeenRelation]bool
	people       int
}

// pending is a reference; whether it leads anywhere is known at the end.
type pending struct {
	line     int
	field    string
	self     string
	ref      string
	relation cmdb.RelationKind
	back     bool
}

var name = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$`)

func (c *catalog) entity(doc *sourcefile.Node) error {
	api, kind := doc.Get("apiVersion"), doc.Get("kind").Text()
	switch {
	case !doc.Is(sourcefile.Map):
		return sourcefile.Bad(doc.Place(), "document", "", "an entity is a mapping with apiVersion, kind, metadata and spec")
	case api.Text() == "":
		return sourcefile.Bad(doc.Place(), "apiVersion", "", "an entity names its apiVersion, backstage.io/v1alpha1")
	case kind == "":
		return sourcefile.Bad(doc.Place(), "kind", "", "an entity names its kind: Component, API, Resource, System, Domain, Group …")
	}
	meta := doc.Get("metadata")
	own, ns := meta.Get("name").Text(), meta.Get("namespace").Text()
	if !name.MatchString(own) || ns != "" && !name.MatchString(ns) {
		n := meta.Get("name")
		if n == nil {
			n = doc
		}
		return sourcefile.Bad(n.Place(), "metadata.name", own, "an entity has a name, and perhaps a namespace, of 1 to 63 letters, digits and - _ . between them")
	}
	if ns == "" {
		ns = "default"
	}
	if v := api.Text(); v != "backstage.io/v1alpha1" && v != "backstage.io/v1beta1" {
		c.remarks.Add(api.Place(), "%s %s has apiVersion %s; only Backstage's own kinds are read", kind, own, sourcefile.Cut(v, 80))
		return nil
	}
	e := entity{catalog: c, doc: doc, spec: doc.Get("spec"), name: own, namespace: ns, kind: strings.ToLower(kind), ref: strings.ToLower(kind + ":" + ns + "/" + own)}
	if line, twice := c.lines[e.ref]; twice {
		return sourcefile.Bad(meta.Get("name").Place(), "metadata.name", own, fmt.Sprintf("%s is there already, on line %d", e.ref, line))
	}
	c.lines[e.ref] = meta.Get("name").Line
	if len(c.lines) > sourcefile.MaxItems {
		return sourcefile.Bad(doc.Place(), "file", "", "there are too many entities; split the file")
	}
	return e.read()
}

// reference makes the full, lower-case form of a reference; false when it
// names no kind and the field has none, or is none at all.
func reference(s, kind, namespace string) (string, bool) {
	if k, rest, ok := strings.Cut(s, ":"); ok {
		kind, s = k, rest
	}
	if ns, rest, ok := strings.Cut(s, "/"); ok {
		namespace, s = ns, rest
	}
	if kind == "" || !name.MatchString(kind) || !name.MatchString(namespace) || !name.MatchString(s) {
		return "", false
	}
	return strings.ToLower(kind + ":" + namespace + "/" + s), true
}

// kindOf is the item kind of a reference.
func kindOf(ref string) string {
	k, _, _ := strings.Cut(ref, ":")
	return map[string]string{"component": cmdb.KindApplication, "api": cmdb.KindAPI, "system": cmdb.KindSystem, "domain": cmdb.KindSystem, "group": cmdb.KindTeam}[k]
}

// finish emits the relations.
func (c *catalog) finish() ([]cmdb.Remark, error) {
	said := map[string]bool{}
	for _, p := range c.pending {
		to := cmdb.ByKey(p.ref)
		if !c.entities[p.ref] {
			to = cmdb.By(cmdb.SchemeBackstage, p.ref, kindOf(p.ref))
			if team, ok := strings.CutPrefix(p.ref, "group:default/"); ok {
				to = cmdb.By(cmdb.SchemeTeam, team, cmdb.KindTeam)
			}
			if key := p.self + p.ref; !said[key] {
				said[key] = true
				c.remarks.Add(sourcefile.Line(p.line), "%s: %s names %s, which is not in these files", p.self, p.field, p.ref)
			}
		}
		r := cmdb.SeenRelation{From: cmdb.ByKey(p.self), To: to, Kind: p.relation, Provenance: cmdb.Declared}
		if p.relation == cmdb.PartOf && kindOf(p.ref) == cmdb.KindSystem {
			r.Strength = cmdb.Soft // a system is a group of things: without one of them it is less, not gone
		}
		if p.back {
			r.From, r.To = r.To, r.From
		}
		if r.From == r.To {
			c.remarks.Add(sourcefile.Line(p.line), "%s: %s names the entity itself", p.self, p.field)
			continue
		}
		if c.related[r] { // said from both ends
			continue
		}
		c.related[r] = true
		if err := c.emit(cmdb.Record{Relation: &r}); err != nil {
			return c.remarks.List(), err
		}
	}
	if c.people > 0 {
		c.remarks.Add("file", "%d users were read over: people are no items", c.people)
	}
	return c.remarks.List(), nil
}
