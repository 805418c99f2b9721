package oncall

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

func checkName(name string) error {
	if !ref.IsName(name) {
		return errs.BadField("name", name, ref.NameForm)
	}
	return nil
}

// check compiles a spec that somebody wrote and returns it in its stored form.
// Disabled people are taken only if the schedule has them already: an edit must
// not fail because of them, and Holes shows them.
func (s *Service) check(q db.Querier, spec Spec, old Spec) (*Rota, Spec, error) {
	had := map[string]bool{}
	eachPerson(old, func(key string) string { had[key] = true; return key })
	found := map[string]int64{} // as written; 0: nobody
	var failed error
	r, err := spec.Compile(func(written string) (int64, bool) {
		id, asked := found[written]
		if !asked && failed == nil {
			p, ok, err := personOf(q, written)
			if err != nil {
				failed = err
			}
			if ok && (p.Enabled() || had[p.Ref().String()]) {
				id = p.ID
			}
			found[written] = id
		}
		return id, id != 0
	})
	if failed != nil {
		return nil, Spec{}, failed
	}
	if spec.Team != "" && spec.Team != old.Team && s.KnownTeam != nil {
		known, kerr := s.KnownTeam(q, spec.Team)
		if kerr != nil {
			return nil, Spec{}, kerr
		}
		if !known {
			var bad errs.Fields
			if err != nil {
				bad = errs.As(err).Fields
			}
			bad.Add("team", spec.Team, "there is no such team; name one that exists or add it first")
			err = bad.Err()
		}
	}
	if err != nil {
		return nil, Spec{}, err
	}
	return r, eachPerson(spec, func(written string) string { return ref.N(ref.Person, found[written]).String() }), nil
}
