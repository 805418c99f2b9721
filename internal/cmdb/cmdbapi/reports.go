package cmdbapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// Listed is an item as reports show it.
type Listed struct {
	Brief
	LastSeen time.Time `json:"last_seen,omitzero"`
	Sources  []string  `json:"sources,omitempty" doc:"Who tells of it"`
}

// Twin is a pair of items that may be one.
type Twin struct {
	A        Listed `json:"a"`
	B        Listed `json:"b"`
	Why      string `json:"why"`
	Proposal string `json:"proposal,omitempty" example:"PAIR-3" doc:"Absent: nobody proposed it, they only bear the same name"`
}

// Conflict is something on which sources differ.
type Conflict struct {
	Item   Listed  `json:"item"`
	Field  string  `json:"field" example:"attributes.size"`
	Claims []Claim `json:"claims"`
}

// Claim is what one source says.
type Claim struct {
	Source string    `json:"source"`
	Scope  string    `json:"scope,omitempty"`
	Value  string    `json:"value"`
	Since  time.Time `json:"since"`
	Last   time.Time `json:"last"`
	Used   bool      `json:"used,omitempty" doc:"What the item shows"`
}

// Dangling is a relation of which nobody knows an end.
type Dangling struct {
	Source   string    `json:"source"`
	Scope    string    `json:"scope,omitempty"`
	From     string    `json:"from" doc:"As the source names it"`
	FromItem string    `json:"from_item,omitempty" doc:"Absent: nobody knows it"`
	Kind     string    `json:"kind"`
	To       string    `json:"to"`
	ToItem   string    `json:"to_item,omitempty"`
	Since    time.Time `json:"since"`
	LastSeen time.Time `json:"last_seen"`
}

// Edge is a dependency that only one side tells of.
type Edge struct {
	From         Listed     `json:"from"`
	Kind         string     `json:"kind"`
	To           Listed     `json:"to"`
	Told         string     `json:"told" enum:"declared,observed" doc:"declared: written down and not seen; observed: seen and not written down"`
	Sources      []string   `json:"sources"`
	Since        time.Time  `json:"since,omitzero"`
	LastObserved *time.Time `json:"last_observed,omitempty" doc:"Absent: never"`
	Flow         cmdb.Flow  `json:"flow,omitzero"`
	Unwatched    bool       `json:"unwatched,omitempty" doc:"Nothing was ever seen of the calling end, so that nobody watches may be the reason"`
}

func listed(l cmdb.Listed) Listed {
	return Listed{Brief{key(l.ID), l.Kind, l.Name, l.Env, l.Team, string(l.State)}, l.LastSeen, l.Sources}
}

// FormIn says whether a report is wanted as a table.
type FormIn struct {
	Format string `query:"format" enum:"json,csv" doc:"csv: the whole report as a table; Accept: text/csv does the same"`
	csv    bool
}

// Resolve implements huma.Resolver.
func (in *FormIn) Resolve(c huma.Context) []error {
	in.csv = in.Format == "csv" || in.Format == "" && strings.HasPrefix(c.Header("Accept"), "text/csv")
	return nil
}

// ReportIn narrows a report.
type ReportIn struct {
	api.PageIn
	FormIn
	Service string `query:"service" maxLength:"63" doc:"This service and everything it needs"`
	Source  string `query:"source" maxLength:"60" doc:"Of which this source tells"`
	Env     string `query:"env" maxLength:"200"`
	Kind    string `query:"kind" maxLength:"63"`
	Team    string `query:"team" maxLength:"200"`
}

func (in *ReportIn) filter() cmdb.ReportFilter {
	return cmdb.ReportFilter{Service: in.Service, Source: in.Source, Env: in.Env, Kind: in.Kind, Team: in.Team}
}

func (h *handlers) reports(a huma.API) {
	for _, r := range []struct {
		name, summary string
		report        cmdb.Report
		page          func(context.Context, cmdb.ReportFilter, string, int) ([]cmdb.Listed, string, error)
	}{
		{"orphans", "List items that need nothing, that nothing needs, and that belong to nothing", cmdb.ReportOrphans, h.s.Orphans},
		{"unowned", "List items without an owner", cmdb.ReportOwnerless, h.s.Ownerless},
		{"stale", "List items that their sources do not see any more", cmdb.ReportStale, h.s.Stale},
	} {
		report(a, h, r.name, r.summary, r.report, func(ctx context.Context, in *ReportIn, cursor string, limit int) ([]Listed, string, error) {
			found, next, err := r.page(ctx, in.filter(), cursor, limit)
			return each(found, listed), next, err
		})
	}
	report(a, h, "duplicates", "List pairs of items that may be one", cmdb.ReportDuplicates, func(ctx context.Context, in *ReportIn, cursor string, limit int) ([]Twin, string, error) {
		found, next, err := h.s.Duplicates(ctx, in.filter(), cursor, limit)
		return each(found, func(t cmdb.Twin) Twin {
			x := Twin{listed(t.A), listed(t.B), t.Why, ""}
			if t.Proposal != 0 {
				x.Proposal = cmdb.Proposal{ID: t.Proposal}.Ref().String()
			}
			return x
		}), next, err
	})
	report(a, h, "conflicts", "List on what sources differ, and whom the rules believe", cmdb.ReportConflicts, func(ctx context.Context, in *ReportIn, cursor string, limit int) ([]Conflict, string, error) {
		found, next, err := h.s.Conflicts(ctx, in.filter(), cursor, limit)
		return each(found, func(c cmdb.Conflict) Conflict {
			return Conflict{listed(c.Item), c.Field, each(c.Claims, func(x cmdb.Claim) Claim { return Claim(x) })}
		}), next, err
	})
	report(a, h, "dangling", "List relations of which nobody knows an end", cmdb.ReportDangling, func(ctx context.Context, in *ReportIn, cursor string, limit int) ([]Dangling, string, error) {
		found, next, err := h.s.DanglingRelations(ctx, in.filter(), cursor, limit)
		return each(found, func(d cmdb.Dangling) Dangling {
			return Dangling{d.Source, d.Scope, d.From, key(d.FromItem), string(d.Kind), d.To, key(d.ToItem), d.Since, d.LastSeen}
		}), next, err
	})
	h.edges(a)
}

