// Package ascodeapi is the HTTP API of everything-as-code.
//
// The client sends the files of a directory as they are; the server reads
// them, so that every fault names file, line and column whatever client is
// used. Plan and apply take the same body; apply can carry the digest of the
// plan that a person saw. The JSON Schemas are served beside the API, for
// editors, without a sign-in: they are part of the documentation.
package ascodeapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Directory is what plan and apply are about.
type Directory struct {
	Source string        `json:"source,omitempty" doc:"Name of this directory among several; default main"`
	Commit string        `json:"commit,omitempty" doc:"Git commit of the directory, with +dirty when it has changes"`
	Plan   string        `json:"plan,omitempty" doc:"For apply: digest of the plan that was seen; another effect is then refused with 409"`
	Files  []ascode.File `json:"files" doc:"All *.yaml and *.yml below the directory"`
}

// Plan is the effect of a directory.
type Plan struct {
	Source  string          `json:"source"`
	Commit  string          `json:"commit,omitempty"`
	Digest  string          `json:"digest" doc:"Of the effect; give it to apply as plan"`
	Counts  ascode.Counts   `json:"counts"`
	Changes []ascode.Change `json:"changes"`
}

// Apply is one apply that changed something.
type Apply struct {
	ID     int64         `json:"id"`
	At     time.Time     `json:"at"`
	Actor  string        `json:"actor" example:"token:4"`
	Person string        `json:"person,omitempty" example:"USR-17" doc:"The person behind it"`
	Source string        `json:"source"`
	Commit string        `json:"commit,omitempty"`
	Counts ascode.Counts `json:"counts"`
}

func planOut(p ascode.Plan, err error) (*struct{ Body Plan }, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &struct{ Body Plan }{Plan{p.Source, p.Commit, p.Digest, p.Counts, p.Changes}}, nil
}

// maxBody is that of all requests; ascode.MaxAll leaves room for what JSON adds.
const maxBody = api.MaxBody

// Register adds the operations to the API.
func Register(a huma.API, s *ascode.Service) {
	op := func(id, method, path, summary string, errors ...int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/" + path, Summary: summary, Tags: []string{"As code"}, MaxBodyBytes: maxBody,
			BodyReadTimeout: time.Minute, Errors: append([]int{http.StatusUnauthorized, http.StatusForbidden}, errors...)}
	}
	in := func(d Directory) ascode.Input {
		return ascode.Input{Files: d.Files, Source: d.Source, Commit: d.Commit, Plan: d.Plan}
	}
	huma.Register(a, op("plan", http.MethodPost, "plan", "Say what applying a directory would do", http.StatusUnprocessableEntity),
		func(ctx context.Context, r *struct{ Body Directory }) (*struct{ Body Plan }, error) {
			return planOut(s.Plan(ctx, in(r.Body)))
		})
	huma.Register(a, op("apply", http.MethodPost, "apply", "Make the records equal to a directory, in one transaction", http.StatusConflict, http.StatusUnprocessableEntity),
		func(ctx context.Context, r *struct{ Body Directory }) (*struct{ Body Plan }, error) {
			return planOut(s.Apply(ctx, in(r.Body)))
		})
	huma.Register(a, op("export", http.MethodGet, "export", "All records as files"),
		func(ctx context.Context, _ *struct{}) (*struct{ Body api.List[ascode.File] }, error) {
			files, err := s.Export(ctx)
			if err != nil {
				return nil, api.Err(err)
			}
			if files == nil {
				files = []ascode.File{}
			}
			return &struct{ Body api.List[ascode.File] }{api.List[ascode.File]{Items: files}}, nil
		})
	huma.Register(a, op("list-applies", http.MethodGet, "applies", "List applies that changed something, newest first"),
		func(ctx context.Context, r *api.PageIn) (*struct{ Body api.List[Apply] }, error) {
			before, err := cursor(r.Cursor)
			if err != nil {
				return nil, api.Err(err)
			}
			list, more, err := s.Applies(ctx, before, r.Limit)
			if err != nil {
				return nil, api.Err(err)
			}
			o := &struct{ Body api.List[Apply] }{api.List[Apply]{Items: make([]Apply, len(list))}}
			for i, x := range list {
				o.Body.Items[i] = Apply{ID: x.ID, At: x.At, Actor: x.Actor, Source: x.Source, Commit: x.Commit, Counts: x.Counts}
				if x.Person != 0 {
					o.Body.Items[i].Person = ref.N(ref.Person, x.Person).String()
				}
			}
			if more {
				o.Body.Next = strconv.FormatInt(list[len(list)-1].ID, 10)
			}
			return o, nil
		})
}

func cursor(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, errs.BadField("cursor", s, "use the value of next from the page before")
	}
	return n, nil
}

// Schema serves GET /schemas/{file}, where file is service.json and so on.
func Schema(s *ascode.Service) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, err := s.Schema(strings.TrimSuffix(r.PathValue("file"), ".json"))
		if err != nil {
			api.WriteProblem(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/schema+json")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(text) // the client is gone if this fails
	}
}
