package change_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// pass lets verification of all that is deployed end well.
func (y *yard) verified() {
	y.Helper()
	y.clock.pass(31 * time.Minute)
	y.due()
}

func (y *yard) past(service string) change.Past {
	y.Helper()
	p, err := y.PastOf(person(mara), service)
	y.must(err)
	return p
}

// A return to what ran before takes the present change back, ends its recovery
// time, and counts it as failed.
func TestTakenBack(t *testing.T) {
	yards(t, func(y *yard) {
		one := y.ship(change.Change{Artefact: "v1"})
		y.verified()
		two := y.ship(change.Change{Artefact: "v2", Author: "jonas"})
		y.verified()
		if run, ok, err := y.Running(person(mara), "checkout-app", change.Production); err != nil || !ok || run.ID != two.ID {
			y.Fatal(run.Key(), ok, err)
		}
		y.clock.pass(time.Hour)
		back := y.ship(change.Change{Artefact: "v1", Purpose: change.Rollback, Returns: true})
		if back.RollbackOf != two.ID || !back.Rework {
			y.Errorf("takes back %d, rework %v", back.RollbackOf, back.Rework)
		}
		two, _ = y.Get(person(mara), two.ID)
		if two.State != change.RolledBack || two.TakenBackBy != back.ID || two.OutcomeBy != change.ByRollback || !two.RecoveredAt.Equal(y.clock.Now()) {
			y.Errorf("%+v", two)
		}
		if p := y.past("checkout"); p.Changes != 2 || p.Failed != 1 {
			y.Errorf("%+v", p)
		}
		y.verified()
		if p := y.past("checkout"); p.Changes != 3 || p.Failed != 1 || p.Rate() != 1.2/5 {
			y.Errorf("%+v rate %v", p, p.Rate())
		}
		y.must(y.DB.Read(context.Background(), func(q db.Querier) error {
			if id, err := change.RanBefore(q, "checkout", change.Production, "v1"); err != nil || id != back.ID {
				y.Error(id, err)
			}
			if id, err := change.RanBefore(q, "checkout", change.Production, "v2"); err != nil || id != 0 {
				y.Error(id, err)
			}
			author := change.AuthorKey("checkout", "jonas")
			all, err := change.Pasts(q, author, change.ServiceKey("checkout"), change.ServiceKey("search"))
			if len(all) != 2 || all[author].Failed != 1 || strings.Contains(author.Name, "jonas") {
				y.Errorf("%+v", all)
			}
			return err
		}))
		v, err := y.Page(person(mara), two.ID)
		y.must(err)
		if v.ReplacedBy.ID != back.ID {
			y.Errorf("%+v", v.ReplacedBy)
		}
		for _, id := range []int64{one.ID, two.ID, back.ID} {
			y.sound(ref.N(ref.Change, id))
		}
	})
}

