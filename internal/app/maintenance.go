package app

import (
	"context"
	"regexp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/cmdbweb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/web"
)

// touched says, for planned work, what else is hit while the things that a
// silence's conditions name are out of use.
func (a *App) touched(m *cmdbweb.Pages) func(ctx context.Context, v *web.View, matchers []alert.Matcher) (web.HTML, error) {
	return func(ctx context.Context, v *web.View, matchers []alert.Matcher) (web.HTML, error) {
		services, labels := namedBy(matchers)
		items, err := a.itemsOfServices(ctx, services)
		if err != nil {
			return "", err
		}
		if len(labels) > 0 { // a part of a service, or none: that alone is out of use
			var found []cmdb.Item
			err := a.db.Read(ctx, func(q db.Querier) (err error) {
				found, err = a.CMDB.Meant(q, [][]cmdb.Mention{cmdb.Mentions(labels, labels["source"])})
				return err
			})
			if err != nil {
				return "", err
			}
			if found[0].ID != 0 {
				items = found
			}
		}
		body, _, err := m.HitsPanel(ctx, v, items)
		return body, err
	}
}

// plain is an alternation of plain names, the only pattern that names things.
var plain = regexp.MustCompile(`^[\w.-]+(\|[\w.-]+)*$`)

// namedBy is what conditions name: services, and labels that must have a value.
func namedBy(matchers []alert.Matcher) (services []string, labels map[string]string) {
	labels = map[string]string{}
	for _, m := range matchers {
		switch {
		case m.Name == "service" && m.Op == alert.Equal:
			services = append(services, m.Value)
		case m.Name == "service" && m.Op == alert.Like && plain.MatchString(m.Value):
			services = append(services, strings.Split(m.Value, "|")...)
		case m.Op == alert.Equal:
			labels[m.Name] = m.Value
		}
	}
	return services, labels
}
