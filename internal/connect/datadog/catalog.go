package datadog

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

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
		whole := p.ref
		if p.back {
			r.From, r.To = r.To, r.From
			whole = p.self
		}
		if kind, _, _ := strings.Cut(whole, ":"); p.relation == cmdb.PartOf && kinds[kind] == cmdb.KindSystem {
			r.Strength = cmdb.Soft // a system is a group of things: without one of them it is less, not gone
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
