package suspect

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/actor"
	changes "github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Map answers which services are near to others; *cmdb.Service does.
type Map interface {
	ServicesNear(q db.Querier, services []string, steps int) ([]cmdb.Near, error)
}

// Incidents answers what incidents are, to those who may know of them.
type Incidents interface {
	// Seen returns those of the incidents that the actor may know of.
	Seen(q db.Querier, who actor.Actor, ids []int64) (map[int64]Incident, error)
}

// Reaction hears that an edge was confirmed, rejected, or put back among the
// suggestions, inside the transaction that does it. It is not told of
// suggestions.
type Reaction func(tx *db.Tx, e Edge) error

// Service is the sub-practice's verbs.
type Service struct {
	// Kick wakes due work by name; nil: it wakes by itself.
	Kick func(name string)
	// Recovered hears that users were served well again after a change that is
	// confirmed as the cause: its incident was mitigated. nil: nobody listens.
	Recovered func(tx *db.Tx, change int64, at time.Time) error

	db        *db.DB
	near      Map
	incidents Incidents
	reactions []Reaction
}

// New returns suspects over a map and incidents. near may be nil: then only
// changes of the very service are found.
func New(d *db.DB, near Map, incidents Incidents) *Service {
	return &Service{db: d, near: near, incidents: incidents}
}

// On registers a reaction. Call it while wiring.
func (s *Service) On(r Reaction) { s.reactions = append(s.reactions, r) }

// View is what an incident's page shows.
type View struct {
	Incident Incident
	Rows     []Row // confirmed first, then by rank, rejected last
	Cut      int   // candidates that are not listed
}

// Row is one suspect with what people and rules say of it.
type Row struct {
	Suspect      // Score and Reasons are of now, or of the last look when it is over
	Edge    Edge // State Suggested and no time when nobody looked yet
}

// Suspects lists the suspects of an incident. NotFound also for an incident
// that the actor may not know of.
func (s *Service) Suspects(ctx context.Context, incident int64) (v View, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return v, errs.Wrap("suspect.list", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if v.Incident, err = s.seen(q, who, incident); err != nil {
			return err
		}
		edges, err := edgesOf(q, incident)
		if err != nil {
			return err
		}
		found, err := s.find(q, v.Incident)
		if err != nil {
			return err
		}
		v.Rows, v.Cut, err = s.overlay(q, v.Incident, found, edges)
		return err
	})
	return v, errs.Wrap("suspect.list", err)
}

// seen returns one incident that the actor may know of.
func (s *Service) seen(q db.Querier, who actor.Actor, id int64) (Incident, error) {
	list, err := s.incidents.Seen(q, who, []int64{id})
	i, ok := list[id]
	if err == nil && !ok {
		key := ref.N(ref.Incident, id).String()
		err = errs.E(errs.NotFound, "there is no incident %s", key).On(key)
	}
	return i, err
}

// overlay lays what is said over what is found. Of an incident that is over the
// suggestions of that time stay, because the map and the changes are others by
// now.
func (s *Service) overlay(q db.Querier, i Incident, found found, edges []Edge) (rows []Row, cut int, err error) {
	of := map[int64]Edge{}
	for _, e := range edges {
		of[e.Change] = e
	}
	old := !i.Open && len(edges) > 0
	if !old {
		cut = found.list.Cut
		for _, x := range found.list.Suspects {
			e, ok := of[x.Change]
			if !ok {
				e = Edge{Incident: i.ID, Change: x.Change, State: Suggested, Rule: ByRanking}
			}
			delete(of, x.Change)
			rows = append(rows, Row{x, e})
		}
	}
	var missing []int64
	for id, e := range of {
		if e.State != Suggested || old && e.Rank > 0 {
			missing = append(missing, id)
		}
	}
	slices.Sort(missing)
	list, err := candidatesByID(q, missing)
	if err != nil {
		return nil, 0, err
	}
	for _, c := range list {
		e := of[c.Change]
		c.Place, c.Service = Place{Relation: e.Relation, Steps: e.Steps}, mainOf(c.Services)
		rows = append(rows, Row{Suspect{Candidate: c, Score: e.Score, Reasons: e.Reasons}, e})
	}
	weight := func(r Row) int { return slices.Index([]State{Confirmed, Suggested, Rejected}, r.Edge.State) }
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(weight(a)-weight(b), b.Score-a.Score, a.Edge.Rank-b.Edge.Rank)
	})
	return rows, cut, nil
}

func mainOf(services []string) string {
	if len(services) == 0 {
		return ""
	}
	return services[0]
}

// Cause is an incident that a change is suspected of, or caused.
type Cause struct {
	Incident Incident
	Edge     Edge
}

// OfChange lists the incidents of a change that the actor may know of, the
// newest first: confirmed and rejected ones, and those on whose list it is.
// NotFound when there is no such change.
func (s *Service) OfChange(ctx context.Context, change int64) (out []Cause, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return nil, errs.Wrap("suspect.of", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if out, err = s.ofChange(q, who, change); err != nil || len(out) > 0 {
			return err
		}
		_, ok, err := changes.ByID(q, change)
		if err == nil && !ok {
			key := changes.Change{ID: change}.Key()
			err = errs.E(errs.NotFound, "there is no change %s", key).On(key)
		}
		return err
	})
	return out, errs.Wrap("suspect.of", err)
}

