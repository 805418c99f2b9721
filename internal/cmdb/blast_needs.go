package cmdb

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// needsLooked bounds how much of what a service needs is looked through for
// other services.
const needsLooked = 2000

// NeededServices names the services of the catalog that some need, directly or
// by way of other items, nearest first, themselves left out; at most most. Like
// ImpactOf it is for reactions: it asks no actor, and says nothing while the map
// is being loaded.
func (s *Service) NeededServices(q db.Querier, services []string, most int) ([]string, error) {
	if !s.Ready() || len(services) == 0 {
		return nil, nil
	}
	found, err := serviceItems(q, services)
	if err != nil {
		return nil, errs.Wrap("cmdb.needs", err)
	}
	v := s.Graph().View()
	var ids []int64
	for _, name := range services {
		if found[name] == 0 {
			continue
		}
		n := 0
		for _, need := range v.Needs(number(found[name]), 0, needsLooked).List {
			id := int64(need.Item)
			if n < most && v.Node(need.Item).Kind == KindService && !slices.Contains(ids, id) {
				ids = append(ids, id)
				n++
			}
		}
	}
	rows, err := rowsByID(q, ids)
	if err != nil {
		return nil, errs.Wrap("cmdb.needs", err)
	}
	var out []string
	for _, id := range ids {
		if i := rows[id]; i != nil && !slices.Contains(services, i.name) && len(out) < most {
			out = append(out, i.name)
		}
	}
	return out, nil
}
