// Package cmdbweb is the pages of the map of what runs: the map itself, what
// breaks if something does, and the panels that show both on other pages.
//
// A map is a Look (what the address asks for), made into a Map (boxes, lines
// and frames, mapmodel.go), given places by package layout, and drawn: as SVG
// by the server, which is what is seen first, without script, in panels and as
// a file; and by Cytoscape in the browser, at the same places, for moving
// about. The table below the picture holds the same rows, for those who do not
// see pictures and for all who want to read.
//
// Rules that hold for all of them:
//   - Items stand in the box of what they are part of, and services are the
//     outermost boxes. What is hidden in boxes is counted and said.
//   - The left box needs the right one, so failure travels from right to left.
//   - Colour never says anything alone: shapes and words say it too.
//   - What is not known is shown as not known, never as fine.
//   - Everything chosen stands in the address.
//
// Beside the map stand its items (item*.go), how they came there (import.go,
// runs.go, sources.go), what is wrong with them (report*.go, proposals.go), how
// they were (baselines.go, differences.go), and the rules and kinds that work
// them out (rules.go, kinds.go). tabs.go lists their addresses. A page says of
// each fact who said it; buttons are shown to those who may press them; and
// what a person says stands beside what sources say, never in place of it.
package cmdbweb

import (
	"context"
	"embed"
	"io"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves the map. Shell and CMDB are needed; functions may be nil, and
// then what they know is shown as not known.
type Pages struct {
	Shell *web.Shell
	CMDB  *cmdb.Service
	URL   string // where people and machines reach the product, without a final slash
	// Health says how items are: ok, degraded, down or unknown, by number. What
	// is absent is unknown.
	Health func(ctx context.Context, items []cmdb.Item) (map[int64]string, error)
	// Alerting lists the items that have firing alerts, for the search for what
	// is behind them.
	Alerting func(ctx context.Context) ([]int64, error)
	// Telling is how to reach a team, as a path: its page.
	Telling func(team string) string
	// Names are display names of people by number; nil: they stay numbers.
	Names func(ctx context.Context, people []int64) (map[int64]string, error)
	// Files are the sources that read a file, by name; nil: nothing is imported
	// by hand.
	Files map[string]FileSource
}

// FileSource reads what a file of a source says; see Service.Import.
type FileSource = func(io.Reader, sourcefile.Options, cmdb.Emit) ([]cmdb.Remark, error)

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /map", p.Map)
	add("GET /map.svg", p.Picture)
	add("GET /map/impact", p.Impact)
	p.itemRoutes(func(pattern string, h web.HandlerFunc) {
		if strings.HasPrefix(pattern, "POST ") {
			h = p.settled(h)
		}
		add(pattern, h)
	})
}

// settled lets a form answer once the map in memory has what it changed, so
// that the page it leads to does not show the map from before. The answer is
// small and stays in the server's buffer until the handler returns.
func (p *Pages) settled(h web.HandlerFunc) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := h(w, r); err != nil {
			return err
		}
		_ = p.CMDB.Settle(r.Context()) // the change stands either way
		return nil
	}
}

const (
	nav    = "map"
	atMap  = "/map"
	atHits = "/map/impact"
)
