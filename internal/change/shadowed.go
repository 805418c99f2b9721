package change

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// Shadowed is what a shadow policy has said beside the one that decided.
type Shadowed struct {
	Answers int              // of the shadow, of the newest decisions that were looked at
	Pairs   []Pair           // that ask for more or for less, newest first, at most the limit
	Titles  map[int64]string // of the changes in Pairs
}

// Pair is one question with both answers. Difference is above 0 where the
// shadow is stricter.
type Pair struct {
	Decided    Decided // by the gate, without its facts
	Shadow     Decided
	Difference int
}

// mostAnswers bounds how far Shadowed looks back.
const mostAnswers = 4000

// Shadowed compares the answers of a shadow policy with what was decided on the
// same facts, among the newest decisions.
func (s *Service) Shadowed(ctx context.Context, id int64, limit int) (out Shadowed, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return out, errs.Wrap("change.shadowed", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		list, err := answers(q, 1<<62, mostAnswers)
		if err != nil {
			return err
		}
		out = pair(list, id, min(max(limit, 1), 200))
		var ids []int64
		for _, p := range out.Pairs {
			ids = append(ids, p.Decided.Change)
		}
		found, err := getMany(q, ids)
		out.Titles = make(map[int64]string, len(found))
		for n, c := range found {
			out.Titles[n] = c.Title
		}
		return err
	})
	return out, errs.Wrap("change.shadowed", err)
}

// pair finds for each answer of the shadow the one of the gate on the same
// facts: a shadow answers a gate's questions in their order, later.
func pair(list []Decided, id int64, limit int) (out Shadowed) {
	shadow := map[int64][]Decided{} // by change, newest first, as met
	for _, d := range list {
		switch {
		case d.Mode == ModeShadow && d.Policy == id:
			out.Answers++
			shadow[d.Change] = append(shadow[d.Change], d)
		case d.Mode == ModeGate && len(shadow[d.Change]) > 0:
			said := shadow[d.Change][0]
			shadow[d.Change] = shadow[d.Change][1:]
			if n := policy.Stricter(said.Result, d.Result); n != 0 && len(out.Pairs) < limit {
				out.Pairs = append(out.Pairs, Pair{d, said, n})
			}
		}
	}
	return out
}
