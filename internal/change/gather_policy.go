package change

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// ByPolicy returns the policies that the policy practice keeps.
func ByPolicy(p *policy.Service) Policies { return kept{p} }

type kept struct{ *policy.Service }

func (k kept) Active(q db.Querier) (Judge, int64, error) { return judge(k.Service.Active(q)) }
func (k kept) Shadow(q db.Querier) (Judge, int64, error) { return judge(k.Service.Shadow(q)) }

// judge keeps a policy that is not there from looking like one.
func judge(c *policy.Compiled, id int64, err error) (Judge, int64, error) {
	if c == nil || err != nil {
		return nil, id, err
	}
	return c, id, nil
}
