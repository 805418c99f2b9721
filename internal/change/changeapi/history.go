package changeapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Entry is one line of what happened to a change.
type Entry struct {
	Number int       `json:"number"`
	At     time.Time `json:"at"`
	Kind   string    `json:"kind" enum:"state,decision,approval,pipeline,health,note,incident,edit"`
	Person *Person   `json:"person,omitempty" doc:"Absent for machines"`
	Text   string    `json:"text"`
	Detail string    `json:"detail,omitempty"`
	Erased bool      `json:"erased,omitempty" doc:"The texts were removed (personal data)"`
}

// Call is one thing that a pipeline was told, or is to be told.
type Call struct {
	Kind        string     `json:"kind" example:"github-protection"`
	Integration string     `json:"integration" doc:"Whose credentials it uses"`
	Why         string     `json:"why" enum:"decision,question,rollback"`
	State       string     `json:"state" enum:"waiting,sent,failed"`
	Said        string     `json:"said,omitempty"`
	Attempts    int        `json:"attempts"`
	Error       string     `json:"error,omitempty" doc:"Of the last try"`
	CreatedAt   *time.Time `json:"created_at,omitempty"`
	SentAt      *time.Time `json:"sent_at,omitempty"`
	NextAt      *time.Time `json:"next_at,omitempty" doc:"When it is tried again"`
}

func callOf(c change.Call) Call {
	return Call{string(c.Kind), c.Source, c.Why, string(c.State), string(c.Said), c.Attempts, c.Error, api.When(c.Created), api.When(c.Sent), api.When(c.Next)}
}

// cursor reads the number after, or before, which a page begins.
func cursor(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 36, 64)
	if err != nil || n <= 0 {
		return 0, errs.BadField("cursor", s, "use the cursor that the previous page returned, or none for the first page")
	}
	return n, nil
}

func cursorAt(n int64) string { return strconv.FormatInt(n, 36) }

// DecisionIn is a decision in a path.
type DecisionIn struct {
	Key string `path:"key" maxLength:"30" example:"DEC-12"`
}

type pageOf struct {
	KeyIn
	api.PageIn
}

func (in *pageOf) read() (id, at int64, err error) {
	if id, err = in.id(); err == nil {
		at, err = cursor(in.Cursor)
	}
	return id, at, err
}

func (h *handlers) history(a huma.API) {
	huma.Register(a, op("list-change-entries", http.MethodGet, "/changes/{key}/entries", "List what happened to a change, oldest first", reading),
		func(ctx context.Context, in *pageOf) (*answer[api.List[Entry]], error) {
			id, after, err := in.read()
			if err != nil {
				return nil, api.Err(err)
			}
			rows, more, err := h.s.History(ctx, id, int(after), in.Limit)
			next := ""
			if more {
				next = cursorAt(int64(rows[len(rows)-1].N))
			}
			return list(each(rows, func(e change.Entry) Entry {
				return Entry{e.N, e.At, string(e.Kind), person(e.Person, map[int64]string{e.Person: e.Name}), e.Text, e.Detail, e.Erased}
			}), next), api.Err(err)
		})
	huma.Register(a, op("list-change-decisions", http.MethodGet, "/changes/{key}/decisions", "List what policy said about a change, newest first; a shadow policy's words too", reading),
		func(ctx context.Context, in *pageOf) (*answer[api.List[Decision]], error) {
			id, before, err := in.read()
			if err == nil {
				_, err = h.s.Get(ctx, id)
			}
			if err != nil {
				return nil, api.Err(err)
			}
			rows, err := h.s.DecisionsOf(ctx, id, before, in.Limit)
			next := ""
			if len(rows) == in.Limit {
				next = cursorAt(rows[len(rows)-1].ID)
			}
			return list(each(rows, decisionOf), next), api.Err(err)
		})
	huma.Register(a, op("get-change-decision", http.MethodGet, "/change-decisions/{key}", "Read what policy said, with the facts that it stood on", reading),
		func(ctx context.Context, in *DecisionIn) (*answer[DecisionDetail], error) {
			id, err := ref.ID(ref.Decision, in.Key)
			if err != nil {
				return nil, api.Err(errs.E(errs.NotFound, "there is no decision %s; keys look like DEC-12", errs.Short(in.Key)))
			}
			d, err := h.s.DecisionByID(ctx, id)
			if err != nil {
				return nil, api.Err(err)
			}
			facts, err := json.Marshal(d.Input)
			if err != nil {
				return nil, api.Err(err)
			}
			return &answer[DecisionDetail]{DecisionDetail{decisionOf(d), json.RawMessage(facts)}}, nil
		})
	huma.Register(a, op("list-change-approvals", http.MethodGet, "/changes/{key}/approvals", "List all approvals that a change ever needed, oldest first", reading),
		func(ctx context.Context, in *KeyIn) (*answer[api.List[Approval]], error) {
			id, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			rows, err := h.s.Approvals(ctx, id)
			if err != nil {
				return nil, api.Err(err)
			}
			names, err := h.s.NamesOf(ctx, peopleOf(rows)...)
			return list(approvalsOf(rows, names), ""), api.Err(err)
		})
	huma.Register(a, op("list-change-calls", http.MethodGet, "/changes/{key}/calls", "List what pipelines were told about a change, newest first", reading),
		func(ctx context.Context, in *KeyIn) (*answer[api.List[Call]], error) {
			id, err := in.id()
			if err == nil {
				_, err = h.s.Get(ctx, id)
			}
			if err != nil {
				return nil, api.Err(err)
			}
			rows, err := h.s.Calls(ctx, id)
			return list(each(rows, callOf), ""), api.Err(err)
		})
	h.running(a)
}

// Past is how the earlier changes of a service went.
type Past struct {
	Running   *Change    `json:"running,omitempty" doc:"The change that was deployed last and not taken back"`
	Completed int        `json:"completed" doc:"Changes whose outcome is known"`
	Failed    int        `json:"failed" doc:"Of them"`
	LastEnded *time.Time `json:"last_ended,omitempty"`
}

func (h *handlers) running(a huma.API) {
	huma.Register(a, op("get-service-changes", http.MethodGet, "/services/{name}/changes", "Read what runs on a service, and how its changes went", reading),
		func(ctx context.Context, in *struct {
			NameIn
			Environment string `query:"environment" maxLength:"100" default:"production"`
		}) (*answer[Past], error) {
			c, ok, err := h.s.Running(ctx, in.Name, in.Environment)
			if err != nil {
				return nil, api.Err(err)
			}
			p, err := h.s.PastOf(ctx, in.Name)
			if err != nil {
				return nil, api.Err(err)
			}
			out := Past{Completed: p.Changes, Failed: p.Failed, LastEnded: api.When(p.Last)}
			if ok {
				one, err := h.one(ctx, c, nil)
				if err != nil {
					return nil, err
				}
				out.Running = &one.Body
			}
			return &answer[Past]{out}, nil
		})
}