// EdgesIn narrows the comparison of what is declared with what is observed.
type EdgesIn struct {
	api.PageIn
	FormIn
	Service string        `query:"service" maxLength:"63" doc:"With an end in this service or what it needs"`
	Source  string        `query:"source" maxLength:"60" doc:"Of which this source tells"`
	Env     string        `query:"env" maxLength:"200"`
	Told    string        `query:"told" enum:"declared,observed" doc:"Only by which side; absent: both"`
	For     cmdb.Duration `query:"for" example:"P7D" doc:"Not seen for so long counts as not seen; absent: never seen at all"`
}

func (in *EdgesIn) filter() cmdb.EdgeFilter {
	return cmdb.EdgeFilter{Service: in.Service, Source: in.Source, Env: in.Env, Unseen: in.Told == "declared", Undeclared: in.Told == "observed", For: time.Duration(in.For)}
}

func (h *handlers) edges(a huma.API) {
	o := reportOp[Edge](a, "edges", "List dependencies that are declared and not seen, and seen and not declared")
	huma.Register(a, o, func(ctx context.Context, in *EdgesIn) (*huma.StreamResponse, error) {
		return table(in.csv, in.PageIn, func(cursor string, limit int) ([]Edge, string, error) {
			found, next, err := h.s.Edges(ctx, in.filter(), cursor, limit)
			return each(found, edge), next, err
		}, func(w io.Writer) error {
			return h.s.WriteCSV(ctx, w, cmdb.ReportEdges, cmdb.ReportFilter{}, in.filter())
		})
	})
}

func edge(e cmdb.Edge) Edge {
	out := Edge{From: listed(e.From), Kind: string(e.Kind), To: listed(e.To), Told: "observed", Sources: e.By, Since: e.Since, LastObserved: api.When(e.LastSeen), Flow: e.Flow, Unwatched: e.NoEyes}
	if e.Declared {
		out.Told = "declared"
	}
	return out
}

func report[T any](a huma.API, h *handlers, name, summary string, r cmdb.Report, page func(context.Context, *ReportIn, string, int) ([]T, string, error)) {
	huma.Register(a, reportOp[T](a, name, summary), func(ctx context.Context, in *ReportIn) (*huma.StreamResponse, error) {
		return table(in.csv, in.PageIn, func(cursor string, limit int) ([]T, string, error) { return page(ctx, in, cursor, limit) },
			func(w io.Writer) error { return h.s.WriteCSV(ctx, w, r, in.filter(), cmdb.EdgeFilter{}) })
	})
}

func reportOp[T any](a huma.API, name, summary string) huma.Operation {
	o := op("report-"+name, http.MethodGet, "/reports/"+name, summary, listing)
	o.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
		"application/json": {Schema: a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[api.List[T]](), true, "")},
		"text/csv":         {Schema: &huma.Schema{Type: "string"}}}}}
	return o
}

// table answers a page as JSON, or the whole as CSV. Whatever is wrong with the
// question shows at its first row, before the answer has begun; what breaks
// later breaks the answer off, so that half a table is not taken for a whole.
func table[T any](csv bool, p api.PageIn, page func(cursor string, limit int) ([]T, string, error), write func(io.Writer) error) (*huma.StreamResponse, error) {
	if csv {
		if _, _, err := page("", 1); err != nil {
			return nil, api.Err(err)
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			c.SetHeader("Content-Type", "text/csv; charset=utf-8")
			c.SetHeader("Content-Disposition", "attachment")
			c.SetStatus(http.StatusOK)
			if write(c.BodyWriter()) != nil {
				panic(http.ErrAbortHandler)
			}
		}}, nil
	}
	found, next, err := page(p.Cursor, p.Limit)
	if err != nil {
		return nil, api.Err(err)
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "application/json")
		c.SetStatus(http.StatusOK)
		json.NewEncoder(c.BodyWriter()).Encode(list(found, next).Body) // fails when nobody listens
	}}, nil
}
