package risk

import "math"

// matrix is symmetric; only its lower half is used.
type matrix [dim][dim]float64

// cholesky returns L with L·Lᵀ = m; false when m is not positive definite.
func (m *matrix) cholesky() (l matrix, ok bool) {
	for i := range dim {
		for j := range i + 1 {
			sum := m[i][j]
			for k := range j {
				sum -= l[i][k] * l[j][k]
			}
			switch {
			case i != j:
				l[i][j] = sum / l[j][j]
			case sum > 0 && !math.IsInf(sum, 0):
				l[i][i] = math.Sqrt(sum)
			default:
				return l, false
			}
		}
	}
	return l, true
}

// solve returns x with L·Lᵀ·x = b.
func (l *matrix) solve(b [dim]float64) [dim]float64 {
	for i := range dim {
		for k := range i {
			b[i] -= l[i][k] * b[k]
		}
		b[i] /= l[i][i]
	}
	for i := dim - 1; i >= 0; i-- {
		for k := i + 1; k < dim; k++ {
			b[i] -= l[k][i] * b[k]
		}
		b[i] /= l[i][i]
	}
	return b
}
