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
			last := places[limit-1]
			next = cursor{last.Priority, last.At, last.ID}.String()
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
		ids = append(append(ids, i.Assigned[:]...), i.Reporter)
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

// nowLimit is how many open incidents the Now page shows.
const nowLimit = 100

// Now returns what is broken: the open incidents, worst first, with clocks,
// roles and the latest note, in a handful of queries.
func (s *Service) Now(ctx context.Context) (v NowView, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return v, err
	}
	open := true
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if v.At, err = s.DB.Now(ctx); err != nil {
			return err
		}
		if v.Counts, err = openCounts(q, who); err != nil {
			return err
		}
		places, err := listPlaces(q, Filter{Open: &open, Sort: ByPriority}, who, cursor{}, nowLimit+1)
		if err != nil {
			return err
		}
		v.More = len(places) > nowLimit
		list, err := inOrder(q, places[:min(nowLimit, len(places))])
		if err != nil {
			return err
		}
		rows, err := s.rows(q, list, v.At)
		if err != nil {
			return err
		}
		ids := make([]int64, len(list))
		for n := range list {
			ids[n] = list[n].ID
		}
		latest, err := latestByPeople(q, ids)
		if err != nil {
			return err
		}
		var authors []int64
		for _, e := range latest {
			authors = append(authors, e.Person, e.Subject)
		}
		names, err := s.names(q, authors)
		if err != nil {
			return err
		}
		v.Open = make([]NowRow, len(rows))
		for n, r := range rows {
			e := latest[r.ID]
			name(&e, names)
			v.Open[n] = NowRow{Row: r, Latest: e, Mine: who.Person > 0 && slices.Contains(r.Assigned[:], who.Person)}
		}
		return nil
	})
	return v, errs.Wrap("incident.now", err)
}

// Row adds clocks and names to an incident that a verb returned.
func (s *Service) Row(ctx context.Context, i Incident) (r Row, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return r, err
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if ok, err := mayView(q, i, who); err != nil || !ok {
			if err == nil {
				err = unknown(i.ID)
			}
			return err
		}
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		rows, err := s.rows(q, []Incident{i}, now)
		if err == nil {
			r = rows[0]
		}
		return err
	})
	return r, errs.Wrap("incident.row", err)
}

// Matrices returns the priority matrices in use, compiled; DefaultMatrix
// stands first unless one named default replaces it.
func (s *Service) Matrices(ctx context.Context) (out []*Matrix, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		ids, err := s.current(q)
		if err != nil {
			return err
		}
		hasDefault := false
		for _, id := range ids {
			m, err := s.matrix(q, id)
			if err != nil {
				return err
			}
			out = append(out, m)
			hasDefault = hasDefault || m.Name == "default"
		}
		if !hasDefault {
			out = append([]*Matrix{DefaultMatrix()}, out...)
		}
		return nil
	})
	return out, errs.Wrap("incident.matrices", err)
}

// OpenCounts counts open incidents by priority, P1 first, as far as the actor
// may know of them.
func (s *Service) OpenCounts(ctx context.Context) (n [4]int, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return n, err
	}
	err = s.DB.Read(ctx, func(q db.Querier) (err error) { n, err = openCounts(q, who); return err })
	return n, errs.Wrap("incident.open-counts", err)
}