func (s *Service) ofChange(q db.Querier, who actor.Actor, change int64) (out []Cause, err error) {
	edges, err := edgesTo(q, change)
	if err != nil || len(edges) == 0 {
		return nil, err
	}
	ids := make([]int64, len(edges))
	for n, e := range edges {
		ids[n] = e.Incident
	}
	seen, err := s.incidents.Seen(q, who, ids)
	for _, e := range edges {
		if i, ok := seen[e.Incident]; ok && (e.State != Suggested || e.Rank > 0) {
			out = append(out, Cause{i, e})
		}
	}
	return out, err
}

// Confirm says that the change caused the incident.
func (s *Service) Confirm(ctx context.Context, incident, change int64, note string) (Edge, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Edge{}, errs.Wrap("suspect.confirm", err)
	}
	return s.say(ctx, who, incident, change, Confirmed, note)
}

// Reject says that it did not. The rule does not confirm it again.
func (s *Service) Reject(ctx context.Context, incident, change int64, note string) (Edge, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Edge{}, errs.Wrap("suspect.reject", err)
	}
	return s.say(ctx, who, incident, change, Rejected, note)
}

// Reopen takes back what was said: it is a suggestion again.
func (s *Service) Reopen(ctx context.Context, incident, change int64, note string) (Edge, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Edge{}, errs.Wrap("suspect.reopen", err)
	}
	return s.say(ctx, who, incident, change, Suggested, note)
}

// MaxNote is the longest reason in bytes.
const MaxNote = 2000

var said = map[State]string{Confirmed: "a change was confirmed as the cause", Rejected: "a change was ruled out as the cause", Suggested: "what was said of a suspect was taken back"}

// say sets the state of an edge by a person's word. Saying it again is no
// error and changes nothing.
func (s *Service) say(ctx context.Context, who actor.Actor, incident, change int64, to State, note string) (e Edge, err error) {
	note = strings.TrimSpace(note)
	if len(note) > MaxNote || !utf8.ValidString(note) || strings.ContainsRune(note, 0) {
		return Edge{}, errs.Wrap("suspect.say", errs.BadField("reason", errs.Short(note), "write valid UTF-8 text of at most 2,000 bytes"))
	}
	err = s.db.Write(ctx, who, said[to], func(tx *db.Tx) error {
		i, err := s.seen(tx, who, incident)
		if err != nil {
			return err
		}
		list, err := candidatesByID(tx, []int64{change})
		if err != nil {
			return err
		}
		key := ref.N(ref.Change, change).String()
		if len(list) == 0 {
			return errs.E(errs.NotFound, "there is no change %s", key).On(key)
		}
		if to == Confirmed && list[0].Started.IsZero() {
			return errs.BadField("change", key, "name a change that has started; this one has not")
		}
		e, err = readEdge(tx, incident, change, tx.ForUpdate())
		if err != nil {
			return err
		}
		if e.State == to && (e.Rule == ByPerson || to == Suggested) {
			tx.Unrecorded("it was said already")
			return nil
		}
		e.Incident, e.Change = incident, change
		if e.Listed.IsZero() { // said before the first look: what was shown then counts
			if err := s.listed(tx, i, &e); err != nil {
				return err
			}
		}
		e.Was, e.State, e.Rule, e.Person, e.Note = e.State, to, ByPerson, who.Person, note
		return s.set(tx, i, &e)
	})
	return e, errs.Wrap("suspect.say", err)
}

// listed notes where a change stands on the list now.
func (s *Service) listed(tx *db.Tx, i Incident, e *Edge) error {
	f, err := s.find(tx, i)
	if err != nil {
		return err
	}
	if n := slices.Index(f.list.Changes(), e.Change); n >= 0 {
		e.show(f, n, tx.Now)
	}
	return nil
}

// set writes an edge whose state changed, with its evidence, and tells.
func (s *Service) set(tx *db.Tx, i Incident, e *Edge) error {
	e.At, e.Restricted = tx.Now, i.Restricted
	if len(e.salt) == 0 {
		e.salt = evidence.NewSalt()
	}
	if err := saveEdge(tx, *e); err != nil {
		return err
	}
	tx.Record(e.entry("cause." + string(e.State)))
	for _, r := range s.reactions {
		if err := r(tx, *e); err != nil {
			return err
		}
	}
	if on, _ := e.Turned(); on {
		return s.recovered(tx, e.Change, i)
	}
	return nil
}

func (s *Service) recovered(tx *db.Tx, change int64, i Incident) error {
	if s.Recovered == nil || i.Over.IsZero() {
		return nil
	}
	return s.Recovered(tx, change, i.Over)
}

// Measured is how good the ranking was on incidents whose cause is known, and
// the newest of them that the actor may know of.
func (s *Service) Measured(ctx context.Context) (m Measure, rows []Cause, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return m, nil, errs.Wrap("suspect.measured", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		edges, err := confirmedEdges(q, mostLabelled)
		if err != nil {
			return err
		}
		list := make([]Labelled, len(edges))
		var ids []int64
		for n, e := range edges {
			list[n] = Labelled{e.Incident, e.Change, e.Place, e.Latest}
			if n < mostRows {
				ids = append(ids, e.Incident)
			}
		}
		m = MeasureOf(list)
		seen, err := s.incidents.Seen(q, who, ids)
		for _, e := range edges[:len(ids)] {
			if i, ok := seen[e.Incident]; ok {
				rows = append(rows, Cause{i, e})
			}
		}
		return err
	})
	return m, rows, errs.Wrap("suspect.measured", err)
}

const (
	mostLabelled = 1000 // newest causes that a measure counts
	mostRows     = 50   // of them that are listed
)
