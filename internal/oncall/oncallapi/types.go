// Package oncallapi is the HTTP API of on-call: schedules and their shifts,
// covers, absences, swaps, who is on call now, holes and fairness.
//
// It turns requests into calls of oncall.Service and decides nothing. People
// appear with key, handle and name; times are UTC, and a duty without "from"
// or "until" has no beginning or end.
package oncallapi

import (
	"context"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Person is somebody on call.
type Person struct {
	Key    string `json:"key" example:"USR-17"`
	Handle string `json:"handle" example:"mara"`
	Name   string `json:"name" example:"Mara Lindt"`
	Gone   bool   `json:"gone,omitempty" doc:"Disabled or erased: cannot be paged"`
}

// Duty is who is on call during a time; without people it is a gap.
type Duty struct {
	People []Person  `json:"people"`
	Layer  string    `json:"layer,omitempty" doc:"The topmost layer that has somebody"`
	From   time.Time `json:"from,omitzero"`
	Until  time.Time `json:"until,omitzero"`
	Cover  string    `json:"cover,omitempty" example:"COV-7" doc:"The newest cover that took part"`
}

// Shift is a duty of a named schedule.
type Shift struct {
	Schedule string `json:"schedule"`
	Title    string `json:"title"`
	Zone     string `json:"zone"`
	Duty
}

// Now is who is on call in a schedule.
type Now struct {
	Shift
	Team  string `json:"team,omitempty"`
	Next  *Duty  `json:"next,omitempty" doc:"The next duty that brings other people"`
	Fault string `json:"fault,omitempty" doc:"Why the schedule cannot be computed"`
}

// Schedule is a stored schedule.
type Schedule struct {
	Name string `json:"name" example:"payments-primary"`
	oncall.Spec
	Version   int64     `json:"version"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	ManagedBy string    `json:"managed_by,omitempty" doc:"From where it is managed as code; it is then not edited here"`
}

// Cover is an override, swap or absence.
type Cover struct {
	Key      string    `json:"key" example:"COV-7"`
	Kind     string    `json:"kind" enum:"override,swap,absence"`
	Schedule string    `json:"schedule,omitempty" doc:"Absent for an absence, which holds for every schedule"`
	Person   *Person   `json:"person,omitempty" doc:"Who comes; absent for an absence"`
	Instead  *Person   `json:"instead,omitempty" doc:"Whose shifts, who is away; absent: everybody's"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Reason   string    `json:"reason,omitempty"`
	By       *Person   `json:"by,omitempty" doc:"Who said so; absent: a machine"`
	Created  time.Time `json:"created"`
	Removed  time.Time `json:"removed,omitzero"`
}

// Swap is an offered swap.
type Swap struct {
	Key        string    `json:"key" example:"COV-8"`
	Schedule   string    `json:"schedule"`
	Person     Person    `json:"person" doc:"Who offers"`
	To         *Person   `json:"to,omitempty" doc:"To whom; absent: to everybody"`
	From       time.Time `json:"from"`
	Until      time.Time `json:"until"`
	ReturnFrom time.Time `json:"return_from,omitzero" doc:"The taker's shifts from here on go to the one who offers"`
	ReturnTo   time.Time `json:"return_to,omitzero"`
	Note       string    `json:"note,omitempty"`
	State      string    `json:"state" enum:"offered,accepted,declined,withdrawn"`
	Taker      *Person   `json:"taker,omitempty" doc:"Who accepted or declined"`
	Covers     []string  `json:"covers,omitempty" doc:"What came of it"`
	Created    time.Time `json:"created"`
	Updated    time.Time `json:"updated"`
}

// Load is how much of a schedule somebody carried.
type Load struct {
	Person   Person  `json:"person"`
	Hours    float64 `json:"hours"`
	Shifts   int     `json:"shifts"`
	Nights   int     `json:"nights" doc:"Dates on which they were on call at some time from 22:00 to 06:00"`
	Weekends int     `json:"weekends"`
	Pages    *int    `json:"pages,omitempty" doc:"Absent: not known"`
}

// Hole is a lack in a schedule's coverage.
type Hole struct {
	Schedule string    `json:"schedule"`
	Title    string    `json:"title"`
	Team     string    `json:"team,omitempty"`
	Kind     string    `json:"kind" enum:"planned,away,gone,broken" doc:"planned: the layers have nobody then; away: who would be on call is away; gone: somebody is disabled or erased; broken: it cannot be computed"`
	From     time.Time `json:"from,omitzero"`
	Until    time.Time `json:"until,omitzero"`
	People   []Person  `json:"people,omitempty"`
	Covered  bool      `json:"covered,omitempty" doc:"Somebody else is on call, but the schedule needs an edit"`
	Text     string    `json:"text"`
}

// Gain is how somebody's time on call changes.
type Gain struct {
	Person Person  `json:"person"`
	Before float64 `json:"hours_before"`
	After  float64 `json:"hours_after"`
}

// Preview is what saving a spec would do.
type Preview struct {
	Old     []Duty `json:"old,omitempty" doc:"As it is; absent for a new schedule"`
	New     []Duty `json:"new"`
	Changes []Gain `json:"changes" doc:"Whose time changes"`
	Gaps    []Duty `json:"gaps" doc:"Times without anybody"`
	NewGaps []Duty `json:"new_gaps" doc:"Those in which somebody is on call as it is"`
}

// names turns people's numbers into people, each asked for once.
type names struct {
	s  *oncall.Service
	by map[int64]oncall.Who
}

func namesFor(ctx context.Context, s *oncall.Service, ids ...int64) (*names, error) {
	seen, list := map[int64]bool{}, []int64{}
	for _, id := range ids {
		if id != 0 && !seen[id] {
			seen[id], list = true, append(list, id)
		}
	}
	by, err := s.Names(ctx, list)
	return &names{s, by}, err
}

func (n *names) one(id int64) Person {
	w := n.by[id]
	return Person{ref.N(ref.Person, id).String(), w.Handle, w.Display, w.Gone}
}

func (n *names) maybe(id int64) *Person {
	if id == 0 {
		return nil
	}
	p := n.one(id)
	return &p
}

func (n *names) list(ids []int64) []Person {
	out := make([]Person, len(ids))
	for i, id := range ids {
		out[i] = n.one(id)
	}
	return out
}

func (n *names) duty(d oncall.Duty) Duty {
	out := Duty{People: n.list(d.People), Layer: d.Layer, From: d.From, Until: d.Until}
	if d.Cover != 0 {
		out.Cover = ref.N(ref.Cover, d.Cover).String()
	}
	return out
}

func (n *names) duties(list []oncall.Duty) []Duty {
	out := make([]Duty, len(list))
	for i, d := range list {
		out[i] = n.duty(d)
	}
	return out
}

func (n *names) shift(s oncall.Shift) Shift {
	return Shift{s.Schedule, s.Title, s.Zone, n.duty(s.Duty)}
}

func (n *names) cover(c oncall.Cover) Cover {
	return Cover{c.Ref().String(), string(c.Kind), c.Schedule, n.maybe(c.Person), n.maybe(c.Instead), c.From, c.To, c.Reason, n.maybe(c.By), c.Created, c.Removed}
}

func (n *names) swap(o oncall.Offer) Swap {
	out := Swap{o.Ref().String(), o.Schedule, n.one(o.Person), n.maybe(o.To), o.From, o.Until, o.ReturnFrom, o.ReturnTo, o.Note, string(o.State),
		n.maybe(o.Taker), nil, o.Created, o.Updated}
	for _, c := range o.Covers {
		out.Covers = append(out.Covers, ref.N(ref.Cover, c).String())
	}
	return out
}

func schedule(s oncall.Schedule) Schedule {
	return Schedule{s.Name, s.Spec, s.Version, s.Created, s.Updated, s.Managed}
}

// peopleOf collects everybody in duties.
func peopleOf(lists ...[]oncall.Duty) (ids []int64) {
	for _, l := range lists {
		for _, d := range l {
			ids = append(ids, d.People...)
		}
	}
	return ids
}

// KeyIn names a cover or offer in a path.
type KeyIn struct {
	Key string `path:"key" maxLength:"40" example:"COV-7"`
}

func (k KeyIn) id() (int64, error) {
	id, err := ref.ID(ref.Cover, strings.TrimSpace(k.Key))
	if err != nil {
		return 0, errs.BadField("key", k.Key, "write it like COV-7")
	}
	return id, nil
}

// NameIn names a schedule in a path.
type NameIn struct {
	Name string `path:"name" maxLength:"63" example:"payments-primary"`
}

// RangeIn is the time that is asked for.
type RangeIn struct {
	From time.Time `query:"from" required:"true" example:"2026-06-01T00:00:00Z"`
	To   time.Time `query:"to" required:"true" doc:"At most 400 days after from" example:"2026-06-15T00:00:00Z"`
}

func items[T any](list []T) *struct{ Body api.List[T] } {
	if list == nil {
		list = []T{}
	}
	return &struct{ Body api.List[T] }{api.List[T]{Items: list}}
}
