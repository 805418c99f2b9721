// Package doraapi is the HTTP API of how changes go: DORA's measures with the
// records behind each, the approval ledger, and the import of history.
//
// It turns requests into calls of dora.Service and decides nothing. What is
// unknown is null, never zero. Durations are whole seconds.
package doraapi

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const tag = "Change measures"

var refused = append(append([]int{}, api.Reading...), http.StatusUnprocessableEntity)

// Environments says whose deployments become changes.
type Environments = func(ctx context.Context) ([]string, error)

// QueryIn says what is measured.
type QueryIn struct {
	Team        string    `query:"team" maxLength:"63" doc:"That owned the main service when the change was made"`
	Service     string    `query:"service" maxLength:"200"`
	Environment string    `query:"environment" maxLength:"63" doc:"Default: production; * for all together"`
	Kind        string    `query:"kind" maxLength:"30" doc:"deploy, config, infrastructure, schema, flag"`
	Period      string    `query:"period" maxLength:"20" example:"2026-10" doc:"So many days, weeks or months up to now (30d, 12w, 12m), a month, a quarter (2026-Q3) or a year; default 30d"`
	From        time.Time `query:"from" doc:"With to: any two times, instead of a period"`
	To          time.Time `query:"to"`
	Zone        string    `query:"zone" maxLength:"60" example:"Europe/Berlin" doc:"Of days, weeks and months; default UTC"`
}

func (in QueryIn) query() (q dora.Query, err error) {
	q = dora.Query{Filter: dora.Filter{Team: in.Team, Service: in.Service, Environment: in.Environment, Kind: in.Kind}, Period: in.Period, From: in.From, To: in.To}
	if in.Zone != "" {
		if q.Zone, err = time.LoadLocation(in.Zone); err != nil || in.Zone == "Local" {
			return q, errs.BadField("zone", in.Zone, "use a name of the time zone database, like Europe/Berlin")
		}
	}
	return q, nil
}

// Register adds the operations to the API.
func Register(a huma.API, s *dora.Service, environments Environments) {
	h := &handlers{s, environments}
	h.measures(a)
	h.records(a)
	h.ledger(a)
	h.imports(a)
}

type handlers struct {
	s            *dora.Service
	environments Environments
}

func (h *handlers) measures(a huma.API) {
	huma.Register(a, api.Op("get-change-measures", http.MethodGet, "/change-measures", tag, "Measure changes by DORA's definitions, with the period before and a trend", refused), func(ctx context.Context, in *struct {
		QueryIn
		By    string `query:"by" enum:"day,week,month" doc:"Width of the trend's points; default by its length"`
		Trend string `query:"trend" maxLength:"20" example:"12m" doc:"Period of the trend; default that of the figures"`
	}) (*struct{ Body Measures }, error) {
		q, err := in.query()
		if err != nil {
			return nil, api.Err(err)
		}
		q.By, q.Trend = dora.Width(in.By), in.Trend
		r, err := h.s.Report(ctx, q)
		if err != nil {
			return nil, api.Err(err)
		}
		return &struct{ Body Measures }{measures(r)}, nil
	})
	huma.Register(a, api.Op("list-change-measure-parts", http.MethodGet, "/change-measures/parts", tag, "Measure each team or service by itself, the one with most deployments first", refused), func(ctx context.Context, in *struct {
		QueryIn
		By    string `query:"by" enum:"team,service" default:"team"`
		Limit int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	}) (*struct{ Body Parts }, error) {
		q, err := in.query()
		if err != nil {
			return nil, api.Err(err)
		}
		list, all, err := h.s.Parts(ctx, q, in.By, in.Limit)
		if err != nil {
			return nil, api.Err(err)
		}
		o := Parts{All: all, Items: make([]Part, len(list))}
		for n, p := range list {
			o.Items[n] = Part{p.Name, figures(p.Figures)}
		}
		return &struct{ Body Parts }{o}, nil
	})
	huma.Register(a, api.Op("rebuild-change-measures", http.MethodPost, "/change-measures/rebuild", tag, "Measure all changes anew", api.Making), func(ctx context.Context, _ *struct{}) (*struct{ Body Rebuilt }, error) {
		n, err := h.s.Rebuild(ctx)
		return &struct{ Body Rebuilt }{Rebuilt{n}}, api.Err(err)
	})
}

