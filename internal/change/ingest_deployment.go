package change

import (
	"cmp"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
)

// deployment brings the record of one deployment up to all that is known of it.
func (b *batchOf) deployment(t deploymentOf) error {
	if t.r.gate != nil && t.r.gate.Asks {
		return b.question(t)
	}
	id, bound := b.bound[t.name]
	if bound && b.touched[id] && t.r.gate == nil {
		b.of(t.d, id)
		return nil
	}
	list := b.phases[t.name]
	var st *step
	var err error
	if bound {
		if st, err = b.s.begin(b.tx, id); err != nil {
			return err
		}
	} else if st, err = b.opened(t, list); err != nil || st == nil {
		return err
	}
	if !st.fresh { // other deployments may be the same change
		all, err := phasesOfChange(b.tx, st.ID)
		if err != nil {
			return err
		}
		if !bound {
			all = append(all, list...)
		}
		list = all
	}
	if err := b.compute(st, list, st.Source == t.d.in.Name); err != nil {
		return err
	}
	if !bound {
		if err := bind(b.tx, st.ID, t.name.Source, t.name.Key); err != nil {
			return err
		}
		b.bound[t.name] = st.ID
	}
	st.fact("integration", t.d.in.Name) // the transaction is of many senders
	if err := st.commit("change.report"); err != nil {
		return err
	}
	b.of(t.d, st.ID)
	b.touched[st.ID] = true
	if t.r.gate != nil {
		return b.s.callOnce(b.tx, Call{Change: st.ID, Kind: t.r.gate.Call, Source: t.d.in.Name, Target: t.r.gate.Target, Why: WhyDecision})
	}
	return nil
}

// question notes that somebody asks whether a commit would be allowed.
func (b *batchOf) question(t deploymentOf) error {
	services, err := b.services(t.d, t.r.told)
	if err != nil || len(services) == 0 {
		return err
	}
	return b.s.callOnce(b.tx, Call{Kind: t.r.gate.Call, Source: t.d.in.Name, Target: t.r.gate.Target, Why: WhyQuestion, Ask: &Ask{
		Services: services, Environment: t.r.told.Environment, Repository: t.r.told.Repository, Commit: t.r.told.Commit, Branch: t.r.told.Branch,
		Title: t.r.told.Title, Link: t.r.told.Link, Author: t.r.told.Author, Source: t.d.in.Name}})
}

// of notes which change a delivery was about.
func (b *batchOf) of(d *delivery, id int64) {
	if b.changes[d] == nil {
		b.changes[d] = map[int64]bool{}
	}
	b.changes[d][id] = true
}

// opened finds the change that a deployment is which was not seen before, or
// opens it; nil: it is none.
func (b *batchOf) opened(t deploymentOf, list []report) (*step, error) {
	d := described(list)
	if len(list) == 0 || !slices.ContainsFunc(list, func(r report) bool { return r.phase != PhaseCanceled }) {
		return nil, nil // canceled before anything was known of it; it may come later
	}
	services, err := b.services(t.d, d)
	if err != nil || len(services) == 0 {
		return nil, err
	}
	c := Change{Type: d.Type, Kind: d.Change, Purpose: d.Purpose, Model: d.Model, Services: services, Environment: t.r.told.Environment, Repository: d.Repository, Commit: d.Commit, Branch: d.Branch,
		Artefact: d.Artefact, Previous: d.Previous, Link: d.Link, Author: d.Author, Title: d.Title, Summary: d.Summary, Source: t.d.in.Name, RollbackPlan: d.RollbackPlan, RollbackRef: d.RollbackRef,
		PlannedFrom: d.PlannedFrom, PlannedTo: d.PlannedTo}
	if c.Model != "" {
		fill(&c.Type, Standard)
	}
	if err := c.normalise(); err != nil {
		return nil, err
	}
	have, ok, err := b.same(c)
	if err != nil {
		return nil, err
	}
	if ok {
		return b.s.begin(b.tx, have)
	}
	earlier, err := ranBefore(b.tx, c.Main(), c.Environment, c.Artefact)
	if err != nil {
		return nil, err
	}
	if earlier != 0 || d.RunsOnly {
		now, ok, err := running(b.tx, c.Main(), c.Environment)
		if err != nil {
			return nil, err
		}
		if ok && d.RunsOnly && now.Artefact == c.Artefact {
			t.d.note(c.Artefact + " runs already")
			return nil, nil
		}
		c.Returns = ok && earlier != 0 && now.Artefact != c.Artefact
	}
	if c.AuthorPerson, err = b.s.personOf(b.tx, c.Author); err != nil {
		return nil, err
	}
	return b.s.open(b.tx, c)
}

