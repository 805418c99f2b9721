package oncallapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

const tag = "On call"

// Register adds the operations to the API.
func Register(a huma.API, s *oncall.Service) {
	schedules(a, s)
	questions(a, s)
	covers(a, s)
	swaps(a, s)
}

func schedules(a huma.API, s *oncall.Service) {
	type body struct {
		ETag string `header:"ETag"`
		Body Schedule
	}
	answer := func(c oncall.Schedule, err error) (*body, error) {
		if err != nil {
			return nil, api.Err(err)
		}
		return &body{api.ETag(c.Version), schedule(c)}, nil
	}
	huma.Register(a, api.Op("list-schedules", http.MethodGet, "/schedules", tag, "List on-call schedules by name", []int{401, 403}), func(ctx context.Context, in *struct {
		api.PageIn
		Team string `query:"team" maxLength:"63" doc:"Only this team's"`
	}) (*struct{ Body api.List[Schedule] }, error) {
		list, more, err := s.List(ctx, in.Team, in.Cursor, in.Limit)
		if err != nil {
			return nil, api.Err(err)
		}
		out := make([]Schedule, len(list))
		for i, c := range list {
			out[i] = schedule(c)
		}
		o := items(out)
		if more {
			o.Body.Next = list[len(list)-1].Name
		}
		return o, nil
	})
	huma.Register(a, api.Op("create-schedule", http.MethodPost, "/schedules", tag, "Add an on-call schedule", api.Making), func(ctx context.Context, in *struct {
		Body struct {
			Name string `json:"name" example:"payments-primary" doc:"1 to 63 of a-z, 0-9 and dash; never changes"`
			oncall.Spec
		}
	}) (*body, error) {
		return answer(s.Create(ctx, in.Body.Name, in.Body.Spec))
	})
	huma.Register(a, api.Op("get-schedule", http.MethodGet, "/schedules/{name}", tag, "Read a schedule", api.Reading),
		func(ctx context.Context, in *NameIn) (*body, error) { return answer(s.Get(ctx, in.Name)) })
	huma.Register(a, api.Op("update-schedule", http.MethodPut, "/schedules/{name}", tag, "Replace a schedule", api.Editing), func(ctx context.Context, in *struct {
		NameIn
		IfMatch string `header:"If-Match"`
		Body    oncall.Spec
	}) (*body, error) {
		v, err := api.Version(in.IfMatch)
		if err != nil {
			return nil, api.Err(err)
		}
		return answer(s.Edit(ctx, in.Name, v, in.Body))
	})
	huma.Register(a, api.Op("delete-schedule", http.MethodDelete, "/schedules/{name}", tag, "Delete a schedule that nothing uses", []int{401, 403, 404, 409}),
		func(ctx context.Context, in *NameIn) (*struct{}, error) { return nil, api.Err(s.Delete(ctx, in.Name)) })
	huma.Register(a, api.Op("list-shifts", http.MethodGet, "/schedules/{name}/shifts", tag, "List a schedule's shifts, gaps included", append(api.Reading, 422)),
		func(ctx context.Context, in *struct {
			NameIn
			RangeIn
		}) (*struct{ Body api.List[Duty] }, error) {
			list, err := s.Shifts(ctx, in.Name, in.From, in.To)
			if err != nil {
				return nil, api.Err(err)
			}
			n, err := namesFor(ctx, s, peopleOf(list)...)
			return items(n.duties(list)), api.Err(err)
		})
	huma.Register(a, api.Op("schedule-fairness", http.MethodGet, "/schedules/{name}/fairness", tag, "Who carried how much of a schedule", append(api.Reading, 422)),
		func(ctx context.Context, in *struct {
			NameIn
			RangeIn
		}) (*struct{ Body api.List[Load] }, error) {
			list, err := s.Fairness(ctx, in.Name, in.From, in.To)
			if err != nil {
				return nil, api.Err(err)
			}
			var ids []int64
			for _, l := range list {
				ids = append(ids, l.Person)
			}
			n, err := namesFor(ctx, s, ids...)
			out := make([]Load, len(list))
			for i, l := range list {
				out[i] = Load{n.one(l.Person), l.Time.Hours(), l.Shifts, l.Nights, l.Weekends, nil}
				if l.Pages >= 0 {
					out[i].Pages = &l.Pages
				}
			}
			return items(out), api.Err(err)
		})
	huma.Register(a, api.Op("preview-schedule", http.MethodPost, "/oncall/preview", tag, "What saving a schedule would do; nothing is saved", append(api.Reading, 422)),
		func(ctx context.Context, in *struct {
			Body struct {
				Schedule string      `json:"schedule,omitempty" doc:"The schedule that it is for; absent for a new one"`
				Spec     oncall.Spec `json:"spec"`
				From     time.Time   `json:"from"`
				To       time.Time   `json:"to"`
			}
		}) (*struct{ Body Preview }, error) {
			p, err := s.Preview(ctx, in.Body.Schedule, in.Body.Spec, in.Body.From, in.Body.To)
			if err != nil {
				return nil, api.Err(err)
			}
			ids := peopleOf(p.Old, p.New)
			n, err := namesFor(ctx, s, ids...)
			out := Preview{n.duties(p.Old), n.duties(p.New), make([]Gain, len(p.People)), n.duties(p.Gaps), n.duties(p.NewGaps)}
			for i, g := range p.People {
				out.Changes[i] = Gain{n.one(g.Person), g.Before.Hours(), g.After.Hours()}
			}
			return &struct{ Body Preview }{out}, api.Err(err)
		})
}

