package change

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/job"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// CallsName is the name of the source that CallSource returns, for Runner.Kick.
const CallsName = "change-calls"

const (
	callBatch    = 20
	callLease    = 2 * time.Minute  // a process that died with a call loses it then
	callTimeout  = 30 * time.Second // of one call
	callPatience = Day              // then it is given up
	callLook     = 10 * time.Second // between looks at a decision that nobody told us of
	callFirst    = 5 * time.Second  // before the second try; doubled up to callMost
	callMost     = 10 * time.Minute
	keepDelivery = 30 * Day // numbers of deliveries; senders retry for hours, at most days
	pruneBatch   = 1000
)

// CallSource makes the calls that are due.
func (s *Service) CallSource() job.Source {
	return job.Source{
		Name: CallsName,
		Next: func(q db.Querier) (time.Time, error) {
			us, err := firstCall(q)
			return db.Time(us), err
		},
		Run: s.runCalls,
	}
}

// DeliverySource forgets the numbers of deliveries that nobody sends again.
func (s *Service) DeliverySource() job.Source {
	return job.Source{
		Name: "change-deliveries",
		Next: func(q db.Querier) (time.Time, error) {
			us, err := oldestDelivery(q)
			if us == 0 || err != nil {
				return time.Time{}, err
			}
			return db.Time(us).Add(keepDelivery + time.Hour), nil // an hour's worth at once
		},
		Run: func(ctx context.Context, d *db.DB) (done int, err error) {
			err = d.Write(ctx, actor.Job("change-deliveries"), "numbers of old deliveries", func(tx *db.Tx) error {
				n, err := pruneDeliveries(tx, db.Micros(tx.Now.Add(-keepDelivery)), pruneBatch)
				tx.Unrecorded("numbers of deliveries that nobody sends again")
				done = int(n)
				return err
			})
			return done, errs.Wrap("change.deliveries", err)
		},
	}
}

// runCalls claims what is due and does it, several at a time.
func (s *Service) runCalls(ctx context.Context, d *db.DB) (int, error) {
	var list []Call
	err := d.Write(ctx, actor.Job(CallsName), "calls to pipelines", func(tx *db.Tx) (err error) {
		tx.Unrecorded("a call was claimed")
		list, err = claimCalls(tx, callBatch, tx.Now.Add(callLease))
		return err
	})
	if err != nil {
		return 0, errs.Wrap("change.calls", err)
	}
	ctx = actor.With(ctx, actor.Job(CallsName))
	var g errgroup.Group
	g.SetLimit(8)
	for _, c := range list {
		g.Go(func() error { return s.do(ctx, c) })
	}
	return len(list), errs.Wrap("change.calls", g.Wait())
}

// do finds out what is to be said, says it, and notes how that went.
func (s *Service) do(ctx context.Context, c Call) error {
	r, again, err := s.reply(ctx, c)
	if err != nil {
		return s.note(ctx, c, r, time.Time{}, fmt.Errorf("the gate did not answer: %w", err))
	}
	if r.Word == "" || r.Word == SayWaiting && c.Said == SayWaiting {
		return s.note(ctx, c, Reply{}, again, nil)
	}
	return s.note(ctx, c, r, again, s.say(ctx, c, r))
}

// say lets the Caller of the kind speak.
func (s *Service) say(ctx context.Context, c Call, r Reply) error {
	caller := s.Callers[c.Kind]
	if caller == nil {
		return &notify.Failure{Text: "calls of kind " + string(c.Kind) + " are not in use here", Permanent: true}
	}
	cred, ok, err := s.credentialsOf(ctx, c.Source)
	switch {
	case err != nil:
		return err
	case !ok && c.Kind != CallWebhook: // which then is not signed
		return &notify.Failure{Text: "the integration " + errs.Short(c.Source) + " has no credentials; give it some on its page", Permanent: true}
	}
	ctx, stop := context.WithTimeout(ctx, callTimeout)
	defer stop()
	return caller.Call(ctx, c, r, cred)
}

