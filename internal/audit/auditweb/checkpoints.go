package auditweb

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// CheckpointsPage lists the signed checkpoints.
type CheckpointsPage struct {
	web.Page
	Table web.Table
	Pager web.Pager
	Empty web.Empty
}

var checkpointsPage = web.Parse(files, "checkpoints.html", CheckpointsPage{})

// Checkpoints handles GET /evidence/checkpoints.
func (p *Pages) Checkpoints(w http.ResponseWriter, r *http.Request) error {
	list, next, err := p.Audit.Checkpoints(r.Context(), r.URL.Query().Get("after"), 50)
	if err != nil {
		return err
	}
	page := &CheckpointsPage{Page: p.Shell.Page(r, "Checkpoints", "evidence")}
	page.Crumbs = []web.Crumb{{Title: crumb, Path: "/evidence"}}
	page.Empty = web.Empty{Icon: "certificate", Title: "No checkpoint yet", Text: "The log is signed when it has grown, about every minute."}
	page.Table = web.Table{V: page.V, Label: "Checkpoints", Columns: []web.Column{{Title: "Checkpoint", Width: 130, Phone: true}, {Title: "Signed", Width: 140, Phone: true}, {Title: "Entries", Width: 110, Right: true},
		{Title: "Origin", Width: 200}, {Title: "Root"}}}
	for _, c := range list {
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{Text: ref.N(ref.Checkpoint, c.Size).String(), Path: checkpointPath(c.Size)}, {At: c.At}, {Text: web.Count(int(c.Size))},
			{Text: c.Origin}, {Text: c.Root, Mono: true}}})
	}
	if next != "" {
		page.Pager = web.Pager{Older: "/evidence/checkpoints?after=" + next, Shown: web.Plural(len(list), "checkpoint", "checkpoints") + " shown, newest first"}
	}
	return p.Shell.Render(w, r, checkpointsPage, page)
}

// CheckpointPage is one signed checkpoint.
type CheckpointPage struct {
	web.Page
	Checkpoint audit.Checkpoint
	Facts      []web.Def
	Key        string
	Former     string // the key that signed it, when that was replaced since
}

var checkpointPage = web.Parse(files, "checkpoint.html", CheckpointPage{})

// Checkpoint handles GET /evidence/checkpoints/{key}; the key is CKP- and the
// number of entries.
func (p *Pages) Checkpoint(w http.ResponseWriter, r *http.Request) error {
	size, err := ref.ID(ref.Checkpoint, r.PathValue("key"))
	if err != nil {
		return errs.E(errs.NotFound, "%v", err)
	}
	c, err := p.Audit.CheckpointAt(r.Context(), size)
	if err != nil {
		return err
	}
	page := &CheckpointPage{Page: p.Shell.Page(r, ref.N(ref.Checkpoint, size).String(), "evidence"), Checkpoint: c, Key: p.Audit.Key().String()}
	if page.Former, err = p.Audit.KeyOf(r.Context(), c.Epoch); err != nil {
		return err
	}
	if page.Former == page.Key {
		page.Former = ""
	}
	page.Crumbs = []web.Crumb{{Title: crumb, Path: "/evidence"}, {Title: "Checkpoints", Path: "/evidence/checkpoints"}}
	page.Facts = []web.Def{{Term: "Signed", HTML: page.V.Full(c.At)}, {Term: "Covers", Text: number(0) + " to " + number(c.Size-1), Path: entryPath(c.Size - 1)},
		{Term: "Origin", Text: c.Origin}, {Term: "Root", Text: c.Root}}
	return p.Shell.Render(w, r, checkpointPage, page)
}
