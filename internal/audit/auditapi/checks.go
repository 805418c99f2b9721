package auditapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// Bad names something that is wrong.
type Bad struct {
	Fault  string     `json:"fault" enum:"edited,deleted,inserted,reordered,truncated,rewritten,forged,forked,tile,unreadable,content"`
	Index  int64      `json:"index" doc:"First entry that may be bad; -1 when it is not about an entry"`
	Until  int64      `json:"until" doc:"Last entry that may be bad; the same as index when it is certain"`
	Record string     `json:"record,omitempty"`
	Action string     `json:"action,omitempty"`
	At     *time.Time `json:"at,omitempty" doc:"When the entry says it was made"`
	Words  string     `json:"words" doc:"The verdict in words"`
}

func badOut(b evidence.Bad) Bad {
	out := Bad{Fault: string(b.Fault), Index: b.Index, Until: b.Until, Record: b.Record, Action: b.Action, Words: b.Words}
	if !b.At.IsZero() {
		out.At = &b.At
	}
	return out
}

// Check is the result of a check of the live log.
type Check struct {
	OK          bool      `json:"ok"`
	Bad         *Bad      `json:"bad,omitempty" doc:"The first thing that is wrong"`
	More        []Bad     `json:"more,omitempty" doc:"Further records that differ, up to 20"`
	Whole       bool      `json:"whole" doc:"Everything was checked, not only what is new"`
	Entries     int64     `json:"entries" doc:"Entries checked"`
	Size        int64     `json:"size" doc:"Entries in the log"`
	Root        string    `json:"root"`
	Checkpoints int       `json:"checkpoints" doc:"Signed checkpoints that agree"`
	Signed      int64     `json:"signed" doc:"Entries covered by the last of them"`
	Records     int64     `json:"records" doc:"Records whose present content is what their last entry says"`
	Erased      int64     `json:"erased" doc:"Records that cannot be compared, because personal data was erased"`
	At          time.Time `json:"at"`
	Millis      int64     `json:"took_ms"`
}

func checkOut(r *audit.Result) *Check {
	if r == nil {
		return nil
	}
	c := &Check{OK: r.OK, Whole: r.Whole, Entries: r.Entries, Size: r.Size, Root: r.Root, Checkpoints: r.Checkpoints, Signed: r.Signed,
		Records: r.Records, Erased: r.Erased, At: r.At, Millis: r.Took.Milliseconds()}
	if r.Bad != nil {
		b := badOut(*r.Bad)
		c.Bad = &b
	}
	for _, m := range r.More {
		c.More = append(c.More, badOut(m))
	}
	return c
}

// Progress is how far a check is.
type Progress struct {
	Running bool       `json:"running"`
	Phase   string     `json:"phase,omitempty" enum:"entries,records"`
	Done    int64      `json:"done"`
	Total   int64      `json:"total" doc:"0 while it is not known"`
	Started *time.Time `json:"started,omitempty"`
	Result  *Check     `json:"result,omitempty" doc:"Of the last check that ended on this server"`
	Error   string     `json:"error,omitempty" doc:"Why the last check could not be carried out"`
}

func progressOut(p audit.Progress) Progress {
	out := Progress{Running: p.Running, Phase: p.Phase, Done: p.Done, Total: p.Total, Result: checkOut(p.Result), Error: p.Error}
	if !p.Started.IsZero() {
		out.Started = &p.Started
	}
	return out
}

// Status is the log at a glance.
type Status struct {
	Name       string        `json:"name"`
	Origin     string        `json:"origin" doc:"First line of checkpoints signed now"`
	Key        string        `json:"key" doc:"Verifier key; keep a copy of it elsewhere"`
	Epochs     []Epoch       `json:"epochs" doc:"Newest first; each restore from a backup and each new signing key begins one"`
	Size       int64         `json:"size" doc:"Entries that have their place"`
	Waiting    int64         `json:"waiting" doc:"Entries that are stored and wait for their place, up to 1000"`
	Checkpoint *Checkpoint   `json:"checkpoint,omitempty"`
	Published  []Publication `json:"published"`
	Check      *Check        `json:"check,omitempty" doc:"The last check"`
	Whole      *Check        `json:"whole,omitempty" doc:"The last check of everything"`
}

