// Package api sets up the HTTP API: REST under /api/v1, described by OpenAPI
// 3.1 that is generated from the served types.
//
// Practices register their operations in their own *api packages; this package
// gives them what all operations share: errors as RFC 9457 problems (Err),
// keyset paging (PageIn, List), versions as ETag and If-Match (ETag, Version),
// and repeats of a POST recognised by Idempotency-Key (Once). A stale edit is a
// 409 that carries the record as it is now. The actor is in the context before
// any operation runs; authorisation is the service's.
package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// MaxBody is the largest request body of the API in bytes.
const MaxBody = 8 << 20

// New makes the API on a mux. version is the program's, publicURL the address
// people use; it may be empty.
func New(mux *http.ServeMux, version, publicURL string) huma.API {
	huma.NewError = problem
	cfg := huma.DefaultConfig("Evenkeel", version)
	cfg.OpenAPIPath = "/api/openapi"
	cfg.DocsPath = ""                       // the page at /api/docs is ours, from our own assets
	cfg.SchemasPath = ""                    // no $schema links in answers
	cfg.RejectUnknownQueryParameters = true // a mistyped filter must not list everything
	cfg.CreateHooks = nil
	cfg.Transformers = append(cfg.Transformers, logFault, conflicts{mux}.show)
	cfg.Info.Description = "Service management for engineering teams. Errors are RFC 9457 problems; lists page by cursor; " +
		"edits take If-Match; every POST but an upload takes Idempotency-Key (kept 24 hours)."
	if publicURL != "" {
		cfg.Servers = []*huma.Server{{URL: publicURL}}
	}
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "An API token, made under Settings → API tokens or with `evenkeel token create`"},
		"session": {Type: "apiKey", In: "cookie", Name: "evenkeel", Description: "The session of a signed-in browser"},
	}
	cfg.Security = []map[string][]string{{"token": {}}, {"session": {}}}
	return humago.New(mux, cfg)
}

// Problem is an RFC 9457 problem (https://www.rfc-editor.org/rfc/rfc9457).
type Problem struct {
	Type   string       `json:"type" example:"https://evenkeel.dev/problems/invalid" doc:"Kind of the problem"`
	Title  string       `json:"title" doc:"The kind in words"`
	Status int          `json:"status" doc:"HTTP status"`
	Detail string       `json:"detail" doc:"What happened and what to do"`
	Record string       `json:"record,omitempty" doc:"The record it is about"`
	Fields []errs.Field `json:"fields,omitempty" doc:"Wrong input values, each with its remedy"`

	Current     json.RawMessage `json:"current,omitempty" doc:"The record as it is now, in the conflict of a stale edit: as its GET answers the one who asks"`
	CurrentETag string          `json:"current_etag,omitempty" example:"\"4\"" doc:"ETag of current, for If-Match of an edit that takes it into account"`
	ChangedBy   string          `json:"changed_by,omitempty" doc:"Who made it what it is now, where that is known"`
	ChangedAt   *time.Time      `json:"changed_at,omitempty" doc:"When that was"`

	retry time.Duration
}

func (p *Problem) Error() string  { return p.Detail }
func (p *Problem) GetStatus() int { return p.Status }

// ContentType makes huma answer with the problem media type.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders adds Retry-After where waiting helps, and how to sign in.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.retry+time.Second-1)/time.Second)))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer") // RFC 9110, section 15.5.2
	}
	return h
}

// problemType begins the type of every problem.
const problemType = "https://evenkeel.dev/problems/"

var titles = map[errs.Kind]string{
	errs.Internal: "Something went wrong on our side", errs.Invalid: "The input is not valid",
	errs.Unauthenticated: "Not signed in", errs.Forbidden: "Not allowed", errs.NotFound: "Not found",
	errs.Conflict: "The record is in another state", errs.Limited: "Too many requests", errs.Unavailable: "Not available now",
}

// NewProblem turns any error into a problem that is safe to show.
func NewProblem(err error) *Problem {
	e := errs.As(err)
	row := errs.Table[e.Kind]
	p := &Problem{Type: problemType + row.Name, Title: titles[e.Kind], Status: row.HTTP, Detail: e.Text, Record: e.Record, Fields: e.Fields, retry: e.Retry}
	if p.retry == 0 && (e.Kind == errs.Unavailable || e.Kind == errs.Limited) {
		p.retry = 5 * time.Second
	}
	return p
}

// Err is what operations return: `return nil, api.Err(err)`. It keeps nil nil
// and the cause in the chain for the log.
func Err(err error) error {
	if err == nil {
		return nil
	}
	return &failure{NewProblem(err), err}
}

type failure struct {
	*Problem
	cause error
}

func (f *failure) Unwrap() error { return f.cause }

// PageIn are the paging parameters of every list.
type PageIn struct {
	Cursor string `query:"cursor" doc:"The next value of the previous page; empty for the first"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Items a page"`
}

// List is the body of every list.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; absent on the last"`
}

// When is a time that may not be set: nil for the zero time, which then is left
// out of the answer.
func When(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// ETag is a record's version as an entity tag.
func ETag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// Version reads If-Match; it is mandatory for edits, so that nobody overwrites
// what they have not seen.
func Version(ifMatch string) (int64, error) {
	s := strings.Trim(strings.TrimPrefix(strings.TrimSpace(ifMatch), "W/"), `"`)
	if s == "" {
		return 0, errs.BadField("If-Match", "", "send the ETag of the version you edit")
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < 1 {
		return 0, errs.BadField("If-Match", ifMatch, `send the ETag as it was served, like "3"`)
	}
	return v, nil
}
