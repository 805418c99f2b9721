package change

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// batchOf is one transaction's work on deliveries.
type batchOf struct {
	s    *Service
	tx   *db.Tx
	job  actor.Actor // who acts between deliveries
	list []*delivery

	practice Practice
	now      int64
	facts    map[factKey]factRow
	todo     []deploymentOf        // deployments that become changes
	phases   map[External][]report // all that is known of them, this batch included
	bound    map[External]int64    // which change they are
	linked   map[string][]factRow  // pull requests and pushes of the commits concerned
	byCommit map[string][]int64    // changes of the commits concerned
	touched  map[int64]bool        // changes that were computed again
	changes  map[*delivery]map[int64]bool
}

type factKey struct {
	repository, commit string
	kind               SignalKind
	key                string
}

// deploymentOf is one deployment that a delivery tells of.
type deploymentOf struct {
	d    *delivery
	r    report
	name External
}

func (b *batchOf) apply() (err error) {
	b.now = db.Micros(b.tx.Now)
	b.facts, b.phases, b.bound, b.touched, b.changes = map[factKey]factRow{}, map[External][]report{}, map[External]int64{}, map[int64]bool{}, map[*delivery]map[int64]bool{}
	b.todo, b.linked, b.byCommit = nil, nil, nil
	for _, d := range b.list {
		d.receipt, d.err = Receipt{Signals: d.n, Notes: slices.Clone(d.notes)}, nil
	}
	if b.practice, err = b.s.settings(b.tx); err != nil {
		return err
	}
	fresh, err := b.fresh()
	if err != nil {
		return err
	}
	for _, d := range fresh {
		if err := b.collect(d); err != nil {
			return err
		}
	}
	if err := b.keepFacts(); err != nil {
		return err
	}
	if err := b.keepPhases(); err != nil {
		return err
	}
	if err := b.link(); err != nil {
		return err
	}
	for _, t := range b.todo {
		if err := b.as(t.d, func() error { return b.deployment(t) }); err != nil {
			return err
		}
	}
	for _, d := range fresh {
		if err := b.as(d, func() error { return b.concerned(d) }); err != nil {
			return err
		}
	}
	for _, d := range fresh {
		for id := range b.changes[d] {
			d.receipt.Changes = append(d.receipt.Changes, id)
		}
		slices.Sort(d.receipt.Changes)
	}
	b.record(fresh)
	return nil
}

// as lets a sender act.
func (b *batchOf) as(d *delivery, do func() error) error {
	b.tx.Actor = d.who
	defer func() { b.tx.Actor = b.job }()
	return do()
}

// fresh leaves out deliveries that were taken before, and notes the others.
func (b *batchOf) fresh() ([]*delivery, error) {
	seen, err := seenDeliveries(b.tx, b.list)
	if err != nil {
		return nil, err
	}
	out := make([]*delivery, 0, len(b.list))
	var rows [][]any
	for _, d := range b.list {
		if k := (External{d.in.Name, d.id}); d.id != "" {
			if seen[k] {
				d.receipt = Receipt{Repeat: true}
				continue
			}
			seen[k] = true
			rows = append(rows, []any{d.in.Name, d.id, b.now})
		}
		out = append(out, d)
	}
	return out, insertDeliveries(b.tx, rows)
}

// moment bounds a sender's time; what claims to come later happened now.
func (b *batchOf) moment(d *delivery, at int64) int64 {
	switch {
	case at == 0:
		return b.now
	case at > b.now+ahead.Microseconds():
		d.note("a time of the sender is ahead of ours and was taken as now; check its clock")
		return b.now
	}
	return at
}

func (d *delivery) note(text string) {
	if !slices.Contains(d.receipt.Notes, text) {
		d.receipt.Notes = append(d.receipt.Notes, text)
	}
}