func questions(a huma.API, s *oncall.Service) {
	huma.Register(a, api.Op("on-call-now", http.MethodGet, "/oncall", tag, "Who is on call, by schedule", []int{401, 403, 422}), func(ctx context.Context, in *struct {
		api.PageIn
		Team string    `query:"team" maxLength:"63" doc:"Only this team's schedules"`
		At   time.Time `query:"at" doc:"At another time, at most 100 days back"`
	}) (*struct{ Body api.List[Now] }, error) {
		var list []oncall.Now
		var more bool
		var err error
		if f := (oncall.Filter{Team: in.Team}); in.At.IsZero() {
			list, more, err = s.WhoNow(ctx, f, in.Cursor, in.Limit)
		} else {
			list, more, err = s.WhoAt(ctx, f, in.At, in.Cursor, in.Limit)
		}
		if err != nil {
			return nil, api.Err(err)
		}
		next := make([]*oncall.Duty, len(list))
		var ids []int64
		for i, x := range list {
			ids = append(ids, x.People...)
			if d, ok := x.Next(); ok {
				next[i], ids = &d, append(ids, d.People...)
			}
		}
		n, err := namesFor(ctx, s, ids...)
		out := make([]Now, len(list))
		for i, x := range list {
			out[i] = Now{Shift: n.shift(x.Shift), Team: x.Team, Fault: x.Fault}
			if next[i] != nil {
				d := n.duty(*next[i])
				out[i].Next = &d
			}
		}
		o := items(out)
		if more {
			o.Body.Next = list[len(list)-1].Schedule
		}
		return o, api.Err(err)
	})
	huma.Register(a, api.Op("list-person-shifts", http.MethodGet, "/oncall/shifts", tag, "List somebody's shifts in all schedules", append(api.Reading, 422)),
		func(ctx context.Context, in *struct {
			RangeIn
			Person string `query:"person" maxLength:"64" doc:"Handle or key; absent: oneself"`
		}) (*struct{ Body api.List[Shift] }, error) {
			list, err := s.ShiftsOf(ctx, in.Person, in.From, in.To)
			if err != nil {
				return nil, api.Err(err)
			}
			var ids []int64
			for _, x := range list {
				ids = append(ids, x.People...)
			}
			n, err := namesFor(ctx, s, ids...)
			out := make([]Shift, len(list))
			for i, x := range list {
				out[i] = n.shift(x)
			}
			return items(out), api.Err(err)
		})
	huma.Register(a, api.Op("list-holes", http.MethodGet, "/oncall/holes", tag, "List times without anybody on call, and people who can no longer be paged", []int{401, 403, 422}),
		func(ctx context.Context, in *RangeIn) (*struct{ Body api.List[Hole] }, error) {
			list, err := s.Holes(ctx, in.From, in.To)
			if err != nil {
				return nil, api.Err(err)
			}
			var ids []int64
			for _, h := range list {
				ids = append(ids, h.People...)
			}
			n, err := namesFor(ctx, s, ids...)
			out := make([]Hole, len(list))
			for i, h := range list {
				out[i] = Hole{h.Schedule, h.Title, h.Team, string(h.Kind), h.From, h.Until, n.list(h.People), h.Covered, h.Text}
			}
			return items(out), api.Err(err)
		})
	type feed struct {
		Secret string `json:"secret" doc:"Part of the address; it is shown once"`
		Path   string `json:"path" example:"/ical/ekcal_….ics" doc:"What a calendar program subscribes to, on this server"`
	}
	huma.Register(a, api.Op("create-calendar-feed", http.MethodPost, "/oncall/feeds", tag, "Make the address of one's calendar feed; an earlier one stops working", append(api.Reading, 422)),
		func(ctx context.Context, in *struct {
			Body struct {
				Schedule string `json:"schedule,omitempty" doc:"Of this schedule; absent: one's own shifts"`
			}
		}) (*struct{ Body feed }, error) {
			secret, err := s.FeedToken(ctx, in.Body.Schedule)
			if err != nil {
				return nil, api.Err(err)
			}
			return &struct{ Body feed }{feed{secret, oncall.FeedPath(secret)}}, nil
		})
	huma.Register(a, api.Op("delete-calendar-feed", http.MethodDelete, "/oncall/feeds", tag, "End one's calendar feed", api.Reading),
		func(ctx context.Context, in *struct {
			Schedule string `query:"schedule" maxLength:"63" doc:"Of this schedule; absent: one's own shifts"`
		}) (*struct{}, error) {
			return nil, api.Err(s.RevokeFeed(ctx, in.Schedule))
		})
}
