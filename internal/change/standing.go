package change

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/risk"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/db"
)

// rules are what all decisions stand on: settings, policy, windows, weights.
// Whoever edits one of them moves the stamp of what concerns all (Bump), so
// that they are read once for each stamp and not in each decision.
type rules struct {
	stamp    int64
	at       time.Time
	settings Practice
	judge    Judge // nil: there is no policy
	policy   int64
	windows  *window.Set // nil: not in use, or not readable
	noWindow string      // why
	windowN  int64
	weights  risk.Weights
	weightsN int64
	noRisk   string // why there is no score

	mu    sync.RWMutex
	hours map[string]Hours // of teams, read as they are asked for
}

// rulesKept bounds how long rules are believed without looking: business
// calendars, on which windows may stand, have no stamp.
const rulesKept = time.Second

// hoursOf is a team's business hours, as they were when the rules were read or
// later. An error is not kept.
func (r *rules) hoursOf(team string, read func() (Hours, error)) (Hours, error) {
	r.mu.RLock()
	h, ok := r.hours[team]
	r.mu.RUnlock()
	if ok {
		return h, nil
	}
	h, err := read()
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hours == nil {
		r.hours = map[string]Hours{}
	}
	r.hours[team] = h
	return h, nil
}

type rulesCache struct{ atomic.Pointer[rules] }

// rulesAt returns the rules under a stamp that was read in this snapshot or
// transaction. Inside a transaction they are read anew: it may be the one that
// edits them.
func (s *Service) rulesAt(q db.Querier, stamp int64) (*rules, error) {
	_, writing := q.(*db.Tx)
	if r := s.rules.Load(); r != nil && !writing && r.stamp == stamp && time.Since(r.at) < rulesKept {
		return r, nil
	}
	r := &rules{stamp: stamp, at: time.Now(), weights: risk.Default()}
	var err error
	if r.settings, err = s.settings(q); err != nil {
		return nil, err
	}
	if s.Policies != nil {
		if r.judge, r.policy, err = s.Policies.Active(q); err != nil {
			return nil, err
		}
		r.judge = tuned(r.judge, r.settings.Settings)
	}
	if s.Windows != nil {
		r.windows, r.windowN, err = s.Windows.Current(q)
		if fatal(err) {
			return nil, err
		}
		if err != nil || r.windows == nil {
			r.windows, r.noWindow = nil, "freezes and windows could not be read"
		}
	}
	if s.Weights != nil {
		r.weights, r.weightsN, err = s.Weights.Current(q)
		if fatal(err) {
			return nil, err
		}
		if err != nil {
			r.noRisk = "the weights of the risk score could not be read"
		}
	}
	r.weights.Medium, r.weights.High = r.settings.Thresholds.Medium, r.settings.Thresholds.High
	if !writing {
		s.rules.Store(r)
	}
	return r, nil
}
