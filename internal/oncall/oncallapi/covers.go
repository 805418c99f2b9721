package oncallapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

func coverList(ctx context.Context, s *oncall.Service, list []oncall.Cover, err error) (*struct{ Body api.List[Cover] }, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	var ids []int64
	for _, c := range list {
		ids = append(ids, c.Person, c.Instead, c.By)
	}
	n, err := namesFor(ctx, s, ids...)
	out := make([]Cover, len(list))
	for i, c := range list {
		out[i] = n.cover(c)
	}
	return items(out), api.Err(err)
}

func oneCover(ctx context.Context, s *oncall.Service, c oncall.Cover, err error) (*struct{ Body Cover }, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	n, err := namesFor(ctx, s, c.Person, c.Instead, c.By)
	return &struct{ Body Cover }{n.cover(c)}, api.Err(err)
}

func covers(a huma.API, s *oncall.Service) {
	huma.Register(a, api.Op("list-covers", http.MethodGet, "/schedules/{name}/covers", tag, "List overrides, swaps and absences that touch a schedule", append(api.Reading, 422)),
		func(ctx context.Context, in *struct {
			NameIn
			RangeIn
		}) (*struct{ Body api.List[Cover] }, error) {
			list, err := s.Covers(ctx, in.Name, in.From, in.To)
			return coverList(ctx, s, list, err)
		})
	huma.Register(a, api.Op("create-cover", http.MethodPost, "/schedules/{name}/covers", tag, "Put somebody in for others", append(api.Making, 404)),
		func(ctx context.Context, in *struct {
			NameIn
			Body struct {
				Person  string    `json:"person,omitempty" doc:"Who comes: handle or key; absent: oneself"`
				Instead string    `json:"instead,omitempty" doc:"Whose shifts: handle or key; absent: everybody's"`
				From    time.Time `json:"from"`
				To      time.Time `json:"to" doc:"At most a year after from"`
				Reason  string    `json:"reason,omitempty" doc:"At most 300 characters"`
			}
		}) (*struct{ Body Cover }, error) {
			c, err := s.Cover(ctx, in.Name, oncall.NewCover{Person: in.Body.Person, Instead: in.Body.Instead, From: in.Body.From, To: in.Body.To, Reason: in.Body.Reason})
			return oneCover(ctx, s, c, err)
		})
	huma.Register(a, api.Op("get-cover", http.MethodGet, "/oncall/covers/{key}", tag, "Read a cover", append(api.Reading, 422)),
		func(ctx context.Context, in *KeyIn) (*struct{ Body Cover }, error) {
			id, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			c, err := s.CoverOf(ctx, id)
			return oneCover(ctx, s, c, err)
		})
	huma.Register(a, api.Op("delete-cover", http.MethodDelete, "/oncall/covers/{key}", tag, "Take a cover back; one that runs ends now", api.Editing),
		func(ctx context.Context, in *KeyIn) (*struct{}, error) {
			id, err := in.id()
			if err == nil {
				_, err = s.Uncover(ctx, id)
			}
			return nil, api.Err(err)
		})
	huma.Register(a, api.Op("list-absences", http.MethodGet, "/oncall/absences", tag, "List absences", []int{401, 403, 422}),
		func(ctx context.Context, in *RangeIn) (*struct{ Body api.List[Cover] }, error) {
			list, err := s.Absences(ctx, in.From, in.To)
			return coverList(ctx, s, list, err)
		})
	huma.Register(a, api.Op("create-absence", http.MethodPost, "/oncall/absences", tag, "Say that somebody is away, from every schedule", api.Making),
		func(ctx context.Context, in *struct {
			Body struct {
				Person string    `json:"person,omitempty" doc:"Handle or key; absent: oneself"`
				From   time.Time `json:"from"`
				To     time.Time `json:"to" doc:"At most a year after from"`
				Reason string    `json:"reason,omitempty" doc:"At most 300 characters"`
			}
		}) (*struct{ Body Cover }, error) {
			c, err := s.Absence(ctx, oncall.NewAbsence{Person: in.Body.Person, From: in.Body.From, To: in.Body.To, Reason: in.Body.Reason})
			return oneCover(ctx, s, c, err)
		})
}

func oneSwap(ctx context.Context, s *oncall.Service, o oncall.Offer, err error) (*struct{ Body Swap }, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	n, err := namesFor(ctx, s, o.Person, o.To, o.Taker)
	return &struct{ Body Swap }{n.swap(o)}, api.Err(err)
}

func swaps(a huma.API, s *oncall.Service) {
	huma.Register(a, api.Op("list-swaps", http.MethodGet, "/oncall/swaps", tag, "List open offers that one made or may accept", []int{401, 403}),
		func(ctx context.Context, _ *struct{}) (*struct{ Body api.List[Swap] }, error) {
			list, err := s.Swaps(ctx)
			if err != nil {
				return nil, api.Err(err)
			}
			var ids []int64
			for _, o := range list {
				ids = append(ids, o.Person, o.To, o.Taker)
			}
			n, err := namesFor(ctx, s, ids...)
			out := make([]Swap, len(list))
			for i, o := range list {
				out[i] = n.swap(o)
			}
			return items(out), api.Err(err)
		})
	huma.Register(a, api.Op("create-swap", http.MethodPost, "/schedules/{name}/swaps", tag, "Offer one's own shifts", append(api.Making, 404)),
		func(ctx context.Context, in *struct {
			NameIn
			Body struct {
				To         string    `json:"to,omitempty" doc:"To whom: handle or key; absent: to everybody"`
				From       time.Time `json:"from"`
				Until      time.Time `json:"until"`
				ReturnFrom time.Time `json:"return_from,omitzero" required:"false" doc:"Ask for the taker's shifts from here on in return"`
				ReturnTo   time.Time `json:"return_to,omitzero" required:"false"`
				Note       string    `json:"note,omitempty" doc:"At most 300 characters"`
			}
		}) (*struct{ Body Swap }, error) {
			b := in.Body
			o, err := s.OfferSwap(ctx, in.Name, oncall.NewOffer{To: b.To, From: b.From, Until: b.Until, ReturnFrom: b.ReturnFrom, ReturnTo: b.ReturnTo, Note: b.Note})
			return oneSwap(ctx, s, o, err)
		})
	verb := func(id, path, summary string, do func(ctx context.Context, id int64) (oncall.Offer, error), method string, errors []int) {
		huma.Register(a, api.Op(id, method, "/oncall/swaps/{key}"+path, tag, summary, errors), func(ctx context.Context, in *KeyIn) (*struct{ Body Swap }, error) {
			key, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			o, err := do(ctx, key)
			return oneSwap(ctx, s, o, err)
		})
	}
	verb("get-swap", "", "Read an offer", s.SwapOf, http.MethodGet, append(api.Reading, 422))
	verb("accept-swap", "/accept", "Take over what is offered", s.AcceptSwap, http.MethodPost, api.Editing)
	verb("decline-swap", "/decline", "Decline an offer made to oneself, or withdraw one's own", s.DeclineSwap, http.MethodPost, api.Editing)
}
