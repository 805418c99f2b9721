package incident

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// pageEntries is how much of the timeline the incident page shows at first.
const pageEntries = 100

// Page returns one incident with everything that its page shows. Errors:
// NotFound, also for incidents that the actor may not know of.
func (s *Service) Page(ctx context.Context, id int64) (v View, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return v, err
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		v, err = s.page(q, who, id)
		return err
	})
	return v, errs.Wrap("incident.page", err)
}

func (s *Service) page(q db.Querier, who actor.Actor, id int64) (v View, err error) {
	i, err := s.look(q, who, id)
	if err != nil {
		return v, err
	}
	now, err := s.DB.Now(q.Context())
	if err != nil {
		return v, err
	}
	rows, err := s.rows(q, []Incident{i}, now)
	if err != nil {
		return v, err
	}
	m, err := s.matrix(q, i.Matrix)
	if err != nil {
		return v, err
	}
	v = View{Row: rows[0], Policy: m.Policy(i.Priority), CloseAfter: m.CloseAfter, Measures: MeasuresOf(i), Can: allowedVerbs(i, who)}
	if v.Timeline, v.More, err = s.timeline(q, id, TimelineFilter{}, 1<<30, pageEntries); err != nil {
		return v, err
	}
	if v.Links, err = getLinks(q, id); err != nil {
		return v, err
	}
	if err := s.pagePeople(q, &v); err != nil {
		return v, err
	}
	return v, pageFamily(q, who, &v)
}

func (s *Service) pagePeople(q db.Querier, v *View) (err error) {
	if v.Participants, err = getPeople(q, v.ID); err != nil {
		return err
	}
	var ids []int64
	for n := range v.Participants {
		p := &v.Participants[n]
		ids = append(ids, p.Person)
		for k, role := range Roles {
			if v.Assigned[k] == p.Person {
				p.Role = role
			}
		}
	}
	if v.Restricted {
		if v.Viewers, err = getViewers(q, v.ID); err != nil {
			return err
		}
		ids = append(ids, v.Viewers.People...)
	}
	if v.ViewerNames, err = s.names(q, ids); err != nil {
		return err
	}
	for n := range v.Participants {
		v.Participants[n].Name = v.ViewerNames[v.Participants[n].Person]
	}
	return nil
}

// pageFamily reads parent, children and merges, as far as the viewer may know of them.
func pageFamily(q db.Querier, who actor.Actor, v *View) (err error) {
	if v.Children, err = briefs(q, who, "i.parent > 0 AND i.parent = $1", v.ID); err != nil {
		return err
	}
	if v.MergedFrom, err = briefs(q, who, "i.merged_into > 0 AND i.merged_into = $1", v.ID); err != nil {
		return err
	}
	one := func(id int64) (*Brief, error) {
		if id == 0 {
			return nil, nil
		}
		list, err := briefs(q, who, "i.id = $1", id)
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return &list[0], nil
	}
	if v.ParentBrief, err = one(v.Incident.Parent); err != nil {
		return err
	}
	v.MergedBrief, err = one(v.Incident.MergedInto)
	return err
}

// allowedVerbs is what the state allows and the actor's permissions allow, too.
func allowedVerbs(i Incident, who actor.Actor) map[Verb]bool {
	out := can(i)
	for v := range out {
		p := actor.Respond
		if v == VerbNote {
			p = actor.Report
		}
		if !who.May(p) {
			delete(out, v)
		}
	}
	return out
}

// Search finds incidents for the search box: a key jumps to its incident,
// anything else is words of the title, the last one may be a beginning.
// limit is at most 50.
func (s *Service) Search(ctx context.Context, text string, limit int) (hits []Hit, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return nil, err
	}
	limit = max(1, min(limit, 50))
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if id, err := ref.ID(ref.Incident, text); err == nil {
			i, err := s.look(q, who, id)
			if err == nil {
				hits = append(hits, Hit{i.ID, i.Title, i.State, i.Priority, i.Service, i.TriggeredAt})
			} else if !errs.Is(err, errs.NotFound) {
				return err
			}
		}
		list := words(text)
		if len(list) == 0 || len(hits) == limit {
			return nil
		}
		found, err := searchWords(q, who, list, limit-len(hits))
		hits = append(hits, found...)
		return err
	})
	return hits, errs.Wrap("incident.search", err)
}

// Visible returns which of the incidents the actor may know of, for other
// practices' lists that name incidents.
func (s *Service) Visible(q db.Querier, who actor.Actor, ids []int64) (map[int64]Brief, error) {
	out := map[int64]Brief{}
	for part := range chunks(ids) {
		list, err := briefs(q, who, "i.id IN "+db.In(1, len(part)), db.Args(part)...)
		if err != nil {
			return nil, err
		}
		for _, b := range list {
			out[b.ID] = b
		}
	}
	return out, nil
}
