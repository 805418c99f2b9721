package catalogapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
)

// Card is a scorecard.
type Card struct {
	Name string `json:"name" example:"vital"`
	scorecard.Spec
	Version   int64     `json:"version"`
	Shipped   bool      `json:"shipped,omitempty" doc:"It comes with the program; a card of this name that is written here takes its place"`
	Created   time.Time `json:"created,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	ManagedBy string    `json:"managed_by,omitempty" doc:"From where it is managed as code; absent in lists"`
}

func card(c scorecard.Card) Card {
	return Card{c.Name, c.Spec, c.Version, c.Shipped, c.Created, c.Updated, c.Managed}
}

// Result is how a check of a service came out.
type Result struct {
	ID    string `json:"id"`
	State string `json:"state" enum:"passed,failed,unknown,neutral" doc:"unknown never passes; neutral is not counted: a practice is not in use here"`
	Fact  string `json:"fact,omitempty" doc:"What was found, or why it is not known"`
	Title string `json:"title,omitempty"`
	Level string `json:"level,omitempty" enum:"bronze,silver,gold"`
	Next  string `json:"next,omitempty" doc:"What to do; only of checks that do not pass"`
}

// Standing is how a service stands by a card.
type Standing struct {
	Service string    `json:"service"`
	Card    string    `json:"card"`
	Level   string    `json:"level" enum:"none,bronze,silver,gold"`
	Passed  int       `json:"passed"`
	Counted int       `json:"counted"`
	Results []Result  `json:"results"`
	At      time.Time `json:"at" doc:"When it was measured"`
	Trend   []Day     `json:"trend,omitempty" doc:"One result a day, oldest first; of one service only"`
}

// Day is a result of the trend.
type Day struct {
	Day     string `json:"day" format:"date"`
	Level   string `json:"level" enum:"none,bronze,silver,gold"`
	Passed  int    `json:"passed"`
	Counted int    `json:"counted"`
}

func standing(s scorecard.Standing, c scorecard.Card) Standing {
	out := Standing{Service: s.Service, Card: s.Card, Level: s.Level.String(), Passed: s.Passed, Counted: s.Counted, At: s.At, Results: make([]Result, len(s.Results))}
	for i, r := range s.Results {
		x := Result{ID: r.ID, State: string(r.State), Fact: r.Fact}
		for _, check := range c.Checks {
			if check.ID != r.ID {
				continue
			}
			x.Title, x.Level = check.Title, check.Level
			if r.State == scorecard.Failed || r.State == scorecard.Unclear {
				x.Next = check.Next
			}
		}
		out.Results[i] = x
	}
	return out
}

// Trial is what a card would say, before it is written.
type Trial struct {
	Services []Standing `json:"services" doc:"Those it applies to, by name; at most 200"`
	More     bool       `json:"more,omitempty" doc:"It applies to others, too"`
}

// CardIn names a card in a path.
type CardIn struct {
	Name string `path:"name" maxLength:"63" example:"vital"`
}

type cardBody struct {
	ETag string `header:"ETag"`
	Body Card
}

func answerCard(c scorecard.Card, err error) (*cardBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &cardBody{api.ETag(c.Version), card(c)}, nil
}

// trialMost is how many services a trial names.
const trialMost = 200

// RegisterScorecards adds the operations of scorecards to the API.
func RegisterScorecards(a huma.API, s *scorecard.Service) {
	op := func(id, method, path, summary string, errors ...int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, Tags: []string{"Scorecards"},
			Errors: append([]int{http.StatusUnauthorized, http.StatusForbidden}, errors...)}
	}
	huma.Register(a, op("list-scorecards", http.MethodGet, "/scorecards", "List all scorecards by name"), func(ctx context.Context, _ *struct{}) (*struct{ Body api.List[Card] }, error) {
		list, err := s.Cards(ctx)
		if err != nil {
			return nil, api.Err(err)
		}
		o := &struct{ Body api.List[Card] }{api.List[Card]{Items: make([]Card, len(list))}}
		for i, c := range list {
			o.Body.Items[i] = card(c)
		}
		return o, nil
	})
	huma.Register(a, op("get-scorecard", http.MethodGet, "/scorecards/{name}", "Read a scorecard", http.StatusNotFound),
		func(ctx context.Context, in *CardIn) (*cardBody, error) { return answerCard(s.Get(ctx, in.Name)) })
	create := op("create-scorecard", http.MethodPost, "/scorecards", "Add a scorecard", http.StatusConflict, http.StatusUnprocessableEntity)
	create.DefaultStatus = http.StatusCreated
	huma.Register(a, create, func(ctx context.Context, in *struct {
		Body struct {
			Name string `json:"name" example:"payments" doc:"1 to 63 of a-z, 0-9 and dash"`
			scorecard.Spec
		}
	}) (*cardBody, error) {
		return answerCard(s.Put(ctx, in.Body.Name, 0, in.Body.Spec))
	})
	huma.Register(a, op("update-scorecard", http.MethodPut, "/scorecards/{name}", "Replace a scorecard; one that comes with the program is replaced by one that is written here", http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity),
		func(ctx context.Context, in *struct {
			CardIn
			IfMatch string `header:"If-Match"`
			Body    scorecard.Spec
		}) (*cardBody, error) {
			version, err := api.Version(in.IfMatch)
			if err != nil {
				return nil, api.Err(err)
			}
			return answerCard(s.Put(ctx, in.Name, version, in.Body))
		})
	remove := op("delete-scorecard", http.MethodDelete, "/scorecards/{name}", "Take a scorecard away; one that comes with the program takes effect again", http.StatusNotFound, http.StatusConflict)
	remove.DefaultStatus = http.StatusNoContent
	huma.Register(a, remove, func(ctx context.Context, in *CardIn) (*struct{}, error) { return nil, api.Err(s.Delete(ctx, in.Name)) })
	try := op("try-scorecard", http.MethodPost, "/scorecard-trials", "Measure all services by a scorecard that is not written", http.StatusUnprocessableEntity)
	try.DefaultStatus = http.StatusOK
	huma.Register(a, try, func(ctx context.Context, in *struct{ Body scorecard.Spec }) (*struct{ Body Trial }, error) {
		c, list, more, err := s.Try(ctx, in.Body, trialMost)
		if err != nil {
			return nil, api.Err(err)
		}
		o := &struct{ Body Trial }{Trial{Services: make([]Standing, len(list)), More: more}}
		for i, st := range list {
			o.Body.Services[i] = standing(st, c)
		}
		return o, nil
	})
	huma.Register(a, op("list-standings", http.MethodGet, "/scorecards/{name}/services", "List how services stand by a scorecard, as last measured, by service", http.StatusNotFound),
		func(ctx context.Context, in *struct {
			CardIn
			api.PageIn
			Team string `query:"team" doc:"Services of this team"`
		}) (*struct{ Body api.List[Standing] }, error) {
			c, err := s.Get(ctx, in.Name)
			if err != nil {
				return nil, api.Err(err)
			}
			list, more, err := s.Standings(ctx, scorecard.Filter{Card: in.Name, Team: in.Team}, in.Cursor, in.Limit)
			if err != nil {
				return nil, api.Err(err)
			}
			o := &struct{ Body api.List[Standing] }{api.List[Standing]{Items: make([]Standing, len(list))}}
			for i, st := range list {
				o.Body.Items[i] = standing(st, c)
			}
			if more {
				o.Body.Next = list[len(list)-1].Service
			}
			return o, nil
		})
	huma.Register(a, op("measure-service", http.MethodGet, "/services/{name}/scorecards", "Measure a service now by every scorecard that applies to it", http.StatusNotFound),
		func(ctx context.Context, in *NameIn) (*struct{ Body api.List[Standing] }, error) {
			list, err := s.Of(ctx, in.Name)
			if err != nil {
				return nil, api.Err(err)
			}
			o := &struct{ Body api.List[Standing] }{api.List[Standing]{Items: make([]Standing, len(list))}}
			for i, l := range list {
				o.Body.Items[i] = standing(l.Standing, l.Card)
				for _, d := range l.Trend {
					o.Body.Items[i].Trend = append(o.Body.Items[i].Trend, Day{d.Day.Format(time.DateOnly), d.Level.String(), d.Passed, d.Counted})
				}
			}
			return o, nil
		})
}
