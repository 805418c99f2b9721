package cmdbapi

import (
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// HeaderIn says what an upload is.
type HeaderIn struct {
	api.Upload
	Source     string  `query:"source" required:"true" maxLength:"60" example:"terraform" doc:"The source that it comes from"`
	Scope      string  `query:"scope" maxLength:"200" example:"prod/network" doc:"Which part of the world it looks at; the same at every run"`
	Complete   bool    `query:"complete" doc:"What this does not hold is not there any more"`
	DryRun     bool    `query:"dry_run" doc:"Only say what would change"`
	MaxShare   float64 `query:"max_share" minimum:"0" maximum:"1" doc:"Which part of the scope's items a complete run may turn stale without asking; 0: a fifth, 1: never ask"`
	Provenance string  `query:"provenance" enum:"declared,observed,inferred" doc:"Of relations that do not say; absent: declared"`
}

func (in *HeaderIn) header() cmdb.RunHeader {
	return cmdb.RunHeader{Source: in.Source, Scope: in.Scope, Complete: in.Complete, DryRun: in.DryRun, MaxShare: in.MaxShare, Provenance: provenanceOf(in.Provenance)}
}

// FileIn says what does not stand in a file.
type FileIn struct {
	Env     string   `query:"env" maxLength:"200" doc:"Environment of items that do not name one"`
	Team    string   `query:"team" maxLength:"200" doc:"Team of items that do not name one"`
	Cluster string   `query:"cluster" maxLength:"200" doc:"Kubernetes cluster of what is deployed"`
	Region  string   `query:"region" maxLength:"200" doc:"Region of items that do not name one"`
	Columns []string `query:"columns" maxItems:"100" doc:"For tables: which of our columns a head means, as theirs=ours with commas between them: Hostname=name"`
}

func (in *FileIn) options(scope string) (sourcefile.Options, error) {
	opt := sourcefile.Options{Scope: scope, Env: in.Env, Team: in.Team, Cluster: in.Cluster, Region: in.Region}
	for _, c := range in.Columns {
		theirs, ours, ok := strings.Cut(c, "=")
		if !ok || theirs == "" || ours == "" {
			return opt, errs.BadField("columns", c, "write it as theirs=ours, like Hostname=name")
		}
		if opt.Columns == nil {
			opt.Columns = map[string]string{}
		}
		opt.Columns[theirs] = ours
	}
	return opt, nil
}

// uploader asks whether somebody may upload before anything is read: machines
// may, and who configures.
func uploader(ctx context.Context) error {
	if _, err := actor.Require(ctx, actor.Ingest); err == nil {
		return nil
	}
	_, err := actor.Require(ctx, actor.Configure)
	return err
}

// take imports what read reads of a body. While the body is read, the run ends
// with its sender; once all of it is here, it does not need the sender any more.
func (h *handlers) take(ctx context.Context, head cmdb.RunHeader, body io.Reader, read func(io.Reader, cmdb.Emit) ([]cmdb.Remark, error)) (cmdb.Run, error) {
	free, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, cancel)
	defer stop()
	r, _, err := h.s.Import(free, head, func(emit cmdb.Emit) ([]cmdb.Remark, error) {
		remarks, err := read(body, emit)
		if err == nil {
			_, err = io.Copy(io.Discard, body) // what follows a document may have been cut off, too
		}
		stop()
		return remarks, err
	})
	return settled[cmdb.Run](free, h)(r, err)
}

func (h *handlers) uploads(a huma.API) {
	o := op("create-run", http.MethodPost, "/runs", "Take a file of a source", doing)
	o.DefaultStatus = http.StatusOK
	o.Description = "The file is checked whole before the first item changes; what is wrong is refused with its place, and then nothing changed. " +
		"A complete run that would turn too much stale answers in the state asking and waits for confirm or refuse. GET /api/v1/cmdb/runs/RUN-7 shows how far one is."
	huma.Register(a, api.AsUpload(o, "application/octet-stream", "The file, as the other system writes it"), func(ctx context.Context, in *struct {
		HeaderIn
		FileIn
	}) (*answer[Run], error) {
		if err := uploader(ctx); err != nil {
			return nil, api.Err(err)
		}
		reader, ok := h.c.Files[in.Source]
		if !ok {
			return nil, api.Err(errs.BadField("source", in.Source, "there is no source of this name that reads files; use one of "+strings.Join(slices.Sorted(maps.Keys(h.c.Files)), ", ")+", or send records to /api/v1/cmdb/bulk"))
		}
		opt, err := in.options(in.Scope)
		if err != nil {
			return nil, api.Err(err)
		}
		return answerRun(h.take(ctx, in.header(), in.Reader(), func(r io.Reader, emit cmdb.Emit) ([]cmdb.Remark, error) { return reader(r, opt, emit) }))
	})
	h.bulk(a)
}
