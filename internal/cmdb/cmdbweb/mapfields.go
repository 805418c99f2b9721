package cmdbweb

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/web"
)

// fields are the controls above the map.
func (page *MapPage) fields(d *Drawing) {
	f, l := page.Form, page.Look
	set := func(name, value string) {
		f.Default(name, "")
		f.Values.Set(name, value)
	}
	if f.Values == nil {
		f.Values = map[string][]string{}
	}
	set("focus", strings.Join(l.Focus, ", "))
	kinds, envs, teams := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, k := range append(slices.Clone(usual), cmdb.KindHost, cmdb.KindCluster, cmdb.KindNamespace, cmdb.KindNetwork, cmdb.KindCertificate, cmdb.KindCloud) {
		kinds[k] = true
	}
	for _, b := range d.Map.Boxes {
		if b.Group == nil {
			kinds[b.Kind], envs[b.Env], teams[b.Team] = true, true, true
		}
	}
	for _, k := range l.Kinds {
		kinds[k] = true
	}
	envs[l.Env], teams[l.Team] = true, true
	set("kind", strings.Join(l.Kinds, ","))
	page.Kind = f.Select("kind", "Kind", choices(kinds, "The usual", strings.Join(l.Kinds, ","))...)
	page.Env = f.Select("env", "Environment", choices(envs, "All", l.Env)...)
	page.Team = f.Select("team", "Owner", choices(teams, "All", l.Team)...)
	var depths []web.Option
	for i := 1; i <= mostDepth; i++ {
		depths = append(depths, web.Option{Value: strconv.Itoa(i), Title: web.Plural(i, "step", "steps")})
	}
	set("depth", strconv.Itoa(cmp.Or(l.Depth, defaultDepth)))
	page.Depth = f.Select("depth", "How far", depths...)
	set("direction", cmp.Or(l.Direction, "both"))
	page.Way = f.Select("direction", "Which way", web.Option{Value: "both", Title: "Both ways"}, web.Option{Value: "needs", Title: "What it needs"}, web.Option{Value: "needed", Title: "Who needs it"})
	if !l.At.IsZero() {
		set("at", l.At.In(page.V.Loc).Format(atForm))
	}
	page.At = f.Input("at", "As it was").As("datetime-local")
	for _, c := range colours {
		if l.Impact() { // colour says what is hit
			break
		}
		x := l
		x.Colour = c
		page.Colours = append(page.Colours, web.Tab{Title: strings.ToUpper(c[:1]) + c[1:], Path: x.path(atMap, page.V.Loc), Current: c == l.Colour})
	}
	for _, h := range []struct {
		name string
		list []string
	}{{"down", l.Down}, {"degraded", l.Degraded}, {"colour", nonEmpty(l.Colour, "health")}} {
		if len(h.list) > 0 {
			page.Keep = append(page.Keep, web.Hidden{Name: h.name, Value: strings.Join(h.list, ",")})
		}
	}
	if !l.plain() || len(l.Open) > 0 {
		page.Clear = atMap
	}
}

func nonEmpty(s, usual string) []string {
	if s == "" || s == usual {
		return nil
	}
	return []string{s}
}

func choices(set map[string]bool, all, chosen string) []web.Option {
	out := []web.Option{{Title: all}}
	for _, k := range sorted(set) {
		if k != "" {
			out = append(out, web.Option{Value: k, Title: kindWord(k)})
		}
	}
	if strings.Contains(chosen, ",") {
		out = append(out, web.Option{Value: chosen, Title: kindWord(chosen)})
	}
	return out
}

func sorted(set map[string]bool) (out []string) {
	for k := range set {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
