package health

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Service reads records and computes reports of them.
type Service struct {
	db    *db.DB
	world World

	// Kept is how long messages are kept; what is older is unknown. 0: for ever.
	Kept time.Duration
	// Notify sends the monthly report; nil: nobody is told.
	Notify func(tx *db.Tx, n notify.Notice) error
	// URL is the public address of this server, for the link in the report.
	URL string
}

// New returns the service.
func New(d *db.DB, w World) *Service { return &Service{db: d, world: w} }

// everybody's view: no restricted incident is visible to it.
var everybody = actor.Actor{Kind: actor.User}

// Of returns the on-call health of a team in a period (see ParsePeriod), as far
// as the actor may see incidents. Errors: NotFound, Invalid.
func (s *Service) Of(ctx context.Context, team, period string) (out Report, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return out, errs.Wrap("health.of", err)
	}
	return s.read(ctx, who, team, period, "health.of")
}

// Preview returns what the monthly report would say: the same without
// restricted incidents. Errors: NotFound, Invalid.
func (s *Service) Preview(ctx context.Context, team, period string) (n notify.Notice, r Report, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return n, r, errs.Wrap("health.preview", err)
	}
	if r, err = s.read(ctx, everybody, team, period, "health.preview"); err == nil {
		n = s.notice(r)
	}
	return n, r, err
}

func (s *Service) read(ctx context.Context, who actor.Actor, team, period, op string) (out Report, err error) {
	err = s.db.Read(ctx, func(q db.Querier) error {
		now, err := s.db.Now(ctx)
		if err == nil {
			out, err = s.report(q, who, team, period, now)
		}
		return err
	})
	return out, errs.Wrap(op, err)
}

// Pages returns how many pages each of the people got in [from, to), of
// whatever team, restricted incidents included: it tells only how many. -1 is
// unknown: messages of that time are not kept any more. It checks no permission.
func (s *Service) Pages(q db.Querier, people []int64, from, to time.Time) (map[int64]int, error) {
	woke, err := notify.WokeBetween(q, people, from, to)
	if err != nil {
		return nil, err
	}
	known := map[int64]Incident{}
	for _, id := range incidentsOf(woke) {
		known[id] = Incident{ID: id}
	}
	unknown := 0
	if s.Kept > 0 {
		now, err := s.db.Now(q.Context())
		if err != nil {
			return nil, err
		}
		if from.Before(now.Add(-s.Kept)) {
			unknown = -1
		}
	}
	out := make(map[int64]int, len(people))
	for _, p := range people {
		out[p] = unknown
	}
	if unknown < 0 {
		return out, nil
	}
	for _, p := range pagesOf(woke, known, "", func(int64) *time.Location { return time.UTC }) {
		out[p.Person]++
	}
	return out, nil
}

