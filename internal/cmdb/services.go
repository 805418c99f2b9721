package cmdb

import (
	"encoding/json"
	"strings"

	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// OnService brings a service of the catalog onto the map, with what it declares
// to need; a retired one leaves it. It is a reaction: it runs in the
// transaction that changes the service. words are the service's name and
// aliases.
func (s *Service) OnService(tx *db.Tx, v catalog.Service, words []string) error {
	if v.Lifecycle == catalog.Retired {
		return s.Withdraw(tx, SourceCatalog, v.Name, []string{v.Name})
	}
	records := serviceRecords(v, words)
	if _, err := s.Observe(tx, SourceCatalog, v.Name, records); err != nil {
		return err
	}
	said, err := saidFrom(tx, SourceCatalog, v.Name, "key:"+v.Name)
	if err != nil {
		return errs.Wrap("cmdb.service", err)
	}
	still := map[string]bool{}
	for _, r := range records[1:] {
		still[r.Relation.To.text()] = true
	}
	var over []SeenRelation
	for _, to := range said {
		if !still[to] {
			over = append(over, SeenRelation{From: ByKey(v.Name), To: parseEnd(to), Kind: DependsOn})
		}
	}
	if len(over) == 0 {
		return nil
	}
	return s.WithdrawRelations(tx, SourceCatalog, v.Name, over)
}

// serviceRecords is what the catalog says of a service: the item first.
func serviceRecords(v catalog.Service, words []string) []Record {
	item := &Seen{Key: v.Name, Kind: KindService, Name: v.Name, Team: v.Team, Attributes: map[string]json.RawMessage{}}
	for _, w := range words {
		item.Identifiers = append(item.Identifiers, Identifier{SchemeService, w})
	}
	for name, value := range map[string]any{"title": v.Title, "tier": v.Tier, "lifecycle": v.Lifecycle, "promise": v.Promise} {
		if text, err := json.Marshal(value); err == nil && value != "" {
			item.Attributes[name] = text
		}
	}
	out := []Record{{Item: item}}
	for _, d := range v.DependsOn {
		to := By(SchemeService, strings.ToLower(d.On), KindService)
		if kind, name, ok := strings.Cut(d.On, ":"); ok && kind != KindService {
			to = By(SchemeName, strings.ToLower(name), kind)
		} else if ok {
			to.Value = strings.ToLower(name)
		}
		out = append(out, Record{Relation: &SeenRelation{From: ByKey(v.Name), To: to, Kind: DependsOn, Strength: Strength(d.Strength), Group: d.Group, Need: d.Need}})
	}
	return out
}
