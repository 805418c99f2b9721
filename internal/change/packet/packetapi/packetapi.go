// Package packetapi is the HTTP API of packets: everything that is known about
// one change, as one file that proves itself.
//
// It turns requests into calls of packet.Service and decides nothing. Reading
// answers what a packet says; issuing has the evidence log take the statement
// first, once for each content, and answers the signed envelope.
package packetapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change/packet"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence/attest"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Render writes the page of a packet for people, and CSP is the policy that
// its style needs; packetweb gives both, which this package may not know.
type Render struct {
	Page func(env attest.Envelope) ([]byte, error)
	CSP  string
}

// KeyIn names a change in a path.
type KeyIn struct {
	Key string `path:"key" maxLength:"30" example:"CHG-7"`
}

func (in KeyIn) id() (int64, error) {
	id, err := ref.ID(ref.Change, in.Key)
	if err != nil {
		return 0, errs.E(errs.NotFound, "%s", err.Error()).On(errs.Short(in.Key))
	}
	return id, nil
}

type file struct {
	Type string `header:"Content-Type"`
	Name string `header:"Content-Disposition"`
	CSP  string `header:"Content-Security-Policy"`
	Body []byte
}

// Register adds the operations to the API.
func Register(a huma.API, s *packet.Service, r Render) {
	huma.Register(a, api.Op("get-packet", http.MethodGet, "/changes/{key}/packet", "Changes", "Read what the packet of a change says, without issuing one", api.Reading), func(ctx context.Context, in *KeyIn) (*struct{ Body packet.Content }, error) {
		id, err := in.id()
		if err != nil {
			return nil, api.Err(err)
		}
		c, err := s.Content(ctx, id)
		return &struct{ Body packet.Content }{c}, api.Err(err)
	})
	issue := api.Op("issue-packet", http.MethodPost, "/changes/{key}/packet", "Changes", "Issue the packet of a change: an in-toto statement in a DSSE envelope, with the proofs of the evidence log", append(append([]int{}, api.Editing...), http.StatusServiceUnavailable))
	issue.Description = "`evidence verify FILE` of the command line checks the envelope without the server. The page for people (format html) is made of the same envelope, and proves nothing by itself."
	binary := &huma.Schema{Type: "string", Format: "binary"}
	issue.Responses = map[string]*huma.Response{"200": {Description: "The packet", Content: map[string]*huma.MediaType{"application/json": {Schema: binary}, "text/html": {Schema: binary}}}}
	huma.Register(a, issue, func(ctx context.Context, in *struct {
		KeyIn
		Format string `query:"format" enum:"dsse,html" default:"dsse" doc:"The envelope, or a page for people"`
	}) (*file, error) {
		id, err := in.id()
		if err != nil {
			return nil, api.Err(err)
		}
		env, err := s.Issue(ctx, id)
		if err != nil {
			return nil, api.Err(err)
		}
		name := ref.N(ref.Change, id).String() + ".packet"
		if in.Format == "html" {
			page, err := r.Page(env)
			return &file{"text/html; charset=utf-8", `attachment; filename="` + name + `.html"`, r.CSP, page}, api.Err(err)
		}
		text, err := env.Bytes()
		return &file{"application/json", `attachment; filename="` + name + `.json"`, "", text}, api.Err(err)
	})
}