func incidentsOf(woke []notify.Woke) []int64 {
	ids := map[int64]bool{}
	for _, w := range woke {
		if id, err := ref.ID(ref.Incident, w.Record.String()); err == nil && w.Record.Kind == ref.Incident {
			ids[id] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

// older is how long before the first page of a period its incident may have
// been triggered and still be found with the team's.
const older = 14 * 24 * time.Hour

// report reads the facts of a team and computes.
func (s *Service) report(q db.Querier, who actor.Actor, name, period string, now time.Time) (Report, error) {
	t, err := auth.TeamByName(q, name)
	if err != nil {
		return Report{}, err
	}
	h, err := s.world.Hours(q, name)
	if err != nil {
		return Report{}, err
	}
	zone := h.Zone()
	p, err := ParsePeriod(period, zone, now)
	if err != nil {
		return Report{}, err
	}
	f := Facts{Team: t.Name, Title: t.Title, Zone: zone, Now: now, Since: t.Created}
	if s.Kept > 0 && now.Add(-s.Kept).After(f.Since) {
		f.Since = now.Add(-s.Kept)
	}
	begin := weeksUntil(p.To, f.Since, zone)[0].From
	if p.From.Before(begin) {
		begin = p.From
	}
	all, err := s.world.Incidents(q, who, name, begin.Add(-older), p.To)
	if err != nil {
		return Report{}, err
	}
	if f.Duties, f.DutiesSince, err = s.world.Duties(q, name, p.From, p.To); err != nil {
		return Report{}, err
	}
	woke, known, err := s.woke(q, who, t, all, f.Duties, begin, p.To)
	if err != nil {
		return Report{}, err
	}
	if f.People, err = people(q, t, f.Duties, woke); err != nil {
		return Report{}, err
	}
	zones := map[int64]*time.Location{}
	for _, person := range f.People {
		zones[person.ID] = person.Zone
	}
	f.Pages = pagesOf(woke, known, name, func(id int64) *time.Location { return zones[id] })
	var ids []int64
	for _, i := range all {
		if i.Triggered.Before(begin) {
			continue
		}
		f.Incidents = append(f.Incidents, i)
		if !i.Triggered.Before(p.From) {
			ids = append(ids, i.ID)
		}
	}
	if f.Spells, err = s.world.Spells(q, ids); err != nil {
		return Report{}, err
	}
	return Compute(p, f), nil
}

// woke reads the messages that reached the team's people, and those about its
// incidents that reached others, with the incidents that they are about.
func (s *Service) woke(q db.Querier, who actor.Actor, t auth.Team, own []Incident, duties []Duty, from, to time.Time) ([]notify.Woke, map[int64]Incident, error) {
	ids := map[int64]bool{}
	for _, m := range t.Members {
		ids[m.Person] = true
	}
	for _, d := range duties {
		for _, p := range d.People {
			ids[p] = true
		}
	}
	woke, err := notify.WokeBetween(q, slices.Sorted(maps.Keys(ids)), from, to)
	if err != nil {
		return nil, nil, err
	}
	known := map[int64]Incident{}
	records := make([]ref.Ref, 0, len(own))
	for _, i := range own {
		known[i.ID] = i
		records = append(records, ref.N(ref.Incident, i.ID))
	}
	about, err := notify.WokeAbout(q, records)
	if err != nil {
		return nil, nil, err
	}
	for _, w := range about {
		if !ids[w.Person] && !w.At.Before(from) && w.At.Before(to) {
			woke = append(woke, w)
		}
	}
	var others []int64
	for _, id := range incidentsOf(woke) {
		if _, ok := known[id]; !ok {
			others = append(others, id)
		}
	}
	list, err := s.world.IncidentsBy(q, who, others)
	for _, i := range list {
		known[i.ID] = i
	}
	return woke, known, err
}

// people are all whom the facts name: members, who was on call, who was told.
func people(q db.Querier, t auth.Team, duties []Duty, woke []notify.Woke) ([]Person, error) {
	roles := map[int64]string{}
	for _, m := range t.Members {
		roles[m.Person] = string(m.Role)
	}
	note := func(id int64) {
		if _, ok := roles[id]; !ok {
			roles[id] = ""
		}
	}
	for _, d := range duties {
		for _, p := range d.People {
			note(p)
		}
	}
	for _, w := range woke {
		note(w.Person)
	}
	ids := slices.Sorted(maps.Keys(roles))
	found, err := auth.People(q, ids)
	out := make([]Person, 0, len(ids))
	for _, id := range ids {
		p, ok := found[id]
		if !ok {
			key := ref.N(ref.Person, id).String()
			out = append(out, Person{ID: id, Handle: key, Name: key, Zone: time.UTC, Gone: true})
			continue
		}
		zone, err := time.LoadLocation(p.Zone)
		if err != nil {
			zone = time.UTC
		}
		out = append(out, Person{ID: id, Handle: p.Handle, Name: p.Display, Zone: zone, Since: p.Created, Role: roles[id], Gone: !p.Enabled()})
	}
	return out, err
}
