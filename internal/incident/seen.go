package incident

import (
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// Seen returns those of the incidents whole that the actor may know of, for
// practices that reason about them: Visible is enough for a list.
func (s *Service) Seen(q db.Querier, who actor.Actor, ids []int64) (map[int64]Incident, error) {
	list, err := getMany(q, ids, "")
	out := make(map[int64]Incident, len(list))
	for _, i := range list {
		ok, err := mayView(q, i, who)
		if err != nil {
			return nil, err
		}
		if ok {
			out[i.ID] = i
		}
	}
	return out, err
}
