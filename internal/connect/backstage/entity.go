package backstage

import (
	"cmp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

type entity struct {
	*catalog
	doc, spec                  *sourcefile.Node
	name, namespace, kind, ref string
}

// field is a field of spec that names other entities.
type field struct {
	name     string
	kind     string // of the named one when the reference does not say
	relation cmdb.RelationKind
	back     bool // the named one is the first end
}

// fields are the fields of each kind, with the defaults of Backstage's
// BuiltinKindsEntityProcessor. An API is a thing of its own: who provides it is
// needed for it, and who consumes it calls it.
var fields = map[string][]field{
	"component": {
		{"subcomponentOf", "component", cmdb.PartOf, false}, {"partOf", "system", cmdb.PartOf, false}, {"system", "system", cmdb.PartOf, false},
		{"providesApis", "api", cmdb.Provides, false}, {"consumesApis", "api", cmdb.Calls, false},
		{"dependsOn", "", cmdb.DependsOn, false}, {"dependencyOf", "", cmdb.DependsOn, true}, {"owner", "group", cmdb.OwnedBy, false}},
	"api":      {{"system", "system", cmdb.PartOf, false}, {"owner", "group", cmdb.OwnedBy, false}},
	"resource": {{"system", "system", cmdb.PartOf, false}, {"dependsOn", "", cmdb.DependsOn, false}, {"dependencyOf", "", cmdb.DependsOn, true}, {"owner", "group", cmdb.OwnedBy, false}},
	"system":   {{"domain", "domain", cmdb.PartOf, false}, {"owner", "group", cmdb.OwnedBy, false}},
	"domain":   {{"subdomainOf", "domain", cmdb.PartOf, false}, {"owner", "group", cmdb.OwnedBy, false}},
	"group":    {{"parent", "group", cmdb.PartOf, false}, {"children", "group", cmdb.PartOf, true}},
}

// still are types of components that do not run, so telemetry never names them.
var still = map[string]bool{"library": true, "documentation": true, "template": true, "cli": true, "tool": true, "schema": true}

// resources are usual types of resources; Backstage leaves the words open.
var resources = []struct{ part, kind string }{
	{"database", cmdb.KindDatabase}, {"postgres", cmdb.KindDatabase}, {"mysql", cmdb.KindDatabase}, {"mongo", cmdb.KindDatabase}, {"dynamo", cmdb.KindDatabase}, {"elasticsearch", cmdb.KindDatabase},
	{"cache", cmdb.KindCache}, {"redis", cmdb.KindCache}, {"queue", cmdb.KindQueue}, {"topic", cmdb.KindQueue}, {"kafka", cmdb.KindQueue}, {"stream", cmdb.KindQueue}, {"sns", cmdb.KindQueue}, {"sqs", cmdb.KindQueue},
	{"bucket", cmdb.KindStorage}, {"storage", cmdb.KindStorage}, {"s3", cmdb.KindStorage}, {"volume", cmdb.KindStorage}, {"cluster", cmdb.KindCluster}, {"namespace", cmdb.KindNamespace},
	{"load-balancer", cmdb.KindBalancer}, {"loadbalancer", cmdb.KindBalancer}, {"network", cmdb.KindNetwork}, {"vpc", cmdb.KindNetwork}, {"certificate", cmdb.KindCertificate},
	{"server", cmdb.KindHost}, {"host", cmdb.KindHost}, {"machine", cmdb.KindHost}, {"instance", cmdb.KindHost}, {"repository", cmdb.KindRepository}, {"external", cmdb.KindExternal}, {"saas", cmdb.KindExternal},
}

func (e entity) read() error {
	kind := kindOf(e.ref)
	switch e.kind {
	case "user":
		e.people++
		return nil
	case "location":
		targets := append(e.spec.Get("target").Texts(), e.spec.Get("targets").Texts()...)
		e.remarks.Add(e.doc.Place(), "%s points to %s, which is not followed; send those files too", e.ref, sourcefile.Cut(strings.Join(targets, ", "), 300))
		return nil
	case "resource":
		kind = cmdb.KindCloud
		what := strings.ToLower(e.spec.Get("type").Text())
		for _, r := range resources {
			if strings.Contains(what, r.part) {
				kind = r.kind
				break
			}
		}
	}
	if kind == "" {
		e.remarks.Add(e.doc.Place(), "%s: the kind is no item", e.ref)
		return nil
	}
	if e.spec != nil && !e.spec.Is(sourcefile.Map) {
		return sourcefile.Bad(e.spec.Place(), "spec", "", "the spec of an entity is a mapping")
	}
	meta := e.doc.Get("metadata")
	item := &cmdb.Seen{Key: e.ref, Kind: kind, Name: e.name, Env: e.opt.Env, Team: e.opt.Team, Identifiers: []cmdb.Identifier{{Scheme: cmdb.SchemeBackstage, Value: e.ref}}}
	a := sourcefile.Attributes{}
	a.Set("title", cmp.Or(meta.Get("title").Text(), e.spec.Get("profile", "displayName").Text()))
	a.Set("description", meta.Get("description").Text())
	a.Set("type", e.spec.Get("type").Text())
	a.Set("lifecycle", e.spec.Get("lifecycle").Text())
	a.Set("tags", meta.Get("tags").Texts())
	var links []string
	for _, l := range meta.Get("links").Each() {
		if u := sourcefile.CleanURL(l.Get("url").Text()); u != "" && len(links) < 20 {
			links = append(links, u)
		}
	}
	a.Set("links", links)
	if e.namespace != "default" {
		a.Set("namespace", e.namespace)
	}
	if ref, ok := reference(e.spec.Get("owner").Text(), "group", e.namespace); ok {
		if g, isGroup := strings.CutPrefix(ref, "group:"); isGroup {
			item.Team = g[strings.IndexByte(g, '/')+1:]
		} else {
			a.Set("owner", ref)
		}
	}
	item.Attributes = a
	e.identify(item, meta.Get("annotations"))
	if err := e.emit(cmdb.Record{Item: item}); err != nil {
		return err
	}
	e.entities[e.ref] = true
	for _, f := range fields[e.kind] {
		e.refer(f)
	}
	return e.repository(meta.Get("annotations"))
}

func (e entity) identify(item *cmdb.Seen, notes *sourcefile.Node) {
	switch {
	case item.Kind == cmdb.KindTeam && e.namespace == "default":
		item.Identifiers = append(item.Identifiers, cmdb.Identifier{Scheme: cmdb.SchemeTeam, Value: strings.ToLower(e.name)})
	case item.Kind == cmdb.KindApplication && !still[strings.ToLower(e.spec.Get("type").Text())]:
		id := notes.Get("backstage.io/kubernetes-id").Text()
		if !name.MatchString(id) {
			id = e.name
		}
		item.Identifiers = append(item.Identifiers, cmdb.Identifier{Scheme: cmdb.SchemeServiceName, Value: id})
	}
}

func (e entity) refer(f field) {
	for _, n := range e.spec.Get(f.name).Each() {
		s := n.Text()
		if s == "" {
			continue
		}
		ref, ok := reference(s, f.kind, e.namespace)
		if !ok {
			e.remarks.Add(n.Place(), "%s: %s %q is no reference; write kind:namespace/name", e.ref, f.name, sourcefile.Cut(s, 120))
			continue
		}
		switch k, _, _ := strings.Cut(ref, ":"); k {
		case "user": // a person: said in the attribute owner
		default:
			e.pending = append(e.pending, pending{n.Line, "spec." + f.name, e.ref, ref, f.relation, f.back})
		}
	}
}

// repository emits where the code is. It is connected, not needed: a service
// runs on when its repository is away.
func (e entity) repository(notes *sourcefile.Node) error {
	at := ""
	if s := notes.Get("github.com/project-slug").Text(); s != "" {
		at = sourcefile.Repository("github.com/" + s)
	} else if s := notes.Get("gitlab.com/project-slug").Text(); s != "" {
		at = sourcefile.Repository(cmp.Or(notes.Get("gitlab.com/instance").Text(), "gitlab.com") + "/" + s)
	} else if s, ok := strings.CutPrefix(notes.Get("backstage.io/source-location").Text(), "url:"); ok {
		at = sourcefile.Repository(s)
	}
	if at == "" {
		return nil
	}
	key := "repository:" + at
	if !e.repositories[at] {
		e.repositories[at] = true
		err := e.emit(cmdb.Record{Item: &cmdb.Seen{Key: key, Kind: cmdb.KindRepository, Name: at, Identifiers: []cmdb.Identifier{{Scheme: cmdb.SchemeRepository, Value: at}}}})
		if err != nil {
			return err
		}
		e.entities[key] = true
	}
	return e.emit(cmdb.Record{Relation: &cmdb.SeenRelation{From: cmdb.ByKey(e.ref), To: cmdb.ByKey(key), Kind: cmdb.ConnectsTo, Provenance: cmdb.Declared}})
}