// A failed change recovers with the next one that succeeds, an outcome can be
// corrected, and the counters follow.
func TestFailedAndCorrected(t *testing.T) {
	yards(t, func(y *yard) {
		bad := y.ship(change.Change{})
		bad, err := y.Finish(pipeline(), bad.ID, change.Outcome{State: change.Failed, Reason: "health check"})
		y.must(err)
		if p := y.past("checkout"); p.Changes != 1 || p.Failed != 1 {
			y.Errorf("%+v", p)
		}
		y.clock.pass(20 * time.Minute)
		fix := y.ship(change.Change{Purpose: change.Fix})
		if !fix.Rework {
			y.Error("a fix right after a failure is rework")
		}
		at := y.clock.Now()
		y.verified()
		bad, _ = y.Get(person(mara), bad.ID)
		if !bad.RecoveredAt.Equal(at) {
			y.Errorf("recovered at %s, the fix was deployed at %s", bad.RecoveredAt, at)
		}
		if _, err := y.Correct(person(mara), bad.ID, change.Succeeded, " "); !errs.Is(err, errs.Invalid) {
			y.Error(err)
		}
		if _, err := y.Finish(pipeline(), bad.ID, change.Outcome{State: change.Succeeded}); !errs.Is(err, errs.Conflict) {
			y.Error(err)
		}
		bad, err = y.Correct(person(mara), bad.ID, change.Succeeded, "the check was wrong")
		y.must(err)
		if bad.OutcomePerson != mara || !bad.RecoveredAt.IsZero() {
			y.Errorf("%+v", bad)
		}
		if p := y.past("checkout"); p.Changes != 2 || p.Failed != 0 {
			y.Errorf("%+v", p)
		}
		y.told()
		mark := func(confirmed bool) {
			y.must(y.DB.Write(person(mara), actorOf(person(mara)), "cause", func(tx *db.Tx) error {
				return y.MarkCaused(tx, bad.ID, "INC-7", confirmed)
			}))
		}
		mark(true)
		bad, _ = y.Get(person(mara), bad.ID)
		if p := y.past("checkout"); p.Failed != 1 || bad.State != change.Succeeded || !bad.Bad() || y.told() != bad.Key()+" caused" {
			y.Errorf("%+v", p)
		}
		list, _, err := y.List(person(mara), change.Filter{Bad: true}, "", 0)
		y.must(err)
		if len(list) != 1 || list[0].ID != bad.ID {
			y.Errorf("%d bad ones", len(list))
		}
		mark(false)
		if p := y.past("checkout"); p.Failed != 0 {
			y.Errorf("%+v", p)
		}
		y.sound(bad.Ref())
	})
}

// An emergency is reviewed within five business days; until then it is named
// by whatever asks.
func TestEmergencyIsReviewed(t *testing.T) {
	yards(t, func(y *yard) {
		c := y.ship(change.Change{Type: change.Emergency, Author: "", AuthorPerson: mara})
		if _, err := y.ReviewEmergency(person(jonas), c.ID, "fine"); !errs.Is(err, errs.Conflict) {
			y.Error(err)
		}
		y.verified()
		c, _ = y.Get(person(mara), c.ID)
		if want := c.EndedAt.AddDate(0, 0, 5); !c.ReviewDue.Equal(want) || !c.NextAt.Equal(want) || !strings.Contains(y.told(), "review due") {
			y.Fatalf("due %s", c.ReviewDue)
		}
		other := y.make(change.Change{})
		v, err := y.Page(person(mara), other.ID)
		y.must(err)
		if len(v.Pending) != 1 || v.Pending[0] != c.Key() {
			y.Errorf("pending: %v", v.Pending)
		}
		y.clock.pass(6 * change.Day)
		y.due()
		y.due()
		if got := y.told(); strings.Count(got, "overdue") != 1 {
			y.Error(got)
		}
		list, _, err := y.List(person(mara), change.Filter{Review: true}, "", 0)
		y.must(err)
		if len(list) != 1 {
			y.Errorf("%d to review", len(list))
		}
		if _, err := y.ReviewEmergency(person(mara), c.ID, "my own was fine"); !errs.Is(err, errs.Forbidden) {
			y.Error(err)
		}
		c, err = y.ReviewEmergency(person(jonas), c.ID, "The index was missing; a check was added.")
		y.must(err)
		if c.ReviewBy != jonas || !c.NextAt.IsZero() {
			y.Errorf("%+v", c)
		}
		if _, err := y.ReviewEmergency(person(tom), c.ID, "again"); !errs.Is(err, errs.Conflict) {
			y.Error(err)
		}
		if v, _ = y.Page(person(mara), other.ID); len(v.Pending) != 0 {
			y.Error(v.Pending)
		}
		y.sound(c.Ref())
	})
}

// judge is verification that answers as it is told.
type judge struct {
	out   change.Conclusion
	err   error
	asked int
}

