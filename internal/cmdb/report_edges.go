package cmdb

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// EdgeFilter narrows the comparison of what is declared with what is observed.
type EdgeFilter struct {
	Service    string        // only edges with an end in this service or what it needs
	Source     string        // only edges of which this source tells
	Env        string        // both ends are there, or do not say where they are
	Unseen     bool          // declared and not seen
	Undeclared bool          // seen and not declared; neither of the two: both
	For        time.Duration // not seen for so long counts as not seen; 0: never seen at all
}

// Edge is a dependency that only one side tells of.
type Edge struct {
	From, To Listed
	Kind     RelationKind
	Declared bool // else it is observed
	By       []string
	Since    time.Time // since when they say so
	LastSeen time.Time // when it was last observed; zero: never
	Flow     Flow      // of an observed one
	NoEyes   bool      // nothing was ever seen from the calling end, so that nobody watches may be the reason
	Relation int64
}

// callers are the kinds of which both manifests and traces tell the calls.
var (
	callers = []string{KindApplication, KindService}
	callees = []string{KindApplication, KindService, KindDatabase, KindQueue, KindCache, KindStorage, KindAPI, KindExternal}
)

// Edges compares declared with observed dependencies between applications and
// services, and what applications use. How a dependency is called does not
// matter (calls, depends_on, stores_in); and what is said between services holds
// for the applications that are parts of them, and the other way round. A page
// may be short and still have a next one.
func (s *Service) Edges(ctx context.Context, f EdgeFilter, cursor string, limit int) (out []Edge, next string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, "", errs.Wrap("cmdb.edges", err)
	}
	after, err := afterNumber(cursor, false)
	if err != nil {
		return nil, "", errs.Wrap("cmdb.edges", err)
	}
	if f.For < 0 {
		return nil, "", errs.Wrap("cmdb.edges", errs.BadField("for", f.For.String(), "use a time of at least 0"))
	}
	limit = pageOf(limit)
	err = s.read(ctx, func(q db.Querier, now time.Time) error {
		scope, err := ReportFilter{Service: f.Service}.ready(q, now)
		if err != nil {
			return err
		}
		end, err := newestRelation(q)
		if err != nil {
			return err
		}
		out, next = nil, ""
		for range maxWindows {
			rows, err := edgeRows(q, after, after+window, 4*limit)
			if err != nil {
				return err
			}
			reached := after + window
			if len(rows) == 4*limit {
				reached = rows[len(rows)-1].id
			}
			found, err := edgesOf(q, rows, f, now)
			if err != nil {
				return err
			}
			for _, e := range found {
				if scope.part != nil && !scope.part[e.From.ID] && !scope.part[e.To.ID] {
					continue
				}
				if out = append(out, e); len(out) == limit {
					next = strconv.FormatInt(e.Relation, 10)
					return nil
				}
			}
			if after = reached; after >= end {
				return nil
			}
		}
		next = strconv.FormatInt(after, 10)
		return nil
	})
	return out, next, errs.Wrap("cmdb.edges", err)
}

type ends struct{ from, to int64 }

// edgesOf tells which of the relations are told of by one side only.
func edgesOf(q db.Querier, rows []edgeRow, f EdgeFilter, now time.Time) ([]Edge, error) {
	touched := map[int64]bool{}
	for _, r := range rows {
		touched[r.from], touched[r.to] = true, true
	}
	items, err := listedByID(q, slices.Sorted(maps.Keys(touched)))
	if err != nil {
		return nil, err
	}
	env := func(id int64) bool { return f.Env == "" || items[id].Env == "" || items[id].Env == f.Env }
	var candidates []edgeRow
	for _, r := range rows {
		if slices.Contains(callers, items[r.from].Kind) && slices.Contains(callees, items[r.to].Kind) && r.provenance&(Declared|Observed) != 0 && env(r.from) && env(r.to) {
			candidates = append(candidates, r)
		}
	}
	w, err := witnesses(q, candidates)
	if err != nil {
		return nil, err
	}
	shownUnseen, shownUndeclared := f.Unseen || !f.Undeclared, f.Undeclared || !f.Unseen
	var out []Edge
	done := map[ends]bool{}
	for _, r := range candidates {
		at := ends{r.from, r.to}
		if done[at] || w.first[at] != r.id {
			continue // several relations of different kinds: the oldest stands for all
		}
		done[at] = true
		e := Edge{From: items[r.from], To: items[r.to], Kind: RelationKinds[r.kind], Relation: r.id, LastSeen: w.lastSeen(at)}
		declared, observed := w.told(at, Declared), w.told(at, Observed)
		seen := observed && (f.For == 0 || now.Sub(e.LastSeen) < f.For)
		e.Declared = declared
		switch own := w.own[at]; {
		case declared && !seen && own&Declared != 0 && shownUnseen:
			e.NoEyes = !w.eyes[r.from]
		case observed && !declared && own&Observed != 0 && shownUndeclared:
			e.Flow = w.flow[at]
		default:
			continue
		}
		e.By, e.Since = w.by(at, e.Declared)
		if f.Source != "" && !slices.Contains(e.By, f.Source) {
			continue
		}
		out = append(out, e)
	}
	return out, nil
}

