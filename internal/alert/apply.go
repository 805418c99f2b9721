package alert

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// episodeSeq numbers episodes. They have no key of their own: people reach
// them through their alert.
const episodeSeq ref.Kind = "EPI"

// key is the identity of an alert.
type key struct {
	integration int64
	dedup       string
}

// item is one alert during one transaction: what was known, what the events
// changed, and what has to be written.
type item struct {
	key
	st      state
	in      *Integration
	id      int64 // 0 until the end of fold for a new alert
	fresh   bool  // the alert is new
	sortKey int64
	content int64
	count   int64
	total   int64
	seen    int64
	recent  []byte
	version int64

	events  int       // counted in this transaction
	told    *prepared // newest content, nil when nothing new was told
	later   bool      // only the end moved
	changed bool      // state changed: the whole row is written

	known   *knownEpisode   // the current episode as it was, loaded when something changes
	closed  *outcome        // how that episode ended in this transaction
	oldSeen int64           // its number of events when it ended
	drafts  []*draft        // episodes that began in this transaction
	steps   []step          // for evidence and the reaction, in order
	routing routingOfRecord // where the current episode goes
	mute    int64           // for due work: the silence to put on; see reroute
	again   bool            // for due work: route the current episode anew
}

// draft is an episode that began in this transaction.
type draft struct {
	id       int64
	severity int8 // the worst
	event    *prepared
	start    int64
	end      int64
	closed   int64
	endedBy  string
	count    int64
	decision decision
	silence  int64
	previous Previous
	quiet    bool
	past     bool // it was over before we heard of it
}

// routingOfRecord is what the alert row says about its current episode.
type routingOfRecord struct {
	service, team, rule string
	unrouted, quiet     bool
	silence             int64
}

// stepKind is a change of state, in evidence and for the reaction.
type stepKind string

const (
	stepOpened       stepKind = "alert.opened"
	stepReopened     stepKind = "alert.reopened"
	stepRaised       stepKind = "alert.raised"
	stepEased        stepKind = "alert.eased"
	stepAcknowledged stepKind = "alert.acknowledged"
	stepResolved     stepKind = "alert.resolved"
	stepMissed       stepKind = "alert.missed" // it was over before we heard of it
	stepSilenced     stepKind = "alert.silenced"
	stepUnsilenced   stepKind = "alert.unsilenced"
)

type step struct {
	kind     stepKind
	draft    *draft // nil: the episode that was known before
	severity int8
	by       string
}

// batch is the work of one transaction.
type batch struct {
	s     *Service
	tx    *db.Tx
	pol   *policy
	now   int64
	items []*item // in order of first appearance
	byKey map[key]*item
}

func (s *Service) newBatch(tx *db.Tx) (*batch, error) {
	pol, err := s.policy.in(tx)
	if err != nil {
		return nil, err
	}
	return s.batchBy(tx, pol), nil
}

func (s *Service) batchBy(tx *db.Tx, pol *policy) *batch {
	return &batch{s: s, tx: tx, pol: pol, now: db.Micros(tx.Now), byKey: map[key]*item{}}
}

// apply brings the alerts of all requests up to date. It may run again, and
// then starts from nothing.
func (s *Service) apply(tx *db.Tx, reqs []*request) error {
	b, err := s.newBatch(tx)
	if err != nil {
		return err
	}
	return b.apply(reqs)
}

func (b *batch) apply(reqs []*request) error {
	live := make([]*request, 0, len(reqs))
	for _, r := range reqs {
		r.receipt, r.err = Receipt{Alerts: make([]int64, len(r.events))}, nil
		in := b.pol.integrations[r.in.ID]
		if in == nil || in.Disabled {
			r.err = errs.E(errs.Unauthenticated, "the integration %s was switched off or deleted", r.in.Name).On(ref.S(ref.Integration, r.in.Name).String())
			continue
		}
		live = append(live, r)
		for i := range r.events {
			b.item(in, r.events[i].Dedup)
		}
	}
	if err := b.load(); err != nil {
		return err
	}
	for _, r := range live {
		spans := r.in.Kind.spans()
		for i := range r.events {
			it := b.byKey[key{r.in.ID, r.events[i].Dedup}]
			o := it.fold(&r.events[i], spans, b.now)
			switch {
			case o.ignored:
				r.receipt.Ignored++
			case o.changes():
				r.receipt.Applied++
			default:
				r.receipt.Repeats++
			}
		}
	}
	if err := b.finish(); err != nil {
		return err
	}
	if err := b.markSeen(live); err != nil {
		return err
	}
	for _, r := range live {
		for i := range r.events {
			r.receipt.Alerts[i] = b.byKey[key{r.in.ID, r.events[i].Dedup}].id
		}
	}
	return nil
}

