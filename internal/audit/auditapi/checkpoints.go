package auditapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
)

// Consistency proves that the log only grew.
type Consistency struct {
	Old     int64    `json:"old"`
	New     int64    `json:"new"`
	OldRoot string   `json:"old_root"`
	NewRoot string   `json:"new_root"`
	Path    []string `json:"path" doc:"RFC 6962, 2.1.2"`
}

func (h *handlers) checkpoints(a huma.API) {
	huma.Register(a, op("list-checkpoints", http.MethodGet, "/checkpoints", "List signed checkpoints, newest first"),
		func(ctx context.Context, in *api.PageIn) (*struct{ Body api.List[Checkpoint] }, error) {
			list, next, err := h.s.Checkpoints(ctx, in.Cursor, in.Limit)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[Checkpoint] }{api.List[Checkpoint]{Items: make([]Checkpoint, len(list)), Next: next}}
			for i, c := range list {
				out.Body.Items[i] = checkpointOut(c)
			}
			return out, nil
		})
	huma.Register(a, op("get-checkpoint", http.MethodGet, "/checkpoints/{size}", "Read the checkpoint of a size"),
		func(ctx context.Context, in *struct {
			Size int64 `path:"size" minimum:"1"`
		}) (*struct{ Body Checkpoint }, error) {
			c, err := h.s.CheckpointAt(ctx, in.Size)
			if err != nil {
				return nil, api.Err(err)
			}
			return &struct{ Body Checkpoint }{checkpointOut(c)}, nil
		})
	huma.Register(a, op("sign-checkpoint", http.MethodPost, "/checkpoints", "Sign a checkpoint now, if the log has grown"),
		func(ctx context.Context, _ *struct{}) (*struct{ Body Checkpoint }, error) {
			c, err := h.s.Sign(ctx)
			if err != nil {
				return nil, api.Err(err)
			}
			return &struct{ Body Checkpoint }{checkpointOut(c)}, nil
		})
	huma.Register(a, op("prove-consistency", http.MethodGet, "/consistency", "Prove that the log only grew between two sizes"),
		func(ctx context.Context, in *struct {
			Old int64 `query:"old" required:"true" minimum:"1"`
			New int64 `query:"new" minimum:"0" doc:"Default: the present size"`
		}) (*struct{ Body Consistency }, error) {
			p, err := h.s.Consistency(ctx, in.Old, in.New)
			if err != nil {
				return nil, api.Err(err)
			}
			return &struct{ Body Consistency }{Consistency{p.Old, p.New, p.OldRoot.String(), p.NewRoot.String(), hashes(p.Path)}}, nil
		})
}