// same finds the change that a deployment carries out: the open one of its main
// service, environment and commit, or, where no commit is named, artefact.
func (b *batchOf) same(c Change) (id int64, ok bool, err error) {
	if c.Commit != "" {
		have, ok, err := findAsked(b.tx, c)
		return have.ID, ok, err
	}
	list, err := openOn(b.tx, []string{c.Main()}, 20)
	for _, x := range list {
		if x.Main() == c.Main() && x.Environment == c.Environment && x.Kind == c.Kind && x.Artefact == c.Artefact {
			return x.ID, true, err
		}
	}
	return 0, false, err
}

// described is what all signals of a deployment say together: of each field
// the latest word.
func described(list []report) (t told) {
	list = slices.Clone(list)
	slices.SortFunc(list, func(x, y report) int {
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(slices.Index(Phases, x.phase), slices.Index(Phases, y.phase)), cmp.Compare(x.key, y.key), cmp.Compare(x.data, y.data))
	})
	for _, r := range list {
		d := r.told
		over(&t.Repository, d.Repository)
		over(&t.Commit, d.Commit)
		over(&t.Environment, d.Environment)
		over(&t.Application, d.Application)
		over(&t.Path, d.Path)
		over(&t.Artefact, d.Artefact)
		over(&t.Previous, d.Previous)
		over(&t.Branch, d.Branch)
		over(&t.Title, d.Title)
		over(&t.Summary, d.Summary)
		over(&t.Author, d.Author)
		over(&t.Link, d.Link)
		over(&t.Reason, d.Reason)
		over(&t.Change, d.Change)
		over(&t.Type, d.Type)
		over(&t.Purpose, d.Purpose)
		over(&t.Model, d.Model)
		over(&t.RollbackPlan, d.RollbackPlan)
		over(&t.RollbackRef, d.RollbackRef)
		over(&t.RollbackOf, d.RollbackOf)
		t.RunsOnly = t.RunsOnly || d.RunsOnly
		if len(d.Services) > 0 {
			t.Services = d.Services
		}
		if !d.PlannedFrom.IsZero() {
			t.PlannedFrom, t.PlannedTo = d.PlannedFrom, d.PlannedTo
		}
	}
	return t
}

func over[S ~string](field *S, value S) {
	if value != "" {
		*field = value
	}
}

// compute makes the record what the set of phases, and what is known about the
// commit, say. mine: the change was opened by these signals, not by a question
// to the gate or a person.
func (b *batchOf) compute(st *step, list []report, mine bool) error {
	d := described(list)
	if err := b.describe(st, d, mine); err != nil {
		return err
	}
	at := map[Phase]time.Time{}
	for _, r := range list {
		if t, ok := at[r.phase]; !ok || db.Time(r.at).Before(t) {
			at[r.phase] = db.Time(r.at)
		}
	}
	return b.progress(st, at, d.Reason)
}

