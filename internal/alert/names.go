package alert

import (
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const nameRemedy = "use 1 to 63 of a-z, 0-9 and -, beginning and ending with a letter or digit"

func checkName(f *errs.Fields, name string) {
	if !ref.IsName(name) {
		f.Add("name", name, nameRemedy)
	}
}

// managed says from where a record is managed as code; empty: by hand.
func managed(q db.Querier, r ref.Ref) (string, error) {
	m, ok, err := ascode.ManagedBy(q, r)
	if err != nil || !ok {
		return "", err
	}
	return m.String(), nil
}

// checkOwner checks names of a service and a team, as far as the catalog is
// adopted.
func (s *Service) checkOwner(q db.Querier, f *errs.Fields, service, team string) error {
	for _, c := range []struct{ field, value string }{{"service", service}, {"team", team}} {
		if c.value == "" {
			continue
		}
		if len(c.value) > maxDedup || !clean(c.value) {
			f.Add(c.field, c.value, "use at most 255 bytes of valid UTF-8")
			continue
		}
		if s.Names == nil {
			continue
		}
		knows := s.Names.KnowsService
		if c.field == "team" {
			knows = s.Names.KnowsTeam
		}
		ok, err := knows(q, c.value)
		if err != nil {
			return err
		}
		if !ok {
			f.Add(c.field, c.value, "name a "+c.field+" of the catalog, or leave it empty")
		}
	}
	return nil
}

func checkText(f *errs.Fields, field, value string, max int) {
	if len(value) > max || !clean(value) {
		f.Add(field, value, "use less text, in valid UTF-8")
	}
}
