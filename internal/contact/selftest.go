package contact

import (
	"context"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/job"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// SelfTestName is the name of the source of self-tests.
const SelfTestName = "contact.selftest"

// SelfTests is the due work that tests people's ways once a day, for those who
// want it: one message by each way of P1, at once and by the same path as any
// page.
func (s *Service) SelfTests() job.Source {
	return job.Source{Name: SelfTestName, Next: nextTest, Run: func(ctx context.Context, d *db.DB) (int, error) {
		n := 0
		err := d.Write(ctx, actor.Job(SelfTestName), "daily self-tests", func(tx *db.Tx) error {
			tx.Unrecorded("when the next self-test is due is no state of its own; its messages are recorded")
			due, err := dueTests(tx, 50)
			if err != nil {
				return err
			}
			n = len(due)
			for _, r := range due {
				if err := s.selfTest(tx, r); err != nil {
					return err
				}
			}
			return nil
		})
		return n, errs.Wrap(SelfTestName, err)
	}}
}

// testKey is the notice of a person's self-test at a moment.
func testKey(person int64, at time.Time) string {
	return fmt.Sprintf("self-test %s %d", ref.N(ref.Person, person), at.UnixMicro())
}

func (s *Service) selfTest(tx *db.Tx, r ruleRow) error {
	r.Tested, r.next = tx.Now, nextClock(r.Zone, r.TestAt, tx.Now)
	if err := putRules(tx, r.person, r.Rules); err != nil {
		return err
	}
	methods, err := methodsOf(tx, []int64{r.person})
	if err != nil {
		return err
	}
	ways := r.ways(notify.Need{Urgent: true, Priority: "P1"}, methods[r.person], tx.Now)
	own := ways[:0]
	for _, w := range ways {
		if w.Channel == "" { // a team's channel is not one's own to fill every day
			w.After, w.From = 0, time.Time{}
			own = append(own, w)
		}
	}
	if len(own) == 0 {
		return nil
	}
	return s.Notify.Notify(tx, notify.Notice{Key: testKey(r.person, tx.Now), Record: ref.N(ref.Person, r.person), Reason: "self-test",
		Title: "Daily self-test", Text: "This is how a P1 would reach you. Nothing is wrong and nobody needs to do anything.", Persons: []int64{r.person}, By: own})
}

// TestLeg is how one message of a self-test went.
type TestLeg struct {
	By      string // "E-mail", or the method's label
	State   notify.State
	Error   string
	Latency time.Duration // from queued to taken
}

// SelfTest is the last self-test of a person.
type SelfTest struct {
	At   time.Time // zero: none yet
	Legs []TestLeg
}

// Done reports whether every message ended, and Good whether each arrived.
func (t SelfTest) Done() bool {
	for _, l := range t.Legs {
		if l.State == notify.Queued || l.State == notify.Sending {
			return false
		}
	}
	return true
}

// Good reports whether each message of the self-test arrived.
func (t SelfTest) Good() bool {
	for _, l := range t.Legs {
		if l.State != notify.Sent {
			return false
		}
	}
	return len(t.Legs) > 0
}

// Slowest is how long the slowest of them took.
func (t SelfTest) Slowest() (d time.Duration) {
	for _, l := range t.Legs {
		d = max(d, l.Latency)
	}
	return d
}

// LastSelfTest returns how the actor's last self-test went.
func (s *Service) LastSelfTest(ctx context.Context) (SelfTest, error) {
	who, err := actor.Require(ctx, actor.Self)
	if err != nil {
		return SelfTest{}, err
	}
	person, err := self(who)
	if err != nil {
		return SelfTest{}, err
	}
	var out SelfTest
	err = s.db.Read(ctx, func(q db.Querier) error {
		r, err := rulesFor(q, person)
		if err != nil || r.Tested.IsZero() {
			return err
		}
		out.At = r.Tested
		list, err := notify.Outcomes(q, testKey(person, r.Tested))
		if err != nil {
			return err
		}
		methods, err := methodsOf(q, []int64{person})
		if err != nil {
			return err
		}
		labels := map[int64]string{0: Titles[notify.Email]}
		for _, m := range methods[person] {
			labels[m.ID] = m.Label
		}
		for _, d := range list {
			l := TestLeg{By: labels[d.Method()], State: d.State, Error: d.Error}
			if l.By == "" {
				l.By = "a method that was removed"
			}
			if d.State == notify.Sent {
				l.Latency = d.EndedAt.Sub(d.QueuedAt)
			}
			out.Legs = append(out.Legs, l)
		}
		return nil
	})
	return out, errs.Wrap("contact.selftest", err)
}