// collect sorts what one delivery tells into facts and deployments.
func (b *batchOf) collect(d *delivery) error {
	for _, row := range d.facts {
		row.at = b.moment(d, row.at)
		b.fact(row)
		if row.kind == SignalPush {
			b.pushed(d, row)
		}
	}
	for _, r := range d.reports {
		r.at = b.moment(d, r.at)
		b.sort(d, r)
	}
	return nil
}

// fact remembers the newest word of a key; of pull requests what only an older
// word said.
func (b *batchOf) fact(row factRow) {
	k := factKey{row.repository, row.commit, row.kind, row.key}
	if old, ok := b.facts[k]; ok {
		row = newer(old, row)
	}
	b.facts[k] = row
}

// newer is the newer of two words; which of two of the same time does not
// matter as long as it is always the same one.
func newer(a, b factRow) factRow {
	if cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.data, b.data)) > 0 {
		a, b = b, a
	}
	if b.pull != nil && a.pull != nil && (b.pull.Author == "" && a.pull.Author != "" || b.pull.Created.IsZero() && !a.pull.Created.IsZero()) {
		p := *b.pull // neither of them ever changes, and not every event has them
		p.Author = cmp.Or(p.Author, a.pull.Author)
		if p.Created.IsZero() {
			p.Created = a.pull.Created
		}
		b.pull = &p
		if data, err := json.Marshal(p); err == nil {
			b.data = string(data)
		}
	}
	return b
}

// sort decides whether a deployment becomes a change: where it goes, and
// whether anybody can answer what it waits for.
func (b *batchOf) sort(d *delivery, r report) {
	environment, gated := b.environment(r.told.Deployment)
	switch {
	case r.gate != nil && r.gate.Asks, gated && !r.told.Preview:
		r.told.Environment = environment
		if r.gate == nil || !r.gate.Maybe || b.s.answerable(b.tx, d.in.Name) {
			b.todo = append(b.todo, deploymentOf{d, r, External{d.in.Name, r.key}})
		}
	case r.told.Commit != "" && !r.told.Preview:
		data, err := json.Marshal(map[string]any{"environment": environment, "phase": r.phase, "link": r.told.Link, "services": r.told.Services})
		if err == nil {
			b.fact(factRow{repository: r.told.Repository, commit: r.told.Commit, kind: SignalDeployed, key: environment, at: r.at, data: string(data)})
		}
	default:
		d.receipt.Ignored++
		d.note("a deployment to " + environment + " is no change here")
	}
}

// environment is what a sender's environment is called here, and whether
// deployments to it are changes: by its own name in any case, by one of the
// usual short forms, or because the sender says that users are there.
func (b *batchOf) environment(t Deployment) (name string, gated bool) {
	name = strings.ToLower(t.Environment)
	if name == "" {
		name = Production
	}
	for _, e := range b.practice.Environments {
		if strings.EqualFold(e, name) {
			return e, true
		}
	}
	if slices.Contains([]string{"prod", "prd", "live"}, name) || t.Production {
		if i := slices.IndexFunc(b.practice.Environments, func(e string) bool { return strings.EqualFold(e, Production) }); i >= 0 {
			return b.practice.Environments[i], true
		}
	}
	return name, false
}

// pushed makes a deployment of a push where settings say that it is one.
func (b *batchOf) pushed(d *delivery, row factRow) {
	for _, p := range b.practice.Pushes {
		repository := strings.ToLower(p.Repository)
		whole, any := strings.CutSuffix(repository, "*")
		if p.Branch != row.key || repository != row.repository && !(any && strings.HasPrefix(row.repository, whole)) {
			continue
		}
		t := told{Repository: row.repository, Commit: row.commit, Deployment: Deployment{Environment: p.Environment, Branch: row.key}}
		data, err := json.Marshal(t)
		if err == nil {
			b.sort(d, report{key: "push:" + row.repository + ":" + row.commit, phase: PhaseSucceeded, at: row.at, told: t, data: string(data)})
		}
	}
}