// Epoch is a stretch of the log with one origin.
type Epoch struct {
	Epoch     int64     `json:"epoch"`
	StartedAt time.Time `json:"started_at"`
	Size      int64     `json:"size" doc:"Entries before it"`
	Root      string    `json:"root" doc:"Root hash over them"`
	Key       string    `json:"key" doc:"Verifier key of its checkpoints; another one than before when the key was replaced"`
	Reason    string    `json:"reason"`
}

// Publication is the state of one place where checkpoints are published.
type Publication struct {
	Target   string     `json:"target"`
	Size     int64      `json:"size" doc:"Entries covered by the last checkpoint published there"`
	At       *time.Time `json:"at,omitempty"`
	Error    string     `json:"error,omitempty"`
	Failures int        `json:"failures,omitempty"`
	NextAt   *time.Time `json:"next_at,omitempty"`
}

func statusOut(s audit.Status) Status {
	out := Status{Name: s.Name, Origin: s.Origin, Key: s.Key, Size: s.Size, Waiting: s.Waiting, Check: checkOut(s.Check), Whole: checkOut(s.Whole),
		Epochs: []Epoch{}, Published: []Publication{}}
	for _, e := range s.Epochs {
		out.Epochs = append(out.Epochs, Epoch{e.Epoch, e.StartedAt, e.Size, e.Root, e.Key, e.Reason})
	}
	if s.Checkpoint != nil {
		c := checkpointOut(*s.Checkpoint)
		out.Checkpoint = &c
	}
	for _, p := range s.Published {
		out.Published = append(out.Published, Publication{p.Target, p.Size, api.When(p.At), p.Error, p.Failures, api.When(p.NextAt)})
	}
	return out
}

// Retention is one policy of what may be forgotten.
type Retention struct {
	Policy  string     `json:"policy"`
	What    string     `json:"what"`
	Hours   int64      `json:"keep_hours"`
	Dropped int64      `json:"dropped" doc:"Rows dropped since the beginning"`
	LastAt  *time.Time `json:"last_at,omitempty"`
	NextAt  *time.Time `json:"next_at,omitempty"`
}

func (h *handlers) checks(a huma.API) {
	huma.Register(a, op("get-evidence-status", http.MethodGet, "", "Read the state of the evidence log"),
		func(ctx context.Context, _ *struct{}) (*struct{ Body Status }, error) {
			s, err := h.s.Status(ctx)
			if err != nil {
				return nil, api.Err(err)
			}
			return &struct{ Body Status }{statusOut(s)}, nil
		})
	start := op("start-evidence-check", http.MethodPost, "/checks", "Check the whole log and all records, in the background")
	start.DefaultStatus = http.StatusAccepted
	huma.Register(a, start, func(ctx context.Context, _ *struct{}) (*struct{ Body Progress }, error) {
		p, err := h.s.StartCheck(ctx)
		if err != nil {
			return nil, api.Err(err)
		}
		return &struct{ Body Progress }{progressOut(p)}, nil
	})
	huma.Register(a, op("get-evidence-check", http.MethodGet, "/checks/current", "Read how far the check is, or how the last one ended"),
		func(ctx context.Context, _ *struct{}) (*struct{ Body Progress }, error) {
			p, err := h.s.CheckProgress(ctx)
			if err != nil {
				return nil, api.Err(err)
			}
			return &struct{ Body Progress }{progressOut(p)}, nil
		})
	huma.Register(a, op("list-retention", http.MethodGet, "/retention", "List what may be forgotten, after how long, and what was"),
		func(ctx context.Context, _ *struct{}) (*struct{ Body api.List[Retention] }, error) {
			list, err := h.s.Sweeps(ctx)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[Retention] }{api.List[Retention]{Items: []Retention{}}}
			for _, s := range list {
				out.Body.Items = append(out.Body.Items, Retention{s.Policy, s.What, int64(s.Keep / time.Hour), s.Dropped, api.When(s.LastAt), api.When(s.NextAt)})
			}
			return out, nil
		})
}
