package incident

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Matrices are versioned rows that are never changed, so a compiled one is
// cached by its id ("default/3") for as long as the process lives.

// matrix returns a version by its id, as incidents store it.
func (s *Service) matrix(q db.Querier, id string) (*Matrix, error) {
	if m, ok := s.matrices.Load(id); ok {
		return m.(*Matrix), nil
	}
	name, v, _ := strings.Cut(id, "/")
	version, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%q names no version of a priority matrix", id)
	}
	var spec PriorityMatrixSpec
	if version > 0 {
		var text string
		if err := q.QueryRow("SELECT spec FROM priority_matrix WHERE name = $1 AND version = $2", name, version).Scan(&text); err != nil {
			return nil, fmt.Errorf("priority matrix %s: %w", id, err)
		}
		if err := json.Unmarshal([]byte(text), &spec); err != nil {
			return nil, fmt.Errorf("priority matrix %s: %w", id, err)
		}
	}
	m, err := spec.Compile(name, version)
	if err != nil {
		return nil, fmt.Errorf("priority matrix %s: %w", id, err)
	}
	m.Teams = spec.Teams
	s.matrices.Store(id, m)
	return m, nil
}

// MatrixFor returns the matrix that a new incident of a team runs under: the
// one that names the team, else the one named default, else DefaultMatrix.
func (s *Service) MatrixFor(q db.Querier, team string) (*Matrix, error) {
	list, err := s.current(q)
	if err != nil {
		return nil, err
	}
	found := "default/0"
	for _, x := range list {
		m, err := s.matrix(q, x)
		switch {
		case err != nil:
			return nil, err
		case slices.Contains(m.Teams, team):
			return m, nil
		case m.Name == "default":
			found = x
		}
	}
	return s.matrix(q, found)
}

// current lists the ids of the matrices in use.
func (s *Service) current(q db.Querier) ([]string, error) {
	return db.Collect(q, func(r *db.Rows) (id string, err error) {
		var name string
		var version int64
		err = r.Scan(&name, &version)
		return name + "/" + strconv.FormatInt(version, 10), err
	}, "SELECT name, version FROM priority_matrix WHERE retired_at = 0 ORDER BY name")
}

// matrixTimes returns when a version was made and taken out of use (zero: in
// use); made is zero when there is no such version. VersionInUse is replaced
// by the version in use.
func matrixTimes(q db.Querier, name string, version *int64) (made, retired time.Time, err error) {
	where, args := "version = $2", []any{name, *version}
	if *version == VersionInUse {
		where, args = "retired_at = 0", args[:1]
	}
	var from, to int64
	err = q.QueryRow("SELECT version, made_at, retired_at FROM priority_matrix WHERE name = $1 AND "+where, args...).Scan(version, &from, &to)
	if errors.Is(err, db.ErrNoRows) {
		return made, retired, nil
	}
	return db.Time(from), db.Time(to), err
}

// matrixText is a matrix in use as it is stored.
type matrixText struct{ name, spec string }

func matrixTexts(q db.Querier) ([]matrixText, error) {
	return db.Collect(q, func(r *db.Rows) (m matrixText, err error) { err = r.Scan(&m.name, &m.spec); return },
		"SELECT name, spec FROM priority_matrix WHERE retired_at = 0 ORDER BY name")
}

// ApplyMatrix makes a matrix equal to spec: another version of it, unless it
// is equal already. Open incidents keep the version they were opened under.
func (s *Service) ApplyMatrix(tx *db.Tx, name string, spec PriorityMatrixSpec, commit string) error {
	if _, err := spec.Compile(name, 1); err != nil {
		return err
	}
	var bad errs.Fields
	for n, team := range spec.Teams {
		if _, ok, err := s.People.TeamOf(tx, team); err != nil {
			return err
		} else if !ok {
			bad.Add(fmt.Sprintf("teams[%d]", n), team, "name a team that exists")
		}
	}
	others, err := ListMatrixSpecs(tx)
	if err != nil {
		return err
	}
	for _, o := range others {
		for n, team := range spec.Teams {
			if o.Name != name && slices.Contains(o.Spec.Teams, team) {
				bad.Add(fmt.Sprintf("teams[%d]", n), team, "the matrix "+o.Name+" has this team already; take it out of one of them")
			}
		}
	}
	if err := bad.Err(); err != nil {
		return err
	}
	text, err := json.Marshal(spec.normal())
	if err != nil {
		return err
	}
	version, was, current, err := lastMatrix(tx, name)
	if err != nil || current && was == string(text) {
		return err
	}
	e := evidence.Entry{Action: "priority matrix.apply", Record: ref.S(ref.Matrix, name), Version: version + 1, After: evidence.Digest(nil, string(text))}
	if current {
		e.Before = evidence.Digest(nil, was)
		if _, err := tx.Exec("UPDATE priority_matrix SET retired_at = $2 WHERE name = $1 AND retired_at = 0", name, db.Micros(tx.Now)); err != nil {
			return err
		}
	}
	if commit != "" {
		e.Data = map[string]string{"commit": commit}
	}
	tx.Record(e)
	_, err = tx.Exec("INSERT INTO priority_matrix (name, version, spec, made_at, retired_at) VALUES ($1, $2, $3, $4, 0)", name, version+1, string(text), db.Micros(tx.Now))
	return err
}

// RemoveMatrix takes a matrix out of use: its teams fall back to the default
// one, and without that to DefaultMatrix. Errors: NotFound.
func (s *Service) RemoveMatrix(tx *db.Tx, name string) error {
	version, was, current, err := lastMatrix(tx, name)
	if err != nil {
		return err
	}
	if !current {
		return errs.E(errs.NotFound, "there is no priority matrix %s", name).On(ref.S(ref.Matrix, name).String())
	}
	tx.Record(evidence.Entry{Action: "priority matrix.remove", Record: ref.S(ref.Matrix, name), Version: version, Before: evidence.Digest(nil, was)})
	_, err = tx.Exec("UPDATE priority_matrix SET retired_at = $2 WHERE name = $1 AND retired_at = 0", name, db.Micros(tx.Now))
	return err
}

func lastMatrix(tx *db.Tx, name string) (version int64, spec string, current bool, err error) {
	var retired int64
	err = tx.QueryRow("SELECT version, spec, retired_at FROM priority_matrix WHERE name = $1 ORDER BY version DESC LIMIT 1"+tx.ForUpdate(), name).Scan(&version, &spec, &retired)
	if errors.Is(err, db.ErrNoRows) {
		return 0, "", false, nil
	}
	return version, spec, retired == 0, err
}
