package compose

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

// relations emits what a service says of others.
func (p *project) relations(s *service) error {
	need := func(n *sourcefile.Node, field, name string, strength cmdb.Strength) error {
		other := p.services[name]
		if other == nil {
			p.remarks.Add(n.Place(), "%s: %s names %s, which is no service of this file", s.name, field, sourcefile.Cut(name, 100))
			return nil
		}
		return p.relate(s.key, other.key, cmdb.DependsOn, strength)
	}
	depends := s.node.Get("depends_on")
	for _, n := range depends.Each() {
		if err := need(n, "depends_on", n.Text(), ""); err != nil {
			return err
		}
	}
	for _, e := range depends.Fields() { // the long form
		strength := cmdb.Strength("")
		if e.Value.Get("required").Text() == "false" {
			strength = cmdb.Soft
		}
		if err := need(e.Value, "depends_on", e.Key, strength); err != nil {
			return err
		}
	}
	for _, n := range s.node.Get("links").Each() {
		name, alias, ok := strings.Cut(n.Text(), ":")
		if ok {
			s.hosts[alias] = name
		}
		if err := need(n, "links", name, ""); err != nil {
			return err
		}
	}
	if n := s.node.Get("network_mode"); strings.HasPrefix(n.Text(), "service:") {
		if err := need(n, "network_mode", strings.TrimPrefix(n.Text(), "service:"), ""); err != nil {
			return err
		}
	}
	if err := p.places(s); err != nil {
		return err
	}
	return p.calls(s)
}

// places are the networks and volumes of a service.
func (p *project) places(s *service) error {
	networks := s.node.Get("networks")
	names := networks.Texts()
	for _, e := range networks.Fields() {
		names = append(names, e.Key)
	}
	for _, name := range names {
		if name == "default" && !p.networks[name] {
			continue
		}
		if !p.networks[name] {
			p.remarks.Add(networks.Place(), "%s: networks names %s, which the file does not declare", s.name, sourcefile.Cut(name, 100))
			continue
		}
		if err := p.relate(s.key, "network/"+name, cmdb.ConnectsTo, ""); err != nil {
			return err
		}
	}
	for _, v := range s.node.Get("volumes").Each() {
		name, kind := v.Get("source").Text(), v.Get("type").Text()
		if !v.Is(sourcefile.Map) {
			var ok bool
			if name, _, ok = strings.Cut(v.Text(), ":"); !ok || strings.ContainsAny(name, "/.~$") {
				continue // a path of the machine, or a nameless volume
			}
			kind = "volume"
		}
		switch {
		case kind != "volume" || name == "":
		case !p.volumes[name]:
			p.remarks.Add(v.Place(), "%s: volumes names %s, which the file does not declare", s.name, sourcefile.Cut(name, 100))
		default:
			if err := p.relate(s.key, "volume/"+name, cmdb.StoresIn, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

type pair struct{ name, value string }

// pairs reads a mapping, or a list of NAME=value.
func pairs(n *sourcefile.Node) []pair {
	var out []pair
	for _, e := range n.Fields() {
		out = append(out, pair{e.Key, e.Value.Text()})
	}
	for _, v := range n.Each() {
		name, value, _ := strings.Cut(v.Text(), "=")
		out = append(out, pair{name, value})
	}
	return out
}

func environment(s *sourcefile.Node) []pair { return pairs(s.Get("environment")) }

var (
	// ${NAME:-default}: the default is what the file itself says.
	interpolated = regexp.MustCompile(`\$\{[A-Za-z0-9_]+:?-([^{}]*)\}`)
	// A host at the beginning or after //, @ or a comma, with a port, or ended by / , ? or the end.
	host = regexp.MustCompile(`(?:^|//|@|,\s*)([A-Za-z0-9][A-Za-z0-9._-]*)(:[0-9]{1,5})?(?:[/,?]|$)`)
	// Names of variables whose whole value is a host.
	hostly = regexp.MustCompile(`(?i)(host|hostname|addr|address|url|uri|endpoint|server|servers|broker|brokers|upstream|target|service|nodes|bootstrap)s?$`)
)

// calls finds other services in the environment by their host names.
func (p *project) calls(s *service) error {
	from := s.key
	if s.app != "" {
		from = s.app
	}
	for _, v := range environment(s.node) {
		value := interpolated.ReplaceAllString(v.value, "$1")
		if len(value) > 4096 {
			continue
		}
		for _, m := range matches(value) {
			if m.port == "" && !m.url && !hostly.MatchString(v.name) {
				continue // a plain word: a user name, a database
			}
			other := p.services[m.host]
			if other == nil {
				other = p.services[cmp.Or(s.hosts[m.host], p.hosts[m.host])]
			}
			if other == nil || other == s {
				continue
			}
			to, kind := other.key, cmdb.Calls
			switch other.kind {
			case cmdb.KindDeployment:
				to = other.app
			case cmdb.KindDatabase, cmdb.KindStorage:
				kind = cmdb.StoresIn
			case cmdb.KindCache, cmdb.KindQueue:
				kind = cmdb.DependsOn
			}
			if err := p.relate(from, to, kind, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

type match struct {
	host, port string
	url        bool
}

func matches(value string) []match {
	var out []match
	for at := 0; at <= len(value) && len(out) < 100; {
		loc := host.FindStringSubmatchIndex(value[at:])
		if loc == nil {
			break
		}
		m := match{host: value[at+loc[2] : at+loc[3]], url: strings.ContainsAny(value[at+loc[0]:at+loc[2]], "/@")}
		if loc[4] >= 0 {
			m.port = value[at+loc[4] : at+loc[5]]
		}
		out = append(out, m)
		next := loc[3] // go on behind the host: "a:1,b:2" shares its comma
		at += max(next, 1)
		// Only what stands behind a mark counts from here on.
		if i := strings.IndexAny(value[at:], ",@/"); i >= 0 {
			at += i
		} else {
			break
		}
	}
	return out
}