// keepFacts stores what was told about commits.
func (b *batchOf) keepFacts() error {
	var pulls []factRow
	for _, row := range b.facts {
		if row.pull != nil {
			pulls = append(pulls, row)
		}
	}
	old, err := pullRows(b.tx, pulls)
	if err != nil {
		return err
	}
	for _, row := range old {
		k := factKey{row.repository, row.commit, row.kind, row.key}
		if mine, ok := b.facts[k]; ok {
			b.facts[k] = newer(row, mine)
		}
	}
	var rows, merged [][]any
	for _, r := range b.facts {
		row := []any{r.repository, r.commit, string(r.kind), r.key, r.at, r.data}
		if r.pull != nil {
			merged = append(merged, row)
		} else {
			rows = append(rows, row)
		}
	}
	for _, list := range [][][]any{rows, merged} {
		slices.SortFunc(list, func(x, y []any) int { // one order for all replicas, so that none waits for another in a circle
			return cmp.Or(cmp.Compare(x[1].(string), y[1].(string)), cmp.Compare(x[2].(string), y[2].(string)), cmp.Compare(x[3].(string), y[3].(string)), cmp.Compare(x[0].(string), y[0].(string)))
		})
	}
	return upsertFacts(b.tx, rows, merged)
}

// keepPhases stores the phases of deployments and reads all that is known of
// them, also what other replicas told.
func (b *batchOf) keepPhases() error {
	type phaseKey struct {
		External
		phase Phase
	}
	rows := map[phaseKey][]any{}
	var names []External
	for _, t := range b.todo {
		if t.r.gate != nil && t.r.gate.Asks {
			continue
		}
		k := phaseKey{t.name, t.r.phase}
		row := []any{t.name.Source, t.name.Key, string(t.r.phase), t.r.at, t.r.at, t.r.data}
		if old, ok := rows[k]; ok {
			if at := old[4].(int64); cmp.Or(cmp.Compare(at, t.r.at), strings.Compare(old[5].(string), t.r.data)) > 0 {
				row[4], row[5] = at, old[5]
			}
			row[3] = min(old[3].(int64), t.r.at)
		}
		rows[k] = row
		names = append(names, t.name)
	}
	if len(rows) == 0 {
		return nil
	}
	list := make([][]any, 0, len(rows))
	for _, row := range rows {
		list = append(list, row)
	}
	slices.SortFunc(list, func(x, y []any) int {
		return cmp.Or(cmp.Compare(x[0].(string), y[0].(string)), cmp.Compare(x[1].(string), y[1].(string)), cmp.Compare(x[2].(string), y[2].(string)))
	})
	if err := upsertPhases(b.tx, list); err != nil {
		return err
	}
	var err error
	if b.phases, err = phasesOf(b.tx, names); err != nil {
		return err
	}
	b.bound, err = boundTo(b.tx, names)
	return err
}

// record puts what was told about commits into the log: one digest for all of
// the batch, over when and what of each. Changes record their own steps.
func (b *batchOf) record(fresh []*delivery) {
	if len(b.facts) == 0 {
		if len(fresh) > 0 {
			b.tx.Unrecorded("deliveries that told nothing new")
		}
		return
	}
	sums := make([]string, 0, len(b.facts))
	for k, r := range b.facts {
		sum := sha256.Sum256([]byte(r.data))
		sums = append(sums, strings.Join([]string{k.commit, string(k.kind), db.Time(r.at).Format("2006-01-02T15:04:05.000000Z"), string(sum[:])}, "\x00"))
	}
	slices.Sort(sums)
	b.tx.Record(evidence.Entry{Action: "change.told", Record: ref.S(ref.System, "ingest"), After: evidence.DigestBytes(nil, []byte(strings.Join(sums, "\x01"))),
		Data: map[string]int{"deliveries": len(fresh), "facts": len(b.facts)}})
}
