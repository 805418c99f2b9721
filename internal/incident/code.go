package incident

import (
	"encoding/json"

	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// AsCode is the kind PriorityMatrix.
func AsCode(s *Service) ascode.Kind {
	return ascode.NewKind("PriorityMatrix", ref.Matrix, ascode.OrderMatrix, ListMatrixSpecs, s.ApplyMatrix, s.RemoveMatrix)
}

// ListMatrixSpecs returns the matrices in use as code.
func ListMatrixSpecs(q db.Querier) ([]ascode.Object[PriorityMatrixSpec], error) {
	list, err := matrixTexts(q)
	if err != nil {
		return nil, err
	}
	out := make([]ascode.Object[PriorityMatrixSpec], len(list))
	for n, m := range list {
		out[n].Name = m.name
		if err := json.Unmarshal([]byte(m.spec), &out[n].Spec); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// MatrixContent returns the digest of the matrix in use under a name, as its
// last evidence entry holds it in After. Errors: NotFound when none is.
func MatrixContent(q db.Querier, name string) (string, error) {
	list, err := matrixTexts(q)
	for _, m := range list {
		if m.name == name {
			return evidence.Digest(nil, m.spec), err
		}
	}
	if err == nil {
		err = errs.E(errs.NotFound, "there is no such priority matrix")
	}
	return "", err
}