// item returns the batch's record of an alert, making an unknown one.
func (b *batch) item(in *Integration, dedup string) *item {
	k := key{in.ID, dedup}
	it := b.byKey[k]
	if it == nil {
		it = &item{key: k, in: in}
		b.byKey[k] = it
		b.items = append(b.items, it)
	}
	return it
}

// fold applies one event to the alert and notes what has to follow.
func (it *item) fold(e *prepared, spans bool, now int64) outcome {
	first := !it.st.known
	o := it.st.fold(e.Event, spans, e.rank, now)
	if o.ignored {
		return o
	}
	if first {
		it.fresh = true
	}
	it.follow(&o, e, first, now)
	it.events++
	it.count++
	it.total++
	it.seen = now
	it.later = it.later || o.later
	if o.speaks && e.content != it.content && (e.Action == Trigger || e.Summary != "") {
		it.told, it.content = e, e.content
	}
	return o
}

// follow turns an outcome into episodes and steps. e is nil when no event but
// the clock caused it.
func (it *item) follow(o *outcome, e *prepared, first bool, now int64) {
	if o.changes() {
		it.changed = true
	}
	cur := it.draft()
	if o.close {
		if cur != nil {
			cur.end, cur.closed, cur.endedBy, cur.count = o.closeAt, now, o.closeBy, it.count
		} else {
			c := *o
			it.closed, it.oldSeen = &c, it.count
		}
		it.steps = append(it.steps, step{kind: stepResolved, draft: cur, by: o.closeBy, severity: it.st.severity})
	}
	if o.open {
		d := &draft{severity: it.st.severity, event: e, start: o.openAt}
		if o.past {
			d.past = true
			d.end, d.closed, d.endedBy, d.count = o.endAt, now, EndedBySender, 1
		}
		it.drafts = append(it.drafts, d)
		it.count = 0
		kind := stepReopened
		switch {
		case o.past:
			kind = stepMissed
		case first:
			kind = stepOpened
		}
		it.steps = append(it.steps, step{kind: kind, draft: d, severity: it.st.severity})
	}
	if o.raised || o.eased {
		kind := stepEased
		if o.raised {
			kind = stepRaised
			if cur != nil {
				cur.severity = min(cur.severity, it.st.severity)
			}
		}
		it.steps = append(it.steps, step{kind: kind, draft: cur, severity: it.st.severity})
	}
	if o.acked {
		it.steps = append(it.steps, step{kind: stepAcknowledged, draft: cur, severity: it.st.severity})
	}
}

// draft is the newest episode of this transaction, nil if none began.
func (it *item) draft() *draft {
	if len(it.drafts) == 0 {
		return nil
	}
	return it.drafts[len(it.drafts)-1]
}

// finish numbers, routes, writes, records and tells.
func (b *batch) finish() error {
	if err := b.loadEpisodes(); err != nil {
		return err
	}
	if err := b.number(); err != nil {
		return err
	}
	for _, it := range b.items {
		if it.changed {
			b.route(it)
		}
	}
	if err := b.write(); err != nil {
		return err
	}
	b.record()
	return b.tell()
}

// number gives identities to new alerts and episodes.
func (b *batch) number() error {
	alerts, episodes := 0, 0
	for _, it := range b.items {
		if it.fresh {
			alerts++
		}
		episodes += len(it.drafts)
	}
	var ids, eids []int64
	var err error
	if alerts > 0 {
		if ids, err = b.tx.NextIDs(ref.Alert, alerts); err != nil {
			return err
		}
	}
	if episodes > 0 {
		if eids, err = b.tx.NextIDs(episodeSeq, episodes); err != nil {
			return err
		}
	}
	for _, it := range b.items {
		if it.fresh {
			it.id, ids = ids[0], ids[1:]
		}
		for _, d := range it.drafts {
			d.id, eids = eids[0], eids[1:]
		}
	}
	return nil
}

func minute(us int64) int64 { return us - us%time.Minute.Microseconds() }