func (j *judge) Conclude(context.Context, change.Change) (change.Conclusion, error) {
	j.asked++
	return j.out, j.err
}

// What verification finds is the outcome; where nobody answers, what the
// pipeline said stands after a while; an unhealthy deployment is taken back.
func TestVerification(t *testing.T) {
	yards(t, func(y *yard) {
		j := &judge{err: errors.New("no answer")}
		y.Verifier = j
		c := y.ship(change.Change{})
		y.clock.pass(30 * time.Minute)
		src := y.Due()
		if _, err := src.Run(context.Background(), y.DB); err == nil {
			y.Error("nobody hears that verification does not answer")
		}
		if c, _ = y.Get(person(mara), c.ID); c.State != change.Verifying || !c.NextAt.Equal(y.clock.Now().Add(time.Minute)) {
			y.Fatalf("%s, next at %s", c.State, c.NextAt)
		}
		y.clock.pass(15 * time.Minute)
		y.due()
		if c, _ = y.Get(person(mara), c.ID); c.State != change.Succeeded || !strings.Contains(c.OutcomeReason, "did not answer") {
			y.Fatalf("%s %s", c.State, c.OutcomeReason)
		}
		var back []int64
		y.TakeBack = func(tx *db.Tx, c change.Change) error { back = append(back, c.ID); return nil }
		spec := change.DefaultSettings()
		spec.AutomaticRollback = true
		_, err := y.Configure(person(mara), 0, spec)
		y.must(err)
		*j = judge{out: change.Conclusion{Outcome: change.Failed, Reason: "errors rose"}}
		c = y.ship(change.Change{RollbackRef: "webhook:undo"})
		y.clock.pass(30 * time.Minute)
		y.told()
		y.due()
		if c, _ = y.Get(person(mara), c.ID); c.State != change.Failed || c.OutcomeBy != change.ByVerification || len(back) != 1 {
			y.Fatalf("%s by %s, taken back %v", c.State, c.OutcomeBy, back)
		}
		if got := y.told(); got != c.Key()+" ended, "+c.Key()+" rollback asked" {
			y.Error(got)
		}
		// A rollback that nobody can do is refused with what to do instead.
		plain := y.ship(change.Change{Previous: "v7"})
		if _, err := y.AskRollback(person(mara), plain.ID, ""); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "v7") {
			y.Error(err)
		}
		if _, err := y.AskRollback(person(mara), c.ID, "again"); err != nil || len(back) != 2 {
			y.Error(err)
		}
	})
}

// A failure that is told after its fix succeeded knows when users were served
// well again, and a return that is told late takes back only what it replaced.
func TestToldLate(t *testing.T) {
	yards(t, func(y *yard) {
		bad := y.ship(change.Change{Artefact: "v1"})
		y.clock.pass(10 * time.Minute)
		at := y.clock.Now()
		y.ship(change.Change{Artefact: "v2", Purpose: change.Fix})
		y.clock.pass(30 * time.Minute)
		bad, err := y.Do(pipeline(), bad.ID, func(s *change.Step) error {
			return s.Finish(change.Failed, change.ByPipeline, at.Add(-5*time.Minute), "smoke test")
		})
		y.must(err)
		if !bad.RecoveredAt.IsZero() {
			y.Errorf("recovered at %s, and the fix is not known to be good", bad.RecoveredAt)
		}
		y.due()
		if bad, _ = y.Get(person(mara), bad.ID); !bad.RecoveredAt.Equal(at) {
			y.Errorf("recovered at %s", bad.RecoveredAt)
		}
		again, err := y.Correct(person(mara), bad.ID, change.Succeeded, "it was well")
		y.must(err)
		again, err = y.Correct(person(mara), again.ID, change.Failed, "it was not")
		y.must(err)
		if !again.RecoveredAt.Equal(at) {
			y.Errorf("recovered at %s after two corrections", again.RecoveredAt)
		}
		late := y.make(change.Change{Artefact: "v0", Returns: true, Commit: "00000000000000000000000000000000000000aa"})
		late, err = y.Do(pipeline(), late.ID, func(s *change.Step) error { return s.Deployed(at.Add(-time.Minute)) })
		y.must(err)
		if late.RollbackOf != 0 {
			y.Errorf("a return of before took back %d", late.RollbackOf)
		}
	})
}

