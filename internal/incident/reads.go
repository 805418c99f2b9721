package incident

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// TimelineFilter selects timeline entries; the zero value is all, newest first.
type TimelineFilter struct {
	Kinds       []EntryKind
	People      bool // notes and updates only
	PublicOnly  bool
	OldestFirst bool
}

// Get returns one incident. Errors: NotFound, also for incidents that the
// actor may not know of.
func (s *Service) Get(ctx context.Context, id int64) (i Incident, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return i, err
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		i, err = s.look(q, who, id)
		return err
	})
	return i, errs.Wrap("incident.get", err)
}

// look reads one incident that the actor may see.
func (s *Service) look(q db.Querier, who actor.Actor, id int64) (Incident, error) {
	i, err := get(q, id, "")
	if err == db.ErrNoRows {
		return i, unknown(id)
	}
	if err != nil {
		return i, err
	}
	ok, err := mayView(q, i, who)
	if err == nil && !ok {
		err = unknown(id)
	}
	return i, err
}

// MaxList is how many incidents one page of a list holds at most.
const MaxList = 200

// List returns one page of incidents that the actor may see, and the cursor
// of the next page ("" at the end). limit is at most MaxList; 0 means 50.
func (s *Service) List(ctx context.Context, f Filter, after string, limit int) (rows []Row, next string, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return nil, "", err
	}
	if err := f.check(); err != nil {
		return nil, "", errs.Wrap("incident.list", err)
	}
	var from cursor
	if after != "" {
		if from, err = parseCursor(after); err != nil {
			return nil, "", errs.Wrap("incident.list", err)
		}
	}
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, MaxList)
	err = s.DB.Read(ctx, func(q db.Querier) error {
		places, err := s.places(q, f, who, from, limit+1)
		if err != nil {
			return err
		}
		if len(places) > limit {
			places = places[:limit]
			next = cursor(places[limit-1]).String()
		}
		list, err := inOrder(q, places)
		if err != nil {
			return err
		}
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		rows, err = s.rows(q, list, now)
		return err
	})
	return rows, next, errs.Wrap("incident.list", err)
}

// places reads a page of ids. A text that is a key finds that incident alone.
func (s *Service) places(q db.Querier, f Filter, who actor.Actor, from cursor, limit int) ([]place, error) {
	if r, err := ref.Parse(f.Text); err == nil && r.Kind == ref.Incident {
		id, _ := strconv.ParseInt(r.Key, 10, 64) // Parse checked it
		i, err := s.look(q, who, id)
		if errs.Is(err, errs.NotFound) || err == nil && from.ID > 0 {
			return nil, nil
		}
		return []place{{i.Priority, db.Micros(i.TriggeredAt), i.ID}}, err
	}
	if f.Text != "" && len(words(f.Text)) == 0 {
		return nil, nil
	}
	return listPlaces(q, f, who, from, limit)
}

func (f Filter) check() error {
	var bad errs.Fields
	for _, x := range f.States {
		if !slices.Contains(States, x) {
			bad.Add("state", string(x), "use one of triggered, acknowledged, mitigated, resolved, closed, merged, canceled")
		}
	}
	for _, p := range f.Priorities {
		if p < P1 || p > P4 {
			bad.Add("priority", strconv.Itoa(int(p)), "use P1, P2, P3 or P4")
		}
	}
	if f.Sort != "" && f.Sort != Newest && f.Sort != ByPriority {
		bad.Add("sort", string(f.Sort), "use newest or priority")
	}
	return bad.Err()
}

// rows adds clocks and names to incidents, with one query for all names and
// one for each team's calendar.
func (s *Service) rows(q db.Querier, list []Incident, now time.Time) ([]Row, error) {
	var ids []int64
	for _, i := range list {
		ids = append(append(ids, i.Assigned[:]...), i.Reporter, i.OnIt())
	}
	names, err := s.names(q, ids)
	if err != nil {
		return nil, err
	}
	cal := map[string]Hours{}
	out := make([]Row, len(list))
	for n, i := range list {
		h, ok := cal[i.Team]
		if !ok {
			if h, err = s.hours(q, i.Team); err != nil {
				return nil, err
			}
			cal[i.Team] = h
		}
		m, err := s.matrix(q, i.Matrix)
		if err != nil {
			return nil, err
		}
		out[n] = Row{Incident: i, Clocks: Compute(i.Steps, m, h, now), Names: names}
	}
	return out, nil
}

// names asks for the display names of people; 0 is nobody.
func (s *Service) names(q db.Querier, ids []int64) (map[int64]string, error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) > 0 && ids[0] == 0 {
		ids = ids[1:]
	}
	if len(ids) == 0 || s.People == nil {
		return map[int64]string{}, nil
	}
	return s.People.Names(q, ids)
}
