// Package changeweb is the pages of changes: the list, one change on one
// screen, what waits for whom, the models of standard changes, and the settings.
//
// What is real here. The page of a change answers four questions in this order:
// where it stands (the steps, each with its time and what it waited for), what
// policy said and which rule said what, how the service fared afterwards beside
// before, and what it can hit. A decision reads result, what is not needed,
// whether it is met, reasons; a score shows its parts, and they add up to it;
// waiting is an event with a duration. What nobody knows says so and is never 0
// and never green.
//
// Invariants:
//   - Pages decide nothing: what may be done now is change.View.Can and
//     change.Item.As, and the service asks again.
//   - An approval carries the commit that was looked at. If another one came
//     meanwhile the service refuses it.
//   - Every verb is a plain form that posts to /changes/{key}/{verb} and answers
//     303. "…" means that a form follows; one button is filled.
//   - An association with an incident is never written as its cause.
//
// How. One file, struct and template for each page. decided.go, steps.go,
// risk.go, chart.go, approvals.go and blast.go turn records into what the parts
// of a change's page draw; actions.go is the table of verbs. What belongs to
// other practices comes through functions that app sets; without one its part
// is not there.
package changeweb

import (
	"context"
	"embed"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/suspect"
	"github.com/evenkeel/evenkeel/internal/change/verify"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"

	"net/http"
)

//go:embed *.html
var files embed.FS

// Pages serves changes. Shell and Changes are needed; the rest may be nil.
type Pages struct {
	Shell    *web.Shell
	Changes  *change.Service
	Tabs     []web.Tab // the pages of the practice, ours among them
	Verify   *verify.Service
	Suspects *suspect.Service
	Windows  *window.Service // says what is in the way of a plan

	// Services and Teams are to choose from in forms; People those who may approve.
	Services func(ctx context.Context) ([]string, error)
	Teams    func(ctx context.Context) ([]string, error)
	People   func(ctx context.Context) ([]web.Option, error) // Value is the handle
	// Near lists services that break with others, the nearest first.
	Near func(ctx context.Context, services []string) ([]Near, error)
	// Usual is how long a team's changes wait for approval, in the middle.
	Usual func(ctx context.Context, team string) (median time.Duration, n int, err error)
	// Strip is the key figures above the list.
	Strip func(ctx context.Context, v *web.View) (web.HTML, error)
	// Packet returns the packet of a change: the file that proves, and its page.
	Packet    func(ctx context.Context, id int64) (Packet, error)
	PacketCSP string // the content security policy that such a page needs
	// Evidence says how the log vouches for a change.
	Evidence func(ctx context.Context, id int64) (Evidence, error)
}

// Near is a service near to those of a change.
type Near struct {
	Service string
	Steps   int    // services along the way, the last one counted; 0: the change's own
	Tier    int    // -1: unknown
	Health  string // down, degraded, ok; empty: nobody knows
	Note    string // "P3 open"
}

// Packet is a change handed out.
type Packet struct {
	File []byte // JSON, signed
	Page []byte // what it says, as a page that stands alone
	Name string // of the file
}

// Evidence is what the log holds of a change.
type Evidence struct {
	Index      int64 // of its newest entry; -1: not in the sequence yet
	Checkpoint int64 // size of the last signed checkpoint; 0: none
	Signed     time.Time
	Sound      bool // the last check of the log found nothing wrong
	Checked    time.Time
	Path       string // where its entries are; empty: the viewer may not
}

// N and C are the numbers as templates write them.
func (e Evidence) N() int { return int(e.Index) }
func (e Evidence) C() int { return int(e.Checkpoint) }

const nav = "changes"

var crumbs = []web.Crumb{{Title: "Changes", Path: "/changes"}}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /changes", p.List)
	add("GET /changes/new", p.New)
	add("POST /changes/new", p.Open)
	add("GET /changes/waiting", p.Waiting)
	add("GET /changes/board", p.Board)
	add("GET /changes/delegations", p.Away)
	add("POST /changes/delegations", p.Delegate)
	add("POST /changes/delegations/{id}/end", p.EndDelegation)
	add("GET /changes/decisions/{key}", p.Decision)
	add("GET /changes/models", p.Models)
	add("GET /changes/models/new", p.NewModel)
	add("POST /changes/models/new", p.CreateModel)
	add("GET /changes/models/{name}", p.Model)
	add("GET /changes/models/{name}/edit", p.EditModel)
	add("POST /changes/models/{name}/edit", p.SaveModel)
	add("POST /changes/models/{name}/approve", p.ApproveModel)
	add("GET /changes/models/{name}/withdraw", p.AskWithdraw)
	add("POST /changes/models/{name}/withdraw", p.WithdrawModel)
	add("POST /changes/models/{name}/delete", p.DeleteModel)
	add("GET /changes/settings", p.Settings)
	add("GET /changes/settings/{name}", p.Settings) // the record's own address
	add("POST /changes/settings", p.SaveSettings)
	add("GET /changes/{key}", p.Show)
	parts := map[string]web.HandlerFunc{"packet": p.PacketPage, "packet.json": p.PacketFile}
	for _, a := range actions {
		if a.fields != nil {
			parts[a.name] = p.form(a)
		}
		add("POST /changes/{key}/"+a.name, p.act(a))
	}
	// One pattern for all, as /changes/{key}/packet and /changes/policy/{key}
	// would both match a path and neither is the more specific one.
	add("GET /changes/{key}/{part}", func(w http.ResponseWriter, r *http.Request) error {
		if h := parts[r.PathValue("part")]; h != nil {
			return h(w, r)
		}
		return errs.E(errs.NotFound, "there is no such page of a change")
	})
}

// id reads the change's number from the path.
func id(r *http.Request) (int64, error) {
	n, err := ref.ID(ref.Change, r.PathValue("key"))
	if err != nil {
		return 0, errs.E(errs.NotFound, "there is no change %q; keys look like CHG-318", errs.Short(r.PathValue("key")))
	}
	return n, nil
}

// tabs are the practice's, with the current one marked.
func (p *Pages) tabs(path string) []web.Tab {
	out := append([]web.Tab{}, p.Tabs...)
	for i := range out {
		out[i].Current = out[i].Path == path
	}
	return out
}

// person makes one of a number and the names that came with the record.
func person(v *web.View, names map[int64]string, id int64) web.Person {
	if id == 0 {
		return web.Person{}
	}
	name := names[id]
	if name == "" {
		name = "Somebody"
	}
	return web.Person{Name: name, You: id == v.Actor.Person}
}

// responds reports whether the viewer may do more than look.
func responds(v *web.View) bool { return v.May(actor.Respond) }