// Settings of another replica are seen in the next transaction, and what
// concerns all changes the stamp that decisions stand on.
func TestSettingsStamp(t *testing.T) {
	yards(t, func(y *yard) {
		stamp := func() (n int64) {
			y.must(y.DB.Read(context.Background(), func(q db.Querier) error {
				all, err := change.Stamps(q, nil)
				n = all[""]
				return err
			}))
			return n
		}
		other := change.New(y.DB, y.Catalog)
		if p, err := other.Settings(person(mara)); err != nil || p.ReviewDays != 5 {
			y.Fatal(p, err)
		}
		spec := change.DefaultSettings()
		spec.ReviewDays = 3
		_, err := y.Configure(person(mara), 0, spec)
		y.must(err)
		if p, _ := other.Settings(person(mara)); p.ReviewDays != 3 {
			y.Error("the other replica has old settings")
		}
		one := stamp()
		_, err = y.PutModel(person(mara), "flags", 0, change.ModelSpec{})
		y.must(err)
		if two := stamp(); one != 1 || two != 2 {
			y.Errorf("stamps %d and %d", one, two)
		}
	})
}

// What names a person goes, and the evidence still vouches for the rest.
func TestErase(t *testing.T) {
	yards(t, func(y *yard) {
		c := y.ship(change.Change{Author: "mara@harbour.example", AuthorPerson: mara})
		other := y.ship(change.Change{Author: "tom", AuthorPerson: tom})
		c, err := y.AddNote(person(jonas), c.ID, "Mara's phone is 555-0100")
		y.must(err)
		if _, err := y.EraseText(person(jonas), c.ID, c.Entries, "a number"); !errs.Is(err, errs.Forbidden) {
			y.Error(err)
		}
		n := c.Entries
		_, err = y.EraseText(admin(), c.ID, n, "a private number")
		y.must(err)
		if _, err := y.EraseText(admin(), c.ID, 99, "a private number"); !errs.Is(err, errs.NotFound) {
			y.Error(err)
		}
		y.must(y.DB.Write(admin(), actorOf(admin()), "person erased", func(tx *db.Tx) error { return y.PersonErased(tx, mara) }))
		v, err := y.Page(person(jonas), c.ID)
		y.must(err)
		if e := v.Entries[n-1]; e.Text != "" || !e.Erased || v.Author != "" || v.AuthorPerson != mara {
			y.Errorf("%+v by %q", e, v.Author)
		}
		if other, _ = y.Get(person(mara), other.ID); other.Author != "tom" {
			y.Error("another's name went, too")
		}
		y.sound(c.Ref())
		y.sound(other.Ref())
		y.must(y.DB.Write(admin(), actorOf(admin()), "tampering", func(tx *db.Tx) error {
			tx.Unrecorded("test")
			_, err := tx.Exec("UPDATE change_entry SET text = 'Never deployed' WHERE change_id = $1 AND n = 2", c.ID)
			return err
		}))
		y.must(y.DB.Read(admin(), func(q db.Querier) error {
			sum, version, err := change.Content(q, c.ID)
			if again, _, _ := change.Content(q, c.ID); err != nil || version == 0 || again != sum {
				y.Error(err, version)
			}
			var last string
			if err := q.QueryRow("SELECT entry FROM evidence WHERE record = $1 ORDER BY leaf_id DESC LIMIT 1", c.Key()).Scan(&last); err != nil || strings.Contains(last, sum) {
				y.Error("an edited entry is not seen", err)
			}
			return nil
		}))
	})
}
