package datadog

import (
	"cmp"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

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
