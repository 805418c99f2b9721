// Package cmdbapi is the HTTP API of the map: items and relations, questions
// to the graph, runs of sources, and what people decide about them.
//
// It turns requests into calls of cmdb.Service and decides nothing. Items are
// named as people name them: by number (CI-12), as kind:name, by an identifier
// (arn=arn:aws:…), or by a plain name where that means one. Files are streamed
// from the connection into the practice, so that neither side holds one whole.
//
// What reads the files is handed in, because connectors and this package do
// not know each other.
package cmdbapi

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// FileReader reads the file of a source.
type FileReader = func(io.Reader, sourcefile.Options, cmdb.Emit) ([]cmdb.Remark, error)

// PlanReader reads what somebody is about to change.
type PlanReader = func(io.Reader, sourcefile.Options) (Planned, error)

// Connectors are what reads files, by the name of the source.
type Connectors struct {
	Files map[string]FileReader
	Plans map[string]PlanReader
}

const tag = "Map"

var (
	asking  = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusServiceUnavailable}
	listing = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity}
	doing   = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity}
)

// Register adds the operations to the API.
func Register(a huma.API, s *cmdb.Service, c Connectors) {
	h := &handlers{s, c}
	h.items(a)
	h.edits(a)
	h.regroups(a)
	h.impact(a)
	h.questions(a)
	h.uploads(a)
	h.plans(a)
	h.runs(a)
	h.proposals(a)
	h.kinds(a)
	h.rules(a)
	h.sources(a)
	h.baselines(a)
	h.drift(a)
	h.reports(a)
}

type handlers struct {
	s *cmdb.Service
	c Connectors
}

// op is an operation below /api/v1/cmdb.
func op(id, method, path, summary string, errors []int) huma.Operation {
	return api.Op(id, method, "/cmdb"+path, tag, summary, errors)
}

// KeyIn names an item in a path.
type KeyIn struct {
	Key string `path:"key" maxLength:"2100" example:"CI-12" doc:"Number (CI-12), kind:name, scheme=value, or a plain name that means one item"`
}

// NameIn names something else.
type NameIn struct {
	Name string `path:"name" maxLength:"63"`
}

// number is the item that a text means. Numbers are not looked up: whoever is
// asked next says what there is.
func (h *handlers) number(ctx context.Context, field, text string) (int64, error) {
	if id, err := ref.ID(ref.Item, text); err == nil {
		return id, nil
	}
	item, err := h.s.Find(ctx, text)
	if errs.Is(err, errs.NotFound) && field != "" {
		return 0, errs.BadField(field, text, "there is no such item on the map; look it up with find, or name it by number")
	}
	if errs.Is(err, errs.Invalid) && field != "" {
		e := *errs.As(err)
		e.Fields = append([]errs.Field(nil), e.Fields...)
		for i := range e.Fields {
			e.Fields[i].Name = field
		}
		return 0, &e
	}
	return item.ID, err
}

func (h *handlers) numbers(ctx context.Context, field string, list []string) ([]int64, error) {
	out := make([]int64, len(list))
	for i, text := range list {
		var err error
		if out[i], err = h.number(ctx, field+"["+strconv.Itoa(i)+"]", text); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// version reads If-Match where 0 is a version: of what is built in.
func version(ifMatch string) (int64, error) {
	if strings.Trim(strings.TrimPrefix(strings.TrimSpace(ifMatch), "W/"), `"`) == "0" {
		return 0, nil
	}
	return api.Version(ifMatch)
}

type answer[T any] struct{ Body T }

func list[T any](items []T, next string) *answer[api.List[T]] {
	if items == nil {
		items = []T{}
	}
	return &answer[api.List[T]]{api.List[T]{Items: items, Next: next}}
}

// each turns a list into what the API shows of it.
func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

// numberCursor is a cursor that is a number; 0 for none.
func numberCursor(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || n < 1 {
		return 0, errs.BadField("cursor", cursor, "use the one that the page before gave")
	}
	return n, nil
}

// AtIn asks about another time.
type AtIn struct {
	At time.Time `query:"at" doc:"As it was at this time; absent: now"`
}

// numbered reads the key of a numbered record that stands in a path.
func numbered(kind ref.Kind, text string) (int64, error) {
	id, err := ref.ID(kind, text)
	if err != nil {
		return 0, errs.E(errs.NotFound, "%s", err.Error()).On(errs.Short(text))
	}
	return id, nil
}

// settled passes a result on once questions know what was done:
// settled[cmdb.Run](ctx, h)(h.s.Confirm(ctx, id)).
func settled[T any](ctx context.Context, h *handlers) func(T, error) (T, error) {
	return func(v T, err error) (T, error) {
		if err == nil {
			err = h.s.Settle(ctx)
		}
		return v, err
	}
}
