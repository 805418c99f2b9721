package change

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// Obligations are what the decision that stands asks of whoever goes on. It
// checks no permission: reactions use it inside their transaction.
func Obligations(q db.Querier, c Change) ([]policy.Obligation, error) {
	if c.Decision == 0 {
		return nil, nil
	}
	text, err := decisionResult(q, c.Decision)
	if err != nil || text == "" {
		return nil, err
	}
	var d policy.Decision
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return nil, fmt.Errorf("the decision of %s: %w", c.Key(), err)
	}
	return d.Obligations, nil
}

// watch is how long health is watched after a deployment: as settings say, or
// longer if policy wants that.
func (c *step) watch(p Settings) (time.Duration, error) {
	watch := time.Duration(p.Verification)
	list, err := Obligations(c.tx, c.Change)
	for _, o := range list {
		var d Duration
		if o.Do == policy.Verify && d.UnmarshalText([]byte(o.For)) == nil {
			watch = max(watch, min(time.Duration(d), 7*Day))
		}
	}
	return watch, err
}
