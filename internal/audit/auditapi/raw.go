package auditapi

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/audit"
)

// rawOut is an answer that is not JSON.
type rawOut struct {
	Type  string `header:"Content-Type"`
	Cache string `header:"Cache-Control"`
	Body  []byte
}

// exportTime is how long an export may take to be sent.
const exportTime = 4 * time.Hour

func (h *handlers) raw(a huma.API) {
	newest := op("get-raw-checkpoint", http.MethodGet, "/checkpoint", "Read the newest checkpoint as published (C2SP tlog-checkpoint)")
	newest.Responses = answer("text/plain", "The signed note")
	huma.Register(a, newest, func(ctx context.Context, _ *struct{}) (*rawOut, error) {
		c, err := h.s.Newest(ctx)
		if err != nil {
			return nil, api.Err(err)
		}
		return &rawOut{"text/plain; charset=utf-8", "no-cache", []byte(c.Note)}, nil
	})

	// One operation for each depth of the path: 000, x001/234, x001/x234/567.
	for _, t := range []struct{ id, path string }{
		{"get-tile", "/tile/{level}/{a}"}, {"get-tile-2", "/tile/{level}/{a}/{b}"}, {"get-tile-3", "/tile/{level}/{a}/{b}/{c}"}, {"get-tile-4", "/tile/{level}/{a}/{b}/{c}/{d}"},
	} {
		o := op(t.id, http.MethodGet, t.path, "Read a tile of the tree, or with level \"entries\" its entries (C2SP tlog-tiles)")
		o.Hidden = t.id != "get-tile"
		o.Parameters = []*huma.Param{
			{Name: "level", In: "path", Required: true, Description: "Level from 0 on, or entries", Example: "0", Schema: &huma.Schema{Type: "string"}},
			{Name: "a", In: "path", Required: true, Description: "Number in pieces of three digits, all but the last after an x: 000, x001/x234/067; for an unfinished tile .p/WIDTH follows", Example: "000", Schema: &huma.Schema{Type: "string"}},
		}
		o.Responses = answer("application/octet-stream", "Hashes of 32 bytes, or entries with a 16-bit length before each")
		huma.Register(a, o, h.tile)
	}

	export := op("export-evidence", http.MethodGet, "/export", "Export the log, or a selection of it, in a form that verifies without the server")
	export.Description = "Without filters the whole log, which proves that nothing is missing. With filters a selection, each entry proven to be in the log. " +
		"`evenkeel evidence verify FILE` checks either. The export is an entry of the log."
	export.Responses = answer("text/plain", "The export, one item a line; gzipped with gzip=true")
	huma.Register(a, export, h.export)
}

func answer(media, what string) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {Description: what, Content: map[string]*huma.MediaType{media: {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}}
}

// TileIn is a tile's path. It is taken from the address as a whole, because
// it has one to five pieces.
type TileIn struct{ path string }

// Resolve implements huma.Resolver.
func (in *TileIn) Resolve(c huma.Context) []error {
	u := c.URL()
	_, in.path, _ = strings.Cut(u.Path, "/evidence/tile/")
	return nil
}

func (h *handlers) tile(ctx context.Context, in *TileIn) (*rawOut, error) {
	level, n, width, err := audit.ParseTilePath(in.path)
	if err != nil {
		return nil, api.Err(err)
	}
	data, err := h.s.Tile(ctx, level, n, width)
	if err != nil {
		return nil, api.Err(err)
	}
	return &rawOut{"application/octet-stream", "private, max-age=31536000, immutable", data}, nil
}

func (h *handlers) export(ctx context.Context, in *struct {
	FilterIn
	Gzip bool `query:"gzip" doc:"Compress the file"`
}) (*huma.StreamResponse, error) {
	// Asked before the answer begins: later an error could only cut it off.
	if _, err := actor.Require(ctx, actor.Audit); err != nil {
		return nil, api.Err(err)
	}
	f, err := in.filter()
	if err != nil {
		return nil, api.Err(err)
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		name := "evidence-" + time.Now().UTC().Format("20060102-150405") + ".txt"
		hc.SetHeader("Cache-Control", "no-store")
		hc.SetHeader("Content-Type", "text/plain; charset=utf-8")
		var w io.Writer = hc.BodyWriter()
		var z *gzip.Writer
		if rw, ok := w.(http.ResponseWriter); ok {
			http.NewResponseController(rw).SetWriteDeadline(time.Now().Add(exportTime)) // not every server can; then its own limit holds
		}
		if in.Gzip {
			name += ".gz"
			hc.SetHeader("Content-Type", "application/gzip")
			z = gzip.NewWriter(w)
			w = z
		}
		hc.SetHeader("Content-Disposition", `attachment; filename="`+name+`"`)
		lazy := &beginning{w: w}
		_, err := h.s.Export(ctx, lazy, f)
		if err == nil && z != nil {
			err = z.Close()
		}
		if err != nil {
			if !lazy.begun {
				if rw, ok := hc.BodyWriter().(http.ResponseWriter); ok {
					rw.Header().Del("Content-Disposition")
					api.WriteProblem(rw, err)
				}
				return
			}
			panic(http.ErrAbortHandler) // the receiver must see that the file is not whole
		}
	}}, nil
}

// beginning notes whether anything was written.
type beginning struct {
	w     io.Writer
	begun bool
}

func (b *beginning) Write(p []byte) (int, error) {
	b.begun = true
	return b.w.Write(p)
}
