package changeapi

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// CommitIn says which commit an upload is about.
type CommitIn struct {
	api.Upload
	Repository string `query:"repository" required:"true" maxLength:"300" example:"harbour/checkout" doc:"As the forge names it"`
	Commit     string `query:"commit" required:"true" maxLength:"64" doc:"The full hash"`
	Link       string `query:"link" maxLength:"300" doc:"The run"`
}

func (in *CommitIn) check() error {
	if !change.IsCommit(in.Commit) {
		return errs.BadField("commit", in.Commit, "give the full hash, 40 or 64 lower-case hex digits: git rev-parse HEAD")
	}
	return nil
}

// Receipt says what became of what a pipeline told.
type Receipt struct {
	Repeat  bool     `json:"repeat,omitempty" doc:"It was taken before; nothing was done"`
	Taken   int      `json:"taken"`
	Ignored int      `json:"ignored,omitempty"`
	Changes []string `json:"changes" doc:"Changes that it is about"`
	Notes   []string `json:"notes,omitempty" doc:"What was changed or left out on arrival"`
}

func receiptOf(r change.Receipt) Receipt {
	return Receipt{r.Repeat, r.Signals, r.Ignored, each(r.Changes, key), r.Notes}
}

// TestsReceipt is a test report as it was understood.
type TestsReceipt struct {
	change.Tests
	Receipt Receipt `json:"receipt"`
}

// ScanReceipt is a scanner's findings as they were understood.
type ScanReceipt struct {
	change.Scan
	Receipt Receipt `json:"receipt"`
}

// PlanReceipt is a plan as it was understood.
type PlanReceipt struct {
	change.Plan
	Receipt Receipt `json:"receipt"`
}

// uploader asks whether somebody may upload before anything is read.
func uploader(ctx context.Context) error {
	if _, err := actor.Require(ctx, actor.Ingest); err == nil {
		return nil
	}
	_, err := actor.Require(ctx, actor.Respond)
	return err
}

// take reads an upload and tells what it says about the commit.
func take[T any](ctx context.Context, h *handlers, in *CommitIn, read func(io.Reader) (T, error), signal func(T) change.Signal) (v T, r Receipt, err error) {
	if err = uploader(ctx); err == nil {
		err = in.check()
	}
	if err != nil {
		return v, r, err
	}
	if read == nil {
		return v, r, errs.E(errs.Unavailable, "this server cannot read such files")
	}
	body := in.Reader()
	if v, err = read(body); err == nil {
		_, err = io.Copy(io.Discard, body) // what follows a document may have been cut off, too
	}
	if err != nil {
		return v, r, err
	}
	sig := signal(v)
	sig.Repository, sig.Commit = in.Repository, in.Commit
	got, err := h.s.Ingest(ctx, change.Source{Name: Source}, "", []change.Signal{sig})
	return v, receiptOf(got), err
}

func (h *handlers) uploads(a huma.API) {
	upload := func(id, path, summary, media, what string) huma.Operation {
		o := op(id, http.MethodPost, path, summary, asking)
		o.DefaultStatus = http.StatusOK
		o.Description = "For machines and responders. Sent again, it takes the place of what was sent before."
		return api.AsUpload(o, media, what)
	}
	huma.Register(a, upload("upload-tests", "/changes/tests", "Tell how the tests of a commit went", "application/xml", "A report in JUnit's XML"),
		func(ctx context.Context, in *struct {
			CommitIn
			Suite string `query:"suite" maxLength:"300" default:"tests" doc:"Name of the report; each name counts once"`
		}) (*answer[TestsReceipt], error) {
			t, r, err := take(ctx, h, &in.CommitIn, h.r.Tests, func(t change.Tests) change.Signal {
				t.Suite, t.Link = in.Suite, in.Link
				return change.Signal{Kind: change.SignalTests, Tests: &t}
			})
			t.Suite, t.Link = in.Suite, in.Link
			return &answer[TestsReceipt]{TestsReceipt{t, r}}, api.Err(err)
		})
	huma.Register(a, upload("upload-scan", "/changes/scans", "Tell what a scanner found in a commit", "application/sarif+json", "A log in SARIF 2.1.0"),
		func(ctx context.Context, in *struct {
			CommitIn
			Tool string `query:"tool" maxLength:"300" doc:"Absent: the tools that the log names"`
		}) (*answer[ScanReceipt], error) {
			name := func(s *change.Scan) {
				s.Link = in.Link
				if in.Tool != "" {
					s.Tool = in.Tool
				}
			}
			s, r, err := take(ctx, h, &in.CommitIn, h.r.Scan, func(s change.Scan) change.Signal {
				name(&s)
				return change.Signal{Kind: change.SignalScan, Scan: &s}
			})
			name(&s)
			return &answer[ScanReceipt]{ScanReceipt{s, r}}, api.Err(err)
		})
	huma.Register(a, upload("upload-plan", "/changes/plans", "Tell what an infrastructure tool is going to do with a commit", "application/json", "What terraform show -json PLANFILE wrote"),
		func(ctx context.Context, in *struct {
			CommitIn
			Workspace string `query:"workspace" maxLength:"200" default:"default" doc:"Each workspace counts once"`
		}) (*answer[PlanReceipt], error) {
			name := func(p *change.Plan) { p.Tool, p.Link = "terraform "+in.Workspace, in.Link }
			p, r, err := take(ctx, h, &in.CommitIn, h.r.Plan, func(p change.Plan) change.Signal {
				name(&p)
				return change.Signal{Kind: change.SignalPlan, Plan: &p}
			})
			name(&p)
			return &answer[PlanReceipt]{PlanReceipt{p, r}}, api.Err(err)
		})
}