func (h *handlers) records(a huma.API) {
	huma.Register(a, api.Op("list-measured-changes", http.MethodGet, "/change-measures/records", tag, "List the changes behind a figure, newest first", refused), func(ctx context.Context, in *struct {
		QueryIn
		Figure string `query:"figure" enum:"deployments,lead-time,no-lead-time,completed,failures,recovery,unrecovered,rework,no-outcome,bypassed" default:"deployments"`
		api.PageIn
	}) (*struct{ Body api.List[Record] }, error) {
		q, err := in.query()
		if err != nil {
			return nil, api.Err(err)
		}
		list, next, err := h.s.Records(ctx, q, in.Figure, in.Cursor, in.Limit)
		if err != nil {
			return nil, api.Err(err)
		}
		o := &struct{ Body api.List[Record] }{api.List[Record]{Items: make([]Record, len(list)), Next: next}}
		for n, r := range list {
			o.Body.Items[n] = record(r)
		}
		return o, nil
	})
}

func (h *handlers) ledger(a huma.API) {
	huma.Register(a, api.Op("get-approval-ledger", http.MethodGet, "/change-ledger", tag, "Say what each approval step cost, and whether changes that went through it fail less often at equal risk", refused), func(ctx context.Context, in *QueryIn) (*struct{ Body Ledger }, error) {
		q, err := in.query()
		if err != nil {
			return nil, api.Err(err)
		}
		r, err := h.s.Report(ctx, q)
		if err != nil {
			return nil, api.Err(err)
		}
		o := Ledger{Period: period(r.Period), Steps: make([]Step, len(r.Ledger))}
		for n, s := range r.Ledger {
			o.Steps[n] = step(s)
		}
		return &struct{ Body Ledger }{o}, nil
	})
	huma.Register(a, api.Op("list-ledger-approvals", http.MethodGet, "/change-ledger/approvals", tag, "List the approvals behind a step of the ledger, newest first", refused), func(ctx context.Context, in *struct {
		QueryIn
		Rule string `query:"rule" required:"true" maxLength:"100" example:"peer-review"`
		Who  string `query:"who" required:"true" maxLength:"100" example:"peer"`
		api.PageIn
	}) (*struct{ Body api.List[Approval] }, error) {
		q, err := in.query()
		if err != nil {
			return nil, api.Err(err)
		}
		list, next, err := h.s.Approvals(ctx, q, in.Rule, in.Who, in.Cursor, in.Limit)
		if err != nil {
			return nil, api.Err(err)
		}
		o := &struct{ Body api.List[Approval] }{api.List[Approval]{Items: make([]Approval, len(list)), Next: next}}
		for n, x := range list {
			o.Body.Items[n] = Approval{x.Ref().String(), x.Title, x.State, known(x.Risk >= 0, x.Risk), person(x.Person), x.Outside, x.Via, x.Answer, api.When(x.AskedAt), api.When(x.DecidedAt), seconds(x.Waited)}
		}
		return o, nil
	})
}

// maxImport is the longest file of history in bytes.
const maxImport = 256 << 20

func (h *handlers) imports(a huma.API) {
	o := api.Op("create-change-import", http.MethodPost, "/change-imports", tag, "Take in deployments that happened before, as changes that are over", api.Making)
	o.DefaultStatus = http.StatusOK
	o.Description = "A line of names, then a line for each deployment: service and deployed_at (RFC 3339) must be there; environment (default production), artefact, commit, kind, title, author, link, committed_at, outcome, recovered_at and rework may. " +
		"A deployment that was taken in before is known again. At most 256 MB."
	huma.Register(a, api.AsUpload(o, "text/csv", "The history"), func(ctx context.Context, in *struct {
		api.Upload
		CommittedFrom string `query:"committed_from" maxLength:"63" example:"integration" doc:"An environment in which everything arrives first: its first deployment of an artefact stands for a commit time that is unknown"`
		DryRun        bool   `query:"dry_run" doc:"Only say what it would do"`
	}) (*struct{ Body Imported }, error) {
		if _, err := actor.Require(ctx, actor.Configure); err != nil {
			return nil, api.Err(err)
		}
		limited := &io.LimitedReader{R: in.Reader(), N: maxImport + 1}
		rows, err := dora.ParseCSV(limited)
		if err == nil && limited.N == 0 {
			err = errs.BadField("body", "", "it is longer than 256 MB: send it in parts, the oldest first")
		}
		if err != nil {
			return nil, api.Err(err)
		}
		how := dora.Reading{CommittedFrom: in.CommittedFrom}
		if how.Environments, err = h.environments(ctx); err != nil {
			return nil, api.Err(err)
		}
		d, err := h.s.Import(context.WithoutCancel(ctx), rows, how, in.DryRun)
		if err != nil {
			return nil, api.Err(err)
		}
		return &struct{ Body Imported }{Imported{d.Rows, d.Changes, d.Added, d.Known, d.Elsewhere, d.Returns, d.Repeats, d.Assumed, d.Negative, d.NoCommit, d.OutOfOrder, in.DryRun}}, nil
	})
}

func person(id int64) string {
	if id == 0 {
		return ""
	}
	return ref.N(ref.Person, id).String()
}
