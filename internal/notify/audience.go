package notify

import (
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
)

// audience is what recipients decides from.
type audience struct {
	members, people []Member
	ways            map[int64][]Way
	channels        map[string]Channel
}

// need is what the look-up of a notice's people depends on, besides who they
// are.
type need struct {
	urgent   bool
	priority string
}

// resolve finds out who is to be told of each notice. Notices that differ only
// in whom they tell, as those of ladders in a storm do, are looked up together.
func (s *Service) resolve(tx *db.Tx, notices []Notice) (to [][]recipient, err error) {
	to = make([][]recipient, len(notices))
	groups := map[need][]int{}
	var order []need
	for i, n := range notices {
		if n.By != nil { // a way of its own for whoever it is
			a, err := s.audience(tx, []Notice{n})
			if err != nil {
				return nil, err
			}
			to[i] = a[0].recipients(n)
			continue
		}
		k := need{n.Urgent, n.Priority}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], i)
	}
	for _, k := range order {
		some := make([]Notice, len(groups[k]))
		for j, i := range groups[k] {
			some[j] = notices[i]
		}
		list, err := s.audience(tx, some)
		if err != nil {
			return nil, err
		}
		for j, i := range groups[k] {
			to[i] = list[j].recipients(notices[i])
		}
	}
	return to, nil
}

func (a audience) recipients(n Notice) []recipient {
	return recipients(n, a.members, a.people, a.ways, a.channels)
}

// audience looks up whom notices of one urgency and priority reach, and how.
func (s *Service) audience(tx *db.Tx, notices []Notice) ([]audience, error) {
	out := make([]audience, len(notices))
	var persons, all []int64
	for i, n := range notices {
		if n.Team != "" {
			members, err := s.o.Directory.Members(tx, n.Team)
			if err != nil {
				return nil, err
			}
			out[i].members = members
			for _, m := range members {
				all = append(all, m.Person)
			}
		}
		persons = append(persons, n.Persons...)
	}
	people, err := s.people(tx, persons)
	if err != nil {
		return nil, err
	}
	all = unique(append(all, persons...))
	ways, err := s.ways(tx, notices[0], all)
	if err != nil {
		return nil, err
	}
	var named []string
	for _, list := range ways {
		for _, w := range list {
			if w.Channel != "" {
				named = append(named, w.Channel)
			}
		}
	}
	slices.Sort(named)
	named = slices.Compact(named)
	for i, n := range notices {
		for _, id := range n.Persons {
			if m, ok := people[id]; ok {
				out[i].people = append(out[i].people, m)
			}
		}
		out[i].ways = ways
		team := ""
		if n.Channels {
			team = n.Team
		}
		if out[i].channels, err = s.channels(tx, team, append(slices.Clone(n.Named), named...)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) people(tx *db.Tx, ids []int64) (map[int64]Member, error) {
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // nobody
	}
	list, err := s.o.Directory.People(tx, unique(ids))
	out := make(map[int64]Member, len(list))
	for _, m := range list {
		out[m.Person] = m
	}
	return out, err
}

// unique are the ids in order, each once.
func unique(ids []int64) []int64 {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// channelsKey is what a look-up of channels depends on.
type channelsKey struct{ team, named string }

// channels looks up a team's channels and some by name, once in a transaction.
func (s *Service) channels(tx *db.Tx, team string, named []string) (map[string]Channel, error) {
	if team == "" && len(named) == 0 {
		return nil, nil //nolint:nilnil // none
	}
	return db.Remember(tx, channelsKey{team, strings.Join(named, " ")}, func() (map[string]Channel, error) { return channelsFor(tx, team, named) })
}

// ways returns how each person is told.
func (s *Service) ways(tx *db.Tx, n Notice, people []int64) (map[int64][]Way, error) {
	if n.By != nil {
		out := make(map[int64][]Way, len(people))
		for _, id := range people {
			out[id] = n.By
		}
		return out, nil
	}
	if s.o.Book == nil || len(people) == 0 {
		return nil, nil //nolint:nilnil // everybody by e-mail
	}
	return s.o.Book.Ways(tx, people, Need{Urgent: n.Urgent, Priority: n.Priority}, tx.Now)
}