// progress moves a change to where its phases say it is. A deployment that
// failed once failed, also when it reported success before or after; a retry is
// another deployment. One that was canceled after it began failed, too: users
// may have met half of it.
func (b *batchOf) progress(st *step, at map[Phase]time.Time, reason string) error {
	var began time.Time
	for _, p := range []Phase{PhaseStarted, PhaseSucceeded, PhaseFailed, PhaseRolledBack} {
		if t, ok := at[p]; ok && (began.IsZero() || t.Before(began)) {
			began = t
		}
	}
	if began.IsZero() {
		if _, ok := at[PhaseCanceled]; ok && st.State.Open() && !st.State.Running() {
			return st.cancel(cmp.Or(reason, "the pipeline canceled it"))
		}
		return nil
	}
	switch {
	case !st.State.Running() && !st.State.Completed():
		allowed := st.State == Canceled && !st.ApprovedAt.IsZero() // its cancellation came first, and was none
		if err := st.start(began); err != nil {
			return err
		}
		st.Bypass = st.Bypass && !allowed
	case !st.StartedAt.Equal(began):
		st.StartedAt = began
		st.touch()
	}
	if done, ok := at[PhaseSucceeded]; ok {
		if err := b.complete(st, done); err != nil {
			return err
		}
	}
	switch rolled, failed, canceled := at[PhaseRolledBack], at[PhaseFailed], at[PhaseCanceled]; {
	case !rolled.IsZero():
		return b.outcome(st, RolledBack, rolled, reason)
	case !failed.IsZero():
		return b.outcome(st, Failed, failed, cmp.Or(reason, "the pipeline reported a failure"))
	case !canceled.IsZero() && at[PhaseSucceeded].IsZero():
		return b.outcome(st, Failed, canceled, cmp.Or(reason, "canceled while it was under way"))
	}
	return nil
}

// complete says when the deployment was complete.
func (b *batchOf) complete(st *step, done time.Time) error {
	if st.State == InProgress {
		return st.deployed(done)
	}
	if st.DeployedAt.Equal(done) {
		return nil
	}
	first := st.DeployedAt.IsZero()
	st.DeployedAt = done
	if st.State == Verifying || first {
		st.VerifyUntil = done.Add(time.Duration(b.practice.Verification))
	}
	st.touch()
	if !first {
		return nil
	}
	if err := st.replaces(); err != nil { // it failed before we heard that it was complete
		return err
	}
	return st.mended(b.practice.Settings)
}

// outcome sets what pipelines say about the end, unless a person said
// otherwise.
func (b *batchOf) outcome(st *step, to State, at time.Time, reason string) error {
	if st.State == to {
		if st.OutcomeBy == ByPipeline && (!st.EndedAt.Equal(at) || st.OutcomeReason != clip(reason, maxText)) {
			st.EndedAt, st.OutcomeReason = at, clip(reason, maxText)
			st.touch()
		}
		return nil
	}
	if st.OutcomeBy == ByPerson || st.State == RolledBack {
		return nil
	}
	if st.State == Succeeded && to == Failed {
		moved, err := st.move(VerbCorrect, Failed)
		if !moved || err != nil {
			return err
		}
		st.EndedAt, st.OutcomeBy, st.OutcomePerson, st.OutcomeReason = at, ByPipeline, 0, clip(reason, maxText)
		st.say(EntryPipeline, "The pipeline reported a failure afterwards", reason)
		st.fact("outcome_by", ByPipeline)
		st.tell(EventCorrected)
		return st.ended()
	}
	return st.finish(to, ByPipeline, at, reason)
}

// services finds the services of a deployment in the catalog. Unknown ones are
// proposed or refused, as settings say.
func (b *batchOf) services(d *delivery, t told) ([]string, error) {
	var out []string
	add := func(k catalog.Known) {
		if !slices.Contains(out, k.Name) {
			out = append(out, k.Name)
		}
	}
	for _, name := range t.Services {
		k, err := b.known(d, name, t.Repository, true)
		if err != nil {
			return nil, err
		}
		add(k)
	}
	if len(out) > 0 {
		return out, nil
	}
	for _, name := range []string{t.Application} {
		if k, ok, err := b.s.Catalog.Lookup(b.tx, name); err != nil || ok {
			return []string{k.Name}, err
		}
	}
	names, err := b.s.deploys(b.tx, t.Repository, t.Path)
	if err != nil || len(names) > 0 {
		return names, err
	}
	for _, name := range []string{lastPart(t.Repository), d.in.Service} {
		if k, ok, err := b.s.Catalog.Lookup(b.tx, name); err != nil || ok {
			return []string{k.Name}, err
		}
	}
	name := slug(cmp.Or(t.Application, lastPart(t.Repository)))
	if name == "" {
		d.receipt.Ignored++
		d.note("a deployment names neither a service nor a repository; give the integration a service")
		return nil, nil
	}
	k, err := b.known(d, name, t.Repository, false)
	return []string{k.Name}, err
}
