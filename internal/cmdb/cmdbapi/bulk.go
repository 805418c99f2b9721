package cmdbapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const ndjson = "application/x-ndjson"

// Progress is how far a bulk upload is.
type Progress struct {
	Run     string `json:"run,omitempty" example:"RUN-7" doc:"Absent for who may not read"`
	State   string `json:"state" enum:"reading,applying"`
	Records int64  `json:"records" doc:"Read so far"`
	Bytes   int64  `json:"bytes"`
	Applied int    `json:"applied,omitempty" doc:"Parts that are applied"`
	Parts   int    `json:"parts,omitempty"`
}

// BulkLine is one line of the answer to a bulk upload that asks for progress;
// the last one has the run or the problem.
type BulkLine struct {
	Progress *Progress    `json:"progress,omitempty"`
	Run      *Run         `json:"run,omitempty"`
	Problem  *api.Problem `json:"problem,omitempty"`
}

// progressEvery is how often a line of progress is written.
const progressEvery = time.Second

// BulkIn is a bulk upload.
type BulkIn struct {
	HeaderIn
	lines bool
}

// Resolve implements huma.Resolver.
func (in *BulkIn) Resolve(c huma.Context) []error {
	in.lines = strings.Contains(c.Header("Accept"), ndjson)
	return in.HeaderIn.Resolve(c)
}

func (h *handlers) bulk(a huma.API) {
	o := op("create-bulk-run", http.MethodPost, "/bulk", "Take records, one a line", doing)
	o.DefaultStatus = http.StatusOK
	o.Description = `Each line is {"item":{"key":…,"kind":…,"name":…}} or {"relation":{"from":{"key":…},"to":{"scheme":…,"value":…},"kind":…}}; relations may name items by key of the same upload or by an identifier that any source knows. ` +
		"With Accept: application/x-ndjson the answer is one line of progress a second and at last one with the run or the problem. Otherwise as POST /api/v1/cmdb/runs."
	schemas := a.OpenAPI().Components.Schemas
	o.Responses = map[string]*huma.Response{"200": {Description: "The run", Content: map[string]*huma.MediaType{
		"application/json": {Schema: schemas.Schema(reflect.TypeFor[Run](), true, "")}, ndjson: {Schema: schemas.Schema(reflect.TypeFor[BulkLine](), true, "")}}}}
	huma.Register(a, api.AsUpload(o, ndjson, "Records, one a line"), func(ctx context.Context, in *BulkIn) (*huma.StreamResponse, error) {
		if err := uploader(ctx); err != nil {
			return nil, api.Err(err)
		}
		if in.lines {
			return &huma.StreamResponse{Body: func(c huma.Context) { h.bulkLines(ctx, c, in) }}, nil
		}
		r, err := h.take(ctx, in.header(), in.Reader(), readLines)
		if err != nil {
			return nil, api.Err(err)
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			c.SetHeader("Content-Type", "application/json")
			json.NewEncoder(c.BodyWriter()).Encode(run(r)) // fails when nobody listens
		}}, nil
	})
}

// counted counts what is read of a body.
type counted struct {
	r              io.Reader
	bytes, records atomic.Int64
	done           atomic.Bool
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}

// bulkLines answers while the body is still being sent.
func (h *handlers) bulkLines(ctx context.Context, c huma.Context, in *BulkIn) {
	c.SetHeader("Content-Type", ndjson)
	c.SetHeader("X-Accel-Buffering", "no") // or a proxy would keep the lines
	w := c.BodyWriter()
	flush := func() {}
	if rw, ok := w.(http.ResponseWriter); ok {
		control := http.NewResponseController(rw)
		_ = control.EnableFullDuplex() // HTTP/1 only, and not for a recorder
		flush = func() { _ = control.Flush() }
	}
	c.SetStatus(http.StatusOK)
	say := func(l BulkLine) { _ = json.NewEncoder(w).Encode(l); flush() } // fails when nobody listens
	flush()

	type end struct {
		run cmdb.Run
		err error
	}
	body, ended := &counted{r: in.Reader()}, make(chan end, 1)
	head := in.header()
	go func() {
		r, err := h.take(ctx, head, body, func(r io.Reader, emit cmdb.Emit) ([]cmdb.Remark, error) {
			remarks, err := readLines(r, func(x cmdb.Record) error { body.records.Add(1); return emit(x) })
			body.done.Store(err == nil)
			return remarks, err
		})
		ended <- end{r, err}
	}()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	begun, id := time.Now().Add(-time.Minute), int64(0)
	for {
		select {
		case e := <-ended:
			if e.err != nil {
				say(BulkLine{Problem: api.NewProblem(e.err)})
				return
			}
			r := run(e.run)
			say(BulkLine{Run: &r})
			return
		case <-tick.C:
			p := Progress{State: string(cmdb.RunReading), Records: body.records.Load(), Bytes: body.bytes.Load()}
			if body.done.Load() {
				p.State = string(cmdb.RunApplying)
			}
			h.further(ctx, head, begun, &id, &p)
			say(BulkLine{Progress: &p})
		}
	}
}

// further says what is known of the run of an upload by who may read it.
func (h *handlers) further(ctx context.Context, head cmdb.RunHeader, begun time.Time, id *int64, p *Progress) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return
	}
	if *id == 0 {
		list, _, err := h.s.Runs(ctx, head.Source, 0, 10)
		if err != nil {
			return
		}
		for _, r := range list {
			if r.Scope == head.Scope && r.Dry == head.DryRun && r.Started.After(begun) && r.Finished.IsZero() {
				*id = r.ID
				break
			}
		}
	}
	if *id == 0 {
		return
	}
	p.Run = ref.N(ref.Run, *id).String()
	if r, err := h.s.Run(ctx, *id); err == nil {
		p.Applied, p.Parts = r.Counts.Applied, r.Counts.Chunks
	}
}