// witness is all that is told between items, with those that contain them.
type witness struct {
	own   map[ends]Provenance  // what is told of the two themselves
	first map[ends]int64       // their oldest relation
	alike map[ends][]ends      // the two, and their parts and wholes
	says  map[ends][]*sighting // what sources say of the two themselves
	flow  map[ends]Flow
	eyes  map[int64]bool // items from which anything was ever seen
}

func witnesses(q db.Querier, rows []edgeRow) (*witness, error) {
	w := &witness{own: map[ends]Provenance{}, first: map[ends]int64{}, alike: map[ends][]ends{}, says: map[ends][]*sighting{}, flow: map[ends]Flow{}}
	touched := map[int64]bool{}
	for _, r := range rows {
		touched[r.from], touched[r.to] = true, true
	}
	ids := slices.Sorted(maps.Keys(touched))
	wholes, err := wholesOf(q, ids)
	if err != nil {
		return nil, err
	}
	parts, err := partsOf(q, ids)
	if err != nil {
		return nil, err
	}
	all := map[ends]bool{}
	const most = 100 // of each side: who has more parts is no application
	for _, r := range rows {
		at := ends{r.from, r.to}
		if w.alike[at] != nil {
			continue
		}
		froms := append(append([]int64{r.from}, wholes[r.from]...), parts[r.from]...)
		tos := append(append([]int64{r.to}, wholes[r.to]...), parts[r.to]...)
		for _, from := range froms[:min(len(froms), most)] {
			for _, to := range tos[:min(len(tos), most)] {
				if from != to {
					w.alike[at] = append(w.alike[at], ends{from, to})
					all[ends{from, to}] = true
				}
			}
		}
	}
	pairs := make([]pair, 0, len(all))
	for e := range all {
		pairs = append(pairs, pair{from: e.from, to: e.to})
	}
	slices.SortFunc(pairs, func(a, b pair) int { return int(a.from-b.from)*2 + int(min(max(a.to-b.to, -1), 1)) })
	bonds, err := bondsOfPairs(q, pairs)
	if err != nil {
		return nil, err
	}
	var relations []int64
	of := map[int64]ends{}
	for _, b := range bonds {
		if RelationKinds[b.kind].Need() != FromNeedsTo || RelationKinds[b.kind] == RunsOn || b.state == Retired {
			continue
		}
		at := ends{b.from, b.to}
		w.own[at] |= b.provenance
		if w.first[at] == 0 || b.id < w.first[at] {
			w.first[at] = b.id
		}
		if b.provenance&Observed != 0 && b.flow != "" {
			w.flow[at] = parseFlow(b.flow)
		}
		of[b.id] = at
		relations = append(relations, b.id)
	}
	slices.Sort(relations)
	said, err := sightingsOf(q, relations)
	if err != nil {
		return nil, err
	}
	for id, list := range said {
		w.says[of[id]] = append(w.says[of[id]], list...)
	}
	w.eyes, err = observing(q, ids)
	return w, err
}

// told reports whether anybody tells of the dependency in a way.
func (w *witness) told(at ends, how Provenance) bool {
	return slices.ContainsFunc(w.alike[at], func(e ends) bool { return w.own[e]&how != 0 })
}

// lastSeen is when it was last observed; zero: never.
func (w *witness) lastSeen(at ends) (last time.Time) {
	for _, e := range w.alike[at] {
		for _, s := range w.says[e] {
			if t := db.Time(s.seen()); s.provenance&Observed != 0 && t.After(last) {
				last = t
			}
		}
	}
	return last
}

// by is who declares it or observes it, and since when.
func (w *witness) by(at ends, declared bool) (sources []string, since time.Time) {
	how := Observed
	if declared {
		how = Declared
	}
	for _, s := range w.says[at] {
		if s.provenance&how == 0 || s.absent > 0 {
			continue
		}
		if !slices.Contains(sources, s.source) {
			sources = append(sources, s.source)
		}
		if t := db.Time(s.first); since.IsZero() || t.Before(since) {
			since = t
		}
	}
	slices.Sort(sources)
	return sources, since
}