// reply is what is to be said now. Without a word nothing is; again is when to
// look again, zero when the word is the last one.
func (s *Service) reply(ctx context.Context, c Call) (r Reply, again time.Time, err error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return r, again, err
	}
	switch c.Why {
	case WhyQuestion:
		a, err := s.Preview(ctx, *c.Ask)
		if err != nil {
			return r, again, err
		}
		r = Reply{Word: SayApproved, Text: a.Line}
		if a.Decision.Result.Outcome == policy.Deny {
			r.Word = SayRejected
		}
		return r, again, nil
	case WhyRollback:
		return s.rollbackReply(ctx, c)
	}
	a, err := s.GateState(ctx, c.Change)
	if err != nil {
		return r, again, err
	}
	switch a.State {
	case Draft, Assessed, Awaiting, Approved, Scheduled:
		if a, err = s.AskAgain(ctx, c.Change); err != nil {
			return r, again, err
		}
	}
	r, again = replyOf(a, now)
	r.Link = s.linkTo(a.Change)
	return r, again, nil
}

// replyOf puts where a change stands into a word for the pipeline that waits.
func replyOf(a Answer, now time.Time) (r Reply, again time.Time) {
	r = Reply{Text: a.Line, Change: a.Change}
	switch {
	case a.Allowed || a.State.Running() || a.State == Succeeded:
		r.Word = SayApproved
	case a.State == Approved || a.State == Scheduled: // its time has not come
		r.Word, again = SayWaiting, now.Add(callLook)
		if a.Again.After(now) {
			again = a.Again
		}
	case a.State == Awaiting:
		r.Word, again = SayWaiting, now.Add(callLook)
	case a.State == Assessed && a.Decision.Result.Outcome == policy.Deny,
		a.State == Rejected, a.State == Canceled, a.State == Failed, a.State == RolledBack:
		r.Word = SayRejected
	default:
		again = now.Add(callLook)
	}
	return r, again
}

func (s *Service) linkTo(c Change) string {
	if s.BaseURL == "" || c.ID == 0 {
		return ""
	}
	return strings.TrimSuffix(s.BaseURL, "/") + c.Ref().Path()
}

// note keeps how a call went, and moves it on.
func (s *Service) note(ctx context.Context, c Call, r Reply, again time.Time, failed error) error {
	return s.DB.Write(ctx, actor.Job(CallsName), "calls to pipelines", func(tx *db.Tx) error {
		tx.Unrecorded("a call was looked at again")
		n := c
		text := ""
		switch {
		case failed != nil:
			text = n.fault(failed, tx.Now)
		case r.Word == "":
			n.Next, n.Attempts, n.Error = again, 0, ""
		case r.Word == SayWaiting:
			n.Next, n.Attempts, n.Error, n.Said = again, 0, "", r.Word
			text = n.name() + " was told that it waits"
		default:
			n.Next, n.Attempts, n.Error, n.Said, n.State, n.Sent = time.Time{}, n.Attempts+1, "", r.Word, CallSent, tx.Now
			text = n.name() + " was told: " + string(r.Word)
		}
		if err := saveCall(tx, n); err != nil || text == "" || n.Change == 0 {
			return err
		}
		st, err := s.begin(tx, n.Change)
		if err != nil {
			return err
		}
		st.say(EntryPipeline, text, n.Error)
		st.fact("call", string(n.Kind))
		st.fact("said", string(r.Word))
		return st.commit("change.call")
	})
}

// fault moves a call on after a failure; text says when it is given up.
func (c *Call) fault(err error, now time.Time) (text string) {
	c.Attempts++
	c.Error = clip(errs.As(err).Text, maxName)
	var f *notify.Failure
	permanent, wait := false, min(callFirst<<min(c.Attempts-1, 20), callMost)
	if errors.As(err, &f) {
		c.Error, permanent, wait = clip(f.Text, maxName), f.Permanent, max(wait, min(f.After, time.Hour))
	}
	if permanent || now.Sub(c.Created) > callPatience {
		c.State, c.Next = CallFailed, time.Time{}
		return c.name() + " could not be told"
	}
	c.Next = now.Add(wait)
	return ""
}

// name is whom a call speaks to.
func (c Call) name() string {
	switch c.Kind {
	case CallGitHubProtection, CallGitHubDispatch:
		return "GitHub"
	case CallGitLabApproval, CallGitLabCheck, CallGitLabPipeline:
		return "GitLab"
	case CallArgoAbort:
		return "Argo Rollouts"
	}
	return "The webhook"
}
