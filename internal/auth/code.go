package auth

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// TeamSpec is a team as code: the spec of a document of kind Team, whose
// metadata.name is the team's name. What is absent takes its default.
type TeamSpec struct {
	Title       string       `json:"title,omitempty" yaml:"title,omitempty"` // default: the name
	Description string       `json:"description,omitempty" yaml:"description,omitempty"`
	Calendar    string       `json:"calendar,omitempty" yaml:"calendar,omitempty"` // name of a BusinessCalendar
	WarRoom     string       `json:"war_room,omitempty" yaml:"war_room,omitempty"` // https address; {key} is the incident's key
	Members     []MemberSpec `json:"members,omitempty" yaml:"members,omitempty"`
}

// MemberSpec is one member as code.
type MemberSpec struct {
	Person string   `json:"person" yaml:"person"`                 // handle
	Role   TeamRole `json:"role,omitempty" yaml:"role,omitempty"` // default: member
}

// ListTeamSpecs returns all teams as code, by name.
func ListTeamSpecs(q db.Querier) (map[string]TeamSpec, error) {
	specs := map[string]TeamSpec{}
	for after := ""; ; {
		teams, err := listTeams(q, after, 200)
		if err != nil || len(teams) == 0 {
			return specs, err
		}
		for _, t := range teams {
			if t.Members, err = TeamMembers(q, t.Name); err != nil {
				return nil, err
			}
			specs[t.Name] = t.spec()
			after = t.Name
		}
	}
}

func (t Team) spec() TeamSpec {
	spec := TeamSpec{Description: t.Description, Calendar: t.Calendar, WarRoom: t.WarRoom}
	if t.Title != t.Name {
		spec.Title = t.Title
	}
	for _, m := range t.Members {
		role := m.Role
		if role == Plain {
			role = ""
		}
		spec.Members = append(spec.Members, MemberSpec{m.Handle, role})
	}
	return spec
}

// ApplyTeam creates a team or makes it equal to the spec, and reports whether
// that changed anything; only then there is evidence, which names the commit.
// Wrong fields are named as paths below the spec: "members[2].person".
func (s *Service) ApplyTeam(tx *db.Tx, name string, spec TeamSpec, commit string) (changed bool, err error) {
	e := TeamEdit{Title: spec.Title, Description: spec.Description, Calendar: spec.Calendar, WarRoom: spec.WarRoom}
	for _, m := range spec.Members {
		e.Members = append(e.Members, MemberEdit(m))
	}
	if err := checkName(name); err != nil {
		return false, err
	}
	if err := e.normalise(name); err != nil {
		return false, err
	}
	tx.After(s.cache.drop)
	fact := commitFact{commit}
	old, err := lockTeam(tx, name)
	if errs.Is(err, errs.NotFound) {
		_, err = s.createTeam(tx, name, e, fact)
		return err == nil, err
	}
	if err != nil {
		return false, err
	}
	_, changed, err = s.changeTeam(tx, old, e, fact)
	return changed, err
}

type commitFact struct {
	Commit string `json:"commit,omitempty"`
}

// DigestOf returns the digest of a person, token or team as it is now, for
// comparing it with the last evidence entry; NotFound if there is no such
// record.
func DigestOf(q db.Querier, r ref.Ref) (string, error) {
	var digest string
	var err error
	switch r.Kind {
	case ref.Person:
		var p Person
		if p, err = personByKey(q, r.String()); err == nil {
			digest = p.digest()
		}
	case ref.Token:
		var id int64
		if id, err = ref.ID(ref.Token, r.Key); err == nil {
			var t Token
			if t, err = tokenByID(q, id); err == nil {
				digest = t.digest()
			}
		}
	case ref.Team:
		var t Team
		if t, err = TeamByName(q, r.Key); err == nil {
			digest = t.digest()
		}
	}
	return digest, err
}
